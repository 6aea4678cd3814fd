//! The nodes of a cluster, and the stream that they share.

use leptos::prelude::*;

use super::{EraseView, ListItem, keyed_list, optional_text, static_text, text, warning};
use crate::{
    erased_signal::ErasedSignal,
    formatting,
    i18n::{Texts, interpolate, plural, texts, tr},
    wire::{NodeInfo, NodeState, Nodes, StreamInfo},
};

/// What one node knows of all; none: not loaded yet.
type Known = ErasedSignal<Option<Nodes>>;

/// A fact: its name, and its value for one node.
type Fact = (
    fn(&Texts) -> &'static str,
    fn(&NodeInfo, &StreamInfo) -> String,
);

const OF_NODE: [Fact; 6] = [
    (|t| t.nodes.clients, |node, _| counted(node, node.clients)),
    (
        |t| t.nodes.connections,
        |node, _| counted(node, node.connections),
    ),
    (|t| t.nodes.lag, |node, _| counted(node, node.lag)),
    (
        |t| t.nodes.uptime,
        |node, _| match node.state {
            NodeState::Gone => dash(),
            _ => formatting::span(node.uptime),
        },
    ),
    (|t| t.nodes.version, |node, _| node.version.clone()),
    (|t| t.nodes.address, |node, _| named(&node.url)),
];

const OF_STREAM: [Fact; 6] = [
    (
        |t| t.nodes.state,
        |_, stream| {
            let texts = &texts().nodes;
            let word = match stream.reachable {
                true => texts.reachable,
                false => texts.unreachable,
            };
            word.to_owned()
        },
    ),
    (|t| t.nodes.leader, |_, stream| named(&stream.leader)),
    (
        |t| t.nodes.copies,
        |_, stream| formatting::number(stream.replicas),
    ),
    (
        |t| t.nodes.last,
        |_, stream| formatting::number(stream.last),
    ),
    (|t| t.nodes.server, |_, stream| named(&stream.server)),
    (|t| t.nodes.seen_by, |node, _| node.name.clone()),
];

/// The nodes of a cluster, with warnings and the stream.
pub(crate) fn node_list(nodes: Known) -> AnyView {
    let title = text(move || nodes.with(|nodes| nodes.as_ref().map_or_else(String::new, summary)));
    let weaknesses = optional_text(move || {
        let of = |stream: &StreamInfo| sentences(&stream.weaknesses);
        nodes.with(|nodes| nodes.as_ref()?.stream.as_ref().and_then(of))
    });
    let list = keyed_list(move || {
        let names = nodes.with(|nodes| nodes.as_ref().map(names));
        let entry = |name: String| ListItem::new(name.clone(), move || node(nodes, &name));
        names.into_iter().flatten().map(entry).collect()
    });
    view! {
        {warning(weaknesses)}
        <section class="card nodes" aria-labelledby="nodes-title">
            <h2 id="nodes-title">{title}</h2>
            <ul>{list}</ul>
        </section>
        {stream(nodes)}
    }
    .erase_client_only()
}

fn summary(nodes: &Nodes) -> String {
    let is_ready = |node: &&NodeInfo| node.state == NodeState::Ready;
    let ready = nodes.nodes.iter().filter(is_ready).count() as u64;
    let values = [("ready", &*formatting::number(ready))];
    plural(texts().nodes.ready_of, nodes.nodes.len() as u64, &values)
}

fn names(nodes: &Nodes) -> Vec<String> {
    nodes.nodes.iter().map(|node| node.name.clone()).collect()
}

fn dash() -> String {
    "\u{2013}".to_owned()
}

fn named(name: &Option<String>) -> String {
    name.clone().unwrap_or_else(dash)
}

/// The number of a node that is gone is an old one.
fn counted(node: &NodeInfo, n: u64) -> String {
    match node.state {
        NodeState::Gone => dash(),
        _ => formatting::number(n),
    }
}

/// The server begins its sentences in lower case, and sets no full stop.
fn sentences(said: &[String]) -> Option<String> {
    let whole = |said: &String| {
        let mut rest = said.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(rest).chain(['.']).collect()
    };
    let lines: Vec<String> = said.iter().map(whole).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The values of the node with this name; without a name, of the node that answers. A view stays while its values
/// change.
#[derive(Clone)]
struct OfNode(Known, String);

impl OfNode {
    fn get<T>(&self, value: impl Fn(&NodeInfo, &StreamInfo) -> T) -> T {
        let empty = (NodeInfo::default(), StreamInfo::default());
        self.0.with(|nodes| {
            let Some(nodes) = nodes else {
                return value(&empty.0, &empty.1);
            };
            let name = match self.1.as_str() {
                "" => &nodes.node,
                name => name,
            };
            let node = nodes.nodes.iter().find(|node| node.name == name);
            let stream = nodes.stream.as_ref();
            value(node.unwrap_or(&empty.0), stream.unwrap_or(&empty.1))
        })
    }

    fn facts(&self, facts: &'static [Fact; 6]) -> AnyView {
        let fact = |(name, value): &'static Fact| {
            let of = self.clone();
            let value = text(move || of.get(value));
            view! {
                <div>
                    <dt>{tr(*name)}</dt>
                    <dd>{value}</dd>
                </div>
            }
            .erase_client_only()
        };
        let facts = facts.iter().map(fact).collect::<Vec<_>>();
        view! { <dl class="facts">{facts}</dl> }.erase_client_only()
    }
}

/// One node.
fn node(nodes: Known, name: &str) -> AnyView {
    let of = OfNode(nodes, name.to_owned());
    let (classed, stated, told, marked) = (of.clone(), of.clone(), of.clone(), of.clone());
    let class = static_text(move || {
        classed.get(|node, _| match node.state {
            NodeState::Ready => "state live",
            NodeState::NotReady | NodeState::Draining => "state late",
            NodeState::Gone => "state off",
        })
    });
    let state = static_text(move || {
        let texts = &texts().nodes;
        stated.get(|node, _| match node.state {
            NodeState::Ready => texts.ready,
            NodeState::NotReady => texts.not_ready,
            NodeState::Draining => texts.draining,
            NodeState::Gone => texts.gone,
        })
    });
    let janitor = static_text(move || {
        marked.get(|node, _| {
            if node.janitor {
                texts().nodes.janitor
            } else {
                ""
            }
        })
    });
    let why = optional_text(move || told.get(|node, _| reason(node)));
    view! {
        <li>
            <div class="row">
                <strong>{name.to_owned()}</strong>
                <span class=class>{state}</span>
                <span class="tag plain">{janitor}</span>
            </div>
            <p class="note">{why}</p>
            {of.facts(&OF_NODE)}
        </li>
    }
    .erase_client_only()
}

/// Why a node is not ready, or since when it is gone.
fn reason(node: &NodeInfo) -> Option<String> {
    if node.state == NodeState::Gone {
        let span = formatting::span(node.silent_ms / 1_000);
        return Some(interpolate(texts().nodes.last_heard, &[("span", &span)]));
    }
    sentences(node.reason.as_slice())
}

/// The stream that the nodes share.
fn stream(nodes: Known) -> AnyView {
    let of = OfNode(nodes, String::new());
    view! {
        <section class="card" aria-labelledby="stream-title">
            <h2 id="stream-title">{tr(|t| t.nodes.stream)}</h2>
            {of.facts(&OF_STREAM)}
        </section>
    }
    .erase_client_only()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital_and_ends_with_a_full_stop() {
        let said = ["it is down".to_owned(), "ärger".to_owned()];
        assert_eq!(sentences(&said).as_deref(), Some("It is down.\närger."));
        assert_eq!(sentences(&[]), None);
    }
}
