//! Messages that are selected in the list, to recall all of them.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::History;
use crate::{
    api::Client,
    components::{
        EraseView, ListItem, MessageMark, Wording, beginning, either, keyed_list, lazy_view,
        on_click, optional_text, outside, question, text, when,
    },
    erased_signal::ErasedSignal,
    i18n::{self, interpolate, plural, texts, tr},
    message_history::MessageHistory,
    pages::admin::{AdminSession, marks},
};

/// Failures that are listed. The rest is a number.
const LISTED: usize = 10;

/// The selected messages. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct MarkedMessages {
    session: AdminSession,
    /// Their ids, sorted.
    pub(super) ids: ErasedSignal<Vec<String>>,
    /// The message that was marked last: where a range begins.
    anchor: RwSignal<String>,
    /// Whether a question is asked before the recall.
    asking: RwSignal<bool>,
    /// Messages that could not be recalled: their texts, and why.
    failed: ErasedSignal<Vec<(String, String)>>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
}

impl MarkedMessages {
    pub(super) fn new(session: AdminSession, note: RwSignal<Option<String>>) -> Self {
        Self {
            session,
            ids: ErasedSignal::default(),
            anchor: RwSignal::default(),
            asking: RwSignal::new(false),
            failed: ErasedSignal::default(),
            note,
        }
    }

    fn len(self) -> usize {
        self.ids.with(Vec::len)
    }

    /// Marks a message, or takes the mark from it. A range begins at the message that was marked before.
    pub(super) fn mark(self, messages: &MessageHistory, mark: &MessageMark) {
        self.asking.set(false);
        let anchor = self.anchor.get_untracked();
        self.anchor.set(mark.id.clone());
        let range = match mark.range {
            true => messages.range(&anchor, &mark.id),
            false => messages.range(&mark.id, &mark.id),
        };
        let rows = range.iter().map(|message| message.id.as_str());
        self.ids.update(|ids| marks::toggle(ids, &mark.id, rows));
    }

    /// Takes all marks away.
    fn clear(self) {
        self.asking.set(false);
        self.ids.set(Vec::new());
    }

    /// Recalls all of them, one after the other. Those that could not be recalled stay marked.
    async fn recall(self, messages: &MessageHistory) {
        let ids = self.ids.read_untracked();
        let mut done = 0;
        self.failed.set(Vec::new());
        for (n, id) in ids.iter().enumerate() {
            let (n, all) = ((n + 1).to_string(), ids.len().to_string());
            let said = interpolate(texts().messages.recalling, &[("done", &n), ("all", &all)]);
            self.note.try_set(Some(said));
            match Client::new("").recall(id).await {
                Ok(_) => {
                    done += 1;
                    self.ids.update(|ids| ids.retain(|other| other != id));
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    let known = messages.find(id);
                    let name = known.map_or(id.clone(), |known| beginning(known.data.get()));
                    let failure = (name, i18n::error(&error));
                    self.failed.update(|failed| failed.push(failure));
                }
            }
        }
        let said = plural(texts().messages.recalled_n, done, &[]);
        self.note.try_set(Some(said));
    }
}

/// What can be done with the selected messages, if there are any.
pub(super) fn bar(history: History) -> AnyView {
    let marked = history.marked;
    let shown = move || {
        lazy_view(
            || Box::pin(load_marked_messages()),
            move || marked_messages(history),
        )
    };
    when(move || marked.len() > 0, shown)
}

#[wasm_split(marked_messages, wasm_split_path = ::leptos::wasm_split, preload(load_marked_messages), fallible)]
fn marked_messages(history: History) -> Result<AnyView, SplitLoaderError> {
    Ok(actions(history))
}

fn actions(history: History) -> AnyView {
    let marked = history.marked;
    let count = text(move || plural(texts().messages.marked, marked.len() as u64, &[]));
    let label = text(move || plural(texts().messages.recall_n, marked.len() as u64, &[]));
    let ask = move || {
        view! {
            <button
                type="button"
                class="quiet small danger"
                on:click=on_click(move || marked.asking.set(true))
            >
                {label}
            </button>
        }
        .erase_client_only()
    };
    let asked = move || {
        let act = on_click(move || {
            marked.asking.set(false);
            spawn_local(async move {
                let messages = history.messages.read_untracked();
                marked.recall(&messages).await;
                history.ask(|due| due.anew = true);
            });
        });
        question(
            Wording {
                name: label,
                about: text(|| texts().messages.recall_ask.to_owned()),
                act: label,
                keep: |t| t.messages.keep,
            },
            act,
            on_click(move || marked.asking.set(false)),
        )
    };
    let recall = move || either(move || marked.asking.get(), asked, ask);
    // Escape closes open details first.
    let escape = optional_text(move || {
        let is_last = history.opened.id.with(String::is_empty) && !marked.asking.get();
        is_last.then(String::new)
    });
    let may_recall = move || history.session.may("recall");
    view! {
        <section class="marked" aria-labelledby="marked">
            <div class="row">
                <strong id="marked" aria-live="polite">
                    {count}
                </strong>
                {when(may_recall, recall)}
                <button
                    type="button"
                    class="quiet small"
                    data-escape=escape
                    on:click=on_click(move || marked.clear())
                >
                    {tr(|t| t.messages.unmark)}
                </button>
            </div>
            {failures(marked)}
        </section>
    }
    .erase_client_only()
}

/// Which messages could not be recalled, and why. They are still selected.
fn failures(marked: MarkedMessages) -> AnyView {
    let failed = marked.failed;
    let count = text(move || plural(texts().messages.failed_n, failed.with(Vec::len) as u64, &[]));
    let more = optional_text(move || {
        let more = failed.with(Vec::len).saturating_sub(LISTED) as u64;
        (more > 0).then(|| plural(texts().messages.more_failed, more, &[]))
    });
    let entries = move || {
        keyed_list(move || {
            let failed = failed.read();
            let entry = |(n, (name, why)): (usize, &(String, String))| {
                let said = format!("{name}: {why}");
                ListItem::new(format!("{n} {said}"), move || {
                    view! { <li>{outside(&said)}</li> }.erase_client_only()
                })
            };
            failed.iter().take(LISTED).enumerate().map(entry).collect()
        })
    };
    let shown = move || {
        view! {
            <div class="notice bad" role="alert">
                <p>{count}</p>
                <ul aria-label=tr(|t| t.messages.failures)>{entries()}</ul>
                <p>{more}</p>
            </div>
        }
        .erase_client_only()
    };
    when(move || failed.with(|failed| !failed.is_empty()), shown)
}
