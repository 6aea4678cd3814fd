//! A line chart over time. It shows the values at one moment: the last one, unless the user selects
//! another with the pointer or the arrow keys.

mod plot;

use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::Element,
};

use crate::{
    components::{EraseView, keyed_list, optional_text, text},
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{Texts, texts},
};
use plot::nearest;
pub(crate) use plot::{Frame, Point};

/// A range that is longer, in milliseconds, has days below it, and not times of day.
const TWO_DAYS: f64 = 172_800_000.0;

/// The data of a chart, one line for each metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TimeSeries {
    /// The lines. All have points at the same moments, oldest first.
    pub(crate) lines: Vec<Vec<Point>>,
    /// Milliseconds that the width of the chart covers.
    pub(crate) length: f64,
    /// Longest distance between two points, in milliseconds, that is drawn without a break.
    pub(crate) apart: f64,
}

impl TimeSeries {
    fn first(&self) -> &[Point] {
        self.lines.first().map_or(&[], Vec::as_slice)
    }

    /// The index of the point that is nearest to a time.
    fn nearest(&self, at: f64) -> Option<usize> {
        nearest(self.first(), at)
    }

    fn frame(&self) -> Frame {
        let until = self.first().last().map_or(0.0, |(at, _)| *at);
        Frame::around(self.lines.iter().flatten(), until, self.length)
    }
}

/// The labels of a chart.
#[derive(Clone, Copy)]
pub(crate) struct Labels {
    /// Prefix that makes the `id`s unique.
    pub(crate) id: &'static str,
    /// The title.
    pub(crate) title: fn(&Texts) -> &'static str,
    /// Formats a value.
    pub(crate) unit: fn(f64) -> String,
    /// The names of the lines, if there are several.
    pub(crate) lines: &'static [fn(&Texts) -> &'static str],
}

/// A moment at which something happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChartMark {
    /// The time in milliseconds since 1970.
    pub(crate) at: f64,
    /// What happened, in words.
    pub(crate) text: String,
}

/// The chart.
#[component]
pub fn Chart(
    /// The labels.
    labels: Labels,
    /// The data.
    series: ErasedMemo<TimeSeries>,
    /// What happened meanwhile.
    marks: ErasedMemo<Vec<ChartMark>>,
    /// The time that is selected in all charts; none: the last one.
    moment: ErasedSignal<Option<f64>>,
) -> impl IntoView {
    let selected = move || {
        let at = moment.get()?;
        series.with(|series| series.nearest(at))
    };
    let here = move || {
        let last = series.with(|series| series.first().len()).checked_sub(1)?;
        Some(selected().unwrap_or(last))
    };
    let value = text(move || match here() {
        Some(n) => series.with(|series| reading(labels, series, n)),
        None => "\u{2013}".to_owned(),
    });
    let when = text(move || {
        let said = selected().and_then(|n| {
            let (at, _) = series.with(|series| series.first().get(n).copied())?;
            let happened = series.with(|series| marks.with(|marks| happened(series, marks, n)));
            Some(format!("{} {happened}", formatting::clock(at)))
        });
        said.unwrap_or_default().trim_end().to_owned()
    });
    let described = text(move || format!("{} {}", value.get(), when.get()));
    let last = text(move || {
        series
            .with(|c| c.first().len())
            .saturating_sub(1)
            .to_string()
    });
    let now = text(move || here().unwrap_or_default().to_string());
    let point = move |event: PointerEvent| {
        moment.set(share(&event).and_then(|share| {
            let series = series.try_read_untracked()?;
            series
                .nearest(series.frame().at(share))
                .map(|n| series.first()[n].0)
        }));
    };
    let step = move |event: KeyboardEvent| {
        let Some(series) = series.try_read_untracked() else {
            return;
        };
        let points = series.first();
        let Some(last) = points.len().checked_sub(1) else {
            return;
        };
        let at = *moment.read_untracked();
        let here = at.and_then(|at| series.nearest(at)).unwrap_or(last);
        let there = match event.key().as_str() {
            "ArrowLeft" => Some(here.saturating_sub(1)),
            "ArrowRight" => Some((here + 1).min(last)),
            "Home" => Some(0),
            "End" | "Escape" => None,
            _ => return,
        };
        moment.set(there.map(|n| points[n].0));
        event.prevent_default();
    };
    // The values of several lines need room.
    let class = match labels.lines {
        [] => "value",
        _ => "value several",
    };
    view! {
        <section class="card chart" aria-labelledby=labels.id>
            <div class="chart-head">
                <h2 id=labels.id>{crate::i18n::tr(labels.title)}</h2>
                <p class=class>{value}</p>
                <p class="when">{when}</p>
            </div>
            <div
                class="plot"
                role="slider"
                tabindex="0"
                aria-labelledby=labels.id
                aria-valuemin="0"
                aria-valuemax=last
                aria-valuenow=now
                aria-valuetext=described
                on:pointermove=point
                on:pointerleave=move |_| moment.set(None)
                on:keydown=step
            >
                {lines(series, marks, moment)}
                <span class="top" aria-hidden="true">
                    {text(move || top(labels, &series.read()))}
                </span>
            </div>
            {times(series)}
        </section>
    }
    .erase()
}

/// What happened at a point: at a time to which no other point is nearer.
fn happened(series: &TimeSeries, marks: &[ChartMark], n: usize) -> String {
    let here = marks
        .iter()
        .filter(|mark| series.nearest(mark.at) == Some(n));
    let texts: Vec<&str> = here.map(|mark| mark.text.as_str()).collect();
    texts.join(" ")
}

/// The horizontal position of the pointer, from 0 to 1.
fn share(event: &PointerEvent) -> Option<f64> {
    let plot: Element = event.current_target()?.dyn_into().ok()?;
    let place = plot.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - place.left()) / place.width().max(1.0))
}

fn reading(labels: Labels, series: &TimeSeries, n: usize) -> String {
    let value = |line: &Vec<Point>| match line.get(n) {
        Some((_, Some(value))) => (labels.unit)(*value),
        _ => "\u{2013}".to_owned(),
    };
    if labels.lines.is_empty() {
        return series.lines.first().map(value).unwrap_or_default();
    }
    let named = labels.lines.iter().zip(&series.lines);
    let parts = named.map(|(name, line)| format!("{} {}", name(texts()), value(line)));
    parts.collect::<Vec<_>>().join("  ")
}

fn top(labels: Labels, series: &TimeSeries) -> String {
    match series.first() {
        [] => String::new(),
        _ => (labels.unit)(series.frame().top),
    }
}

fn lines(
    series: ErasedMemo<TimeSeries>,
    marks: ErasedMemo<Vec<ChartMark>>,
    moment: ErasedSignal<Option<f64>>,
) -> AnyView {
    let path = move |n: usize| {
        text(move || {
            series.with(|series| match series.lines.get(n) {
                Some(points) => series.frame().line(points, series.apart),
                None => String::new(),
            })
        })
    };
    let cursor = optional_text(move || {
        let at = moment.get()?;
        series.with(|series| {
            let (at, _) = series.first().get(series.nearest(at)?)?;
            Some(series.frame().upright([*at].into_iter()))
        })
    });
    let marked = text(move || {
        let frame = series.with(TimeSeries::frame);
        marks.with(|marks| frame.upright(marks.iter().map(|mark| mark.at)))
    });
    view! {
        <svg viewBox="0 0 6000 1000" preserveAspectRatio="none" aria-hidden="true">
            <path class="grid" d="M0 0H6000M0 500H6000M0 1000H6000" />
            <path class="happened" d=marked />
            <path class="line other" d=path(1) />
            <path class="line" d=path(0) />
            <path class="cursor" d=cursor />
        </svg>
    }
    .erase()
}

/// Time labels at the left edge, in the middle and at the right edge.
fn times(series: ErasedMemo<TimeSeries>) -> AnyView {
    let marks = keyed_list(move || {
        let frame = series.with(|series| (!series.first().is_empty()).then(|| series.frame()));
        let mark = |(share, place): (f64, &str), frame: Frame| {
            let at = frame.at(share);
            let at = match frame.until - frame.from > TWO_DAYS {
                true => formatting::day(at),
                false => formatting::minute(at),
            };
            super::ListItem::new(format!("{place} {at}"), move || {
                let at = at.clone();
                view! { <span>{at}</span> }.erase_client_only()
            })
        };
        let shares = [(0.0, "left"), (0.5, "middle"), (1.0, "right")];
        let shares = frame.map(|frame| shares.map(|share| mark(share, frame)));
        shares.into_iter().flatten().collect()
    });
    view! {
        <div class="times" aria-hidden="true">
            {marks}
        </div>
    }
    .erase()
}
