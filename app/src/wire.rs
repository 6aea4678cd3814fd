//! The JSON of the API, as it stands on the wire: read and written by the server, the pages, the
//! command line and the tests alike.
//!
//! Everything here is plain text and numbers. What a `client_id` or a topic may look like is
//! decided once, on the server, where a request is parsed.

mod clients;
mod jobs;
mod messages;
mod problem;
mod push;
mod session;
mod stats;
mod stream;
mod sys;
mod topics;

pub use clients::*;
pub use jobs::*;
pub use messages::*;
pub use problem::*;
pub use push::*;
pub use session::*;
pub use stats::*;
pub use stream::*;
pub use sys::*;
pub use topics::*;
