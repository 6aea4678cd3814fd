//! `/try`: example code that pushes or subscribes, with the URL of this server and a client id filled
//! in. The examples are files in `snippets/`, and the tests run them.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    browser,
    components::{
        CopyButton, EraseView, bool_signal, effect, on_click, segment, static_text, text,
    },
    i18n::{texts, tr},
};

/// The examples: name, whether it subscribes, and code.
const TRIES: [(&str, bool, &str); 8] = [
    ("curl", false, include_str!("../../snippets/curl.sh")),
    ("Python", false, include_str!("../../snippets/python.py")),
    ("PHP", false, include_str!("../../snippets/php.php")),
    ("Node", false, include_str!("../../snippets/node.mjs")),
    ("Go", false, include_str!("../../snippets/go.go")),
    ("Rust", false, include_str!("../../snippets/rust.rs")),
    (
        "tidings.js",
        true,
        include_str!("../../snippets/tidings.html"),
    ),
    (
        "EventSource",
        true,
        include_str!("../../snippets/eventsource.html"),
    ),
];

/// The page.
#[component]
pub fn TryIt() -> impl IntoView {
    let chosen = RwSignal::new("curl".to_owned());
    let client = RwSignal::new("ada".to_owned());
    let origin = RwSignal::new(String::new());
    effect(move || {
        origin.set(browser::server_url());
        // The client id of this tab, if it has one.
        if let Some(id) = browser::session_get("tidings.client_id") {
            client.set(id);
        }
    });
    let the_one = move || {
        let chosen = chosen.get();
        TRIES
            .into_iter()
            .find(|(name, ..)| *name == chosen)
            .unwrap_or(TRIES[0])
    };
    let lines = text(move || filled_in(the_one().2, &origin.get(), client.get().trim()));
    let about = static_text(move || match the_one().1 {
        true => texts().try_it.listens,
        false => texts().try_it.pushes,
    });
    let choice = |(name, ..): (&'static str, bool, &'static str)| {
        let is_chosen = bool_signal(move || chosen.with(|chosen| chosen == name));
        segment(
            "language",
            static_text(move || name),
            is_chosen,
            on_click(move || chosen.set(name.to_owned())),
        )
    };
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", texts().shell.try_it) />
        <div class="page-head">
            <div>
                <h1>{tr(|t| t.shell.try_it)}</h1>
                <p class="lead">{tr(|t| t.try_it.about)}</p>
            </div>
        </div>
        <section class="card" aria-labelledby="try-lines">
            <h2 id="try-lines" class="unseen">
                {tr(|t| t.try_it.lines)}
            </h2>
            <fieldset class="segments languages">
                <legend class="unseen">{tr(|t| t.try_it.language)}</legend>
                {TRIES.map(choice).into_iter().collect::<Vec<_>>()}
            </fieldset>
            <div class="field">
                <label for="client">{tr(|t| t.subscriber.client_id)}</label>
                <input
                    id="client"
                    type="text"
                    class="code"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    bind:value=client
                />
            </div>
            <p>{about}</p>
            <div class="command">
                <pre tabindex="0" id="lines">
                    {lines}
                </pre>
                <CopyButton text=lines what=tr(|t| t.try_it.lines) />
            </div>
            <p class="hint">{tr(|t| t.try_it.token)}</p>
            <div class="row">
                <a class="button small" href="./">
                    {tr(|t| t.try_it.listen)}
                </a>
                <a class="button small" href="docs" rel="external">
                    {tr(|t| t.try_it.api)}
                </a>
            </div>
        </section>
    }
    .erase()
}

/// Fills in the URL and the client id. Characters that no client id contains are removed.
fn filled_in(lines: &str, origin: &str, client: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "_.~:@-".contains(*c);
    let client: String = client.chars().filter(plain).collect();
    lines
        .trim_end()
        .replace("ORIGIN", origin)
        .replace("CLIENT", &client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_names_the_server_and_the_client_without_quotes() {
        for (name, _, lines) in TRIES {
            let filled = filled_in(lines, "http://127.0.0.1:8020", "o'brien");
            assert!(filled.contains("http://127.0.0.1:8020/"), "{name}");
            assert!(filled.contains("obrien"), "{name}");
            assert!(
                !filled.contains("ORIGIN") && !filled.contains("CLIENT"),
                "{name}"
            );
        }
    }
}
