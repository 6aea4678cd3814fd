//! The visibility of the page: notifications and the unread counter.

use leptos::{leptos_dom::helpers::window_event_listener_untyped, prelude::*, task::spawn_local};

use crate::{
    browser,
    components::effect,
    event_stream::ReceivedMessage,
    formatting,
    i18n::{interpolate, plural, texts},
    inbox::Inbox,
    outside_text::visible,
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
    /// What was shown since the page was hidden: for each topic the number of messages, and the notification.
    shown: StoredValue<Vec<Shown>, LocalStorage>,
}

/// The notification of a topic.
struct Shown {
    /// Empty: messages to this client, or to everyone.
    topic: String,
    messages: u64,
    notification: Option<browser::Notification>,
}

impl Notifications {
    pub(super) fn new() -> Self {
        let notifications = Self {
            wanted: RwSignal::default(),
            refused: RwSignal::default(),
            shown: StoredValue::new_local(Vec::new()),
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

    /// Shows a notification if they are on and the page is hidden. A topic has one, with the number of its messages.
    pub(super) fn tell(self, message: &ReceivedMessage) {
        if message.is_quiet || !self.wanted.get_untracked() || !browser::is_hidden() {
            return;
        }
        let topic = message.topic.clone().unwrap_or_default();
        let preview: String = message.data.chars().take(PREVIEW_CHARS).collect();
        self.shown.update_value(|all| {
            let known = all.iter().position(|shown| shown.topic == topic);
            let at = known.unwrap_or_else(|| {
                all.push(Shown {
                    topic,
                    messages: 0,
                    notification: None,
                });
                all.len() - 1
            });
            let shown = &mut all[at];
            // A message that takes the place of another one is not one more.
            if message.replaces.is_none() || shown.messages == 0 {
                shown.messages += 1;
            }
            let title = title(message, &shown.topic, shown.messages);
            shown.notification = browser::notify(&title, &visible(&preview), &shown.topic);
        });
    }

    /// Removes what was shown, because the page is seen again.
    fn withdraw(self) {
        self.shown.update_value(|all| {
            for notification in all.drain(..).filter_map(|shown| shown.notification) {
                notification.close();
            }
        });
    }
}

/// The title of a notification: what the one message is, or how many there are.
fn title(message: &ReceivedMessage, topic: &str, messages: u64) -> String {
    let texts = &texts().subscriber;
    match (messages, topic) {
        (1, _) => visible(message.event.as_deref().unwrap_or("Tidings")).into_owned(),
        (n, "") => plural(texts.new_direct, n, &[]),
        (n, topic) => plural(texts.new_in, n, &[("topic", topic)]),
    }
}

/// Tells the inbox whether the page is hidden.
pub(super) fn track_visibility(inbox: RwSignal<Inbox>, notifications: Notifications) {
    effect(move || {
        inbox.update(|inbox| inbox.set_hidden(browser::is_hidden()));
        let watched = window_event_listener_untyped("visibilitychange", move |_| {
            let hidden = browser::is_hidden();
            inbox.try_update(|inbox| inbox.set_hidden(hidden));
            if !hidden {
                notifications.withdraw();
            }
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
