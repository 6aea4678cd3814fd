//! The log against the world: killed at any moment, on a disk that fails, and against a simple model.

mod child;
mod crash;
mod faults;
mod model;
