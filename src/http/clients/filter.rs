//! Conditions on clients in a list, besides the text that is searched for.

use app::browser_name;
use serde::{Deserialize, Serialize};

use crate::{
    broker::Broker,
    http::{Error, body::Pairs, visible::Visible},
    log::ReadError,
    message::{ClientId, Topic},
    registry::ConnectionRecord,
};

/// The conditions. Those on connections must hold for one connection of the client together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ClientFilter {
    /// It is subscribed to this topic, or by this pattern.
    pub topic: Option<String>,
    /// It is this browser or program.
    pub browser: Option<String>,
    /// It was opened at this time or later, in milliseconds since 1970.
    pub connected_after: Option<u64>,
    /// The client has messages that it has not received.
    pub unread: bool,
    /// The client is not connected.
    pub away: bool,
}

impl ClientFilter {
    /// The conditions of a query.
    pub fn parse(pairs: &Pairs, away: bool) -> Result<Self, Error> {
        let text = |name| pairs.get(name).filter(|text| !text.is_empty());
        let unread = match pairs.get("unread") {
            None | Some("" | "false") => false,
            Some("true") => true,
            Some(_) => return Err(Error::invalid("unread", "must be true or false")),
        };
        let filter = Self {
            topic: text("topic").map(str::to_owned),
            browser: text("browser").map(str::to_owned),
            connected_after: pairs.number("connected_after")?,
            unread,
            away,
        };
        match filter.of_connections().filter(|_| away) {
            Some(field) => {
                let why = "is a condition on connections: it can't be combined with state=away";
                Err(Error::invalid(field, why))
            }
            None => Ok(filter),
        }
    }

    /// The first condition on connections. With one, only connected clients match.
    pub fn of_connections(&self) -> Option<&'static str> {
        let given = [
            ("topic", self.topic.is_some()),
            ("browser", self.browser.is_some()),
            ("connected_after", self.connected_after.is_some()),
        ];
        let mut given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.next().map(|(name, _)| name)
    }

    /// Whether known clients are left out.
    pub fn of_known(&self) -> bool {
        self.unread || self.away
    }

    /// Whether a connection meets the conditions. Subscriptions that the caller may not see do not count.
    pub fn connection(&self, visible: &Visible) -> impl Fn(&ConnectionRecord) -> bool {
        let topic = self.topic.as_deref().map(|text| (text, Topic::parse(text)));
        move |record| {
            let subscriber = &record.subscriber;
            let is_subscribed = |(text, topic): &(&str, Result<Topic, _>)| {
                subscriber.filters.iter().any(|filter| {
                    let same = filter.as_str() == *text
                        || topic.as_ref().is_ok_and(|topic| filter.matches(topic));
                    same && visible.filter(filter.as_str())
                })
            };
            let is_browser = |name: &String| {
                let agent = subscriber.user_agent.as_deref();
                agent.is_some_and(|agent| browser_name(agent).eq_ignore_ascii_case(name))
            };
            topic.as_ref().is_none_or(is_subscribed)
                && self.browser.as_ref().is_none_or(is_browser)
                && self.connected_after.is_none_or(|at| record.since >= at)
        }
    }

    /// Whether a client has unread messages, if that is a condition. It reads the log.
    pub fn unread(&self, broker: &Broker, id: &ClientId) -> Result<bool, ReadError> {
        Ok(!self.unread || broker.log().unread_count(id, 1)? > 0)
    }
}
