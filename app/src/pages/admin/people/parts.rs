//! The parts of the section: the form for a new person, and an entry of the list.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
};

use super::People;
use crate::{
    components::{EraseView, ask_first, on_click, optional_text, outside, reach, text, when},
    formatting,
    i18n::{Texts, interpolate, texts, tr},
    wire::{PersonInfo, PersonUpdate},
};

pub(super) fn form(page: People) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        page.add();
    };
    let options = move || page.role_options(&page.role.get_untracked());
    let choose = move |event: Event| page.role.set(event_target_value(&event));
    view! {
        <section class="card" aria-labelledby="new-person">
            <h2 id="new-person">{tr(|t| t.people.new)}</h2>
            <form class="fields" on:submit=submit>
                <div>
                    <label for="person-name">{tr(|t| t.sign_in.name)}</label>
                    <input
                        id="person-name"
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        aria-describedby="person-name-hint"
                        bind:value=page.name
                    />
                    <p class="hint" id="person-name-hint">
                        {tr(|t| t.people.name_hint)}
                    </p>
                </div>
                {password_field("person-password", |t| t.sign_in.password, page.password, true)}
                <div>
                    <label for="person-role">{tr(|t| t.api_keys.role)}</label>
                    <select id="person-role" on:change=choose>
                        {options}
                    </select>
                </div>
                <button type="submit" class="primary">
                    {tr(|t| t.people.add)}
                </button>
            </form>
        </section>
    }
    .erase_client_only()
}

/// A field for a password: a new one, with a hint, or one that is there.
pub(in crate::pages::admin) fn password_field(
    id: &str,
    label: fn(&Texts) -> &'static str,
    value: RwSignal<String>,
    is_new: bool,
) -> AnyView {
    let (id, hint) = (id.to_owned(), format!("{id}-hint"));
    let complete = match is_new {
        true => "new-password",
        false => "current-password",
    };
    let said = optional_text(move || is_new.then(|| texts().people.password_hint.to_owned()));
    view! {
        <div>
            <label for=id.clone()>{tr(label)}</label>
            <input
                id=id
                type="password"
                autocomplete=complete
                required
                aria-describedby=hint.clone()
                bind:value=value
            />
            <p class="hint" id=hint>
                {said}
            </p>
        </div>
    }
    .erase_client_only()
}

pub(super) fn row(page: People, person: &PersonInfo) -> AnyView {
    let who = (person.id.clone(), person.name.clone());
    let own = person.role.clone().unwrap_or_default();
    let called = {
        let name = person.name.clone();
        text(move || interpolate(texts().people.role_of, &[("name", &name)]))
    };
    let change_role = {
        let who = who.clone();
        move |event: Event| {
            let role = Some(event_target_value(&event));
            let update = PersonUpdate {
                role,
                ..PersonUpdate::default()
            };
            page.update(who.clone(), update);
        }
    };
    let options = move || page.role_options(&own);
    let totp = person.totp;
    // Name, role and password of somebody who signs in at an issuer are changed there.
    let is_of_issuer = person.issuer.is_some();
    let issuer = person.issuer.clone();
    let factor = optional_text(move || {
        let totp = || totp.then(|| texts().people.totp.to_owned());
        issuer.clone().or_else(totp)
    });
    let (made, last) = (person.created_at as f64, person.signed_in_at);
    let last = text(move || match last {
        Some(at) => formatting::ago(at as f64),
        None => texts().api_keys.never.to_owned(),
    });
    view! {
        <li data-row=person.id.clone()>
            <div class="row">
                <strong>{outside(&person.name)}</strong>
                <select aria-label=called disabled=is_of_issuer on:change=change_role>
                    {options}
                </select>
                {reach(&person.permissions)}
                <span class="tag plain">{factor}</span>
            </div>
            <dl class="facts">
                <div>
                    <dt>{tr(|t| t.people.added)}</dt>
                    <dd>{text(move || formatting::clock(made))}</dd>
                </div>
                <div>
                    <dt>{tr(|t| t.people.signed_in)}</dt>
                    <dd>{last}</dd>
                </div>
            </dl>
            {buttons(page, who, totp, is_of_issuer)}
        </li>
    }
    .erase_client_only()
}

fn buttons(page: People, who: (String, String), totp: bool, is_of_issuer: bool) -> AnyView {
    let name = who.1.clone();
    let who = StoredValue::new(who);
    let password = RwSignal::new(String::new());
    let resetting = RwSignal::new(false);
    let id = format!("reset-{}", who.with_value(|(id, _)| id.clone()));
    let set = move |event: SubmitEvent| {
        event.prevent_default();
        let update = PersonUpdate {
            password: Some(password.get_untracked()),
            ..PersonUpdate::default()
        };
        resetting.set(false);
        password.set(String::new());
        page.update(who.get_value(), update);
    };
    let form = move || {
        view! {
            <form class="fields" on:submit=set>
                {password_field(&id, |t| t.account.new, password, true)}
                <button type="submit" class="small">
                    {tr(|t| t.people.set)}
                </button>
            </form>
        }
        .erase_client_only()
    };
    let without = PersonUpdate {
        totp: Some(false),
        ..PersonUpdate::default()
    };
    let remove_totp = Callback::new(move |()| page.update(who.get_value(), without.clone()));
    let remove = Callback::new(move |()| page.remove(who.get_value()));
    let named = name.clone();
    view! {
        <div class="row">
            <button
                type="button"
                class="quiet small"
                disabled=is_of_issuer
                on:click=on_click(move || resetting.update(|open| *open = !*open))
            >
                {tr(|t| t.people.reset)}
                <span class="unseen">" " {name.clone()}</span>
            </button>
            {when(
                move || totp,
                move || {
                    ask_first(
                        |t| t.people.remove_totp,
                        |t| t.people.remove_totp_ask,
                        named.clone(),
                        remove_totp,
                    )
                },
            )}
            {ask_first(|t| t.people.remove, |t| t.people.remove_ask, name, remove)}
        </div>
        {when(move || resetting.get(), form)}
    }
    .erase_client_only()
}
