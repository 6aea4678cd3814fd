//! `/admin`: the admin panel, with a sign-in if the server has a token. Its sections share one stream
//! and one session. The state of a section is kept while another one is shown.

mod account;
mod api_keys;
mod audit;
mod client_filters;
mod client_page;
mod clients;
mod feed;
mod history;
mod hooks;
mod key_tester;
mod lazy_sections;
mod limits;
mod marked_clients;
mod marks;
mod nodes;
mod overview;
mod palette;
mod people;
mod push;
mod roles;
mod saved_lists;
mod scheduled;
mod section;
mod selected_client;
mod session;
mod tail;
mod url_query;

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_meta::Title;

use crate::{
    components::{
        EraseView, SignInState, StreamState, aria_bool, bool_signal, effect, either, lazy_view,
        on_change, on_click, optional_text, sign_in_form, static_text, text, when,
    },
    formatting,
    i18n::{Texts, texts, tr},
};
use lazy_sections::LazySections;
#[cfg(feature = "hydrate")]
pub(crate) use lazy_sections::load_section;
pub(crate) use lazy_sections::parts_of_section;
pub(super) use palette::{User, palette};
use section::{CurrentSection, Section};
use session::AdminSession;

/// The admin page.
#[component]
pub fn Admin() -> impl IntoView {
    let session = AdminSession::new();
    let sign_in = move || lazy_view(|| Box::pin(load_sign_in()), move || sign_in_part(session));
    view! { {either(move || session.needs_sign_in(), sign_in, move || view! { <Panel session /> }.erase())} }
        .erase()
}

#[wasm_split(sign_in_part, wasm_split_path = ::leptos::wasm_split, preload(load_sign_in), fallible)]
fn sign_in_part(session: AdminSession) -> Result<AnyView, SplitLoaderError> {
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
    let page = view! {
        <Title text=title />
        {form}
    };
    Ok(page.erase_client_only())
}

/// The title and the description of a section.
fn called(section: Section) -> [fn(&Texts) -> &'static str; 2] {
    match section {
        Section::Overview => [|t| t.panel.overview, |t| t.panel.about_overview],
        Section::Clients => [|t| t.panel.clients, |t| t.panel.about_clients],
        Section::Client => [|t| t.panel.client, |t| t.panel.about_client],
        Section::Messages => [|t| t.panel.messages, |t| t.panel.about_messages],
        Section::Tail => [|t| t.panel.tail, |t| t.panel.about_tail],
        Section::Push => [|t| t.panel.push, |t| t.panel.about_push],
        Section::Scheduled => [|t| t.panel.scheduled, |t| t.panel.about_scheduled],
        Section::Nodes => [|t| t.panel.nodes, |t| t.panel.about_nodes],
        Section::Keys => [|t| t.panel.keys, |t| t.panel.about_keys],
        Section::Hooks => [|t| t.panel.hooks, |t| t.panel.about_hooks],
        Section::Audit => [|t| t.panel.audit, |t| t.panel.about_audit],
        Section::People => [|t| t.panel.people, |t| t.panel.about_people],
        Section::Roles => [|t| t.panel.roles, |t| t.panel.about_roles],
        Section::Limits => [|t| t.panel.limits, |t| t.panel.about_limits],
        Section::Account => [|t| t.panel.account, |t| t.panel.about_account],
    }
}

/// The panel. Its frame is rendered before any data is loaded.
#[component]
fn Panel(session: AdminSession) -> impl IntoView {
    let current = CurrentSection::new();
    let sections = LazySections::new(session, current);
    let stream = feed::subscribe(session, move |update| sections.handle(update));
    // It finds out whether there is a cluster. Only browsers run effects.
    effect(move || sections.start_hidden(Section::Nodes));
    effect(formatting::prepare);
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
        Some(section) => sections.view(section),
        None => view! { <a href="admin">{tr(|t| t.panel.overview)}</a> }.erase(),
    };
    view! {
        <Title text=move || format!("{} \u{b7} Tidings", name(0)) />
        {section_nav(session, current)}
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
                {palette(User { session: session.shown(), sign_out: Callback::new(move |()| session.sign_out()) })}
                {when(move || session.has_token(), sign_out)}
            </div>
        </div>
        {section.erase()}
    }
    .erase()
}

/// The navigation between the sections, and below it the one between the *Settings*. A server that runs alone has no use for
/// *Nodes*, and who may not push or manage has none for *Push*, or for the *Settings*.
fn section_nav(session: AdminSession, current: CurrentSection) -> AnyView {
    let link = move |section: Section| {
        // The page of a client belongs to the list.
        let is_below = move || section == Section::Clients && current.is(Section::Client);
        let is_here = move || current.is(section) || is_below();
        nav_link(section.path(), called(section)[0], is_here)
    };
    let shown = move |section: Section| match section {
        Section::Nodes => when(
            move || current.in_cluster.get() || current.is(section),
            move || link(section),
        ),
        Section::Push => when(move || session.may("push"), move || link(section)),
        Section::People | Section::Account => {
            when(move || session.has_token(), move || link(section))
        }
        _ => link(section),
    };
    let settings = move || {
        let is_here = move || current.is_setting();
        nav_link(Section::Keys.path(), |t| t.panel.settings, is_here)
    };
    let views = move |of: fn(&Section) -> bool| {
        let sections = Section::ALL.into_iter().filter(of);
        let sections = sections.filter(|section| section.is_in_nav());
        sections.map(shown).collect::<Vec<_>>()
    };
    let is_rest = |section: &Section| {
        !section.is_setting() && !section.is_main() && *section != Section::Account
    };
    let settings_nav = move || {
        view! {
            <nav class="sections below" aria-label=tr(|t| t.panel.settings)>
                {views(|section| section.is_setting())}
            </nav>
        }
        .erase()
    };
    view! {
        <nav class="sections" aria-label=tr(|t| t.panel.section_nav)>
            {views(|section| section.is_main())} {more(current)}
            <div class="rest">
                {views(is_rest)} {when(move || session.may("manage"), settings)}
                {shown(Section::Account)}
            </div>
        </nav>
        {when(move || current.is_setting() && session.may("manage"), settings_nav)}
    }
    .erase()
}

/// The button that shows the other sections on a phone, where the main ones are a bar at the bottom.
fn more(current: CurrentSection) -> AnyView {
    let open = RwSignal::new(false);
    on_change(
        move || {
            current.get();
        },
        move || open.set(false),
    );
    let is_here = move || current.get().is_some_and(|section| !section.is_main());
    let class = static_text(move || match is_here() {
        true => "plain more here",
        false => "plain more",
    });
    // Escape clicks it.
    let escape = optional_text(move || open.get().then(String::new));
    view! {
        <button
            type="button"
            class=class
            aria-expanded=aria_bool(move || open.get())
            data-escape=escape
            on:click=on_click(move || open.update(|open| *open = !*open))
        >
            {tr(|t| t.panel.more)}
        </button>
    }
    .erase()
}

fn nav_link(
    path: &'static str,
    name: fn(&Texts) -> &'static str,
    is_here: impl Fn() -> bool + Send + Sync + 'static,
) -> AnyView {
    let current = optional_text(move || is_here().then(|| "page".to_owned()));
    view! {
        <a href=path aria-current=current>
            {tr(name)}
        </a>
    }
    .erase()
}
