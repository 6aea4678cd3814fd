//! The header and the footer of every page.

use crate::{
    components::{EraseView, keys_button, on_click, optional_text, static_text, text},
    i18n::{interpolate, language, set_language, texts, tr},
    site_path::use_path,
};
use leptos::prelude::*;

/// The header: product name, navigation, language.
#[component]
pub fn Header() -> impl IntoView {
    let here = use_path();
    let current = move |path: &'static str| {
        optional_text(move || is_under(&here(), path).then(|| "page".to_owned()))
    };
    view! {
        <header class="site-head">
            <div class="bar">
                <a href="./" class="brand">
                    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                        <rect class="brand-ground" width="32" height="32" rx="9" />
                        <circle class="brand-mark" cx="9.5" cy="22.5" r="2.6" />
                        <path class="brand-line" d="M9 14.5a8.5 8.5 0 0 1 8.5 8.5" />
                        <path class="brand-line" d="M9 8a15 15 0 0 1 15 15" />
                    </svg>
                    <span>"Tidings"</span>
                </a>
                <nav aria-label=tr(|t| t.shell.pages)>
                    <a href="./" aria-current=current("")>
                        {tr(|t| t.shell.listen)}
                    </a>
                    <a href="admin" aria-current=current("admin")>
                        {tr(|t| t.shell.admin)}
                    </a>
                    <a href="jobs" aria-current=current("jobs")>
                        {tr(|t| t.jobs.title)}
                    </a>
                    <a href="docs" rel="external">
                        {tr(|t| t.shell.docs)}
                    </a>
                    <a href="try" aria-current=current("try")>
                        {tr(|t| t.shell.try_it)}
                    </a>
                </nav>
                <button
                    type="button"
                    class="language plain"
                    lang=static_text(|| language().other().tag())
                    on:click=on_click(|| set_language(language().other()))
                >
                    {tr(|t| t.shell.other_language)}
                </button>
            </div>
        </header>
    }
    .erase()
}

/// Whether `page` is the page of a link or below it. The first page contains no other page.
fn is_under(page: &str, link: &str) -> bool {
    match page.strip_prefix(link) {
        Some(rest) => rest.is_empty() || (rest.starts_with('/') && !link.is_empty()),
        None => false,
    }
}

/// The footer: what this is, in one line.
#[component]
pub fn Footer() -> impl IntoView {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    let what_this_is = text(move || interpolate(texts().shell.what_this_is, &version));
    view! {
        <footer class="site-foot">
            <p>{what_this_is}</p>
            {keys_button()}
        </footer>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_current_on_its_page_and_on_pages_below_it() {
        assert!(is_under("", ""));
        assert!(!is_under("admin", ""));
        assert!(is_under("admin", "admin"));
        assert!(is_under("admin/clients", "admin"));
        assert!(!is_under("administration", "admin"));
    }
}
