//! The section *Overview*: how the node is, now and over a range of time, live.

mod charts;
mod health;
mod marks;
mod range;
mod top;
mod topic_map;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use std::collections::VecDeque;

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    api::Client,
    browser,
    components::{
        EraseView, effect, lazy_view, missing_nodes, on_change, retry_notice, text, when,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{self, Texts, tr},
    wire::{Condition, Sample, Stats, StatsMark, StatsTop},
};
use charts::dash;
use range::Range;

/// What is counted is loaded again after this many samples: every 15 seconds.
const SAMPLES: u32 = 3;
/// Milliseconds after which charts that get samples live are loaded again, because marks do not come live.
const MARKS: f64 = 300_000.0;

/// The loaded data. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Overview {
    session: AdminSession,
    current: CurrentSection,
    range: RwSignal<Range>,
    samples: ErasedSignal<VecDeque<Sample>>,
    marks: ErasedSignal<Vec<StatsMark>>,
    /// Seconds between two samples.
    every: ErasedSignal<u64>,
    /// The time that is selected in all charts.
    moment: ErasedSignal<Option<f64>>,
    stats: ErasedSignal<Option<Stats>>,
    top: ErasedSignal<Option<StatsTop>>,
    /// What is wrong; none until it is known.
    conditions: ErasedSignal<Option<Vec<Condition>>>,
    /// When the counters were loaded.
    read: StoredValue<f64>,
    /// When the charts were loaded.
    drawn: StoredValue<f64>,
    since: StoredValue<u32>,
    /// Whether everything is to be loaded when the section is shown.
    stale: StoredValue<bool>,
    wrong: RwSignal<Option<String>>,
}

impl Overview {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let overview = Self {
            session,
            current,
            range: RwSignal::new(Range::default()),
            samples: ErasedSignal::default(),
            marks: ErasedSignal::default(),
            every: ErasedSignal::new(5),
            moment: ErasedSignal::new(None),
            stats: ErasedSignal::new(None),
            top: ErasedSignal::new(None),
            conditions: ErasedSignal::new(None),
            read: StoredValue::new(0.0),
            drawn: StoredValue::new(0.0),
            since: StoredValue::new(0),
            stale: StoredValue::new(false),
            wrong: RwSignal::new(None),
        };
        let read = move |values: &Values| overview.range.set(Range::named(&values.text("range")));
        let write = move || {
            let name = match overview.range.get() {
                Range::Hour => "",
                range => range.name(),
            };
            vec![("range", name.to_owned())]
        };
        url_query::sync(current, Section::Overview, read, write);
        on_change(
            move || overview.range.track(),
            move || spawn_local(async move { overview.draw().await }),
        );
        // A section that is not shown loads nothing, so it catches up when it is shown.
        effect(move || {
            if current.is(Section::Overview) && overview.stale.get_value() {
                overview.load();
            }
        });
        overview
    }

    pub(super) fn handle(self, update: &Update) {
        let is_shown = untrack(|| self.current.is(Section::Overview));
        match update {
            Update::Reload if is_shown => self.load(),
            Update::Reload => self.stale.set_value(true),
            Update::Sample(_) if !is_shown => self.stale.set_value(true),
            Update::Sample(sample) => self.go_on(*sample),
            _ => {}
        }
    }

    /// Takes a new sample.
    fn go_on(self, sample: Sample) {
        let range = self.range.get_untracked();
        let pause = match range.is_live() {
            true => MARKS,
            false => *self.every.read_untracked() as f64 * 1_000.0,
        };
        if range.is_live() {
            self.samples
                .update(|samples| add(samples, sample, range.length()));
        }
        if browser::now() - self.drawn.get_value() >= pause {
            self.drawn.set_value(browser::now());
            spawn_local(async move { self.draw().await });
        }
        let due = self.since.try_update_value(|since| {
            *since = (*since + 1) % SAMPLES;
            *since == 0
        });
        if due == Some(true) {
            spawn_local(async move { self.count().await });
        }
    }

    fn load(self) {
        self.stale.set_value(false);
        spawn_local(async move {
            self.draw().await;
            self.count().await;
        });
    }

    /// Loads what the charts show.
    async fn draw(self) {
        let Some(range) = self.range.try_get_untracked() else {
            return;
        };
        let answer = Client::new("").stats_range(range.name()).await;
        if self.range.try_get_untracked() != Some(range) {
            return;
        }
        match answer {
            Ok(history) => {
                self.drawn.set_value(browser::now());
                self.every.set(history.every);
                self.marks.set(history.marks);
                self.samples.set(history.samples.into());
                self.wrong.try_set(None);
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.try_set(Some(i18n::error(&error)));
            }
        }
    }

    /// Loads what is counted now.
    async fn count(self) {
        // Who may read some clients only is refused, and sees no health line.
        if let Ok(health) = Client::new("").stats_health().await {
            self.conditions.set(Some(health.conditions));
        }
        if let Ok(top) = Client::new("").stats_top().await {
            self.top.set(Some(top));
        }
        match Client::new("").stats().await {
            Ok(stats) => {
                self.read.try_set_value(browser::now());
                self.stats.set(Some(stats));
            }
            Err(error) => self.session.check_unauthorized(&error),
        }
    }

    /// Nodes that are not counted.
    fn missing(self) -> Vec<String> {
        let missing = self
            .stats
            .with(|stats| stats.as_ref().map(|stats| stats.missing_nodes.clone()));
        missing.unwrap_or_default()
    }

    /// Uptime of the node in seconds.
    fn uptime(self) -> Option<u64> {
        // Computed again with each sample.
        self.samples.track();
        let then = self
            .stats
            .with(|stats| stats.as_ref().map(|stats| stats.uptime))?;
        let since = (browser::now() - self.read.get_value()) / 1_000.0;
        Some(then + since.max(0.0) as u64)
    }
}

/// Adds a sample, and removes those that are older than the range.
fn add(samples: &mut VecDeque<Sample>, sample: Sample, length: f64) {
    // The stream may repeat samples that were loaded before.
    if samples.back().is_some_and(|last| last.at >= sample.at) {
        return;
    }
    samples.push_back(sample);
    while samples
        .front()
        .is_some_and(|first| (sample.at - first.at) as f64 > length)
    {
        samples.pop_front();
    }
}

/// The view of the section.
pub(super) fn view(overview: Overview) -> AnyView {
    view! {
        {health::view(overview)}
        {retry_notice(move || overview.wrong.get(), move || overview.load())}
        {missing_nodes(move || overview.missing(), |t| t.nodes.missing)}
        {facts(overview)}
        {charts::view(overview)}
        {lazy_view(|| Box::pin(load_overview_lists()), move || overview_lists(overview))}
    }
    .erase()
}

#[wasm_split(overview_lists, wasm_split_path = ::leptos::wasm_split, preload(load_overview_lists), fallible)]
fn overview_lists(overview: Overview) -> Result<AnyView, SplitLoaderError> {
    Ok(lists(overview))
}

/// What is below the charts.
fn lists(overview: Overview) -> AnyView {
    view! {
        {when(
            move || overview.marks.with(|marks| !marks.is_empty()),
            move || marks::view(overview),
        )}
        {charts::table(overview)}
        {topic_map::view(overview)}
        {top::view(overview)}
        <p class="hint">{tr(|t| t.overview.counted)}</p>
    }
    .erase_client_only()
}

/// Facts that change rarely.
fn facts(overview: Overview) -> AnyView {
    let fact = |name: fn(&Texts) -> &'static str, value: Signal<String>| {
        view! {
            <div>
                <dt>{tr(name)}</dt>
                <dd>{value}</dd>
            </div>
        }
        .erase()
    };
    let of = move |value: fn(&Stats) -> String| {
        text(move || {
            overview
                .stats
                .with(|stats| stats.as_ref().map(value).unwrap_or_else(dash))
        })
    };
    let uptime = text(move || overview.uptime().map_or_else(dash, formatting::span));
    view! {
        <dl class="facts">
            {fact(|t| t.overview.node, of(|stats| stats.node.clone()))}
            {fact(|t| t.overview.version, of(|stats| stats.version.clone()))}
            {fact(|t| t.overview.uptime, uptime)}
            {fact(|t| t.overview.log, of(|stats| formatting::bytes(stats.log_bytes as f64)))}
            {fact(|t| t.overview.log_messages, of(|stats| formatting::number(stats.log_messages)))}
            {fact(|t| t.overview.topics, of(|stats| formatting::number(stats.topics)))}
        </dl>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64) -> Sample {
        Sample {
            at,
            clients: 0,
            connections: 0,
            pushes: 0.0,
            deliveries: 0.0,
            lag_p50: None,
            lag_p99: None,
            memory: 0,
        }
    }

    #[test]
    fn samples_of_the_range_are_kept_each_once() {
        let mut samples = VecDeque::new();
        for at in [0, 5_000, 5_000, 10_000, 3_605_001] {
            add(&mut samples, sample(at), Range::Hour.length());
        }
        let kept: Vec<u64> = samples.iter().map(|sample| sample.at).collect();
        assert_eq!(kept, [10_000, 3_605_001]);
    }
}
