//! What is done by requests, for the audit trail.
//!
//! An accepted push has its entry from the log, in the same commit. All else comes from here: handlers say what they do
//! ([`Doing`]), and when the answer is known, it becomes an entry. Requests that are not valid are not in it.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use parking_lot::Mutex;

use super::{AppState, Code, Error};
use crate::{
    auth::{Action, Principal, remote},
    broker::Broker,
    config::MERCURE_PATH,
    job::JobId,
    log::{AuditEntry, AuditSource, AuditTarget, PUSH},
    message::{Audience, Seq},
};

/// The address of the sender of a request, behind trusted proxies. None: a Unix socket.
pub fn address(parts: &Parts) -> Option<IpAddr> {
    Some(remote(parts)?.ip().to_canonical())
}

/// Who sent a request, and from where.
pub fn source(principal: Option<&Principal>, address: Option<IpAddr>) -> AuditSource {
    AuditSource {
        caller: principal.map(Principal::audit_caller),
        address,
    }
}

/// What a request does. Handlers fill it in before they do it.
#[derive(Clone, Default)]
pub struct Doing(Arc<Mutex<Done>>);

#[derive(Default)]
struct Done {
    action: Option<&'static str>,
    principal: Option<Principal>,
    target: Option<AuditTarget>,
    message: Option<Seq>,
    job: Option<JobId>,
}

impl Doing {
    /// The name of what is done.
    pub fn action(&self, name: &'static str) {
        self.0.lock().action = Some(name);
    }

    /// What it is done to.
    pub fn to(&self, target: AuditTarget) {
        self.0.lock().target = Some(target);
    }

    /// The message that it is done to, with its audience.
    pub fn to_message(&self, seq: Seq, audience: Audience) {
        let mut done = self.0.lock();
        done.message = Some(seq);
        done.target = Some(AuditTarget::Audience(audience));
    }

    /// The job that it is done to.
    pub fn to_job(&self, id: JobId) {
        self.0.lock().job = Some(id);
    }

    /// Who does it, where that is known only to the handler.
    pub fn by(&self, principal: &Principal) {
        self.0.lock().principal = Some(principal.clone());
    }
}

impl<S: Sync> FromRequestParts<S> for Doing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// A request that is audited.
pub struct Audited {
    source: AuditSource,
    /// The action that it needs. None: what it does is said by its handler only.
    action: Option<Action>,
    doing: Option<Doing>,
    /// Whether it is a push, whose errors are audited even if the handler says nothing.
    is_push: bool,
}

impl Audited {
    /// Begins with a request for which somebody may need an action. What the handler says is found here.
    pub fn begin(parts: &mut Parts, principal: Option<&Principal>, action: Option<Action>) -> Self {
        let silent = |action| matches!(action, Action::Push | Action::Read | Action::Metrics);
        let is_push = action == Some(Action::Push) && is_push_path(parts.uri.path());
        let is_change = action == Some(Action::Push) && !is_push;
        let says = is_change || !action.is_some_and(silent);
        let doing = says.then(Doing::default);
        if let Some(doing) = &doing {
            parts.extensions.insert(doing.clone());
        }
        Self {
            source: source(principal, address(parts)),
            action,
            doing,
            is_push,
        }
    }

    /// Ends with the response. What changes who may do what is durable when this returns.
    pub async fn end(self, broker: &Broker, response: Response) -> Response {
        match self.entry(&response) {
            None => {}
            Some(entry) if entry.error.is_some() || entry.action == "job.report" => {
                broker.note_audit(entry, true);
            }
            Some(entry)
                if matches!(
                    &*entry.action,
                    "job.begin" | "job.cancel" | "job.retry" | "disconnect"
                ) =>
            {
                broker.note_audit(entry, false);
            }
            // Boxed, so that other requests do not take the memory for it.
            Some(entry) => Box::pin(broker.write_audit(entry)).await,
        }
        response
    }

    fn entry(self, response: &Response) -> Option<AuditEntry> {
        let done = self.doing.map(|doing| std::mem::take(&mut *doing.0.lock()));
        let done = done.unwrap_or_default();
        let code = response.extensions().get::<Code>().copied();
        let action = match (done.action, self.action, code) {
            (Some(action), _, _) => action,
            // Reading is not audited, and neither is what is not valid.
            (None, Some(action), Some(code))
                if is_refusal(code) || (self.is_push && is_valid(code)) =>
            {
                action.name()
            }
            _ => return None,
        };
        if code.is_some_and(|code| !is_valid(code)) {
            return None;
        }
        let mut entry = AuditEntry::new(self.source, action);
        if let Some(principal) = &done.principal {
            entry.source.caller = Some(principal.audit_caller());
        }
        let target = response.extensions().get::<AuditTarget>();
        entry.target = done.target.or_else(|| target.cloned());
        (entry.message, entry.job) = (done.message, done.job);
        entry.error = code.map(|code| code.name().into());
        Some(entry)
    }
}

/// Notes a push of a batch that was refused.
pub fn note_refused_line(broker: &Broker, source: AuditSource, error: &Error) {
    if is_valid(error.code()) {
        let mut entry = AuditEntry::new(source, PUSH);
        entry.error = Some(error.code().name().into());
        entry.target = error.target().cloned();
        broker.note_audit(entry, true);
    }
}

/// A layer for routes that everybody may use: what their handlers say is audited.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let doing = Doing::default();
    parts.extensions.insert(doing.clone());
    let audited = Audited {
        source: source(None, address(&parts)),
        action: None,
        doing: Some(doing),
        is_push: false,
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    audited.end(&state.broker, response).await
}

fn is_push_path(path: &str) -> bool {
    path.starts_with("/push") || path == MERCURE_PATH
}

/// Whether somebody was refused because of who they are, or because of a limit.
fn is_refusal(code: Code) -> bool {
    matches!(code.status().as_u16(), 401 | 403 | 429)
}

/// Whether the request itself was a valid one.
fn is_valid(code: Code) -> bool {
    !matches!(
        code.status().as_u16(),
        400 | 405 | 406 | 408 | 411 | 413 | 414 | 415 | 422 | 431
    )
}
