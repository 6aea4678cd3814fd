//! The dialog: a combobox with a list of what is found, after the patterns of the ARIA Authoring Practices.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
    task::spawn_local,
};
use leptos_router::hooks::use_navigate;

use super::{
    User,
    entry::{Act, Entry, fixed, matching},
    search::Source,
};
use crate::{
    browser::{self, Timer},
    components::{
        EraseView, ListItem, aria_bool, effect, keyed_list, on_click, optional_text, outside, text,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{self, interpolate, plural, texts, tr},
};

/// The id of the dialog.
pub(super) const DIALOG: &str = "palette";
/// Milliseconds to wait for further typing before the API is asked.
const PAUSE: f64 = 150.0;

/// Navigates to a page of this site.
type Go = Box<dyn Fn(&str)>;

/// Copies share the same signals.
#[derive(Clone, Copy)]
struct Model {
    user: User,
    typed: RwSignal<String>,
    /// What the API has found for the typed text, by source.
    found: ErasedSignal<Vec<(Source, Vec<Entry>)>>,
    /// Searches that failed, and why.
    failed: ErasedSignal<Vec<(Source, String)>>,
    /// Searches without an answer.
    waiting: RwSignal<usize>,
    /// The number of the chosen entry.
    chosen: RwSignal<usize>,
    /// All entries, in order.
    entries: ErasedMemo<Vec<Entry>>,
    /// Counts the texts that were typed. An answer to an earlier one is ignored.
    turn: StoredValue<u64>,
    due: StoredValue<Option<Timer>, LocalStorage>,
    go: StoredValue<Go, LocalStorage>,
}

impl Model {
    fn new(user: User) -> Self {
        let navigate = use_navigate();
        let go = move |path: &str| navigate(&format!("/{path}"), Default::default());
        let typed = RwSignal::new(String::new());
        let found = ErasedSignal::<Vec<(Source, Vec<Entry>)>>::default();
        let entries = ErasedMemo::new(move || {
            let mut entries = user
                .session
                .with(|session| typed.with(|text| matching(fixed(session.as_ref()), text)));
            let found = found.read();
            entries.extend(found.iter().flat_map(|(_, found)| found.iter().cloned()));
            entries
        });
        Self {
            user,
            typed,
            found,
            failed: ErasedSignal::default(),
            waiting: RwSignal::new(0),
            chosen: RwSignal::new(0),
            entries,
            turn: StoredValue::new(0),
            due: StoredValue::new_local(None),
            go: StoredValue::new_local(Box::new(go)),
        }
    }

    /// The text was changed: what was found for another one does not count any more.
    fn search(self, typed: String) {
        let text = typed.trim().to_owned();
        self.typed.set(typed);
        self.chosen.set(0);
        self.found.set(Vec::new());
        self.failed.set(Vec::new());
        self.waiting.set(0);
        self.turn.update_value(|turn| *turn += 1);
        let wait = move || self.ask(&text);
        let is_empty = self.typed.with_untracked(|typed| typed.trim().is_empty());
        self.due
            .set_value((!is_empty).then(|| Timer::after(PAUSE, wait)));
    }

    fn ask(self, text: &str) {
        let session = self.user.session.read_untracked();
        let sources = Source::ALL.into_iter();
        let sources: Vec<_> = sources
            .filter(|source| source.is_for(session.as_ref().as_ref()))
            .collect();
        self.waiting.try_set(sources.len());
        let turn = self.turn.try_get_value();
        for source in sources {
            let text = text.to_owned();
            spawn_local(async move {
                let answer = source.search(&text).await;
                if turn.is_none() || self.turn.try_get_value() != turn {
                    return;
                }
                self.waiting
                    .update(|waiting| *waiting = waiting.saturating_sub(1));
                match answer {
                    Ok(entries) => self.take(source, entries),
                    Err(error) => {
                        let why = i18n::error(&error);
                        self.failed.update(|failed| failed.push((source, why)));
                    }
                }
            });
        }
    }

    /// The results stay in the order of the sources, and the chosen entry stays chosen.
    fn take(self, source: Source, entries: Vec<Entry>) {
        let chosen = self.chosen_entry();
        self.found.update(|found| {
            found.push((source, entries));
            found.sort_by_key(|(known, _)| Source::ALL.iter().position(|one| one == known));
        });
        let all = untrack(|| self.entries.read());
        let at = all.iter().position(|entry| Some(entry) == chosen.as_ref());
        self.chosen.set(at.unwrap_or_default());
    }

    fn chosen_entry(self) -> Option<Entry> {
        let chosen = self.chosen.get_untracked();
        untrack(|| self.entries.read()).get(chosen).cloned()
    }

    fn pressed(self, event: &KeyboardEvent) {
        let entries = untrack(|| self.entries.with(Vec::len));
        let chosen = self.chosen.get_untracked();
        let next = match event.key().as_str() {
            // While text is composed, keys belong to the input method.
            _ if event.is_composing() || entries == 0 => return,
            "ArrowDown" => (chosen + 1) % entries,
            "ArrowUp" => (chosen + entries - 1) % entries,
            _ => return,
        };
        event.prevent_default();
        self.chosen.set(next);
        browser::scroll_to(&option_id(next));
    }

    fn run(self, entry: &Entry) {
        browser::close_dialog(DIALOG);
        match &entry.act {
            Act::Go(path) => self.go.with_value(|go| go(path)),
            Act::Load(path) => browser::load(path),
            Act::Language => browser::focus_first(".language"),
            Act::SignOut => self.user.sign_out.run(()),
        }
    }
}

fn option_id(n: usize) -> String {
    format!("palette-{n}")
}

/// The dialog. It opens when it is rendered.
pub(super) fn view(user: User) -> AnyView {
    let model = Model::new(user);
    effect(|| browser::show_dialog(DIALOG));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(entry) = model.chosen_entry() {
            model.run(&entry);
        }
    };
    let active = optional_text(move || {
        let any = model.entries.with(|entries| !entries.is_empty());
        any.then(|| option_id(model.chosen.get()))
    });
    view! {
        <dialog
            id=DIALOG
            class="palette"
            aria-label=tr(|t| t.palette.title)
            on:close=move |_| model.search(String::new())
        >
            <form on:submit=submit>
                <input
                    type="text"
                    role="combobox"
                    aria-label=tr(|t| t.palette.title)
                    aria-autocomplete="list"
                    aria-expanded="true"
                    aria-controls="palette-found"
                    aria-activedescendant=active
                    placeholder=tr(|t| t.palette.hint)
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    autofocus
                    prop:value=model.typed
                    on:input=move |event| model.search(event_target_value(&event))
                    on:keydown=move |event| model.pressed(&event)
                />
            </form>
            {options(model)}
            <p class="hint" role="status">
                {text(move || status(model))}
            </p>
            {failures(model)}
            <button
                type="button"
                class="quiet small"
                on:click=on_click(|| browser::close_dialog(DIALOG))
            >
                {tr(|t| t.client.close)}
                " "
                <kbd>"Esc"</kbd>
            </button>
        </dialog>
    }
    .erase_client_only()
}

fn options(model: Model) -> AnyView {
    let options = keyed_list(move || {
        let entries = model.entries.read();
        let item = |(n, entry): (usize, &Entry)| {
            let entry = entry.clone();
            let key = format!("{n} {} {} {:?}", entry.kind, entry.title, entry.act);
            ListItem::new(key, move || option(model, n, entry.clone()))
        };
        entries.iter().enumerate().map(item).collect()
    });
    view! {
        <ul id="palette-found" role="listbox" aria-label=tr(|t| t.palette.found)>
            {options}
        </ul>
    }
    .erase_client_only()
}

fn option(model: Model, n: usize, entry: Entry) -> AnyView {
    let (kind, title, about) = (entry.kind, entry.title.clone(), entry.about.clone());
    let run = on_click(move || model.run(&entry));
    view! {
        <li
            id=option_id(n)
            role="option"
            aria-selected=aria_bool(move || model.chosen.get() == n)
            on:click=run
        >
            <span class="tag plain">{kind}</span>
            <span class="title">{outside(title)}</span>
            <span class="hint">{outside(about)}</span>
        </li>
    }
    .erase_client_only()
}

/// How many there are, for those who can't see them.
fn status(model: Model) -> String {
    let entries = model.entries.with(Vec::len);
    match (model.waiting.get(), entries) {
        (1.., _) => texts().palette.searching.to_owned(),
        (0, 0) => texts().palette.nothing.to_owned(),
        (0, n) => plural(texts().palette.results, n as u64, &[]),
    }
}

fn failures(model: Model) -> AnyView {
    let items = keyed_list(move || {
        let failed = model.failed.read();
        let item = |(source, why): &(Source, String)| {
            let values = [("what", source.name()), ("why", why.as_str())];
            let said = interpolate(texts().palette.failed, &values);
            ListItem::new(said.clone(), move || {
                view! { <li>{said.clone()}</li> }.erase_client_only()
            })
        };
        failed.iter().map(item).collect()
    });
    view! {
        <ul class="failed" role="alert">
            {items}
        </ul>
    }
    .erase_client_only()
}
