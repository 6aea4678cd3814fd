//! The section *Keys*: the API keys, with a form for a new one, and one to test a key.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    AdminSession, CurrentSection, Section,
    feed::Update,
    key_tester::{self, KeyTester},
};
use crate::{
    api::{ApiError, Client},
    components::{
        EraseView, KeyActions, KeyDraft, effect, either, key_list, lazy_view, new_key_form,
        on_click, optional_text, retry_notice, shown_once, text, when,
    },
    erased_signal::ErasedSignal,
    i18n::{self, interpolate, texts, tr},
    wire::{KeyInfo, NewKey, Rotation},
};

/// Keys that are loaded at a time.
const PAGE: u32 = 50;

/// The keys. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct ApiKeys {
    session: AdminSession,
    current: CurrentSection,
    /// The loaded keys, newest first; none: not loaded yet.
    keys: ErasedSignal<Option<Vec<KeyInfo>>>,
    /// What loads the next page, if there is one.
    next: RwSignal<Option<String>>,
    /// The names of the roles.
    roles: ErasedSignal<Vec<String>>,
    /// Why the keys could not be loaded.
    wrong: RwSignal<Option<String>>,
    /// The key whose text is shown, because it was just made.
    shown: ErasedSignal<Option<NewKey>>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    draft: KeyDraft,
    tester: KeyTester,
}

impl ApiKeys {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            current,
            keys: ErasedSignal::new(None),
            next: RwSignal::new(None),
            roles: ErasedSignal::default(),
            wrong: RwSignal::new(None),
            shown: ErasedSignal::new(None),
            note: RwSignal::new(None),
            draft: KeyDraft::new(),
            tester: KeyTester::new(session),
        };
        effect(move || {
            if current.is(Section::Keys) && session.may("manage") {
                page.load();
            }
        });
        page
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) && untrack(|| self.current.is(Section::Keys)) {
            self.load();
        }
    }

    /// Loads the newest keys and the roles.
    fn load(self) {
        spawn_local(async move {
            self.take_page(None).await;
            if let Ok(list) = Client::new("").roles().await {
                let names = list.roles.into_iter().map(|role| role.name);
                self.roles.set(names.collect());
            }
        });
    }

    fn load_older(self) {
        let before = self.next.get_untracked();
        spawn_local(async move { self.take_page(before).await });
    }

    /// Loads one page: the newest keys, or those after the loaded ones.
    async fn take_page(self, before: Option<String>) {
        match Client::new("").keys(before.as_deref(), PAGE).await {
            Ok(page) => {
                self.keys.update(|keys| match (keys, before) {
                    (Some(keys), Some(_)) => keys.extend(page.keys),
                    (keys, _) => *keys = Some(page.keys),
                });
                self.next.try_set(page.next);
                self.wrong.try_set(None);
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.try_set(Some(i18n::error(&error)));
            }
        }
    }

    fn create(self) {
        self.draft.busy.set(true);
        self.draft.error.set(None);
        spawn_local(async move {
            match Client::new("").create_key(&self.draft.request()).await {
                Ok(key) => {
                    self.draft.clear();
                    self.show(key);
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.draft.error.set(Some(error));
                }
            }
            self.draft.busy.try_set(false);
        });
    }

    fn rotate(self, id: String) {
        spawn_local(async move {
            match Client::new("").rotate_key(&id, &Rotation::default()).await {
                Ok(key) => self.show(key),
                Err(error) => self.tell(&error),
            }
        });
    }

    fn revoke(self, id: String, name: String) {
        spawn_local(async move {
            match Client::new("").revoke_key(&id).await {
                Ok(()) => {
                    let said = interpolate(texts().api_keys.revoked, &[("name", &name)]);
                    self.note.try_set(Some(said));
                    self.load();
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    /// Shows the text of a key that was just made.
    fn show(self, key: NewKey) {
        self.note.try_set(None);
        self.shown.set(Some(key));
        self.load();
    }

    fn tell(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.note.try_set(Some(i18n::error(error)));
    }
}

/// The view of the section.
pub(super) fn view(page: ApiKeys) -> AnyView {
    let no_token = || {
        let flag = [("flag", "--admin-token")];
        let said = text(move || interpolate(texts().api_keys.no_admin_token, &flag));
        view! {
            <section class="card">
                <p>{said}</p>
            </section>
        }
        .erase_client_only()
    };
    let shown = move || {
        either(
            move || page.session.has_token(),
            move || with_token(page),
            no_token,
        )
    };
    when(move || page.session.is_admin(), shown)
}

fn with_token(page: ApiKeys) -> AnyView {
    let actions = KeyActions {
        rotate: Callback::new(move |id| page.rotate(id)),
        revoke: Callback::new(move |(id, name)| page.revoke(id, name)),
    };
    let older = move || {
        view! {
            <button type="button" class="quiet" on:click=on_click(move || page.load_older())>
                {tr(|t| t.api_keys.older)}
            </button>
        }
        .erase_client_only()
    };
    let state = optional_text(move || {
        page.keys.with(|keys| match keys {
            None if page.wrong.with(Option::is_some) => None,
            None => Some(texts().api_keys.loading.to_owned()),
            // The admin token is in the list too.
            Some(keys) if keys.len() < 2 => Some(texts().api_keys.none.to_owned()),
            Some(_) => None,
        })
    });
    view! {
        {retry_notice(move || page.wrong.get(), move || page.load())}
        {when(move || page.shown.with(Option::is_some), move || new_text(page.shown))}
        <div class="columns api-keys">
            <section class="card wide" aria-labelledby="keys-title">
                <h2 id="keys-title">{tr(|t| t.api_keys.list)}</h2>
                <p class="note" role="status">
                    {optional_text(move || page.note.get())}
                </p>
                {key_list(page.keys, actions)}
                <p class="nothing">{state}</p>
                {when(move || page.next.with(Option::is_some), older)}
            </section>
            <div class="side">
                {lazy_view(|| Box::pin(load_key_forms()), move || key_forms(page))}
            </div>
        </div>
    }
    .erase_client_only()
}

#[wasm_split(key_forms, wasm_split_path = ::leptos::wasm_split, preload(load_key_forms), fallible)]
fn key_forms(page: ApiKeys) -> Result<AnyView, SplitLoaderError> {
    let forms = view! {
        {new_key_form(page.draft, page.roles, Callback::new(move |()| page.create()))}
        {key_tester::view(page.tester, page.draft)}
    };
    Ok(forms.erase_client_only())
}

/// The text of a key that was just made.
fn new_text(shown: ErasedSignal<Option<NewKey>>) -> AnyView {
    let of = move |part: fn(&NewKey) -> &str| {
        shown.with(|key| {
            key.as_ref()
                .map(|key| part(key).to_owned())
                .unwrap_or_default()
        })
    };
    let said = text(move || {
        let name = of(|key| &key.info.name);
        interpolate(texts().api_keys.once, &[("name", &name)])
    });
    let key = text(move || of(|key| &key.key));
    shown_once(
        said,
        key,
        |t| t.api_keys.the_key,
        Callback::new(move |()| shown.set(None)),
    )
}
