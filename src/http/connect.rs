//! Asks the connect hook before a stream is opened.

use std::net::IpAddr;

use super::{AppState, Code, Error};
use crate::{
    hooks::{ConnectQuestion, ConnectRefusal},
    message::{ClientId, TopicFilter},
};

/// Whether a client may open a stream, and which of these topics it may not have. Without a connect hook, it may have all.
pub async fn denied(
    state: &AppState,
    (client_id, authenticated): (&ClientId, bool),
    topics: &[TopicFilter],
    (address, user_agent): (Option<IpAddr>, Option<&str>),
) -> Result<Vec<TopicFilter>, Error> {
    let Some(hook) = &state.connect_hook else {
        return Ok(Vec::new());
    };
    let question = ConnectQuestion {
        client_id,
        topics,
        authenticated,
        address,
        user_agent,
    };
    // Boxed, so that streams that ask nobody do not take the memory for it.
    let answer = Box::pin(hook.ask(&question)).await;
    let allowed = answer.map_err(|refusal| match refusal {
        ConnectRefusal::Denied(reason) => {
            let detail = reason
                .unwrap_or_else(|| "the back end of this server does not allow it".to_owned());
            Error::new(Code::ConnectDenied, detail)
        }
        ConnectRefusal::Unavailable => {
            let detail = "the back end that allows streams has not answered: try again later";
            Error::new(Code::ConnectHookUnavailable, detail).retry_after(5)
        }
    })?;
    let denied = topics.iter().filter(|topic| !allowed.contains(topic));
    Ok(denied.cloned().collect())
}
