//! `/`: a tab that listens. It has an id, topics, and shows what arrives.

mod tab;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    browser,
    components::{CopyButton, IntoPart, MessageList, NameList, StreamState, press, text},
    event_stream::{EventStream, Told},
    inbox::Inbox,
    words::{say, words},
};
use tab::Tab;

/// The subscriber page.
#[component]
pub fn Subscriber() -> impl IntoView {
    let inbox = RwSignal::new(Inbox::default());
    let refused = RwSignal::new(Vec::<(String, String)>::new());
    let tab = Tab::new();
    let stream = EventStream::new(move |told| match told {
        Told::Message(message) => inbox.update(|inbox| inbox.add(browser::now(), message)),
        Told::Gap(reason) => inbox.update(|inbox| inbox.miss(browser::now(), reason)),
        Told::Recall(id) => inbox.update(|inbox| inbox.take_back(&id)),
        Told::Welcome => refused.set(Vec::new()),
        Told::Refused(topic) => refused.update(|list| list.push((topic.topic, topic.detail))),
    });
    tab.keep_listening(stream);

    view! {
        <Title text=|| format!("{} \u{b7} Tidings", words().subscriber.title) />
        <div class="page-head">
            <div>
                <h1>{say(|w| w.subscriber.heading)}</h1>
                <p class="lead">{say(|w| w.subscriber.about)}</p>
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

fn identity(tab: Tab) -> AnyView {
    view! {
        <section class="card" aria-labelledby="identity">
            <h2 id="identity">{say(|w| w.subscriber.client_id)}</h2>
            <code class="id">
                {tab.id}
            </code>
            <div class="row">
                <CopyButton text=tab.id what=say(|w| w.subscriber.the_client_id) />
                <button type="button" class="quiet small" on:click=press(move || tab.change_id())>
                    {say(|w| w.subscriber.new_id)}
                </button>
            </div>
            <p class="hint">{say(|w| w.subscriber.about_id)}</p>
        </section>
    }
    .part()
}

fn topics(tab: Tab, refused: RwSignal<Vec<(String, String)>>) -> AnyView {
    view! {
        <section class="card" aria-labelledby="topics">
            <h2 id="topics">{say(|w| w.topics.title)}</h2>
            <NameList
                id="topic"
                label=say(|w| w.topics.label)
                placeholder="orders/42"
                add=say(|w| w.topics.add)
                leave=say(|w| w.topics.leave)
                hint=say(|w| w.topics.about)
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
            <h2 id="types">{say(|w| w.types.title)}</h2>
            <NameList
                id="type"
                label=say(|w| w.types.label)
                placeholder="order.paid"
                add=say(|w| w.types.add)
                leave=say(|w| w.types.leave)
                hint=say(|w| w.types.about)
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
                <p class="title">{say(|w| w.subscriber.nothing_yet)}</p>
                <p>
                    {say(|w| w.subscriber.push_from)} <a href="/admin">{say(|w| w.subscriber.panel)}</a>
                    {say(|w| w.subscriber.or_shell)}
                </p>
                <div class="command">
                    <pre tabindex="0">{command}</pre>
                    <CopyButton text=command what=say(|w| w.subscriber.the_command) />
                </div>
            </div>
        }
        .part()
    }
}
