//! `/`: a tab that listens. It has an id, topics, and shows what arrives.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::components::A;

use crate::{
    browser,
    components::{CopyButton, IntoPart, MessageList, NameList, StreamState, press, text},
    event_stream::{EventStream, Subscription, Told},
    inbox::Inbox,
};

const ID: &str = "tidings.client_id";
const TOPICS: &str = "tidings.topics";
const TYPES: &str = "tidings.types";

/// The subscriber page.
#[component]
pub fn Subscriber() -> impl IntoView {
    let inbox = RwSignal::new(Inbox::default());
    let refused = RwSignal::new(Vec::<(String, String)>::new());
    let stream = EventStream::new(move |told| match told {
        Told::Message(event, data) => inbox.update(|inbox| inbox.add(browser::now(), event, data)),
        Told::Welcome => refused.set(Vec::new()),
        Told::Refused(topic) => refused.update(|list| list.push((topic.topic, topic.detail))),
    });
    let tab = Tab::new();
    tab.keep_listening(stream);

    view! {
        <Title text="Listen \u{b7} Tidings" />
        <div class="page-head">
            <div>
                <h1>"This tab listens"</h1>
                <p class="lead">"Whatever is pushed to it shows up here at once."</p>
            </div>
            <StreamState state=stream.state() on_retry=Callback::new(move |()| stream.retry()) />
        </div>
        <div class="columns listen">
            {identity(tab)}
            <section class="card wide" aria-labelledby="messages">
                <MessageList inbox empty=how_to_push(tab) />
            </section>
            {topics(tab, refused)}
            {types(tab)}
        </div>
    }
    .part()
}

/// What this tab remembers across reloads.
#[derive(Clone, Copy)]
struct Tab {
    /// Empty until the browser has been asked.
    id: RwSignal<String>,
    topics: RwSignal<Vec<String>>,
    types: RwSignal<Vec<String>>,
}

impl Tab {
    fn new() -> Self {
        let tab = Self {
            id: RwSignal::default(),
            topics: RwSignal::default(),
            types: RwSignal::default(),
        };
        Effect::new(move || {
            tab.topics.set(remembered_list(TOPICS));
            tab.types.set(remembered_list(TYPES));
            spawn_local(async move {
                let id = match browser::remembered(ID) {
                    Some(id) if browser::claim(&id).await => id,
                    _ => new_id().await,
                };
                browser::remember(ID, &id);
                tab.id.try_set(id);
            });
        });
        tab
    }

    fn change_id(self) {
        spawn_local(async move {
            let id = new_id().await;
            browser::remember(ID, &id);
            self.id.try_set(id);
        });
    }

    /// Keeps the stream what the tab asks for, and remembers it.
    fn keep_listening(self, stream: EventStream) {
        Effect::new(move || {
            let types = self.types.get();
            remember_list(TYPES, &types, self.id.with(String::is_empty));
            stream.hear(types);
        });
        Effect::new(move || {
            let (client_id, topics) = (self.id.get(), self.topics.get());
            remember_list(TOPICS, &topics, client_id.is_empty());
            if !client_id.is_empty() {
                stream.listen(Subscription { client_id, topics });
            }
        });
    }
}

/// An id that no other tab has, and that a copy of this tab will not take.
async fn new_id() -> String {
    let id = uuid::Uuid::new_v4().to_string();
    browser::claim(&id).await;
    id
}

fn remembered_list(key: &str) -> Vec<String> {
    let list = browser::remembered(key).and_then(|text| serde_json::from_str(&text).ok());
    list.unwrap_or_default()
}

/// Before the tab has its id, its lists have not been read either.
fn remember_list(key: &str, list: &[String], too_early: bool) {
    if too_early {
        return;
    }
    if let Ok(text) = serde_json::to_string(list) {
        browser::remember(key, &text);
    }
}

fn identity(tab: Tab) -> AnyView {
    view! {
        <section class="card" aria-labelledby="identity">
            <h2 id="identity">"Client id"</h2>
            <code class="id">
                {tab.id}
            </code>
            <div class="row">
                <CopyButton text=tab.id what="the client id" />
                <button type="button" class="quiet small" on:click=press(move || tab.change_id())>
                    "New id"
                </button>
            </div>
            <p class="hint">"It belongs to this tab and survives a reload."</p>
        </section>
    }
    .part()
}

fn topics(tab: Tab, refused: RwSignal<Vec<(String, String)>>) -> AnyView {
    view! {
        <section class="card" aria-labelledby="topics">
            <h2 id="topics">"Topics"</h2>
            <NameList
                id="topic"
                label="Topic or pattern"
                placeholder="orders/42"
                add="Subscribe"
                leave="Leave"
                hint="A segment * stands for any one segment, a last ** for the rest."
                names=tab.topics
                refused=refused
            />
        </section>
    }
    .part()
}

fn types(tab: Tab) -> AnyView {
    view! {
        <section class="card" aria-labelledby="types">
            <h2 id="types">"Event types"</h2>
            <NameList
                id="type"
                label="Event type"
                placeholder="order.paid"
                add="Listen"
                leave="Stop listening for"
                hint="Browsers hand over a typed message only to those who listen for its type. Messages without a type always show."
                names=tab.types
            />
        </section>
    }
    .part()
}

/// What to do while nothing has arrived.
fn how_to_push(tab: Tab) -> impl Fn() -> AnyView + Send + Sync + Clone + 'static {
    let origin = RwSignal::new(String::new());
    Effect::new(move || origin.set(browser::origin()));
    let command = text(move || {
        format!(
            "curl {}/push \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"to\":{{\"client\":\"{}\"}},\"data\":\"Hello\"}}'",
            origin.get(),
            tab.id.get()
        )
    });
    move || {
        view! {
            <div class="empty">
                <p class="title">"Nothing has arrived yet"</p>
                <p>
                    "Push something from the " <A href="/admin">"panel"</A>
                    " in another tab, or from a shell:"
                </p>
                <div class="command">
                    <pre tabindex="0">{command}</pre>
                    <CopyButton text=command what="the command" />
                </div>
            </div>
        }
        .part()
    }
}
