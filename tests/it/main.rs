//! Tidings as its users meet it: a real server on a free port, real HTTP, a file per promise.

mod harness;

mod audiences;
mod auth;
mod bad_input;
mod command;
mod limits;
mod presence;
mod shutdown;
mod streams;
mod vanishing;
