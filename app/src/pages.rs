//! The pages, one file per route. Pages load and send data; components show it.

mod admin;
mod jobs;
mod not_found;
mod subscriber;
mod try_it;

pub(crate) use admin::Admin;
pub(crate) use jobs::Jobs;
pub(crate) use not_found::NotFound;
pub(crate) use subscriber::Subscriber;
pub(crate) use try_it::TryIt;
