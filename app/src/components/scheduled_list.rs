//! Messages that are to be pushed later, with what can be done to them.

use leptos::{ev::SubmitEvent, prelude::*};

use super::{
    EraseView, ListItem, ask_first, audience_text, beginning, either, keyed_list, list_keys,
    on_click, outside, outside_data, outside_signal, text, when,
};
use crate::{erased_signal::ErasedSignal, formatting, i18n::tr, wire::ScheduledInfo};

/// What can be done to a message of the list.
#[derive(Clone, Copy)]
pub(crate) struct ScheduledActions {
    /// Whether the buttons are shown.
    pub(crate) may_change: bool,
    /// Pushes it at another time (RFC 3339).
    pub(crate) shift: Callback<(String, String)>,
    /// Cancels it.
    pub(crate) cancel: Callback<String>,
}

/// The list.
pub(crate) fn scheduled_list(
    entries: ErasedSignal<Option<Vec<ScheduledInfo>>>,
    actions: ScheduledActions,
) -> AnyView {
    let items = keyed_list(move || {
        let item = |entry: &ScheduledInfo| {
            let shown = entry.clone();
            let id = format!("{} {}", entry.id, entry.due_at);
            ListItem::new(id, move || row(&shown, actions))
        };
        let all = entries.read();
        all.iter().flatten().map(item).collect()
    });
    view! {
        <ul class="api-keys-list scheduled" aria-labelledby="scheduled-title" use:list_keys>
            {items}
        </ul>
    }
    .erase_client_only()
}

fn row(entry: &ScheduledInfo, actions: ScheduledActions) -> AnyView {
    let at = entry.due_at as f64;
    let (to, clients) = (entry.to.clone(), entry.clients);
    let event = entry.event.clone().unwrap_or_default();
    let data = beginning(entry.data.get());
    let change = StoredValue::new(entry.id.clone());
    let buttons = move || buttons(change.get_value(), at, actions);
    view! {
        <li data-row=entry.id.clone()>
            <div class="row">
                <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
                <strong>{outside_signal(text(move || audience_text(&to, clients)))}</strong>
                <span class="tag plain">{outside(&event)}</span>
            </div>
            <p class="excerpt">{outside_data(data)}</p>
            {when(move || actions.may_change, buttons)}
        </li>
    }
    .erase_client_only()
}

/// Changes the time, or cancels.
fn buttons(id: String, at: f64, actions: ScheduledActions) -> AnyView {
    let changing = RwSignal::new(false);
    let id = StoredValue::new(id);
    let cancel = Callback::new(move |()| actions.cancel.run(id.get_value()));
    let both = move || {
        view! {
            <div class="row">
                <button
                    type="button"
                    class="quiet small"
                    on:click=on_click(move || changing.set(true))
                >
                    {tr(|t| t.scheduled.change)}
                </button>
                {ask_first(|t| t.scheduled.cancel, |t| t.scheduled.cancel_ask, String::new(), cancel)}
            </div>
        }
        .erase_client_only()
    };
    let form = move || time_form(id, at, changing, actions);
    either(move || changing.get(), form, both)
}

fn time_form(
    id: StoredValue<String>,
    at: f64,
    changing: RwSignal<bool>,
    actions: ScheduledActions,
) -> AnyView {
    let typed = RwSignal::new(formatting::local_time(at));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(at) = formatting::of_local_time(&typed.get_untracked()) {
            changing.try_set(false);
            actions.shift.run((id.get_value(), at));
        }
    };
    view! {
        <form class="row" on:submit=submit>
            <label>
                {tr(|t| t.scheduled.when)}
                <input type="datetime-local" step="1" required bind:value=typed />
            </label>
            <button type="submit" class="small">
                {tr(|t| t.scheduled.save)}
            </button>
            <button
                type="button"
                class="quiet small"
                data-escape=""
                on:click=on_click(move || changing.set(false))
            >
                {tr(|t| t.push.keep)}
            </button>
        </form>
    }
    .erase_client_only()
}
