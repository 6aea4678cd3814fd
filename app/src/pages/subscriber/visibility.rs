//! Whether somebody looks at the page, and what happens while nobody does.

use leptos::{leptos_dom::helpers::window_event_listener_untyped, prelude::*, task::spawn_local};

use crate::{
    browser,
    components::effect,
    event_stream::Arrival,
    formatting,
    i18n::{interpolate, texts},
    inbox::Inbox,
};

const NOTIFY: &str = "tidings.notify";
/// So many characters of a message stand in a notification.
const PREVIEW_CHARS: usize = 200;

/// How the person is told of what comes while they look elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Notifications {
    /// Whether the person wants notifications, and the browser allows them.
    pub(super) wanted: RwSignal<bool>,
    /// Whether the browser has refused.
    pub(super) refused: RwSignal<bool>,
}

impl Notifications {
    pub(super) fn new() -> Self {
        let notifications = Self {
            wanted: RwSignal::default(),
            refused: RwSignal::default(),
        };
        effect(move || {
            notifications
                .wanted
                .set(browser::session_get(NOTIFY).is_some_and(|text| text == "true"));
        });
        notifications
    }

    /// The person has turned them on or off. Only now the browser is asked.
    pub(super) fn want(self, wanted: bool) {
        self.wanted.set(wanted);
        spawn_local(async move {
            let allowed = wanted && browser::request_notification_permission().await;
            browser::session_set(NOTIFY, if allowed { "true" } else { "false" });
            self.refused.try_set(wanted && !allowed);
            self.wanted.try_set(allowed);
        });
    }

    /// Tells of a message, if it is wanted and nobody looks.
    pub(super) fn tell(self, message: &Arrival) {
        if !self.wanted.get_untracked() || !browser::is_hidden() {
            return;
        }
        let kind = message.event.as_deref().unwrap_or("Tidings");
        let preview: String = message.data.chars().take(PREVIEW_CHARS).collect();
        browser::notify(kind, &preview, message.id.as_deref().unwrap_or_default());
    }
}

/// Keeps the inbox in the know of whether somebody looks at it.
pub(super) fn track_visibility(inbox: RwSignal<Inbox>) {
    effect(move || {
        inbox.update(|inbox| inbox.look(browser::is_hidden()));
        let watched = window_event_listener_untyped("visibilitychange", move |_| {
            inbox.try_update(|inbox| inbox.look(browser::is_hidden()));
        });
        on_cleanup(move || watched.remove());
    });
}

/// The title of the page, with how many messages nobody has seen.
pub(super) fn page_title(inbox: RwSignal<Inbox>) -> String {
    let texts = &texts().subscriber;
    let title = match inbox.with(Inbox::unseen) {
        0 => texts.title.to_owned(),
        n => interpolate(texts.title_unseen, &[("n", &formatting::number(n))]),
    };
    format!("{title} \u{b7} Tidings")
}
