//! Connections over a pipe, with a peer that sends frames.

mod answers;
mod errors;
mod floods;
mod peer;
mod times;
