//! The pages, one file per route. Pages load and send data; components show it.
//!
//! Each page is a part of the wasm (see [`crate::parts`]).

mod admin;
mod jobs;
mod not_found;
mod subscriber;
mod try_it;

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::LazyRoute;

use crate::{
    components::{EraseView, not_loaded},
    i18n::{Group, load_texts},
};
use admin::parts_of_section;
pub(crate) use not_found::NotFound;

/// Declares pages that are parts of the wasm: the type of the route, the name of the part, what loads it, and the groups of
/// texts that it needs.
macro_rules! lazy_pages {
    ($($route:ident: $part:ident, $load:ident, $groups:expr, $page:path;)*) => { $(
        #[wasm_split($part, wasm_split_path = ::leptos::wasm_split, preload($load), fallible)]
        fn $part() -> Result<AnyView, SplitLoaderError> {
            Ok($page().erase())
        }

        /// The route of the page.
        #[derive(Debug)]
        pub(crate) struct $route;

        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            async fn view(_: Self) -> AnyView {
                match load_texts($groups).await {
                    true => $part().await.unwrap_or_else(|_| not_loaded()),
                    false => not_loaded(),
                }
            }
        }
    )* };
}

lazy_pages! {
    SubscriberRoute: subscriber, load_subscriber, &[Group::Pages], subscriber::Subscriber;
    AdminRoute: panel, load_panel, &Group::ALL, admin::Admin;
    JobsRoute: jobs, load_jobs, &[Group::Pages], jobs::Jobs;
    TryRoute: try_it, load_try_it, &[Group::Pages], try_it::TryIt;
}

/// The names of the parts that the page at this path needs, below the URL of the server.
pub(crate) fn parts_of(path: &str) -> Vec<&'static str> {
    match path.split('/').next().unwrap_or_default() {
        "" => vec!["subscriber"],
        "admin" => [&["panel"][..], parts_of_section(path)].concat(),
        "jobs" => vec!["jobs"],
        "try" => vec!["try_it"],
        _ => Vec::new(),
    }
}

/// Loads the parts and the texts that the page at this path needs. Returns false if that is not possible now.
#[cfg(feature = "hydrate")]
pub(crate) async fn load(path: &str) -> bool {
    load_texts(Group::of_path(path)).await && load_parts(path).await.is_ok()
}

#[cfg(feature = "hydrate")]
async fn load_parts(path: &str) -> Result<(), SplitLoaderError> {
    match path.split('/').next().unwrap_or_default() {
        "" => load_subscriber().await,
        "admin" => {
            load_panel().await?;
            admin::load_section(path).await
        }
        "jobs" => load_jobs().await,
        "try" => load_try_it().await,
        _ => Ok(()),
    }
}
