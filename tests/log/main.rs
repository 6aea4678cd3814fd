//! Stress tests of the log: killed at random, on a faulty disk, and compared with a model.

mod child;
mod crash;
mod faults;
mod model;
