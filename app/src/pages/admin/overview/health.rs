//! The health line: what is wrong, and where to look, or that everything is fine.

use leptos::prelude::*;

use super::Overview;
use crate::{
    components::{EraseView, ListItem, keyed_list, optional_text, text, when},
    formatting,
    i18n::{Texts, plural, texts, tr},
    wire::Condition,
};

/// What is said of a condition, and where more about it is.
struct Said {
    sentence: fn(&Texts) -> &'static str,
    /// A section of the panel, or a page of the documentation.
    place: &'static str,
    /// Whether the words of the server say more.
    detailed: bool,
}

/// What is said of the condition with this code. None if this page does not know it.
fn said(code: &str) -> Option<Said> {
    type Sentence = fn(&Texts) -> &'static str;
    let (sentence, place, detailed): (Sentence, _, _) = match code {
        "not_ready" => (|t| t.overview.not_ready, "docs/operate#health", true),
        "disk_full" => (|t| t.overview.disk_full, "docs/operate#retention", false),
        "disk_low" => (|t| t.overview.disk_low, "docs/operate#retention", false),
        "log_damaged" => (|t| t.overview.damaged, "docs/operate#damage", true),
        "descriptors_low" => (
            |t| t.overview.descriptors_low,
            "docs/operate#descriptors",
            false,
        ),
        "nodes_missing" => (|t| t.overview.nodes_missing, "admin/nodes", true),
        "cluster_weak" => (|t| t.overview.cluster_weak, "admin/nodes", true),
        "certificate" => (|t| t.overview.certificate, "docs/listening#https", true),
        "issuer" => (|t| t.overview.issuer, "docs/tokens", true),
        "slow_storage" => (|t| t.overview.slow_storage, "docs/operate#sizes", false),
        "pushes_limited" => (|t| t.overview.pushes_limited, "admin/limits", false),
        "streams_limited" => (|t| t.overview.streams_limited, "admin/limits", false),
        "slow_readers" => (|t| t.overview.slow_readers, "docs/security#overload", false),
        "hooks_failing" => (|t| t.overview.hooks_failing, "admin/hooks", false),
        "hooks_paused" => (|t| t.overview.hooks_paused, "admin/hooks", false),
        "settings_refused" => (
            |t| t.overview.settings_refused,
            "docs/production#settings",
            false,
        ),
        _ => return None,
    };
    Some(Said {
        sentence,
        place,
        detailed,
    })
}

/// A condition in the language of the page.
fn sentence(condition: &Condition) -> String {
    let Some(Said { sentence, .. }) = said(&condition.code) else {
        return condition.detail.clone();
    };
    let size = formatting::bytes(condition.count as f64);
    plural(sentence(texts()), condition.count, &[("size", &size)])
}

/// The line, or several, the worst first.
pub(super) fn view(overview: Overview) -> AnyView {
    let fine = optional_text(move || {
        let conditions = overview.conditions.read();
        let none = Option::as_ref(&conditions).is_some_and(Vec::is_empty);
        none.then(|| texts().overview.fine.to_owned())
    });
    let lines = keyed_list(move || {
        let conditions = overview.conditions.get().unwrap_or_default();
        let line = |condition: Condition| {
            let key = format!("{} {}", condition.code, condition.detail);
            ListItem::new(key, move || line(condition.clone()))
        };
        conditions.into_iter().map(line).collect()
    });
    view! {
        <div class="health" role="status">
            <p class="fine">{fine}</p>
            <ul>{lines}</ul>
        </div>
    }
    .erase()
}

fn line(condition: Condition) -> AnyView {
    let class = if condition.bad { "bad" } else { "late" };
    let known = said(&condition.code);
    let detail = condition.detail.clone();
    let detail = known.as_ref().filter(|said| said.detailed).map(|_| detail);
    let place = known.map_or("", |said| said.place);
    let link = move || {
        // The documentation is not a page of the router.
        let outside = place.starts_with("docs").then_some("external");
        view! {
            <a href=place rel=outside>
                {tr(|t| t.overview.look)}
            </a>
        }
        .erase_client_only()
    };
    view! {
        <li class=class>
            <strong>{text(move || sentence(&condition))}</strong>
            <span class="detail">{detail}</span>
            {when(move || !place.is_empty(), link)}
        </li>
    }
    .erase_client_only()
}
