//! Asks the connect hook before a stream is opened.

use std::net::IpAddr;

use super::{AppState, Code, Error};
use crate::{
    hooks::{ConnectQuestion, ConnectRefusal},
    message::{ClientId, TopicFilter},
};

/// Whether a client may open a stream, and to which of these topics. Without a connect hook, it may, and to all.
pub async fn allowed(
    state: &AppState,
    (client_id, authenticated): (&ClientId, bool),
    topics: Vec<TopicFilter>,
    (address, user_agent): (Option<IpAddr>, Option<&str>),
) -> Result<Vec<TopicFilter>, Error> {
    let Some(hook) = &state.connect_hook else {
        return Ok(topics);
    };
    let question = ConnectQuestion {
        client_id,
        topics: &topics,
        authenticated,
        address,
        user_agent,
    };
    // Boxed, so that streams that ask nobody do not take the memory for it.
    let answer = Box::pin(hook.ask(&question)).await;
    answer.map_err(|refusal| match refusal {
        ConnectRefusal::Denied(reason) => {
            let detail = reason
                .unwrap_or_else(|| "the back end of this server does not allow it".to_owned());
            Error::new(Code::ConnectDenied, detail)
        }
        ConnectRefusal::Unavailable => {
            let detail = "the back end that allows streams has not answered: try again later";
            Error::new(Code::ConnectHookUnavailable, detail).retry_after(5)
        }
    })
}
