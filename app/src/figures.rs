//! Numbers, sizes and times as people write them in the language of the page. Browsers know how; on the
//! server, where no page has data yet, a number is its digits.

use js_sys::{Date, Object, Reflect};
use leptos::leptos_dom::helpers::window;

use crate::words::language;

/// The locale of the browser, where it is one of the language that the page speaks.
fn locale() -> String {
    let tag = language().tag();
    let own = window().navigator().language().unwrap_or_default();
    match own.get(..2) == tag.get(..2) {
        true => own,
        false => tag.to_owned(),
    }
}

/// A whole number.
pub(crate) fn number(n: u64) -> String {
    match cfg!(target_arch = "wasm32") {
        true => decimal(n as f64),
        false => n.to_string(),
    }
}

/// A number with three decimals at most.
pub(crate) fn decimal(n: f64) -> String {
    js_sys::Number::from(n).to_locale_string(&locale()).into()
}

/// The moment as ISO 8601 text, for the `datetime` of a `<time>`.
pub(crate) fn iso(at: f64) -> String {
    Date::new(&at.into()).to_iso_string().into()
}

/// The time of day; with the date when that is not today.
pub(crate) fn clock(at: f64) -> String {
    let (date, today) = (Date::new(&at.into()), Date::new_0());
    let locale = locale();
    let time: String = date
        .to_locale_time_string_with_options(&locale, &time_options())
        .into();
    match same_day(&date, &today) {
        true => time,
        false => {
            let day: String = date.to_locale_date_string(&locale, &Object::new()).into();
            format!("{day} {time}")
        }
    }
}

fn time_options() -> Object {
    let options = Object::new();
    for part in ["hour", "minute", "second"] {
        let _ = Reflect::set(&options, &part.into(), &"2-digit".into());
    }
    options
}

fn same_day(a: &Date, b: &Date) -> bool {
    (a.get_date(), a.get_month(), a.get_full_year())
        == (b.get_date(), b.get_month(), b.get_full_year())
}
