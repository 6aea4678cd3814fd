//! What the forms for new things have in common.

use leptos::prelude::*;

use super::optional_text;
use crate::{api::ApiError, erased_signal::ErasedSignal, i18n};

/// The words of a field, which are separated by white space.
pub(crate) fn words(field: RwSignal<String>) -> Vec<String> {
    field.with_untracked(|text| text.split_whitespace().map(str::to_owned).collect())
}

/// The error of a field, if the last attempt failed because of it. `others`: the fields whose errors are shown at them.
/// Errors of all other fields, and of none, are shown at `first`.
pub(crate) fn error_at(
    error: ErasedSignal<Option<ApiError>>,
    field: &'static str,
    others: &'static [&'static str],
    first: &'static str,
) -> Signal<Option<String>> {
    optional_text(move || {
        let error = error.read();
        let error = error.as_ref().as_ref()?;
        let named = match error {
            ApiError::Problem(problem) => problem.field.as_deref().unwrap_or_default(),
            _ => "",
        };
        // `topics[1]` and `filter.topics[1]` belong to the field `topics`.
        let named = named.strip_prefix("filter.").unwrap_or(named);
        let named = named.split(['[', '.']).next().unwrap_or_default();
        let shown_at = others.iter().copied().find(|other| *other == named);
        (shown_at.unwrap_or(first) == field).then(|| i18n::error(error))
    })
}
