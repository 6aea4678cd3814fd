//! What a place of the panel shows, kept in the address of the page, so that it can be reloaded, sent
//! to somebody, and gone back to.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, params::ParamsMap};

use super::{CurrentSection, Section};
use crate::{
    api::encoded,
    browser::{self, Timer},
    components::effect,
};

/// Milliseconds without a change before the address follows: browsers allow only so many changes.
const PAUSE: f64 = 300.0;

/// What the query of an address says.
pub(super) struct Values(ParamsMap);

impl Values {
    /// The value of this name.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name)
    }

    /// The same, or the empty text.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }
}

/// Lets `place` show what the address asks for when somebody comes there with a query, and from then
/// on lets the address say what it shows. A value that is empty is left out.
pub(super) fn sync(
    current: CurrentSection,
    section: Section,
    read: impl Fn(&Values) + 'static,
    write: impl Fn() -> Vec<(&'static str, String)> + 'static,
) {
    // Not `use_query_map`: that of a route does not follow while its places change.
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
