//! The text of a panic that was caught.

use std::any::Any;

/// The text; empty if the panic has none.
pub fn of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default()
}
