//! Errors of form fields.

use leptos::prelude::*;

use crate::{api::ApiError, components::EraseView, i18n};

/// A field of the push form that an error can belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The audience.
    To,
    /// The event type.
    Event,
    /// The data.
    Data,
    /// The time to live.
    Ttl,
    /// The time.
    When,
    /// No field in particular.
    Form,
}

/// An error and the field that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: Field,
    pub(crate) text: String,
}

impl FieldError {
    pub(crate) fn new(field: Field, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { field, text }
    }
}

impl From<&ApiError> for FieldError {
    fn from(error: &ApiError) -> Self {
        let named = match error {
            ApiError::Problem(problem) => problem.field.as_deref().unwrap_or_default(),
            _ => "",
        };
        // `to.clients[3]` belongs to the field `to`.
        let field = match named.split(['.', '[']).next() {
            Some("to") => Field::To,
            Some("event") => Field::Event,
            Some("data") => Field::Data,
            Some("ttl") => Field::Ttl,
            Some("at") => Field::When,
            _ => Field::Form,
        };
        Self::new(field, i18n::error(error))
    }
}

/// The error of one field, if there is one. Screen readers announce it when it appears.
#[component]
pub fn FieldNote(
    /// The id that `aria-describedby` of the field refers to.
    id: &'static str,
    /// The text.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <p class="field-note" id=id aria-live="polite">
            {text}
        </p>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Problem;

    #[test]
    fn a_refusal_is_shown_at_the_field_that_it_names() {
        let refusal = |field: Option<&str>| {
            FieldError::from(&ApiError::Problem(Box::new(Problem {
                kind: String::new(),
                title: String::new(),
                status: 422,
                detail: "no".to_owned(),
                code: String::new(),
                field: field.map(str::to_owned),
            })))
            .field
        };
        assert_eq!(refusal(Some("to.clients[3]")), Field::To);
        assert_eq!(refusal(Some("to")), Field::To);
        assert_eq!(refusal(Some("event")), Field::Event);
        assert_eq!(refusal(Some("data")), Field::Data);
        assert_eq!(refusal(Some("tomorrow")), Field::Form);
        assert_eq!(refusal(None), Field::Form);
    }
}
