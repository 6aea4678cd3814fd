//! Formats numbers, sizes and times in the language of the page. Browsers have the formatters; on the
//! server, where pages have no data yet, a number is its digits.

use js_sys::{Array, Date, Intl, Object, Reflect};
use leptos::{leptos_dom::helpers::window, wasm_bindgen::JsValue};

use crate::{
    browser::{self, Timer},
    i18n::language,
};

/// The locale of the browser if it is one of the page's language, otherwise the page's language.
fn locale() -> String {
    let tag = language().tag();
    let own = window().navigator().language().unwrap_or_default();
    match own.get(..2) == tag.get(..2) {
        true => own,
        false => tag.to_owned(),
    }
}

/// Makes the first formatters, each in a task of its own: that takes long, and data that is shown later would wait for both.
pub(crate) fn prepare() {
    let first: [fn() -> String; 2] = [|| span(0), || minute(0.0)];
    for format in first {
        Timer::after(0.0, move || drop(format())).detach();
    }
}

/// A whole number.
pub(crate) fn number(n: u64) -> String {
    match cfg!(target_arch = "wasm32") {
        true => decimal(n as f64),
        false => n.to_string(),
    }
}

/// A text in lower case, to compare it. Browsers have the tables of letters.
pub(crate) fn lower_case(text: &str) -> String {
    match cfg!(target_arch = "wasm32") {
        true => js_sys::JsString::from(text).to_lower_case().into(),
        false => text.to_lowercase(),
    }
}

/// A number with at most three decimals.
pub(crate) fn decimal(n: f64) -> String {
    // These have the same digits in all languages of the pages. A browser takes long to make its first formatter, and pages show such
    // numbers before they have data.
    let whole = n as u16;
    if whole < 1_000 && f64::from(whole) == n {
        return whole.to_string();
    }
    js_sys::Number::from(n).to_locale_string(&locale()).into()
}

/// A rounded number: no decimals from 10 on, one below 10, two below 1.
pub(crate) fn rough(n: f64) -> String {
    let scale = match n.abs() {
        size if size >= 10.0 => 1.0,
        size if size >= 1.0 => 10.0,
        _ => 100.0,
    };
    decimal((n * scale).round() / scale)
}

/// A size in bytes.
pub(crate) fn bytes(n: f64) -> String {
    let mut n = n;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while n >= 1000.0
        && let Some(larger) = units.next()
    {
        n /= 1000.0;
        unit = larger;
    }
    format!("{} {unit}", rough(n))
}

/// A duration in its two largest units.
pub(crate) fn span(seconds: u64) -> String {
    let units = [
        ("day", 86_400),
        ("hour", 3_600),
        ("minute", 60),
        ("second", 1),
    ];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, size) in units {
        let n = left / size;
        left %= size;
        if n > 0 || (!parts.is_empty() && parts.len() < 2) || (unit == "second" && parts.is_empty())
        {
            parts.push(of_unit(n, unit));
        }
        if parts.len() == 2 {
            break;
        }
    }
    parts.join(" ")
}

fn of_unit(n: u64, unit: &str) -> String {
    let options = options(&[("style", "unit"), ("unit", unit), ("unitDisplay", "short")]);
    let format = Intl::NumberFormat::new(&Array::of1(&locale().into()), &options).format();
    let text = format.call1(&JsValue::NULL, &(n as f64).into());
    text.ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// A relative time, rounded.
pub(crate) fn ago(at: f64) -> String {
    let seconds = ((browser::now() - at) / 1000.0).max(0.0);
    let (n, unit) = match seconds {
        s if s < 60.0 => (s, "second"),
        s if s < 3_600.0 => (s / 60.0, "minute"),
        s if s < 86_400.0 => (s / 3_600.0, "hour"),
        s => (s / 86_400.0, "day"),
    };
    let options = options(&[("numeric", "auto")]);
    let format = Intl::RelativeTimeFormat::new(&Array::of1(&locale().into()), &options);
    format.format(-n.floor(), unit).into()
}

fn options(pairs: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in pairs {
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options
}

/// An ISO 8601 time, for the `datetime` attribute of `<time>`.
pub(crate) fn iso(at: f64) -> String {
    Date::new(&at.into()).to_iso_string().into()
}

/// When a day such as `2026-12-31` begins here, in milliseconds since 1970.
pub(crate) fn start_of_day(day: &str) -> Option<u64> {
    let start = Date::new(&format!("{day}T00:00:00").into()).get_time();
    (start >= 0.0).then_some(start as u64)
}

/// A time as the value of a field for local times: `2026-12-31T08:00:00`.
pub(crate) fn local_time(at: f64) -> String {
    let date = Date::new(&at.into());
    // What is local here is UTC there.
    let shifted = at - date.get_timezone_offset() * 60_000.0;
    let text = iso(shifted);
    text.get(..19).unwrap_or_default().to_owned()
}

/// The time of such a value (RFC 3339). None if it is none.
pub(crate) fn of_local_time(text: &str) -> Option<String> {
    parse_time(text).map(iso)
}

/// A time as text, local or with its zone, in milliseconds since 1970. None if it is none.
pub(crate) fn parse_time(text: &str) -> Option<f64> {
    let at = Date::new(&text.into()).get_time();
    at.is_finite().then_some(at)
}

/// When today began here, in milliseconds since 1970.
pub(crate) fn start_of_today() -> f64 {
    let date = Date::new_0();
    date.set_hours(0);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0);
    date.get_time()
}

/// The time of day, with the date if it is not today. Without options, browsers keep the formatter; it takes long to make one.
pub(crate) fn clock(at: f64) -> String {
    let (date, today) = (Date::new(&at.into()), Date::new_0());
    let locale = locale();
    let mut time: String = date.to_locale_time_string(&locale).into();
    // Hours have two digits, as minutes have: times stand below each other.
    if time.as_bytes().get(1) == Some(&b':') {
        time.insert(0, '0');
    }
    match same_day(&date, &today) {
        true => time,
        false => {
            let day = date.to_locale_date_string(&locale, &JsValue::UNDEFINED);
            format!("{} {time}", String::from(day))
        }
    }
}

/// The hour and minute.
pub(crate) fn minute(at: f64) -> String {
    let parts = options(&[("hour", "2-digit"), ("minute", "2-digit")]);
    let date = Date::new(&at.into());
    date.to_locale_time_string_with_options(&locale(), &parts)
        .into()
}

/// The day of the month with its name.
pub(crate) fn day(at: f64) -> String {
    let parts = options(&[("month", "short"), ("day", "numeric")]);
    let date = Date::new(&at.into());
    date.to_locale_date_string(&locale(), &parts).into()
}

fn same_day(a: &Date, b: &Date) -> bool {
    (a.get_date(), a.get_month(), a.get_full_year())
        == (b.get_date(), b.get_month(), b.get_full_year())
}
