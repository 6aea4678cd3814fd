//! Figures over time: lines, and what they say at one moment, which is the last unless a person
//! points at another, with the pointer or with the arrow keys.

mod plot;

use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::Element,
};

use crate::{
    components::{IntoPart, list, note, text},
    figures,
    held::{Derived, Held},
    words::{Words, words},
};
pub(crate) use plot::{Frame, Point};

/// What is known of the last while, a line for each figure that the chart shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Course {
    /// The lines, with points at the same moments, oldest first.
    pub(crate) lines: Vec<Vec<Point>>,
    /// Milliseconds from the left edge to the right.
    pub(crate) length: f64,
    /// Milliseconds between two points beyond which the line is broken.
    pub(crate) apart: f64,
}

impl Course {
    fn first(&self) -> &[Point] {
        self.lines.first().map_or(&[], Vec::as_slice)
    }

    fn frame(&self) -> Frame {
        let until = self.first().last().map_or(0.0, |(at, _)| *at);
        Frame::around(self.lines.iter().flatten(), until, self.length)
    }
}

/// How a chart is labelled.
#[derive(Clone, Copy)]
pub(crate) struct Labels {
    /// Makes the `id`s unique.
    pub(crate) id: &'static str,
    /// What it shows.
    pub(crate) title: fn(&Words) -> &'static str,
    /// Writes a value.
    pub(crate) unit: fn(f64) -> String,
    /// What the lines are called, where there are several.
    pub(crate) lines: &'static [fn(&Words) -> &'static str],
}

/// The chart.
#[component]
pub fn Chart(
    /// How it is labelled.
    labels: Labels,
    /// What it shows.
    course: Derived<Course>,
) -> impl IntoView {
    // The point that is looked at; none: the last.
    let looked_at = Held::new(None::<usize>);
    let here = move || {
        let last = course.with(|course| course.first().len()).checked_sub(1)?;
        Some(looked_at.get().unwrap_or(last).min(last))
    };
    let value = text(move || match here() {
        Some(n) => course.with(|course| reading(labels, course, n)),
        None => "\u{2013}".to_owned(),
    });
    let moment = move |n: usize| course.with(|course| course.first().get(n).map(|(at, _)| *at));
    let when = text(move || match looked_at.get().and_then(moment) {
        Some(at) => figures::clock(at),
        None => String::new(),
    });
    let described = text(move || format!("{} {}", value.get(), when.get()));
    let last = text(move || {
        course
            .with(|c| c.first().len())
            .saturating_sub(1)
            .to_string()
    });
    let now = text(move || here().unwrap_or_default().to_string());
    let point = move |event: PointerEvent| {
        looked_at.set(share(&event).and_then(|share| {
            let course = course.try_peek()?;
            course.frame().nearest(course.first(), share)
        }));
    };
    let step = move |event: KeyboardEvent| {
        let points = course.try_peek().map_or(0, |course| course.first().len());
        let last = points.saturating_sub(1);
        let here = looked_at.peek().unwrap_or(last);
        looked_at.set(match event.key().as_str() {
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
                <h2 id=labels.id>{crate::words::say(labels.title)}</h2>
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
                on:pointerleave=move |_| looked_at.set(None)
                on:keydown=step
            >
                {lines(course, looked_at)}
                <span class="top" aria-hidden="true">
                    {text(move || top(labels, &course.read()))}
                </span>
            </div>
            {times(course)}
        </section>
    }
    .part()
}

/// How far to the right the pointer is, from 0 to 1.
fn share(event: &PointerEvent) -> Option<f64> {
    let plot: Element = event.current_target()?.dyn_into().ok()?;
    let place = plot.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - place.left()) / place.width().max(1.0))
}

fn reading(labels: Labels, course: &Course, n: usize) -> String {
    let value = |line: &Vec<Point>| match line.get(n) {
        Some((_, Some(value))) => (labels.unit)(*value),
        _ => "\u{2013}".to_owned(),
    };
    if labels.lines.is_empty() {
        return course.lines.first().map(value).unwrap_or_default();
    }
    let named = labels.lines.iter().zip(&course.lines);
    let parts = named.map(|(name, line)| format!("{} {}", name(words()), value(line)));
    parts.collect::<Vec<_>>().join("  ")
}

fn top(labels: Labels, course: &Course) -> String {
    match course.first() {
        [] => String::new(),
        _ => (labels.unit)(course.frame().top),
    }
}

fn lines(course: Derived<Course>, looked_at: Held<Option<usize>>) -> AnyView {
    let path = move |n: usize| {
        text(move || {
            course.with(|course| match course.lines.get(n) {
                Some(points) => course.frame().line(points, course.apart),
                None => String::new(),
            })
        })
    };
    let cursor = note(move || {
        let n = looked_at.get()?;
        course.with(|course| {
            let (at, _) = course.first().get(n)?;
            Some(format!("M{} 0V1000", course.frame().x(*at) as i64))
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
    .part()
}

/// The moments at the left edge, in the middle and at the right edge.
fn times(course: Derived<Course>) -> AnyView {
    let marks = list(move || {
        let frame = course.with(|course| (!course.first().is_empty()).then(|| course.frame()));
        let mark = |share: f64, frame: Frame| {
            let at = figures::minute(frame.from + share * (frame.until - frame.from));
            super::Entry::new(format!("{share} {at}"), move || {
                let at = at.clone();
                view! { <span>{at}</span> }.fresh()
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
    .part()
}
