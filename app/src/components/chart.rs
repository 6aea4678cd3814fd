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
pub(crate) use plot::{Frame, Point};

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

/// The chart.
#[component]
pub fn Chart(
    /// The labels.
    labels: Labels,
    /// The data.
    series: ErasedMemo<TimeSeries>,
) -> impl IntoView {
    // The selected point; none: the last one.
    let selected_point = ErasedSignal::new(None::<usize>);
    let here = move || {
        let last = series.with(|series| series.first().len()).checked_sub(1)?;
        Some(selected_point.get().unwrap_or(last).min(last))
    };
    let value = text(move || match here() {
        Some(n) => series.with(|series| reading(labels, series, n)),
        None => "\u{2013}".to_owned(),
    });
    let moment = move |n: usize| series.with(|series| series.first().get(n).map(|(at, _)| *at));
    let when = text(move || match selected_point.get().and_then(moment) {
        Some(at) => formatting::clock(at),
        None => String::new(),
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
        selected_point.set(share(&event).and_then(|share| {
            let series = series.try_read_untracked()?;
            series.frame().nearest(series.first(), share)
        }));
    };
    let step = move |event: KeyboardEvent| {
        let points = series
            .try_read_untracked()
            .map_or(0, |series| series.first().len());
        let last = points.saturating_sub(1);
        let here = selected_point.read_untracked().unwrap_or(last);
        selected_point.set(match event.key().as_str() {
            "ArrowLeft" => Some(here.saturating_sub(1)),
            "ArrowRight" => Some((here + 1).min(last)),
            "Home" => Some(0),
            "End" | "Escape" => None,
            _ => return,
        });
        event.prevent_default();
    };
    view! {
        <section class="card chart" aria-labelledby=labels.id>
            <div class="chart-head">
                <h2 id=labels.id>{crate::i18n::tr(labels.title)}</h2>
                <p class="value">{value}</p>
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
                on:pointerleave=move |_| selected_point.set(None)
                on:keydown=step
            >
                {lines(series, selected_point)}
                <span class="top" aria-hidden="true">
                    {text(move || top(labels, &series.read()))}
                </span>
            </div>
            {times(series)}
        </section>
    }
    .erase()
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

fn lines(series: ErasedMemo<TimeSeries>, selected_point: ErasedSignal<Option<usize>>) -> AnyView {
    let path = move |n: usize| {
        text(move || {
            series.with(|series| match series.lines.get(n) {
                Some(points) => series.frame().line(points, series.apart),
                None => String::new(),
            })
        })
    };
    let cursor = optional_text(move || {
        let n = selected_point.get()?;
        series.with(|series| {
            let (at, _) = series.first().get(n)?;
            Some(format!("M{} 0V1000", series.frame().x(*at) as i64))
        })
    });
    view! {
        <svg viewBox="0 0 6000 1000" preserveAspectRatio="none" aria-hidden="true">
            <path class="grid" d="M0 0H6000M0 500H6000M0 1000H6000" />
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
        let mark = |share: f64, frame: Frame| {
            let at = formatting::minute(frame.from + share * (frame.until - frame.from));
            super::ListItem::new(format!("{share} {at}"), move || {
                let at = at.clone();
                view! { <span>{at}</span> }.erase_client_only()
            })
        };
        let shares = frame.map(|frame| [0.0, 0.5, 1.0].map(|share| mark(share, frame)));
        shares.into_iter().flatten().collect()
    });
    view! {
        <div class="times" aria-hidden="true">
            {marks}
        </div>
    }
    .erase()
}
