//! The pages, one file per route. A page loads and sends; what it shows is made of components.

mod admin;
mod jobs;
mod missing;
mod subscriber;
mod trying;

pub(crate) use admin::Admin;
pub(crate) use jobs::Jobs;
pub(crate) use missing::Missing;
pub(crate) use subscriber::Subscriber;
pub(crate) use trying::Trying;
