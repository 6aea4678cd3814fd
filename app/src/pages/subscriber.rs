//! `/`: the subscriber page. It is a client with topics, and shows the messages that it receives.

mod tab;
mod visibility;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    browser,
    components::{
        CopyButton, EraseView, MessageList, NameList, StreamState, effect, on_click, optional_text,
        text,
    },
    event_stream::{EventStream, State, StreamEvent},
    i18n::{texts, tr},
    inbox::Inbox,
};
use tab::Tab;
use visibility::Notifications;

/// The subscriber page.
#[component]
pub fn Subscriber() -> impl IntoView {
    let inbox = RwSignal::new(Inbox::default());
    let refused = RwSignal::new(Vec::<(String, String)>::new());
    let tab = Tab::new();
    let notifications = Notifications::new();
    visibility::track_visibility(inbox, notifications);
    let stream = EventStream::new(move |event| match event {
        StreamEvent::Message(message) => {
            notifications.tell(&message);
            inbox.update(|inbox| inbox.add(browser::now(), message));
        }
        StreamEvent::Gap(reason) => inbox.update(|inbox| inbox.miss(browser::now(), reason)),
        StreamEvent::Recall(id) => inbox.update(|inbox| inbox.recall(&id)),
        StreamEvent::Welcome => refused.set(Vec::new()),
        StreamEvent::Refused(topic) => {
            refused.update(|list| list.push((topic.topic, topic.detail)))
        }
    });
    tab.keep_listening(stream);

    view! {
        <Title text=move || visibility::page_title(inbox) />
        <div class="page-head">
            <div>
                <h1>{tr(|t| t.subscriber.heading)}</h1>
                <p class="lead">{tr(|t| t.subscriber.about)}</p>
            </div>
            <StreamState state=stream.state() on_retry=Callback::new(move |()| stream.retry()) />
        </div>
        <div class="columns listen">
            <section class="card wide" aria-labelledby="messages">
                <p class="meanwhile">{meanwhile(stream)}</p>
                <MessageList inbox empty=how_to_push(tab) />
            </section>
            {identity(tab, notifications)}
            {topics(tab, refused)}
        </div>
    }
    .erase()
}

/// A hint about messages that are pushed while the stream is not open.
fn meanwhile(stream: EventStream) -> Signal<Option<String>> {
    let state = stream.state();
    optional_text(move || match state.get() {
        State::Waiting { .. } => Some(texts().subscriber.meanwhile.to_owned()),
        _ => None,
    })
}

/// A switch.
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
    .erase()
}

fn identity(tab: Tab, notifications: Notifications) -> AnyView {
    let about = text(move || {
        let texts = &texts().subscriber;
        let about = match tab.shared.get() {
            true => texts.about_shared_id,
            false => texts.about_id,
        };
        about.to_owned()
    });
    let refused = optional_text(move || {
        let refused = notifications.refused.get();
        refused.then(|| texts().subscriber.may_not_notify.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="identity">
            <h2 id="identity">{tr(|t| t.subscriber.client_id)}</h2>
            <code class="id">
                {tab.id}
            </code>
            <div class="row">
                <CopyButton text=tab.id what=tr(|t| t.subscriber.the_client_id) />
                <button type="button" class="quiet small" on:click=on_click(move || tab.change_id())>
                    {tr(|t| t.subscriber.new_id)}
                </button>
            </div>
            <p class="hint">{about}</p>
            {switch(tr(|t| t.subscriber.share), tab.shared, move |on| tab.share(on))}
            {switch(tr(|t| t.subscriber.notify), notifications.wanted, move |on| notifications.want(on))}
            <p class="hint" aria-live="polite">{refused}</p>
        </section>
    }
    .erase()
}

fn topics(tab: Tab, refused: RwSignal<Vec<(String, String)>>) -> AnyView {
    view! {
        <section class="card" aria-labelledby="topics">
            <h2 id="topics">{tr(|t| t.topics.title)}</h2>
            <NameList
                id="topic"
                label=tr(|t| t.topics.label)
                placeholder="orders/42"
                add=tr(|t| t.topics.add)
                leave=tr(|t| t.topics.leave)
                hint=tr(|t| t.topics.about)
                names=tab.topics
                refused=refused
            />
        </section>
    }
    .erase()
}

/// The view while there are no messages.
fn how_to_push(tab: Tab) -> impl Fn() -> AnyView + Send + Sync + Clone + 'static {
    let origin = RwSignal::new(browser::rendered_server_url());
    effect(move || origin.set(browser::server_url()));
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
                <p class="title">{tr(|t| t.subscriber.nothing_yet)}</p>
                <p>
                    {tr(|t| t.subscriber.push_from)} <a href="admin">{tr(|t| t.subscriber.panel)}</a>
                    {tr(|t| t.subscriber.or_shell)}
                </p>
                <div class="command">
                    <pre tabindex="0">{command}</pre>
                    <CopyButton text=command what=tr(|t| t.subscriber.the_command) />
                </div>
            </div>
        }
        .erase()
    }
}
