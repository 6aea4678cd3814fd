//! Options of a push that most pushes do not need.

use leptos::prelude::*;

use super::Draft;
use crate::{
    components::EraseView,
    i18n::{Texts, tr},
};

/// Urgency and the key for replacement.
pub(super) fn options(draft: Draft) -> AnyView {
    let urgency = |value: &'static str, label: fn(&Texts) -> &'static str| {
        view! { <option value=value>{tr(label)}</option> }.erase()
    };
    view! {
        <details class="more">
            <summary>{tr(|t| t.push.more_options)}</summary>
            <div class="fields">
                <div class="field">
                    <label for="urgency">{tr(|t| t.push.urgency)}</label>
                    <select id="urgency" bind:value=draft.urgency>
                        {urgency("", |t| t.push.normal)}
                        {urgency("high", |t| t.push.high)}
                        {urgency("low", |t| t.push.low)}
                        {urgency("very-low", |t| t.push.very_low)}
                    </select>
                </div>
                <div class="field">
                    <label for="replace">{tr(|t| t.push.replace)}</label>
                    <input
                        id="replace"
                        type="text"
                        class="code"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="replace-hint"
                        bind:value=draft.replace
                    />
                    <p class="hint" id="replace-hint">
                        {tr(|t| t.push.replace_hint)}
                    </p>
                </div>
            </div>
        </details>
    }
    .erase()
}
