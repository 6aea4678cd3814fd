//! `/admin`: the admin panel, with a sign-in if the server has a token. Its sections share one stream
//! and one session. The state of a section is kept while another one is shown.

mod account;
mod api_keys;
mod audit;
mod clients;
mod feed;
mod history;
mod hooks;
mod key_tester;
mod nodes;
mod overview;
mod people;
mod push;
mod section;
mod selected_client;
mod session;
mod url_query;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::{
        EraseView, SignInState, StreamState, bool_signal, either, on_click, optional_text,
        sign_in_form, text, when,
    },
    i18n::{Texts, texts, tr},
};
use account::Account;
use api_keys::ApiKeys;
use audit::Audit;
use clients::Clients;
use history::History;
use hooks::Hooks;
use nodes::NodesPage;
use overview::Overview;
use people::People;
use push::Push;
use section::{CurrentSection, Section};
use session::AdminSession;

/// The admin page.
#[component]
pub fn Admin() -> impl IntoView {
    let session = AdminSession::new();
    let sign_in = move || {
        let state = SignInState {
            token_required: bool_signal(move || session.has_token()),
            people: bool_signal(move || session.has_people()),
            issuer: optional_text(move || session.issuer()),
            needs_code: session.needs_code.into(),
            error: session.field_error.into(),
            busy: session.busy.into(),
        };
        let form = sign_in_form(state, Callback::new(move |shown| session.sign_in(shown)));
        let title = || format!("{} \u{b7} Tidings", texts().sign_in.title);
        view! {
            <Title text=title />
            {form}
        }
        .erase()
    };
    view! { {either(move || session.needs_sign_in(), sign_in, move || view! { <Panel session /> }.erase())} }
        .erase()
}

/// The title and the description of a section.
fn called(section: Section) -> [fn(&Texts) -> &'static str; 2] {
    match section {
        Section::Overview => [|t| t.panel.overview, |t| t.panel.about_overview],
        Section::Clients => [|t| t.panel.clients, |t| t.panel.about_clients],
        Section::Messages => [|t| t.panel.messages, |t| t.panel.about_messages],
        Section::Push => [|t| t.panel.push, |t| t.panel.about_push],
        Section::Nodes => [|t| t.panel.nodes, |t| t.panel.about_nodes],
        Section::Keys => [|t| t.panel.keys, |t| t.panel.about_keys],
        Section::Hooks => [|t| t.panel.hooks, |t| t.panel.about_hooks],
        Section::Audit => [|t| t.panel.audit, |t| t.panel.about_audit],
        Section::People => [|t| t.panel.people, |t| t.panel.about_people],
        Section::Account => [|t| t.panel.account, |t| t.panel.about_account],
    }
}

/// The panel. Its frame is rendered before any data is loaded.
#[component]
fn Panel(session: AdminSession) -> impl IntoView {
    let current = CurrentSection::new();
    let overview = Overview::new(session);
    let clients = Clients::new(session, current);
    let push_page = Push::new(session, current);
    let history = History::new(session, current);
    let nodes = NodesPage::new(session, current);
    let api_keys = ApiKeys::new(session, current);
    let hooks = Hooks::new(session, current);
    let audit = Audit::new(session, current);
    let people = People::new(session, current);
    let account = Account::new(session, current);
    let stream = feed::subscribe(session, move |update| {
        overview.handle(update);
        clients.handle(update);
        push_page.handle(update);
        history.handle(update);
        nodes.handle(update);
        api_keys.handle(update);
        hooks.handle(update);
        audit.handle(update);
    });
    let name = move |n: usize| match current.get() {
        Some(section) => called(section)[n](texts()),
        None => texts().not_found.heading,
    };
    let sign_out = move || {
        view! {
            <button type="button" class="quiet small" on:click=on_click(move || session.sign_out())>
                {tr(|t| t.sign_in.sign_out)}
            </button>
        }
        .erase_client_only()
    };
    let section = move || match current.get() {
        Some(Section::Overview) => overview::view(overview),
        Some(Section::Clients) => clients::view(clients),
        Some(Section::Messages) => history::view(history),
        Some(Section::Push) => push::view(push_page),
        Some(Section::Nodes) => nodes::view(nodes),
        Some(Section::Keys) => api_keys::view(api_keys),
        Some(Section::Hooks) => hooks::view(hooks),
        Some(Section::Audit) => audit::view(audit),
        Some(Section::People) => people::view(people),
        Some(Section::Account) => account::view(account),
        None => view! { <a href="admin">{tr(|t| t.panel.overview)}</a> }.erase(),
    };
    view! {
        <Title text=move || format!("{} \u{b7} Tidings", name(0)) />
        {section_nav(session, current, nodes)}
        <div class="page-head">
            <div>
                <h1>{text(move || name(0).to_owned())}</h1>
                <p class="lead">{text(move || name(1).to_owned())}</p>
            </div>
            <div class="row">
                <StreamState
                    state=stream.state()
                    on_retry=Callback::new(move |()| stream.retry())
                />
                {when(move || session.has_token(), sign_out)}
            </div>
        </div>
        {section.erase()}
    }
    .erase()
}

/// The navigation between the sections. A server that runs alone has no use for *Nodes*, and who may not push or manage
/// has none for *Push*, or for *Keys*, *Webhooks* and *Audit*.
fn section_nav(session: AdminSession, current: CurrentSection, nodes: NodesPage) -> AnyView {
    let link = move |section: Section| {
        let current = optional_text(move || current.is(section).then(|| "page".to_owned()));
        view! {
            <a href=section.path() aria-current=current>
                {tr(called(section)[0])}
            </a>
        }
        .erase()
    };
    let shown = move |section: Section| match section {
        Section::Nodes => when(
            move || nodes.is_in_cluster() || current.is(section),
            move || link(section),
        ),
        Section::Push => when(move || session.may("push"), move || link(section)),
        Section::Keys | Section::Hooks | Section::Audit => {
            when(move || session.may("manage"), move || link(section))
        }
        Section::People => when(
            move || session.may("manage") && session.has_token(),
            move || link(section),
        ),
        Section::Account => when(move || session.has_token(), move || link(section)),
        _ => link(section),
    };
    view! {
        <nav class="sections" aria-label=tr(|t| t.panel.section_nav)>
            {Section::ALL.map(shown).into_iter().collect::<Vec<_>>()}
        </nav>
    }
    .erase()
}
