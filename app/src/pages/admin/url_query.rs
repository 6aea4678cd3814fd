//! Keeps the state of a section in the URL query, so that it can be reloaded, shared, and restored by
//! the back button.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, params::ParamsMap};

use super::{CurrentSection, Section};
use crate::{
    api::encoded,
    browser::{self, Timer},
    components::effect,
};

/// Milliseconds without a change before the URL is updated. Browsers limit the rate of changes.
const PAUSE: f64 = 300.0;

/// The parameters of a query.
pub(super) struct Values(ParamsMap);

impl Values {
    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name)
    }

    /// The value of a parameter, or the empty text.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }
}

/// Applies the query of the URL when `section` is opened, and then keeps the URL up to date with the
/// state. Empty values are left out.
pub(super) fn sync(
    current: CurrentSection,
    section: Section,
    read: impl Fn(&Values) + 'static,
    write: impl Fn() -> Vec<(&'static str, String)> + 'static,
) {
    // Not `use_query_map`: within one route it does not follow changes of the section.
    let (search, query) = (use_location().search, use_location().query);
    let read: Box<dyn Fn(&Values)> = Box::new(read);
    effect(move || {
        if current.is(section) && search.with(|search| !search.is_empty()) {
            read(&Values(query.get()));
        }
    });
    let write: Box<dyn Fn() -> Vec<(&'static str, String)>> = Box::new(write);
    let due = StoredValue::new_local(None::<Timer>);
    effect(move || {
        if !current.is(section) {
            return due.set_value(None);
        }
        let mut address = section.path().to_owned();
        let mut joint = '?';
        for (name, value) in write().iter().filter(|(_, value)| !value.is_empty()) {
            address.push(joint);
            address.push_str(name);
            address.push('=');
            address.push_str(&encoded(value));
            joint = '&';
        }
        let subscribe = move || browser::replace_url(section.path(), &address);
        due.set_value(Some(Timer::after(PAUSE, subscribe)));
    });
}
