//! Problems that the server answers, as text.

use app::{api::ApiError, wire::Problem};

/// A refusal with all that the server says of it.
pub fn explained(error: ApiError) -> anyhow::Error {
    match error {
        ApiError::Problem(problem) => anyhow::anyhow!(describe(&problem)),
        error => error.into(),
    }
}

/// The text of a problem, with its field.
pub fn describe(problem: &Problem) -> String {
    let field = problem.field.as_deref();
    let field = field.map_or_else(String::new, |field| format!("{field}: "));
    format!(
        "{field}{} ({} {})",
        problem.detail, problem.status, problem.code
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_its_field() {
        let mut problem = Problem {
            kind: String::new(),
            title: String::new(),
            status: 422,
            detail: "a topic must not be empty".to_owned(),
            code: "invalid_field".to_owned(),
            field: Some("to.topic".to_owned()),
        };
        let text = "to.topic: a topic must not be empty (422 invalid_field)";
        assert_eq!(describe(&problem), text);
        problem.field = None;
        assert_eq!(
            describe(&problem),
            "a topic must not be empty (422 invalid_field)"
        );
    }
}
