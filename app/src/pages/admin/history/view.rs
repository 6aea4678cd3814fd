//! The view of the section.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{History, keys, marked};
use crate::{
    api::MessagesQuery,
    components::{
        EraseView, HistoryFilter, HistoryFilterFields, HistoryList, MessageActions, ShownMessage,
        ShownMessages, bool_signal, either, lazy_view, message_panel, on_click, optional_text,
        retry_notice, when,
    },
    i18n::{texts, tr},
    message_history::MessageHistory,
};

/// The list, and beside it the message that is open.
pub(in crate::pages::admin) fn view(history: History) -> AnyView {
    keys::listen(history);
    let session = history.session;
    let actions = MessageActions {
        open: Callback::new(move |id| history.open(id)),
        mark: Callback::new(move |mark| {
            history
                .marked
                .mark(&history.messages.read_untracked(), &mark);
        }),
        recall: Callback::new(move |id| history.recall(id)),
        copy: Callback::new(move |id| {
            spawn_local(async move {
                if copy_message(history, id).await.is_err() {
                    history
                        .note
                        .try_set(Some(texts().shell.not_loaded.to_owned()));
                }
            });
        }),
        may_push: bool_signal(move || session.may("push")),
        may_recall: bool_signal(move || session.may("recall")),
        asked: RwSignal::new(String::new()),
    };
    let panel = move || {
        lazy_view(
            || Box::pin(load_opened_message()),
            move || opened_message(history, actions),
        )
    };
    let is_open = move || history.opened.id.with(|id| !id.is_empty());
    view! { <div class="columns history-columns">{list(history, actions)} {when(is_open, panel)}</div> }.erase()
}

#[wasm_split(opened_message, wasm_split_path = ::leptos::wasm_split, preload(load_opened_message), fallible)]
fn opened_message(history: History, actions: MessageActions) -> Result<AnyView, SplitLoaderError> {
    let shown = ShownMessage {
        detail: history.opened.detail,
        messages: history.messages,
        wrong: history.opened.wrong,
    };
    let close = Callback::new(move |()| history.close());
    Ok(message_panel(shown, actions, close))
}

#[wasm_split(opened_message, wasm_split_path = ::leptos::wasm_split, fallible)]
fn copy_message(history: History, id: String) -> Result<(), SplitLoaderError> {
    spawn_local(history.copy(id));
    Ok(())
}

fn list(history: History, actions: MessageActions) -> AnyView {
    let filter = history.filter;
    let nothing = move || {
        history.loaded.get()
            && history
                .messages
                .with(|messages| messages.messages().is_empty())
    };
    let older = move || {
        view! {
            <button type="button" class="quiet" on:click=on_click(move || history.read_on())>
                {tr(|t| t.messages.older)}
            </button>
        }
        .erase_client_only()
    };
    let has_older = move || history.messages.with(|messages| messages.next().is_some());
    let is_full = move || history.messages.with(MessageHistory::is_full);
    let limit = optional_text(move || is_full().then(|| texts().messages.limit.to_owned()));
    let reload = move || history.ask(|due| due.anew = true);
    let reading = optional_text(move || {
        let reads = !history.loaded.get() && history.wrong.with(Option::is_none);
        reads.then(|| texts().messages.loading.to_owned())
    });
    let shown = ShownMessages {
        messages: history.messages,
        row: history.row,
        opened: history.opened.id,
        marked: history.marked.ids,
    };
    view! {
        <section class="card wide" aria-labelledby="history">
            <h2 id="history">{tr(|t| t.messages.title)}</h2>
            <HistoryFilterFields filter />
            {retry_notice(move || history.wrong.get(), reload)}
            {marked::bar(history)}
            <p class="note" role="status">
                {optional_text(move || history.note.get())}
            </p>
            <p class="nothing">{reading}</p>
            <HistoryList shown actions />
            {when(nothing, move || nothing_here(filter))}
            {when(has_older, older)}
            <p class="nothing">{limit}</p>
        </section>
    }
    .erase()
}

/// The view if there are no messages to list.
fn nothing_here(filter: HistoryFilter) -> AnyView {
    let filtered = move || filter.query() != MessagesQuery::default();
    let clear = move || {
        view! {
            <p>{tr(|t| t.messages.no_match)}</p>
            <button type="button" class="quiet small" on:click=on_click(move || filter.clear())>
                {tr(|t| t.messages.clear)}
            </button>
        }
        .erase_client_only()
    };
    let first = || {
        view! {
            <p class="title">{tr(|t| t.messages.none)}</p>
            <p>{tr(|t| t.messages.none_about)}</p>
            <a class="button small" href="admin/push">
                {tr(|t| t.messages.first_push)}
            </a>
        }
        .erase_client_only()
    };
    view! { <div class="empty">{either(filtered, clear, first)}</div> }.erase_client_only()
}
