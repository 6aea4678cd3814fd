//! The HTML document around the pages. Only the server renders it.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use leptos_meta::MetaTags;
use leptos_router::location::RequestUrl;

use crate::{
    App,
    i18n::{Group, file_name, language, texts, tr},
    parts::parts_of,
};

/// Where a page and its files are. The URLs of files are below [`Assets::base`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The path below which the pages are in the browser: it begins and ends with a slash.
    pub base: String,
    /// The URL at which users find the server, if it is set.
    pub public_url: Option<String>,
    /// The style sheet that all pages need.
    pub style: String,
    /// The module that starts the pages.
    pub boot: String,
    /// The main part of the pages, compiled.
    pub wasm: String,
    /// The files of the other parts, by the name of the part: wasm and style sheets. Parts share files.
    pub parts: BTreeMap<String, Vec<String>>,
    /// What the names of the files with texts begin with, below `pkg/`.
    pub texts: String,
    /// The icon of the tab.
    pub favicon: String,
}

impl Assets {
    /// The wasm and the style sheets that the page at this path needs, and those that other pages need.
    fn files_of(&self, path: &str) -> (Vec<String>, Vec<String>) {
        let names = parts_of(path);
        let files = |(_, files): (&String, &Vec<String>)| files.clone();
        let (needed, others): (Vec<_>, Vec<_>) = self
            .parts
            .iter()
            .partition(|(name, _)| names.contains(&name.as_str()));
        let needed: BTreeSet<String> = needed.into_iter().flat_map(files).collect();
        let others: BTreeSet<String> = others.into_iter().flat_map(files).collect();
        let others = others.difference(&needed).cloned().collect();
        let main = [self.wasm.clone()].into_iter();
        (main.chain(needed).collect(), others)
    }

    /// The URLs of the texts that the page at this path needs.
    fn texts_of(&self, path: &str) -> Vec<String> {
        let groups = Group::of_path(path.trim_start_matches('/'));
        let url = |group: &Group| format!("pkg/{}.{}", self.texts, file_name(language(), *group));
        groups.iter().map(url).collect()
    }
}

/// The path of a URL, which may begin with a scheme and a host: Leptos makes one up.
fn path_of(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => url,
    }
}

/// Whether this file of a part is a style sheet.
fn is_style(file: &str) -> bool {
    file.ends_with(".css")
}

/// The HTML document, in the [`Language`](crate::Language) that is provided as a context. It has no inline script or
/// style, so the Content-Security-Policy does not have to allow any.
///
/// The links to the wasm and the texts that the page needs, and those to the files of other pages, are in templates, which the browser
/// does not look into. `app/js/boot.js` puts the first into the page when it is painted, and the others when it is alive.
pub fn shell(assets: Assets) -> impl IntoView + 'static {
    let url = use_context::<RequestUrl>();
    let path = path_of(url.as_ref().map_or("", AsRef::as_ref));
    let path = path.split('?').next().unwrap_or_default();
    let (needed, others) = assets.files_of(path);
    let (styles, needed): (Vec<_>, Vec<_>) = needed.into_iter().partition(|file| is_style(file));
    let preload = |file, kind| {
        view! { <link rel="preload" href=file r#as="fetch" r#type=kind crossorigin="anonymous" /> }
    };
    let wasm = needed
        .into_iter()
        .map(|file| preload(file, "application/wasm"));
    let loaded_texts = assets
        .texts_of(path)
        .into_iter()
        .map(|file| preload(file, "text/plain"));
    let style = |file: String| view! { <link rel="stylesheet" href=file /> };
    // A browser finds the file again only if it was fetched the way in which it is asked for then.
    let prefetch = |file: String| match is_style(&file) {
        true => view! { <link rel="prefetch" href=file r#as="style" /> }.into_any(),
        false => view! { <link rel="prefetch" href=file r#as="fetch" crossorigin="anonymous" /> }
            .into_any(),
    };
    view! {
        <!DOCTYPE html>
        <html lang=language().tag() data-url=assets.public_url data-texts=assets.texts>
            <head>
                <base href=assets.base />
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#161a21" />
                <meta
                    name="description"
                    content=texts().shell.description
                />
                <link rel="icon" href=assets.favicon />
                <link rel="apple-touch-icon" href="icon-192.png" />
                <link rel="manifest" href="manifest.webmanifest" />
                <link rel="stylesheet" href=assets.style />
                {styles.into_iter().map(style).collect_view()}
                <script type="module" src=assets.boot fetchpriority="high"></script>
                <template id="needed">{wasm.chain(loaded_texts).collect_view()}</template>
                <MetaTags />
            </head>
            <body>
                <App />
                <p id="not-loaded" class="notice bad" role="alert" hidden>
                    {tr(|t| t.shell.not_loaded)}
                </p>
                <template id="others">{others.into_iter().map(prefetch).collect_view()}</template>
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_found_after_a_host() {
        assert_eq!(
            path_of("http://leptos.dev/admin/push?to=a"),
            "/admin/push?to=a"
        );
        assert_eq!(path_of("http://leptos.dev"), "");
        assert_eq!(path_of("/jobs"), "/jobs");
    }

    #[test]
    fn a_page_gets_the_files_of_its_parts_first_and_each_file_once() {
        let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let parts: [(&str, Vec<String>); 4] = [
            ("subscriber", files(&["shared", "subscriber"])),
            ("panel", files(&["shared", "panel", "panel.css"])),
            ("push_section", files(&["shared", "forms", "push"])),
            ("keys_section", files(&["shared", "forms", "keys"])),
        ];
        let assets = Assets {
            base: "/".to_owned(),
            public_url: None,
            style: String::new(),
            boot: String::new(),
            wasm: "main".to_owned(),
            texts: "texts.0123".to_owned(),
            parts: parts.map(|(name, files)| (name.to_owned(), files)).into(),
            favicon: String::new(),
        };
        let (needed, others) = assets.files_of("/admin/push?to=ada");
        assert_eq!(
            needed,
            ["main", "forms", "panel", "panel.css", "push", "shared"]
        );
        assert_eq!(others, ["keys", "subscriber"]);
        assert_eq!(assets.files_of("/nothing").0, ["main"]);
        let pages = "pkg/texts.0123.en.pages.txt";
        assert_eq!(assets.texts_of("/jobs"), [pages]);
        let panel = "pkg/texts.0123.en.panel.txt";
        assert_eq!(assets.texts_of("/admin/push"), [pages, panel]);
    }
}
