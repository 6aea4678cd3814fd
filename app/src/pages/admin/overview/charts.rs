//! The charts of *Overview*, with a crosshair that they share, what happened meanwhile, and the same as a table.

use leptos::prelude::*;
use std::collections::VecDeque;

use super::{Overview, marks::mark_text, range::Range};
use crate::{
    components::{
        Chart, ChartMark, EraseView, Labels, ListItem, Point, TimeSeries, bool_signal, keyed_list,
        on_click, optional_text, segment, text,
    },
    erased_signal::ErasedMemo,
    formatting,
    i18n::{Texts, plural, texts, tr},
    wire::Sample,
};

/// The value of a sample that a line shows.
type Figure = fn(&Sample) -> Option<f64>;

/// The charts: labels and values.
const CHARTS: [(Labels, &[Figure]); 6] = [
    (
        labels("clients-chart", |t| t.overview.clients, whole),
        &[|sample| Some(sample.clients as f64)],
    ),
    (
        labels("connections-chart", |t| t.overview.connections, whole),
        &[|sample| Some(sample.connections as f64)],
    ),
    (
        labels("pushes-chart", |t| t.overview.pushes, formatting::rough),
        &[|sample| Some(sample.pushes)],
    ),
    (
        labels(
            "deliveries-chart",
            |t| t.overview.deliveries,
            formatting::rough,
        ),
        &[|sample| Some(sample.deliveries)],
    ),
    (
        Labels {
            lines: &[|t| t.overview.median, |t| t.overview.slowest],
            ..labels("lag-chart", |t| t.overview.lag, milliseconds)
        },
        &[|sample| sample.lag_p50, |sample| sample.lag_p99],
    ),
    (
        labels("memory-chart", |t| t.overview.memory, formatting::bytes),
        &[|sample| (sample.memory > 0).then_some(sample.memory as f64)],
    ),
];

const fn labels(
    id: &'static str,
    title: fn(&Texts) -> &'static str,
    unit: fn(f64) -> String,
) -> Labels {
    let lines = &[];
    Labels {
        id,
        title,
        unit,
        lines,
    }
}

fn whole(n: f64) -> String {
    formatting::number(n as u64)
}

fn milliseconds(n: f64) -> String {
    format!("{} ms", formatting::rough(n))
}

fn series(overview: Overview, figures: &'static [Figure]) -> ErasedMemo<TimeSeries> {
    ErasedMemo::new(move || {
        let samples = overview.samples.read();
        let line = |figure: &Figure| {
            let point = |sample: &Sample| -> Point { (sample.at as f64, figure(sample)) };
            samples.iter().map(point).collect()
        };
        TimeSeries {
            lines: figures.iter().map(line).collect(),
            length: overview.range.get().length(),
            apart: overview.every.get() as f64 * 3_000.0,
        }
    })
}

/// The charts, and what belongs to them.
pub(super) fn view(overview: Overview) -> AnyView {
    let marks = ErasedMemo::new(move || {
        let mark = |mark: &crate::wire::StatsMark| ChartMark {
            at: mark.at as f64,
            text: mark_text(mark),
        };
        overview
            .marks
            .with(|marks| marks.iter().map(mark).collect::<Vec<_>>())
    });
    let charts = CHARTS.map(|(labels, figures)| {
        let series = series(overview, figures);
        view! { <Chart labels series marks moment=overview.moment /> }
    });
    let waiting = optional_text(move || {
        let waits = overview.samples.with(VecDeque::is_empty);
        let wrong = overview.wrong.with(Option::is_some);
        (waits && !wrong).then(|| texts().overview.waiting.to_owned())
    });
    view! {
        {ranges(overview)}
        <p class="hint" role="status">
            {waiting}
        </p>
        <div class="charts">{charts.into_iter().collect_view()}</div>
    }
    .erase()
}

/// The choice of the range.
fn ranges(overview: Overview) -> AnyView {
    let option = move |range: Range| {
        let chosen = bool_signal(move || overview.range.get() == range);
        let choose = on_click(move || overview.range.set(range));
        segment("range", tr(range.label()), chosen, choose)
    };
    view! {
        <fieldset class="segments ranges">
            <legend class="unseen">{tr(|t| t.overview.range)}</legend>
            {Range::ALL.map(option).into_iter().collect_view()}
        </fieldset>
    }
    .erase()
}

pub(super) fn dash() -> String {
    "\u{2013}".to_owned()
}

/// The data of the charts as a table, with some of the samples.
pub(super) fn table(overview: Overview) -> AnyView {
    let row = move |sample: Sample| {
        let cells = CHARTS.iter().flat_map(|(labels, figures)| {
            figures
                .iter()
                .map(|figure| figure(&sample).map_or_else(dash, labels.unit))
        });
        let cells: Vec<String> = cells.collect();
        let time = match overview.range.get() {
            Range::Quarter | Range::Hour => formatting::minute(sample.at as f64),
            Range::Day | Range::Week => formatting::clock(sample.at as f64),
        };
        ListItem::new(sample.at, move || {
            let cells = cells.iter().map(|cell| view! { <td>{cell.clone()}</td> });
            view! {
                <tr>
                    <th scope="row">{time.clone()}</th>
                    {cells.collect_view()}
                </tr>
            }
            .erase_client_only()
        })
    };
    let rows = keyed_list(move || {
        let every = overview.range.get().row_seconds() / overview.every.get().max(1);
        let samples = overview.samples.read();
        samples
            .iter()
            .rev()
            .step_by(every.max(1) as usize)
            .copied()
            .map(row)
            .collect()
    });
    let heads = CHARTS.iter().flat_map(|(labels, _)| match labels.lines {
        [] => vec![text(move || (labels.title)(texts()).to_owned())],
        lines => {
            let head = |line: &'static fn(&Texts) -> &'static str| {
                text(move || format!("{} {}", (labels.title)(texts()), line(texts())))
            };
            lines.iter().map(head).collect()
        }
    });
    let heads = heads
        .map(|head| view! { <th scope="col">{head}</th> })
        .collect_view();
    // The server has no samples, and can't format a span.
    let kept = optional_text(move || {
        let count = overview.samples.with(VecDeque::len);
        let sentence = || {
            let every = formatting::span(overview.range.get().row_seconds());
            let values = [("span", every.as_str())];
            plural(texts().overview.samples, count as u64, &values)
        };
        (count > 0).then(sentence)
    });
    view! {
        <details class="as-table">
            <summary>{tr(|t| t.overview.as_table)}</summary>
            <div class="scrolls" tabindex="0" role="region" aria-label=tr(|t| t.overview.as_table)>
                <table class="figures">
                    <thead>
                        <tr>
                            <th scope="col">{tr(|t| t.overview.time)}</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="hint">{kept}</p>
        </details>
    }
    .erase_client_only()
}
