//! The JSON types of the API, used by the server, the pages, the command line and the tests.
//!
//! All values are plain texts and numbers. The server validates client ids and topics where it parses
//! a request.

mod access;
mod audit;
mod clients;
mod hooks;
mod jobs;
mod keys;
mod limits;
mod messages;
mod nodes;
mod number;
mod people;
mod problem;
mod push;
mod saved;
mod scheduled;
mod session;
mod stats;
mod stream;
mod sys;
mod topics;
#[cfg(feature = "ssr")]
pub mod values;

pub use access::*;
pub use audit::*;
pub use clients::*;
pub use hooks::*;
pub use jobs::*;
pub use keys::*;
pub use limits::*;
pub use messages::*;
pub use nodes::*;
pub use people::*;
pub use problem::*;
pub use push::*;
pub use saved::*;
pub use scheduled::*;
pub use session::*;
pub use stats::*;
pub use stream::*;
pub use sys::*;
pub use topics::*;
