//! The section *Overview*: the state of the node, now and over the last hour, live.

use leptos::{prelude::*, task::spawn_local};
use std::collections::VecDeque;

use super::{AdminSession, feed::Update};
use crate::{
    api::Client,
    browser,
    components::{
        self, Chart, EraseView, Labels, Point, TimeSeries, keyed_list, missing_nodes,
        optional_text, retry_notice, text, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::{self, Texts, interpolate, plural, texts, tr},
    wire::{CursorRange, LogDamage, Sample, Stats},
};

/// Milliseconds that the charts cover.
const HOUR: f64 = 3_600_000.0;
/// The counters are loaded again after this many samples.
const SAMPLES: u32 = 6;

/// The loaded data. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Overview {
    session: AdminSession,
    samples: ErasedSignal<VecDeque<Sample>>,
    /// Seconds between two samples.
    every: ErasedSignal<u64>,
    stats: ErasedSignal<Option<Stats>>,
    /// When the counters were loaded.
    read: StoredValue<f64>,
    since: StoredValue<u32>,
    wrong: RwSignal<Option<String>>,
}

impl Overview {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            samples: ErasedSignal::default(),
            every: ErasedSignal::new(5),
            stats: ErasedSignal::new(None),
            read: StoredValue::new(0.0),
            since: StoredValue::new(0),
            wrong: RwSignal::new(None),
        }
    }

    pub(super) fn handle(self, update: &Update) {
        match update {
            Update::Reload => self.load(),
            Update::Sample(sample) => {
                self.samples.update(|samples| add(samples, *sample));
                let due = self.since.try_update_value(|since| {
                    *since = (*since + 1) % SAMPLES;
                    *since == 0
                });
                if due == Some(true) {
                    spawn_local(async move { self.count().await });
                }
            }
            _ => {}
        }
    }

    fn load(self) {
        spawn_local(async move {
            match Client::new("").stats_history().await {
                Ok(history) => {
                    self.every.set(history.every);
                    self.samples.set(history.samples.into());
                    self.wrong.try_set(None);
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.wrong.try_set(Some(i18n::error(&error)));
                }
            }
            self.count().await;
        });
    }

    async fn count(self) {
        match Client::new("").stats().await {
            Ok(stats) => {
                self.read.try_set_value(browser::now());
                self.stats.set(Some(stats));
            }
            Err(error) => self.session.check_unauthorized(&error),
        }
    }

    fn series(self, figures: &'static [Figure]) -> ErasedMemo<TimeSeries> {
        ErasedMemo::new(move || {
            let samples = self.samples.read();
            let line = |figure: &Figure| {
                let point = |sample: &Sample| -> Point { (sample.at as f64, figure(sample)) };
                samples.iter().map(point).collect()
            };
            TimeSeries {
                lines: figures.iter().map(line).collect(),
                length: HOUR,
                apart: self.every.get() as f64 * 3_000.0,
            }
        })
    }

    /// What is damaged in the log.
    fn damage(self) -> Option<LogDamage> {
        self.stats.with(|stats| stats.as_ref()?.log_damage.clone())
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

/// Adds a sample, and removes samples older than an hour.
fn add(samples: &mut VecDeque<Sample>, sample: Sample) {
    // The stream may repeat samples that were loaded before.
    if samples.back().is_some_and(|last| last.at >= sample.at) {
        return;
    }
    samples.push_back(sample);
    while samples
        .front()
        .is_some_and(|first| (sample.at - first.at) as f64 > HOUR)
    {
        samples.pop_front();
    }
}

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

/// The view of the section.
pub(super) fn view(overview: Overview) -> AnyView {
    let charts = CHARTS.map(|(labels, figures)| {
        let series = overview.series(figures);
        view! { <Chart labels series /> }
    });
    let waiting = optional_text(move || {
        let waits = overview.samples.with(VecDeque::is_empty);
        let wrong = overview.wrong.with(Option::is_some);
        (waits && !wrong).then(|| texts().overview.waiting.to_owned())
    });
    view! {
        {retry_notice(move || overview.wrong.get(), move || overview.load())}
        {when(move || overview.damage().is_some(), move || damage(overview))}
        {missing_nodes(move || overview.missing(), |t| t.nodes.missing)}
        {facts(overview)}
        <p class="hint" role="status">
            {waiting}
        </p>
        <div class="charts">{charts.into_iter().collect_view()}</div>
        {table(overview)}
    }
    .erase()
}

/// Says that the log is damaged, what is lost, and what to do.
fn damage(overview: Overview) -> AnyView {
    let lost = optional_text(move || {
        let damage = overview.damage()?;
        let range = |range: &CursorRange| {
            let values = [("from", range.from.as_str()), ("to", range.to.as_str())];
            interpolate(texts().overview.damaged_range, &values)
        };
        let ranges: Vec<String> = damage.unreadable.iter().map(range).collect();
        Some(ranges.join(" "))
    });
    view! {
        <div class="notice bad" role="alert">
            <p>{tr(|t| t.overview.damaged)}</p>
            <p>{lost}</p>
        </div>
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

fn dash() -> String {
    "\u{2013}".to_owned()
}

/// The data of the charts as a table, one row for every five minutes.
fn table(overview: Overview) -> AnyView {
    let row = |sample: Sample| {
        let cells = CHARTS.iter().flat_map(|(labels, figures)| {
            figures
                .iter()
                .map(|figure| figure(&sample).map_or_else(dash, labels.unit))
        });
        let cells: Vec<String> = cells.collect();
        components::ListItem::new(sample.at, move || {
            let cells = cells.iter().map(|cell| view! { <td>{cell.clone()}</td> });
            view! {
                <tr>
                    <th scope="row">{formatting::minute(sample.at as f64)}</th>
                    {cells.collect_view()}
                </tr>
            }
            .erase_client_only()
        })
    };
    let rows = keyed_list(move || {
        let every = 300 / overview.every.get().max(1);
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
    let kept = text(move || {
        plural(
            texts().overview.samples,
            overview.samples.with(VecDeque::len) as u64,
            &[],
        )
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
    fn samples_of_one_hour_are_kept_each_once() {
        let mut samples = VecDeque::new();
        for at in [0, 5_000, 5_000, 10_000, 3_605_001] {
            add(&mut samples, sample(at));
        }
        let kept: Vec<u64> = samples.iter().map(|sample| sample.at).collect();
        assert_eq!(kept, [10_000, 3_605_001]);
    }
}
