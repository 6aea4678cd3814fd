//! What a job has said. It follows the end until somebody scrolls up, and again when they are back there.

use leptos::{html, prelude::*};

use crate::{
    components::{IntoPart, note, press, when},
    words::{count, say, words},
    worklog::Worklog,
};

/// So near to the end, in pixels, counts as being there.
const NEAR: i32 = 8;

/// The log of a job.
#[component]
pub fn JobLog(
    /// The lines that are here.
    log: RwSignal<Worklog>,
    /// Whether the end is followed.
    followed: RwSignal<bool>,
    /// What to say while there are no lines.
    nothing: Signal<Option<String>>,
    /// The person wants older lines.
    on_older: Callback<()>,
) -> impl IntoView {
    let area = NodeRef::<html::Pre>::new();
    let lines = Signal::derive(move || log.with(Worklog::text));
    // From the end: older lines that come before must not move what is being read.
    let from_end = StoredValue::new(0);
    let first = StoredValue::new(None::<u64>);
    Effect::new(move || {
        lines.track();
        let Some(area) = area.get() else { return };
        let top = log.with_untracked(Worklog::first);
        let grew_above = first.get_value().is_some() && top < first.get_value();
        first.set_value(top);
        if followed.get_untracked() {
            area.set_scroll_top(area.scroll_height());
        } else if grew_above {
            area.set_scroll_top(area.scroll_height() - from_end.get_value());
        }
        from_end.set_value(area.scroll_height() - area.scroll_top());
    });
    let scrolled = move |_| {
        let Some(area) = area.get_untracked() else {
            return;
        };
        let rest = area.scroll_height() - area.scroll_top();
        from_end.set_value(rest);
        let is_there = rest - area.client_height() <= NEAR;
        if followed.get_untracked() != is_there {
            followed.set(is_there);
        }
    };
    let to_the_end = move || {
        followed.set(true);
        if let Some(area) = area.get_untracked() {
            area.set_scroll_top(area.scroll_height());
        }
    };
    let older = move || {
        view! {
            <button type="button" class="quiet small" on:click=press(move || on_older.run(()))>
                {say(|w| w.job.older)}
            </button>
        }
        .fresh()
    };
    let back = move || {
        view! {
            <button type="button" class="quiet small" on:click=press(to_the_end)>
                {say(|w| w.job.to_the_end)}
            </button>
        }
        .fresh()
    };
    let let_go = note(move || {
        let let_go = log.with(|log| log.let_go().min(u64::from(!log.has_older()) * u64::MAX));
        (let_go > 0).then(|| count(words().job.let_go, let_go, &[]))
    });
    view! {
        <section class="card" aria-labelledby="log">
            <div class="section-head">
                <h2 id="log">{say(|w| w.job.log)}</h2>
                {when(move || log.with(Worklog::has_older), older)}
                {when(move || !followed.get(), back)}
            </div>
            <p class="hint">{let_go}</p>
            <pre class="job-log" role="log" aria-labelledby="log" tabindex="0" node_ref=area on:scroll=scrolled>
                {lines}
            </pre>
            <p class="nothing">{nothing}</p>
        </section>
    }
    .part()
}
