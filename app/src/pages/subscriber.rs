//! `/`: a tab that listens. It has an id, topics, and shows what arrives.

mod sight;
mod tab;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    browser,
    components::{
        CopyButton, IntoPart, MessageList, NameList, StreamState, effect, note, press, text,
    },
    event_stream::{EventStream, State, Told},
    inbox::Inbox,
    words::{say, words},
};
use sight::Notices;
use tab::Tab;

/// The subscriber page.
#[component]
pub fn Subscriber() -> impl IntoView {
    let inbox = RwSignal::new(Inbox::default());
    let refused = RwSignal::new(Vec::<(String, String)>::new());
    let tab = Tab::new();
    let notices = Notices::new();
    sight::watch(inbox);
    let stream = EventStream::new(move |told| match told {
        Told::Message(message) => {
            notices.tell(&message);
            inbox.update(|inbox| inbox.add(browser::now(), message));
        }
        Told::Gap(reason) => inbox.update(|inbox| inbox.miss(browser::now(), reason)),
        Told::Recall(id) => inbox.update(|inbox| inbox.take_back(&id)),
        Told::Welcome => refused.set(Vec::new()),
        Told::Refused(topic) => refused.update(|list| list.push((topic.topic, topic.detail))),
    });
    tab.keep_listening(stream);

    view! {
        <Title text=move || sight::title(inbox) />
        <div class="page-head">
            <div>
                <h1>{say(|w| w.subscriber.heading)}</h1>
                <p class="lead">{say(|w| w.subscriber.about)}</p>
            </div>
            <StreamState state=stream.state() on_retry=Callback::new(move |()| stream.retry()) />
        </div>
        <div class="columns listen">
            <section class="card wide" aria-labelledby="messages">
                <p class="meanwhile">{meanwhile(stream)}</p>
                <MessageList inbox empty=how_to_push(tab) />
            </section>
            {identity(tab, notices)}
            {topics(tab, refused)}
        </div>
    }
    .part()
}

/// What happens to what is pushed while the stream is not open.
fn meanwhile(stream: EventStream) -> Signal<Option<String>> {
    let state = stream.state();
    note(move || match state.get() {
        State::Waiting { .. } => Some(words().subscriber.meanwhile.to_owned()),
        _ => None,
    })
}

/// Something that is on or off.
fn switch(
    label: Signal<&'static str>,
    on: RwSignal<bool>,
    turn: impl Fn(bool) + 'static,
) -> AnyView {
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                prop:checked=move || on.get()
                on:change=move |event| turn(event_target_checked(&event))
            />
            <span>{label}</span>
        </label>
    }
    .part()
}

fn identity(tab: Tab, notices: Notices) -> AnyView {
    let about = text(move || {
        let words = &words().subscriber;
        let about = match tab.shared.get() {
            true => words.about_shared_id,
            false => words.about_id,
        };
        about.to_owned()
    });
    let refused = note(move || {
        let refused = notices.refused.get();
        refused.then(|| words().subscriber.may_not_notify.to_owned())
    });
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
            <p class="hint">{about}</p>
            {switch(say(|w| w.subscriber.share), tab.shared, move |on| tab.share(on))}
            {switch(say(|w| w.subscriber.notify), notices.wanted, move |on| notices.want(on))}
            <p class="hint" aria-live="polite">{refused}</p>
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

/// What to do while nothing has arrived.
fn how_to_push(tab: Tab) -> impl Fn() -> AnyView + Send + Sync + Clone + 'static {
    let origin = RwSignal::new(String::new());
    effect(move || origin.set(browser::origin()));
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
