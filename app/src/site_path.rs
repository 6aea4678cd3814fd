//! Paths of pages, below the URL of the server. Behind a proxy that URL may have a path itself; links are relative to it.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::browser;

/// The path of the page, tracked: `admin/clients`. The first page has an empty one.
pub(crate) fn use_path() -> impl Fn() -> String + Copy + Send + Sync {
    let path = use_location().pathname;
    move || below_base(&path.get()).to_owned()
}

/// A path of the browser, without what is before the pages.
pub(crate) fn below_base(path: &str) -> &str {
    below(path, &browser::base_path())
}

fn below<'a>(path: &'a str, base: &str) -> &'a str {
    let rest = path.strip_prefix(base).unwrap_or(path);
    rest.trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_before_the_pages_does_not_count() {
        assert_eq!(below("/admin/clients", ""), "admin/clients");
        assert_eq!(below("/push/admin", "/push"), "admin");
        for root in ["/push", "/push/"] {
            assert_eq!(below(root, "/push"), "");
        }
    }
}
