//! What happened to the node, as a list below the charts.

use leptos::prelude::*;

use super::Overview;
use crate::{
    components::{EraseView, ListItem, keyed_list, text},
    formatting,
    i18n::{interpolate, plural, texts, tr},
    wire::StatsMark,
};

/// The most that are listed. All are in the charts.
const LISTED: usize = 12;

/// What happened, in words.
pub(super) fn mark_text(mark: &StatsMark) -> String {
    let texts = &texts().overview;
    let number = mark.value.parse().unwrap_or_default();
    match mark.kind.as_str() {
        "started" => interpolate(texts.mark_started, &[("version", &mark.value)]),
        "log_damaged" => texts.mark_damaged.to_owned(),
        "disk_full" => texts.mark_disk_full.to_owned(),
        "slow_storage" => interpolate(texts.mark_slow, &[("ms", &formatting::number(number))]),
        "gaps" => plural(texts.mark_gaps, number, &[]),
        other => other.to_owned(),
    }
}

/// The newest marks, the newest first.
pub(super) fn view(overview: Overview) -> AnyView {
    let items = keyed_list(move || {
        let marks = overview.marks.read();
        let newest = marks.iter().rev().take(LISTED).cloned();
        let item = |mark: StatsMark| {
            ListItem::new(format!("{} {}", mark.at, mark.kind), move || {
                let mark = mark.clone();
                let at = mark.at as f64;
                let what = text(move || mark_text(&mark));
                view! {
                    <li>
                        <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
                        " "
                        {what}
                    </li>
                }
                .erase_client_only()
            })
        };
        newest.map(item).collect()
    });
    view! {
        <section class="marks" aria-labelledby="marks">
            <h2 id="marks">{tr(|t| t.overview.marks)}</h2>
            <ol>{items}</ol>
        </section>
    }
    .erase_client_only()
}
