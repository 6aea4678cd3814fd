//! `/try`: the few lines that push from a language, or listen in a page, filled in for this server and
//! one client. The lines are files of their own in `snippets/`, where the tests run them.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    browser,
    components::{CopyButton, IntoPart, effect, flag, press, segment, text, word},
    words::{say, words},
};

/// What can be tried: its name, whether it listens, and its lines.
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
pub fn Trying() -> impl IntoView {
    let chosen = RwSignal::new("curl".to_owned());
    let client = RwSignal::new("ada".to_owned());
    let origin = RwSignal::new(String::new());
    effect(move || {
        origin.set(browser::origin());
        // Whom this tab listens as, if it does.
        if let Some(id) = browser::remembered("tidings.client_id") {
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
    let about = word(move || match the_one().1 {
        true => words().trying.listens,
        false => words().trying.pushes,
    });
    let choice = |(name, ..): (&'static str, bool, &'static str)| {
        let is_chosen = flag(move || chosen.with(|chosen| chosen == name));
        segment(
            "language",
            word(move || name),
            is_chosen,
            press(move || chosen.set(name.to_owned())),
        )
    };
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", words().shell.try_it) />
        <div class="page-head">
            <div>
                <h1>{say(|w| w.shell.try_it)}</h1>
                <p class="lead">{say(|w| w.trying.about)}</p>
            </div>
        </div>
        <section class="card" aria-labelledby="try-lines">
            <h2 id="try-lines" class="unseen">
                {say(|w| w.trying.lines)}
            </h2>
            <fieldset class="segments languages">
                <legend class="unseen">{say(|w| w.trying.language)}</legend>
                {TRIES.map(choice).into_iter().collect::<Vec<_>>()}
            </fieldset>
            <div class="field">
                <label for="client">{say(|w| w.push.client_id)}</label>
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
                <CopyButton text=lines what=say(|w| w.trying.lines) />
            </div>
            <p class="hint">{say(|w| w.trying.token)}</p>
            <div class="row">
                <a class="button small" href="/">
                    {say(|w| w.trying.listen)}
                </a>
                <a class="button small" href="/docs" rel="external">
                    {say(|w| w.trying.api)}
                </a>
            </div>
        </section>
    }
    .part()
}

/// The lines for this server and this client. What can be in no id would only break them.
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
    fn every_try_names_the_server_and_the_client_and_no_quote_gets_in() {
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
