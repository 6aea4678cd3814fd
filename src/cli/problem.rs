//! Error answers of the server, as text.

use app::{api::ApiError, wire::Problem};

/// The error of a failed call, with all details of the server's answer.
pub fn api_error(error: ApiError) -> anyhow::Error {
    match error {
        ApiError::Problem(problem) => anyhow::anyhow!(describe(&problem)),
        error => error.into(),
    }
}

/// The text of an error answer, with the field that is wrong.
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
    fn the_text_of_a_problem_names_its_field() {
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
