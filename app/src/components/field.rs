//! What was wrong with a form, said where it was wrong.

use leptos::prelude::*;

use crate::{api::ApiError, components::EraseView};

/// A part of the push form that something can be wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Whom it is for.
    To,
    /// The event type.
    Event,
    /// What they get.
    Data,
    /// How long it may wait.
    Ttl,
    /// None of them in particular.
    Form,
}

/// What is wrong, and where.
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
        // `to.clients[3]` is a part of `to`.
        let field = match named.split(['.', '[']).next() {
            Some("to") => Field::To,
            Some("event") => Field::Event,
            Some("data") => Field::Data,
            Some("ttl") => Field::Ttl,
            _ => Field::Form,
        };
        Self::new(field, error.to_string())
    }
}

/// The complaint about one field, or nothing. It is announced as soon as it is there.
#[component]
pub fn FieldNote(
    /// The id that `aria-describedby` of the field names.
    id: &'static str,
    /// What to say.
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
