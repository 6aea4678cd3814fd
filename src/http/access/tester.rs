//! `POST /api/access`: what a secret is and what it may do. The secret stands in the body, and in no answer, log or entry of
//! the audit trail.

use app::wire::{AccessAnswer, AccessQuestion, ActionAnswer, KeyInfo};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, request::Parts},
};

use super::{is_revoked, revoked};
use crate::{
    auth::{
        Action, Actions, AskedTarget, Auth, BadKey, Grant, InvalidToken, KeyText, Permission,
        Principal, Refusal, Shown, remote,
    },
    http::{
        AppState, Code, Error,
        body::JsonBody,
        keys::{self, admin_token, describe},
        openapi::refuses,
    },
    message::{ClientId, TopicFilter},
    timestamp,
};

refuses!(AskRefusals: ; WRITE);

/// Test a key or a token
///
/// Whose it is, what it may do, and why it is not valid if it is not. With a client, a topic or everyone, the answer says of
/// each action whether it may be done to that. Nothing is noted as used. A wrong secret counts as everywhere
/// (`limit_failures`).
#[utoipa::path(
    post, path = "/api/access", tag = "keys", request_body = AccessQuestion,
    responses((status = 200, description = "What it may do", body = AccessAnswer), AskRefusals),
)]
pub async fn ask(
    State(state): State<AppState>,
    parts: Parts,
    question: Result<JsonBody<AccessQuestion>, Error>,
) -> Result<(HeaderMap, Json<AccessAnswer>), Error> {
    let JsonBody(question) = question.map_err(without_text)?;
    let (actions, target) = parse(&question)?;
    let secret = question.token.trim();
    let auth = state.auth.load_full();
    let shown = look(&auth, secret, &parts).await.map_err(|refusal| {
        auth.count_failure(&refusal);
        Error::from(refusal.field("token"))
    })?;
    let mut answer = describe_shown(&state, &shown);
    let principal = shown.principal().filter(|_| answer.valid);
    let of = |action| asked(principal.as_ref(), &target, action);
    answer.actions = actions.iter().map(of).collect();
    answer.summary = summary(&answer, principal.as_ref(), &target);
    Ok((keys::uncached(), Json(answer)))
}

/// Looks at a secret. If it is signed with a key that is not known, the issuer may have new ones.
async fn look(auth: &Auth, secret: &str, parts: &Parts) -> Result<Shown, Refusal> {
    let from = remote(parts);
    let shown = auth.shown(secret, from)?;
    match (&shown, auth.jwks()) {
        (Shown::StreamToken(Err(InvalidToken::UnknownKey)), Some(jwks)) => {
            jwks.look_for_key().await;
            auth.shown(secret, from)
        }
        _ => Ok(shown),
    }
}

/// What a body says that can't be parsed may be the secret itself. So the answer names the field at most, if there is one with
/// that name.
fn without_text(error: Error) -> Error {
    let (status, code) = (error.status(), error.code());
    if !matches!(status.as_u16(), 400 | 422) {
        return error;
    }
    let known = ["token", "action", "client", "topic", "everyone"];
    let named = error.problem().field;
    let field = known
        .into_iter()
        .find(|known| named.as_deref() == Some(*known));
    let detail = "the body must be a JSON object with the text token and, if they are asked for, the texts action and client or topic, or everyone, which is true or false";
    let refusal = Error::new(code, detail);
    match field {
        Some(field) => refusal.field(field),
        None if code == Code::InvalidJson => refusal,
        None => refusal.field("."),
    }
}

/// The actions that are asked for, and to what.
fn parse(question: &AccessQuestion) -> Result<(Actions, AskedTarget), Error> {
    let actions = match &question.action {
        None => Actions::ALL,
        Some(name) => Actions::of(&[Action::parse(name).ok_or_else(|| {
            let why = format!("there is no such action: use {}", Actions::ALL.names());
            Error::invalid("action", why)
        })?]),
    };
    let target = match (&question.client, &question.topic, question.everyone) {
        (None, None, false) => AskedTarget::Any,
        (None, None, true) => AskedTarget::Everyone,
        (Some(id), None, false) => {
            let id = ClientId::parse(id).map_err(|why| Error::invalid("client", why))?;
            AskedTarget::Client(id)
        }
        (None, Some(topic), false) => {
            let filter = TopicFilter::parse(topic).map_err(|why| Error::invalid("topic", why))?;
            AskedTarget::topics(filter)
        }
        (_, topic, _) => {
            let field = topic.as_ref().map_or("everyone", |_| "topic");
            return Err(Error::invalid(
                field,
                "name one of client, topic and everyone",
            ));
        }
    };
    Ok((actions, target))
}

fn asked(who: Option<&Principal>, target: &AskedTarget, action: Action) -> ActionAnswer {
    let checked = who.map(|who| target.check(who, action));
    ActionAnswer {
        action: action.name().to_owned(),
        allowed: matches!(checked, Some(Ok(()))),
        why: checked.and_then(Result::err),
    }
}

/// The answer in words: what it is and what it may do, or why it is not valid, and what it may do to the target.
fn summary(answer: &AccessAnswer, who: Option<&Principal>, target: &AskedTarget) -> String {
    let Some(who) = who else {
        return answer.detail.clone().unwrap_or_default();
    };
    let kind = match who {
        Principal::Key(_) => "the API key ",
        Principal::Bearer(_) => "the stream token of ",
        _ => "",
    };
    let each = match who.permissions() {
        None => vec!["may do everything".to_owned()],
        Some([]) => vec!["may do nothing: its role is not defined".to_owned()],
        Some(own) => {
            let one = |one: &Permission| format!("may {} for {}", one.actions.names(), one.reach);
            own.iter().map(one).collect()
        }
    };
    let mut text = format!("{kind}{} {}", who.name(), each.join(", and "));
    if let Some(end) = answer.shown.as_ref().and_then(|shown| shown.expires_at) {
        text += &format!(", until {}", timestamp::of(end));
    }
    if let Some(target) = target.name() {
        let allowed = answer.actions.iter().filter(|asked| asked.allowed);
        let names: Vec<&str> = allowed.map(|asked| asked.action.as_str()).collect();
        let names = match names.is_empty() {
            true => "nothing".to_owned(),
            false => names.join(", "),
        };
        text += &format!("\nfor {target}: {names}");
    }
    text
}

/// Everything but the actions.
fn describe_shown(state: &AppState, shown: &Shown) -> AccessAnswer {
    match shown {
        Shown::AdminToken => valid("admin_token", Some(admin_token())),
        Shown::Key(Ok(text)) => valid("key", info(state, text)),
        Shown::Key(Err(why)) => {
            let (reason, text) = match why {
                BadKey::Unknown => ("unknown", None),
                BadKey::Incomplete => ("incomplete", None),
                BadKey::Replaced(text, _) => ("replaced", Some(text)),
                BadKey::Expired(text, _) => ("expired", Some(text)),
            };
            AccessAnswer {
                shown: text.and_then(|text| info(state, text)),
                ..not_valid("key", reason, why.to_string())
            }
        }
        Shown::StreamToken(Ok(grant)) => match is_revoked(&state.broker, grant) {
            true => {
                let why = revoked().problem().detail;
                AccessAnswer {
                    shown: bearer_info(grant),
                    ..not_valid("stream_token", "revoked", why)
                }
            }
            false => valid("stream_token", bearer_info(grant)),
        },
        Shown::StreamToken(Err(why)) => not_valid("stream_token", why.code(), why.to_string()),
        Shown::UnusedToken => not_valid(
            "stream_token",
            "not_used",
            "this server knows no keys that sign stream tokens, and streams need none".to_owned(),
        ),
        Shown::Unknown => not_valid(
            "unknown",
            "unknown",
            "this is no API key, no stream token, and not the admin token".to_owned(),
        ),
    }
}

fn valid(kind: &str, shown: Option<KeyInfo>) -> AccessAnswer {
    AccessAnswer {
        kind: kind.to_owned(),
        valid: true,
        shown,
        ..AccessAnswer::default()
    }
}

fn not_valid(kind: &str, reason: &str, detail: String) -> AccessAnswer {
    AccessAnswer {
        kind: kind.to_owned(),
        reason: Some(reason.to_owned()),
        detail: Some(detail),
        ..AccessAnswer::default()
    }
}

/// The key with this text, as in the list. None if it was revoked a moment ago.
fn info(state: &AppState, text: &KeyText) -> Option<KeyInfo> {
    let stored = state.broker.log().key(&text.key.id)?;
    Some(describe(state, &stored))
}

/// A stream token in the form of a key.
fn bearer_info(grant: &Grant) -> Option<KeyInfo> {
    let token = grant.token.as_ref()?;
    Some(KeyInfo {
        id: token.id.clone().unwrap_or_default(),
        name: grant.client_id.as_ref()?.to_string(),
        permissions: keys::described(&[grant.as_permission()?]),
        created_at: token.issued_at.unwrap_or_default().saturating_mul(1000),
        expires_at: grant.expires_at.map(|end| end.saturating_mul(1000)),
        ..KeyInfo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::parse_json;

    #[test]
    fn a_refusal_of_the_body_does_not_repeat_it() {
        for body in [
            r#""tdg_secret""#,
            r#"{"token":"a","tdg_secret":1}"#,
            r#"{"token":"a","everyone":"tdg_secret"}"#,
            r#"{"token":{"tdg_secret":1}}"#,
            r#"{"token":"a"} tdg_secret"#,
        ] {
            let parsed = parse_json::<AccessQuestion>(body.as_bytes());
            let error = without_text(parsed.expect_err("refused"));
            let problem = serde_json::to_string(&error.problem()).expect("JSON");
            assert!(!problem.contains("secret"), "{problem}");
        }
        let question: AccessQuestion = parse_json(br#"{"token":"tdg_secret"}"#).expect("valid");
        assert!(!format!("{question:?}").contains("secret"));
    }
}
