//! The section *Webhooks*: the webhooks with their deliveries, and a form for a new one.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{AdminSession, CurrentSection, Section, feed::Update};
use crate::{
    api::{ApiError, Client},
    browser,
    components::{
        EraseView, HookAction, HookActions, HookDraft, ShownDeliveries, effect, hook_list,
        lazy_view, new_hook_form, optional_text, retry_notice, shown_once, text, when,
    },
    erased_signal::ErasedSignal,
    i18n::{self, interpolate, texts, tr},
    wire::{HookDelivery, HookInfo, HookUpdate, NewHook, Rotation},
};

/// Deliveries that are shown.
const SHOWN: u32 = 20;

/// How far back events are sent again, in milliseconds.
const HOUR: u64 = 3_600_000;

/// The webhooks. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Hooks {
    session: AdminSession,
    current: CurrentSection,
    /// The webhooks, newest first; none: not loaded yet.
    hooks: ErasedSignal<Option<Vec<HookInfo>>>,
    deliveries: ShownDeliveries,
    /// Why they could not be loaded.
    wrong: RwSignal<Option<String>>,
    /// The webhook whose secret is shown, because it was just made.
    shown: ErasedSignal<Option<NewHook>>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    draft: HookDraft,
}

impl Hooks {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            current,
            hooks: ErasedSignal::new(None),
            deliveries: ErasedSignal::new(None),
            wrong: RwSignal::new(None),
            shown: ErasedSignal::new(None),
            note: RwSignal::new(None),
            draft: HookDraft::new(),
        };
        effect(move || {
            if current.is(Section::Hooks) && session.may("manage") {
                page.load();
            }
        });
        page
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) && untrack(|| self.current.is(Section::Hooks)) {
            self.load();
        }
    }

    fn load(self) {
        spawn_local(async move { self.take().await });
    }

    async fn take(self) {
        match Client::new("").hooks().await {
            Ok(list) => {
                self.hooks.set(Some(list.hooks));
                self.wrong.try_set(None);
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.try_set(Some(i18n::error(&error)));
            }
        }
    }

    /// Loads the deliveries that are shown.
    async fn take_deliveries(self, id: String) {
        if let Ok(page) = Client::new("").hook_deliveries(&id, None, SHOWN).await {
            self.deliveries.set(Some((id, Some(page.deliveries))));
        }
    }

    fn create(self) {
        self.draft.busy.set(true);
        self.draft.error.set(None);
        spawn_local(async move {
            match Client::new("").create_hook(&self.draft.request()).await {
                Ok(hook) => {
                    self.draft.clear();
                    self.show(hook);
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.draft.error.set(Some(error));
                }
            }
            self.draft.busy.try_set(false);
        });
    }

    fn act(self, action: HookAction, hook: HookInfo) {
        spawn_local(async move {
            if let Err(error) = self.try_act(action, hook).await {
                self.session.check_unauthorized(&error);
                self.note.try_set(Some(i18n::error(&error)));
            }
        });
    }

    async fn try_act(self, action: HookAction, hook: HookInfo) -> Result<(), ApiError> {
        let api = Client::new("");
        let id = &hook.id;
        let paused = |paused| HookUpdate {
            paused: Some(paused),
            ..HookUpdate::default()
        };
        self.note.try_set(None);
        match action {
            HookAction::Test => self.say(&api.test_hook(id).await?),
            HookAction::Pause => drop(api.update_hook(id, &paused(true)).await?),
            HookAction::Resume => drop(api.update_hook(id, &paused(false)).await?),
            HookAction::Rotate => {
                let rotated = api.rotate_hook(id, &Rotation::default()).await?;
                self.shown.set(Some(rotated));
            }
            HookAction::Replay => {
                let since = (browser::now() as u64).saturating_sub(HOUR);
                api.replay_hook(id, since).await?;
            }
            HookAction::Delete => {
                api.delete_hook(id).await?;
                let said = interpolate(texts().hooks.deleted, &[("url", &hook.url)]);
                self.note.try_set(Some(said));
            }
            HookAction::Deliveries => {
                let is_shown = self
                    .deliveries
                    .read_untracked()
                    .as_ref()
                    .as_ref()
                    .is_some_and(|(of, _)| of == id);
                match is_shown {
                    true => self.deliveries.set(None),
                    false => {
                        self.deliveries.set(Some((hook.id.clone(), None)));
                        self.take_deliveries(hook.id.clone()).await;
                    }
                }
            }
        }
        self.take().await;
        Ok(())
    }

    /// Sends an event again, and says what became of it.
    fn send(self, hook: String, event: String) {
        spawn_local(async move {
            match Client::new("").send_hook_event(&hook, &event).await {
                Ok(delivery) => self.say(&delivery),
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.note.try_set(Some(i18n::error(&error)));
                }
            }
            self.take_deliveries(hook).await;
        });
    }

    fn say(self, delivery: &HookDelivery) {
        let texts = &texts().hooks;
        let said = match &delivery.error {
            Some(why) => interpolate(texts.refused, &[("why", why)]),
            None => {
                let status = delivery.status.unwrap_or_default().to_string();
                let ms = delivery.latency_ms.unwrap_or_default().to_string();
                interpolate(texts.taken, &[("status", &status), ("ms", &ms)])
            }
        };
        self.note.try_set(Some(said));
    }

    /// Shows the secret of a webhook that was just made.
    fn show(self, hook: NewHook) {
        self.note.try_set(None);
        self.shown.set(Some(hook));
        self.load();
    }
}

/// The view of the section.
pub(super) fn view(page: Hooks) -> AnyView {
    let actions = HookActions {
        act: Callback::new(move |(action, hook)| page.act(action, hook)),
        send: Callback::new(move |(hook, event)| page.send(hook, event)),
    };
    let state = optional_text(move || {
        page.hooks.with(|hooks| match hooks {
            None if page.wrong.with(Option::is_some) => None,
            None => Some(texts().hooks.loading.to_owned()),
            Some(hooks) if hooks.is_empty() => Some(texts().hooks.none.to_owned()),
            Some(_) => None,
        })
    });
    let shown = move || {
        view! {
            {retry_notice(move || page.wrong.get(), move || page.load())}
            {when(move || page.shown.with(Option::is_some), move || new_secret(page.shown))}
            <div class="columns api-keys">
                <section class="card wide" aria-labelledby="hooks-title">
                    <h2 id="hooks-title">{tr(|t| t.hooks.list)}</h2>
                    <p class="note" role="status">
                        {optional_text(move || page.note.get())}
                    </p>
                    {hook_list(page.hooks, page.deliveries, actions)}
                    <p class="nothing">{state}</p>
                </section>
                {lazy_view(|| Box::pin(load_hook_form()), move || hook_form(page))}
            </div>
        }
        .erase_client_only()
    };
    when(move || page.session.is_admin(), shown)
}

#[wasm_split(hook_form, wasm_split_path = ::leptos::wasm_split, preload(load_hook_form), fallible)]
fn hook_form(page: Hooks) -> Result<AnyView, SplitLoaderError> {
    let create = Callback::new(move |()| page.create());
    Ok(new_hook_form(page.draft, create))
}

/// The secret of a webhook that was just made.
fn new_secret(shown: ErasedSignal<Option<NewHook>>) -> AnyView {
    let of = move |part: fn(&NewHook) -> &str| {
        shown.with(|hook| {
            hook.as_ref()
                .map_or_else(String::new, |hook| part(hook).to_owned())
        })
    };
    let said = text(move || {
        let url = of(|hook| &hook.info.url);
        interpolate(texts().hooks.once, &[("url", &url)])
    });
    let secret = text(move || of(|hook| &hook.secret));
    shown_once(
        said,
        secret,
        |t| t.hooks.the_secret,
        Callback::new(move |()| shown.set(None)),
    )
}
