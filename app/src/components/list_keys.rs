//! Lists that are used with the keyboard alone.
//!
//! `use:list_keys` on the element of a list makes it one, and each of its rows has `data-row` with a name that the row keeps
//! when it changes. *Tab* leads to the list; arrows or `j` and `k`, *Home* and *End* move between the rows; *Enter* does
//! the first action of a row, and the space bar marks it. If the focused row is rendered again, the focus stays in it.

use std::cell::RefCell;

use leptos::{
    leptos_dom::helpers::document,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{
        Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent, MutationObserver,
        MutationObserverInit,
    },
};

use crate::browser::Timer;

const LIST: &str = "[data-list]";
const ROW: &str = "[data-row]";
/// What can have the focus in a row.
const CONTROLS: &str = "a[href], button, input, select, textarea, summary";
/// What *Enter* does in a row.
const ACTIONS: &str = "a[href], button, summary";
/// What the space bar does in a row.
const MARK: &str = "input[type=checkbox]";

thread_local! {
    static KEEPER: RefCell<Option<Keeper>> = RefCell::default();
}

/// Makes an element a list whose rows are reached with keys.
pub(crate) fn list_keys(list: Element) {
    let _ = list.set_attribute("data-list", "");
    let _ = list.set_attribute("tabindex", "0");
    KEEPER.with_borrow_mut(|keeper| {
        let keeper = keeper.get_or_insert_with(Keeper::new);
        for event in ["keydown", "focusin", "focusout"] {
            let callback = keeper.heard.as_ref().unchecked_ref();
            let _ = list.add_event_listener_with_callback(event, callback);
        }
    });
}

fn heard(event: Event) {
    match event.type_().as_str() {
        "focusin" => note(&event),
        "focusout" => {
            // A row that is rendered again is not left: it has the focus again before the timer ends.
            Timer::after(0.0, forget_if_left).detach();
        }
        _ => {
            if let Some(event) = event.dyn_ref() {
                pressed(event);
            }
        }
    }
}

/// Handles a key in a list.
fn pressed(event: &KeyboardEvent) {
    let held = event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key();
    let Some(target) = target(event).filter(|target| !held && !takes_text(target)) else {
        return;
    };
    let Some(list) = target.closest(LIST).ok().flatten() else {
        return;
    };
    let rows = all(&list, ROW);
    let at = rows.iter().position(|row| row.contains(Some(&target)));
    let row = at
        .and_then(|at| rows.get(at))
        .filter(|row| ***row == target);
    let key = event.key();
    let last = rows.len().saturating_sub(1);
    let (to, end) = match (key.as_str(), at) {
        ("ArrowDown" | "j", Some(at)) => (at + 1, None),
        ("ArrowUp" | "k", Some(at)) => (at.saturating_sub(1), None),
        ("ArrowDown" | "j", None) => (0, None),
        ("Home", _) => (0, Some(End::First)),
        ("End", _) => (last, Some(End::Last)),
        ("Enter", _) if click(row, ACTIONS) => return event.prevent_default(),
        (" ", _) if click(row, MARK) => return event.prevent_default(),
        _ => return,
    };
    event.prevent_default();
    if let Some(row) = rows.get(to.min(last)) {
        focus(row);
    }
    // A long list renders only rows that are seen: it is scrolled, after the focus has scrolled it to a row that is there, and
    // the last row has the focus once it is rendered.
    match end {
        Some(End::First) => list.set_scroll_top(0),
        Some(End::Last) => list.set_scroll_top(list.scroll_height()),
        None => {}
    }
    change(|keeper| keeper.end = end);
}

/// Clicks the first of these controls in a row. Returns false if there is none.
fn click(row: Option<&HtmlElement>, controls: &str) -> bool {
    let control = row.and_then(|row| all(row, controls).into_iter().next());
    control.map(|control| control.click()).is_some()
}

/// Gives a row the focus.
fn focus(row: &HtmlElement) {
    if !row.matches(CONTROLS).unwrap_or_default() {
        row.set_tab_index(-1);
    }
    let _ = row.focus();
}

/// Whether keys are typed into an element.
fn takes_text(element: &Element) -> bool {
    match element.dyn_ref::<HtmlInputElement>() {
        Some(input) => input.type_() != "checkbox",
        None => matches!(element.tag_name().as_str(), "TEXTAREA" | "SELECT"),
    }
}

fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The elements in this one that match a selector.
fn all(within: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = within.query_selector_all(selector) else {
        return Vec::new();
    };
    let nodes = (0..found.length()).filter_map(|n| found.get(n));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}

/// One end of a list.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Where the focus is in a list.
struct Place {
    list: Element,
    focused: Element,
    /// The name of the row.
    row: String,
    /// The number of the row in the page.
    at: usize,
    /// The number of the focused control in the row; none: it is the row.
    control: Option<usize>,
}

/// Keeps the focus in a list that changes.
struct Keeper {
    /// Focusing a row within a handler calls it again.
    heard: Closure<dyn Fn(Event)>,
    observer: Option<MutationObserver>,
    place: Option<Place>,
    /// The end that the focus has to follow, because its rows are not rendered yet.
    end: Option<End>,
}

impl Keeper {
    fn new() -> Self {
        let changed = Closure::<dyn FnMut(JsValue)>::new(|_| keep());
        let observer = MutationObserver::new(changed.as_ref().unchecked_ref()).ok();
        // There is one for as long as the page exists.
        changed.forget();
        Self {
            heard: Closure::new(heard),
            observer,
            place: None,
            end: None,
        }
    }
}

fn change<T>(change: impl FnOnce(&mut Keeper) -> T) -> Option<T> {
    KEEPER.with_borrow_mut(|keeper| keeper.as_mut().map(change))
}

/// Notes where the focus is, and observes the list from then on.
fn note(event: &Event) {
    let place = target(event).and_then(place_of);
    change(|keeper| {
        keeper.end = None;
        let Some(observer) = &keeper.observer else {
            return;
        };
        observer.disconnect();
        if let Some(place) = &place {
            let options = MutationObserverInit::new();
            options.set_child_list(true);
            options.set_subtree(true);
            let _ = observer.observe_with_options(&place.list, &options);
        }
        keeper.place = place;
    });
}

fn place_of(focused: Element) -> Option<Place> {
    let list = focused.closest(LIST).ok()??;
    let row = focused.closest(ROW).ok()??;
    let at = all(&list, ROW).iter().position(|known| **known == row)?;
    let control = all(&row, CONTROLS);
    Some(Place {
        control: control.iter().position(|known| **known == focused),
        row: row.get_attribute("data-row")?,
        at,
        list,
        focused,
    })
}

/// The list has changed: gives the focus to the row that has the name, or to the one at the same place.
fn keep() {
    let Some(Some((rows, to, control))) = change(|keeper| {
        let place = keeper.place.as_ref()?;
        let rows = all(&place.list, ROW);
        let named = |row: &HtmlElement| row.get_attribute("data-row").as_ref() == Some(&place.row);
        let last = rows.len().checked_sub(1)?;
        match keeper.end.take() {
            Some(End::First) => return Some((rows, 0, None)),
            Some(End::Last) => return Some((rows, last, None)),
            None if place.focused.is_connected() => return None,
            None => {}
        }
        let known = rows.iter().position(named);
        let control = known.and(place.control);
        Some((rows, known.unwrap_or(place.at).min(last), control))
    }) else {
        return;
    };
    if let Some(row) = rows.get(to) {
        let control = control.and_then(|n| all(row, CONTROLS).into_iter().nth(n));
        focus(control.as_ref().unwrap_or(row));
    }
}

/// Forgets the place when the focus has gone elsewhere, so that a list never takes it back from there.
fn forget_if_left() {
    let active = document().active_element();
    change(|keeper| {
        let left = |place: &Place| active.as_ref() != Some(&place.focused);
        if keeper.place.as_ref().is_some_and(left) {
            keeper.place = None;
            if let Some(observer) = &keeper.observer {
                observer.disconnect();
            }
        }
    });
}
