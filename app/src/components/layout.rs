//! The header and the footer of every page.

use crate::{
    components::{EraseView, keys_button, optional_text, static_text, text},
    i18n::{Language, choose_language, interpolate, language, texts, tr},
    site_path::use_path,
};
use leptos::{ev::Event, prelude::*, task::spawn_local};

/// The header: product name, navigation, language.
#[component]
pub fn Header() -> impl IntoView {
    let here = use_path();
    let failed = RwSignal::new(false);
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
                {language_menu(failed)}
            </div>
            <p class="notice bad" role="alert">
                {optional_text(move || failed.get().then(|| texts().shell.language_failed.to_owned()))}
            </p>
        </header>
    }
    .erase()
}

/// The menu of the languages, each with its own name. `failed`: whether the texts of the chosen one could not be loaded.
fn language_menu(failed: RwSignal<bool>) -> AnyView {
    let options = Language::ALL.map(|offered| {
        let selected = offered == untrack(language);
        view! {
            <option value=offered.tag() lang=offered.tag() selected=selected>
                {offered.own_name()}
            </option>
        }
        .erase()
    });
    let choose = move |event: Event| {
        let chosen = event_target_value(&event);
        let chosen = Language::ALL
            .into_iter()
            .find(|language| language.tag() == chosen);
        spawn_local(async move {
            if let Some(chosen) = chosen {
                failed.set(!choose_language(chosen).await);
            }
        });
    };
    // Set anew when the choice has failed.
    let value = static_text(move || {
        failed.track();
        language().tag()
    });
    view! {
        <select
            class="language"
            autocomplete="off"
            aria-label=tr(|t| t.shell.language)
            prop:value=value
            on:change=choose
        >
            {options.into_iter().collect::<Vec<_>>()}
        </select>
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
