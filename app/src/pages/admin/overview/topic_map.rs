//! The map of topics: the area says how many subscribe, and the colour how often messages are pushed.

use leptos::prelude::*;

use super::{Overview, top::topic_link};
use crate::{
    browser,
    components::{EraseView, ListItem, keyed_list, optional_text, outside_signal, text, when},
    formatting,
    i18n::{interpolate, plural, texts, tr},
    outside_text::visible,
    treemap::{self, Tile},
    wire::{StatsTop, TopicArea},
};

/// The height of the map in pixels, as in the style.
const HEIGHT: f64 = 320.0;
/// The width in pixels that a map has at most, and what is beside it.
const MOST_WIDTH: f64 = 1_100.0;
const MARGINS: f64 = 80.0;
/// From how many pushes per minute on a tile has the next colour.
const STEPS: [f64; 4] = [0.1, 1.0, 10.0, 100.0];

/// What a tile is of.
#[derive(Clone)]
struct Area {
    /// None: all topics that are not on the map.
    topic: Option<String>,
    connections: u64,
    pushes: f64,
    /// How many topics it stands for.
    topics: u64,
}

/// The areas, the largest first; all others come last.
fn areas(top: &StatsTop) -> Vec<Area> {
    let area = |area: &TopicArea| Area {
        topic: Some(area.topic.clone()),
        connections: area.connections,
        pushes: area.pushes,
        topics: 1,
    };
    let mut areas: Vec<Area> = top.map.iter().map(area).collect();
    if top.other_topics > 0 {
        areas.push(Area {
            topic: None,
            connections: top.other_connections,
            pushes: 0.0,
            topics: top.other_topics,
        });
    }
    // What is laid out must be sorted.
    areas.sort_by_key(|area| std::cmp::Reverse(area.connections));
    areas
}

/// The areas with their tiles, in parts of the whole.
fn tiles(top: &StatsTop, width: f64) -> Vec<(Area, Tile)> {
    let areas = areas(top);
    let values: Vec<f64> = areas.iter().map(|area| area.connections as f64).collect();
    let tiles = treemap::layout(&values, width, HEIGHT);
    let part = |tile: Tile| Tile {
        x: tile.x / width,
        y: tile.y / HEIGHT,
        width: tile.width / width,
        height: tile.height / HEIGHT,
    };
    areas.into_iter().zip(tiles.into_iter().map(part)).collect()
}

fn colour(pushes: f64) -> usize {
    STEPS.iter().filter(|step| pushes >= **step).count()
}

fn name(area: &Area) -> String {
    match &area.topic {
        Some(topic) => topic.clone(),
        None => plural(texts().overview.other_topics, area.topics, &[]),
    }
}

/// Subscribers and pushes, in words.
fn described(area: &Area) -> String {
    let subscribers = plural(texts().overview.subscribers, area.connections, &[]);
    let rate = formatting::rough(area.pushes);
    let pushes = interpolate(texts().overview.per_minute, &[("rate", &rate)]);
    match area.topic {
        Some(_) => format!("{subscribers}, {pushes}"),
        None => subscribers,
    }
}

/// The map, and the same as a table.
pub(super) fn view(overview: Overview) -> AnyView {
    let is_empty = move || {
        let top = overview.top.read();
        Option::as_ref(&top).is_some_and(|top| top.map.is_empty())
    };
    let nothing = optional_text(move || is_empty().then(|| texts().overview.no_topics.to_owned()));
    let has_some = move || {
        let top = overview.top.read();
        Option::as_ref(&top).is_some_and(|top| !top.map.is_empty())
    };
    view! {
        <section class="card map" aria-labelledby="map">
            <div>
                <h2 id="map">{tr(|t| t.overview.map)}</h2>
                <p class="hint">{tr(|t| t.overview.map_about)}</p>
            </div>
            <p class="nothing">{nothing}</p>
            {when(has_some, move || shown(overview))}
        </section>
    }
    .erase()
}

fn shown(overview: Overview) -> AnyView {
    let squares = keyed_list(move || {
        let width = (browser::width() - MARGINS).clamp(200.0, MOST_WIDTH);
        let top = overview.top.get().unwrap_or_default();
        let tiles = tiles(&top, width).into_iter().enumerate();
        let item = |(n, (area, tile)): (usize, (Area, Tile))| {
            let place = [tile.x, tile.y, tile.width, tile.height].map(percent);
            let key = format!(
                "{n} {:?} {} {} {}",
                area.topic,
                place.join(" "),
                area.connections,
                area.pushes
            );
            ListItem::new(key, move || square(&area, tile))
        };
        tiles.map(item).collect()
    });
    let rows = keyed_list(move || {
        let top = overview.top.get().unwrap_or_default();
        let item = |area: Area| {
            let key = format!("{:?} {} {}", area.topic, area.connections, area.pushes);
            ListItem::new(key, move || row(&area))
        };
        areas(&top).into_iter().map(item).collect()
    });
    view! {
        <ul class="tiles" aria-labelledby="map">
            {squares}
        </ul>
        <p class="scale" aria-hidden="true">
            <span>{tr(|t| t.overview.quiet)}</span>
            <i class="heat-0"></i>
            <i class="heat-1"></i>
            <i class="heat-2"></i>
            <i class="heat-3"></i>
            <i class="heat-4"></i>
            <span>{tr(|t| t.overview.busy)}</span>
        </p>
        <details class="as-table">
            <summary>{tr(|t| t.overview.topics_as_table)}</summary>
            <div
                class="scrolls"
                tabindex="0"
                role="region"
                aria-label=tr(|t| t.overview.topics_as_table)
            >
                <table class="figures">
                    <thead>
                        <tr>
                            <th scope="col">{tr(|t| t.overview.topic)}</th>
                            <th scope="col">{tr(|t| t.overview.connections)}</th>
                            <th scope="col">{tr(|t| t.overview.pushes_per_minute)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .erase_client_only()
}

/// A part of the width or the height, with three decimals. Formatting an integer needs less code than formatting a fraction.
fn percent(part: f64) -> String {
    let thousandths = (part * 100_000.0).round() as u64;
    format!("{}.{:03}%", thousandths / 1_000, thousandths % 1_000)
}

/// A tile. Its place is set by the browser's own interface for styles, which the policy of the page allows.
fn square(area: &Area, tile: Tile) -> AnyView {
    let heat = format!("heat-{}", colour(area.pushes));
    let (named, about) = (area.clone(), area.clone());
    let (label, title) = (
        text(move || name(&named)),
        text(move || visible(&format!("{}: {}", name(&about), described(&about))).into_owned()),
    );
    let content = match &area.topic {
        Some(topic) => view! {
            <a class=heat href=topic_link(topic) title=title aria-label=title>
                <span>{outside_signal(label)}</span>
            </a>
        }
        .erase_client_only(),
        None => view! {
            <div class="heat-0 other" title=title>
                <span>{outside_signal(label)}</span>
            </div>
        }
        .erase_client_only(),
    };
    view! {
        <li
            style:left=percent(tile.x)
            style:top=percent(tile.y)
            style:width=percent(tile.width)
            style:height=percent(tile.height)
        >
            {content}
        </li>
    }
    .erase_client_only()
}

fn row(area: &Area) -> AnyView {
    let topic = area.clone();
    let name = text(move || name(&topic));
    let pushes = match area.topic {
        Some(_) => formatting::rough(area.pushes),
        None => super::charts::dash(),
    };
    view! {
        <tr>
            <th scope="row">{outside_signal(name)}</th>
            <td>{formatting::number(area.connections)}</td>
            <td>{pushes}</td>
        </tr>
    }
    .erase_client_only()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_topics_are_one_tile_at_the_place_of_their_size() {
        let area = |topic: &str, connections| TopicArea {
            topic: topic.to_owned(),
            connections,
            pushes: 0.0,
        };
        let top = StatsTop {
            map: vec![area("a", 6), area("b", 2)],
            other_topics: 3,
            other_connections: 4,
            ..StatsTop::default()
        };
        let found = tiles(&top, 400.0);
        let topics: Vec<_> = found
            .iter()
            .map(|(area, _)| area.topic.as_deref())
            .collect();
        assert_eq!(topics, [Some("a"), None, Some("b")]);
        let first = found[0].1;
        assert!((first.width * first.height - 0.5).abs() < 1e-9, "{first:?}");
    }

    #[test]
    fn busier_topics_have_stronger_colours() {
        let colours = [0.0, 0.1, 5.0, 10.0, 99_999.0].map(colour);
        assert_eq!(colours, [0, 1, 2, 3, 4]);
    }
}
