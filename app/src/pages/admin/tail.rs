//! The section *Live tail*: everything that is pushed, as it happens.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    url_query::{self, Values},
};
use crate::{
    api::{ApiError, Client, MessagesQuery},
    browser::{self, Timer},
    components::{EraseView, TailActions, effect, optional_text, search_field, tail_list},
    cursor,
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{self, texts, tr},
    json,
    live_tail::{LiveTail, Missed, TailFilter, TailLine, in_order},
    wire::MessageInfo,
};

/// Milliseconds in which messages are collected before they are shown.
const BATCH_DELAY: f64 = 100.0;
/// Messages per request when missed ones are loaded.
const PAGE: u32 = 100;

/// The parameters of the URL for the filter.
const NAMES: [&str; 3] = ["topic", "client", "type"];

/// The tail. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    session: AdminSession,
    /// The values of the filter: topic, client, event type.
    fields: [RwSignal<String>; 3],
    tail: ErasedSignal<LiveTail>,
    incoming: StoredValue<Incoming, LocalStorage>,
}

/// What has come and is not shown yet.
#[derive(Default)]
struct Incoming {
    /// Oldest first, and no more than the tail keeps.
    messages: Vec<Arc<MessageInfo>>,
    timer: Option<Timer>,
    /// The newest stored message. None: the stream was not open yet.
    newest: Option<String>,
    /// Whether missed messages are being loaded. Those that come wait for them.
    is_loading: bool,
}

impl Tail {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let tail = Self {
            session,
            fields: std::array::from_fn(|_| RwSignal::default()),
            tail: ErasedSignal::default(),
            incoming: StoredValue::new_local(Incoming::default()),
        };
        let filter = ErasedMemo::new(move || {
            let [topic, client, event] = tail.fields.map(|field| field.get().trim().to_owned());
            TailFilter {
                topic,
                client,
                event,
            }
        });
        effect(move || {
            let filter = filter.get();
            tail.tail.update(|tail| tail.set_filter(filter));
        });
        let read = move |values: &Values| {
            for (name, field) in NAMES.iter().zip(tail.fields) {
                field.set(values.text(name));
            }
        };
        let pair = move |n: usize| (NAMES[n], tail.fields[n].get());
        url_query::sync(current, Section::Tail, read, move || {
            (0..NAMES.len()).map(pair).collect()
        });
        tail
    }

    pub(super) fn handle(self, update: &Update) {
        match update {
            Update::Pushed(message) | Update::Ephemeral(message) => {
                if let Ok(message) = json::decode(message) {
                    self.receive(message);
                }
            }
            Update::Lost => self.tell(TailLine::Lost),
            Update::Reload => spawn_local(async move { self.catch_up().await }),
            _ => {}
        }
    }

    fn receive(self, message: MessageInfo) {
        self.incoming.try_update_value(|incoming| {
            if !message.id.is_empty() {
                incoming.newest = Some(message.id.clone());
            }
            incoming.messages.push(Arc::new(message));
            // A hidden page shows them later than they come.
            if incoming.messages.len() > 2 * LiveTail::MAX_ROWS {
                incoming.messages.drain(..LiveTail::MAX_ROWS);
            }
            let show = move || self.show();
            incoming
                .timer
                .get_or_insert_with(|| Timer::after(BATCH_DELAY, show));
        });
    }

    /// Shows what has come, unless earlier messages are being loaded.
    fn show(self) {
        let messages = self.incoming.try_update_value(|incoming| {
            incoming.timer = None;
            match incoming.is_loading {
                true => Vec::new(),
                false => std::mem::take(&mut incoming.messages),
            }
        });
        if let Some(messages) = messages.filter(|messages| !messages.is_empty()) {
            self.tail.update(|tail| tail.take(messages));
        }
    }

    fn tell(self, line: TailLine) {
        self.show();
        self.tail.update(|tail| tail.add(browser::now(), line));
    }

    /// Loads what was pushed since the newest message, after the stream was lost or updates were skipped.
    async fn catch_up(self) {
        let newest = self.incoming.try_update_value(|incoming| {
            let begins = !std::mem::replace(&mut incoming.is_loading, true);
            begins.then(|| incoming.newest.clone())
        });
        // It is being loaded already.
        let Some(Some(newest)) = newest else { return };
        let answer = self.read_after(newest.as_deref()).await;
        let Some(live) = self.incoming.try_update_value(|incoming| {
            incoming.is_loading = false;
            std::mem::take(&mut incoming.messages)
        }) else {
            return;
        };
        let (loaded, missed) = match answer {
            Ok((loaded, missed)) => (loaded, missed),
            Err(error) => {
                self.session.check_unauthorized(&error);
                (Vec::new(), Missed::Unknown(i18n::error(&error)))
            }
        };
        let first = newest.is_none();
        let last = loaded.first().map(|message| message.id.clone());
        self.incoming.try_update_value(|incoming| {
            let last = last.or(newest).unwrap_or_default();
            let newest = incoming.newest.get_or_insert_default();
            if !cursor::covers(newest, &last) {
                *newest = last;
            }
        });
        self.tail.update(|tail| match first {
            // What came before the page was opened is no part of the tail.
            true => tail.take(live),
            false => {
                tail.take(in_order(loaded, live));
                tail.add(browser::now(), TailLine::Back(missed));
            }
        });
    }

    /// The stored messages after this one, newest first, as many as the tail keeps. After none: only the newest one.
    async fn read_after(
        self,
        newest: Option<&str>,
    ) -> Result<(Vec<MessageInfo>, Missed), ApiError> {
        let mut loaded = Vec::new();
        let mut query = MessagesQuery {
            limit: Some(newest.map_or(1, |_| PAGE)),
            ..MessagesQuery::default()
        };
        loop {
            let page = Client::new("").messages(&query).await?;
            let (had, all) = (newest.unwrap_or_default(), page.messages.len());
            let is_new = |message: &MessageInfo| !cursor::covers(had, &message.id);
            let new: Vec<MessageInfo> = page.messages.into_iter().take_while(is_new).collect();
            let is_last = newest.is_none() || new.len() < all || page.next.is_none();
            loaded.extend(new);
            if is_last {
                let missed = Missed::Listed(loaded.len() as u64);
                return Ok((loaded, missed));
            }
            if loaded.len() >= LiveTail::MAX_ROWS {
                return Ok((loaded, Missed::More));
            }
            query.before = page.next;
        }
    }
}

/// The view of the section.
pub(super) fn view(tail: Tail) -> AnyView {
    listen_to_keys(tail);
    let [topic, client, event] = tail.fields;
    let actions = TailActions {
        pause: Callback::new(move |()| tail.tail.update(LiveTail::pause_or_go_on)),
        clear: Callback::new(move |()| tail.tail.update(LiveTail::clear)),
    };
    let refused = optional_text(move || {
        let refused = tail.session.refused.get();
        refused.then(|| texts().tail.refused.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="tail-title">
            <h2 id="tail-title">{tr(|t| t.tail.title)}</h2>
            <div class="filters">
                {search_field("search", |t| t.tail.topic, |t| t.tail.topic_hint, topic)}
                {search_field("tail-client", |t| t.tail.client, |t| t.tail.client_hint, client)}
                {search_field("tail-event", |t| t.tail.event, |t| t.tail.event_hint, event)}
            </div>
            <p class="note" role="status">
                {refused}
            </p>
            {tail_list(tail.tail, actions)}
        </section>
    }
    .erase()
}

/// `p` and the space bar pause the tail, or let it go on.
fn listen_to_keys(tail: Tail) {
    let listener = StoredValue::new_local(None);
    effect(move || {
        let on_key = browser::on_key(move |event| {
            let is_space = event.key() == " " && !browser::is_for_control(&event);
            if browser::is_command(&event) && (is_space || event.key() == "p") {
                event.prevent_default();
                tail.tail.update(LiveTail::pause_or_go_on);
            }
        });
        listener.set_value(Some(on_key));
    });
}
