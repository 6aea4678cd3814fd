//! What was pushed from this tab.

use leptos::prelude::*;

use crate::{
    browser,
    components::{Entry, IntoPart, list, note},
    wire::PushAnswer,
};

/// One push and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    /// Counts the pushes of this tab.
    pub(crate) number: u64,
    /// When the answer came, in milliseconds since 1970.
    pub(crate) at: f64,
    /// Whom it was for, in words.
    pub(crate) to: String,
    /// Its type.
    pub(crate) event: Option<String>,
    /// The beginning of what was sent.
    pub(crate) data: String,
    /// What the server answered.
    pub(crate) outcome: Result<PushAnswer, String>,
}

/// The answer of the server in a sentence.
pub(crate) fn answer_in_words(answer: &PushAnswer) -> String {
    match (answer.connections, answer.queued) {
        (0, true) => "Nobody is connected. It waits for them.".to_owned(),
        (0, false) => "Nobody is connected. It reached no one.".to_owned(),
        (1, _) => "Handed to 1 connection.".to_owned(),
        (n, _) => format!("Handed to {n} connections."),
    }
}

/// The pushes, newest first.
#[component]
pub fn SentList(
    /// The pushes, newest first.
    sent: Signal<Vec<Sent>>,
) -> impl IntoView {
    let hint = note(move || {
        let nothing = sent.with(Vec::is_empty);
        nothing.then(|| "What you push is listed here, with what the server answered.".to_owned())
    });
    let entries = list(move || {
        let entry = |sent: Sent| Entry::new(sent.number, move || view_of(&sent));
        sent.get().into_iter().map(entry).collect()
    });
    view! {
        <h2 id="sent">"Sent from this tab"</h2>
        <p class="hint">{hint}</p>
        <ol class="sent" aria-labelledby="sent">
            {entries}
        </ol>
    }
    .part()
}

fn view_of(sent: &Sent) -> AnyView {
    let (class, outcome) = match &sent.outcome {
        Ok(answer) if answer.connections == 0 => ("outcome none", answer_in_words(answer)),
        Ok(answer) => ("outcome good", answer_in_words(answer)),
        Err(why) => ("outcome bad", why.clone()),
    };
    let id = sent
        .outcome
        .as_ref()
        .ok()
        .and_then(|answer| answer.id.clone());
    view! {
        <li>
            <div class="about">
                <time datetime=browser::iso(sent.at)>{browser::clock(sent.at)}</time>
                <span class="to">{sent.to.clone()}</span>
                <span class="tag">{sent.event.clone()}</span>
            </div>
            <pre class="data text">{sent.data.clone()}</pre>
            <p class=class>{outcome} " " <code>{id}</code></p>
        </li>
    }
    .fresh()
}
