//! The HTTP edge: the only place that knows axum and the JSON of the API.

mod error;

pub use error::{Code, Error};
