//! The section *Limits*: how often callers may do something, and how often they were refused for it.

use leptos::{prelude::*, task::spawn_local};

use super::{AdminSession, CurrentSection, Section};
use crate::{
    api::Client,
    components::{EraseView, effect, retry_notice, text, when},
    erased_signal::ErasedSignal,
    formatting,
    i18n::{self, interpolate, plural, texts, tr},
    wire::{LimitInfo, LimitedFor},
};

/// The limits. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct LimitsPage {
    session: AdminSession,
    limits: ErasedSignal<Vec<LimitInfo>>,
    /// Why they could not be loaded.
    wrong: RwSignal<Option<String>>,
}

impl LimitsPage {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            limits: ErasedSignal::default(),
            wrong: RwSignal::new(None),
        };
        effect(move || {
            if current.is(Section::Limits) && session.may("manage") {
                page.load();
            }
        });
        page
    }

    fn load(self) {
        spawn_local(async move {
            let wrong = match Client::new("").limits().await {
                Ok(list) => {
                    self.limits.set(list.limits);
                    None
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    Some(i18n::error(&error))
                }
            };
            self.wrong.try_set(wrong);
        });
    }
}

/// The view of the section.
pub(super) fn view(page: LimitsPage) -> AnyView {
    let list = move || {
        page.limits
            .with(|limits| limits.iter().map(row).collect::<Vec<_>>())
    };
    let shown = move || {
        view! {
            {retry_notice(move || page.wrong.get(), move || page.load())}
            <section class="card" aria-labelledby="limits-title">
                <h2 id="limits-title">{tr(|t| t.panel.limits)}</h2>
                <p class="hint">{tr(|t| t.limits.about)}</p>
                <ul class="api-keys-list" aria-labelledby="limits-title">
                    {list}
                </ul>
            </section>
        }
        .erase_client_only()
    };
    when(move || page.session.may("manage"), shown)
}

/// A limit: what is limited, how much is allowed, the name of the setting, and how often it was reached.
fn row(limit: &LimitInfo) -> AnyView {
    let shown = limit.clone();
    let what = text(move || what(&shown));
    let (amount, seconds) = (limit.amount, limit.seconds);
    let allowed = text(move || allowed(amount, seconds));
    let refused = limit.refused;
    let times = text(move || plural(texts().limits.refused, refused, &[]));
    // Refused pushes are in the audit trail. Streams are not.
    let is_audited = matches!(limit.of, LimitedFor::Caller | LimitedFor::Key) && refused > 0;
    let times = match is_audited {
        true => {
            let href = format!("admin/audit?outcome={}", limit.code);
            view! { <a href=href>{times}</a> }.erase_client_only()
        }
        false => {
            let class = if refused > 0 { "tag late" } else { "tag plain" };
            view! { <span class=class>{times}</span> }.erase_client_only()
        }
    };
    view! {
        <li>
            <div class="row limit">
                <strong>{what}</strong>
                <span>{allowed}</span>
                <code class="hint">{limit.name.clone()}</code>
                {times}
            </div>
        </li>
    }
    .erase_client_only()
}

/// What is limited, in words.
fn what(limit: &LimitInfo) -> String {
    let texts = &texts().limits;
    let word = match limit.name.as_str() {
        "limit_opens" => texts.opens,
        "limit_opens_of_client" => texts.opens_of_client,
        "limit_streams" => texts.streams,
        "limit_pushes" => texts.pushes,
        "limit_push_bytes" => texts.push_bytes,
        "limit_failures" => texts.failures,
        "pushes_per_day" => texts.pushes_per_day,
        name => name,
    };
    word.to_owned()
}

/// How much is allowed, in words.
fn allowed(amount: Option<u64>, seconds: Option<u64>) -> String {
    let texts = &texts().limits;
    let pattern = match (amount, seconds) {
        (None, _) => texts.own,
        (Some(0), _) => texts.any,
        (_, None) => texts.at_once,
        (_, Some(1)) => texts.a_second,
        (_, Some(_)) => texts.a_minute,
    };
    let n = formatting::number(amount.unwrap_or_default());
    interpolate(pattern, &[("n", &n)])
}
