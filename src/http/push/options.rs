//! The options of a push that most pushes do not have.

use std::sync::Arc;

use crate::{
    http::Error,
    message::{Audience, Draft, Handling, ReplaceKey, Urgency},
};

/// Why an ephemeral message can't have an option.
pub(super) const NOT_STORED: &str =
    "can't be used with an ephemeral message (ttl 0), which is not stored";

/// How a message is treated. None: as usual.
pub(super) fn handling(
    replace: Option<&str>,
    urgency: Option<&str>,
    is_state: bool,
) -> Result<Option<Arc<Handling>>, Error> {
    if replace.is_none() && urgency.is_none() && !is_state {
        return Ok(None);
    }
    let replace = replace.map(ReplaceKey::parse).transpose();
    let urgency = urgency.map(|text| {
        let why = "must be very-low, low, normal or high";
        Urgency::parse(text).ok_or_else(|| Error::invalid("urgency", why))
    });
    let handling = Handling {
        replace: replace.map_err(|why| Error::invalid("replace", why))?,
        urgency: urgency.transpose()?.unwrap_or_default(),
        is_state,
        replaces: None,
    };
    Ok(handling.unless_usual())
}

/// Refuses what an ephemeral message can't have, and a state of what is no topic.
pub(super) fn check_handling(draft: &Draft) -> Result<(), Error> {
    let Some(handling) = &draft.handling else {
        return Ok(());
    };
    if draft.is_ephemeral() && handling.replace.is_some() {
        return Err(Error::invalid("replace", NOT_STORED));
    }
    if draft.is_ephemeral() && handling.is_state {
        return Err(Error::invalid("state", NOT_STORED));
    }
    if handling.is_state && !matches!(draft.audience, Audience::Topic(_)) {
        return Err(Error::invalid("state", "only a topic has a state"));
    }
    Ok(())
}

/// Refuses what a push can't have that is stored for later.
pub(super) fn check_later(draft: &Draft, require_online: bool, track: bool) -> Result<(), Error> {
    let wrong = [
        (
            "ttl",
            draft.is_ephemeral(),
            "an ephemeral message (ttl 0) is not stored",
        ),
        (
            "require_online",
            require_online,
            "nobody knows who will be connected then",
        ),
        ("track", track, "a job tracks a message that was pushed"),
    ];
    match wrong.iter().find(|(_, is_wrong, _)| *is_wrong) {
        Some((field, _, why)) => {
            let detail = format!("can't be combined with at or delay: {why}");
            Err(Error::invalid(*field, detail))
        }
        None => Ok(()),
    }
}
