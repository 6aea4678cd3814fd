//! What a check has found.

use std::fmt;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is right.
    Ok,
    /// It works, but should be changed.
    Warn,
    /// It does not work.
    Fail,
}

impl Level {
    /// The exit code if this is the worst.
    pub fn exit_code(self) -> u8 {
        self as u8
    }
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The name of the check, for programs.
    pub check: &'static str,
    /// What was found.
    pub found: String,
    /// What to change; none if nothing has to be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

impl Finding {
    /// Nothing has to be changed.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            check,
            found: found.into(),
            change: None,
        }
    }

    /// Something should be changed.
    pub fn warn(check: &'static str, found: impl Into<String>, change: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            change: Some(change.into()),
            ..Self::ok(check, found)
        }
    }

    /// Something does not work.
    pub fn fail(check: &'static str, found: impl Into<String>, change: impl Into<String>) -> Self {
        Self {
            level: Level::Fail,
            ..Self::warn(check, found, change)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        write!(f, "{level:4}  {}: {}", self.check, self.found)?;
        match &self.change {
            Some(change) => write!(f, "  -> {change}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_bad_it_is_and_what_to_change() {
        assert_eq!(
            Finding::ok("clock", "right").to_string(),
            "ok    clock: right"
        );
        let fail = Finding::fail("stream", "late", "proxy_buffering off;");
        assert_eq!(
            fail.to_string(),
            "fail  stream: late  -> proxy_buffering off;"
        );
        assert_eq!(fail.level.exit_code(), 2);
        assert!(Level::Fail > Level::Warn && Level::Warn > Level::Ok);
    }
}
