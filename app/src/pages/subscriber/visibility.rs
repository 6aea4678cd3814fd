//! The visibility of the page: notifications and the unread counter.

use leptos::{leptos_dom::helpers::window_event_listener_untyped, prelude::*, task::spawn_local};

use crate::{
    browser,
    components::effect,
    event_stream::ReceivedMessage,
    formatting,
    i18n::{interpolate, texts},
    inbox::Inbox,
};

const NOTIFY: &str = "tidings.notify";
/// Characters of a message that a notification shows.
const PREVIEW_CHARS: usize = 200;

/// Notifications of messages that arrive while the page is hidden.
#[derive(Clone, Copy)]
pub(super) struct Notifications {
    /// Whether the user wants notifications, and the browser allows them.
    pub(super) wanted: RwSignal<bool>,
    /// Whether the browser refused permission.
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

    /// Turns notifications on or off. The browser is asked for permission only here.
    pub(super) fn want(self, wanted: bool) {
        self.wanted.set(wanted);
        spawn_local(async move {
            let allowed = wanted && browser::request_notification_permission().await;
            browser::session_set(NOTIFY, if allowed { "true" } else { "false" });
            self.refused.try_set(wanted && !allowed);
            self.wanted.try_set(allowed);
        });
    }

    /// Shows a notification if they are on and the page is hidden.
    pub(super) fn tell(self, message: &ReceivedMessage) {
        if message.is_quiet || !self.wanted.get_untracked() || !browser::is_hidden() {
            return;
        }
        let kind = message.event.as_deref().unwrap_or("Tidings");
        let preview: String = message.data.chars().take(PREVIEW_CHARS).collect();
        // A message that takes the place of another one does so in the notifications too.
        let id = message.replaces.as_deref().or(message.id.as_deref());
        browser::notify(kind, &preview, id.unwrap_or_default());
    }
}

/// Tells the inbox whether the page is hidden.
pub(super) fn track_visibility(inbox: RwSignal<Inbox>) {
    effect(move || {
        inbox.update(|inbox| inbox.set_hidden(browser::is_hidden()));
        let watched = window_event_listener_untyped("visibilitychange", move |_| {
            inbox.try_update(|inbox| inbox.set_hidden(browser::is_hidden()));
        });
        on_cleanup(move || watched.remove());
    });
}

/// The page title, with the number of messages that arrived while the page was hidden.
pub(super) fn page_title(inbox: RwSignal<Inbox>) -> String {
    let texts = &texts().subscriber;
    let title = match inbox.with(Inbox::unseen) {
        0 => texts.title.to_owned(),
        n => interpolate(texts.title_unseen, &[("n", &formatting::number(n))]),
    };
    format!("{title} \u{b7} Tidings")
}
