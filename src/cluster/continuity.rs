//! Whether the stream continues what this node has applied. A stream can be put back to an older copy, or made anew:
//! then a node that goes on after its own position would miss records without an error.

use async_nats::jetstream::{
    self,
    stream::{Info, LastRawMessageErrorKind},
};

use super::stream::{self, Recovery, StreamError};
use crate::log::AppliedRecord;

/// Why this node cannot go on with the stream. It serves what it has, and applies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The stream is not the one that this node has applied, in plain words.
    Diverged(String),
    /// The stream has deleted records that this node has not applied, in plain words.
    TooOld(String),
}

/// Compares the stream with what this node has applied. `log_id` is the id of its log.
pub async fn check(
    jetstream: &jetstream::Context,
    info: &Info,
    log_id: &str,
    applied: AppliedRecord,
) -> Result<Option<Break>, StreamError> {
    let name = &info.config.name;
    let found = stream::log_id(info)?;
    if found != log_id {
        return Ok(Some(Break::Diverged(format!(
            "the stream {name} belongs to the log {found}, but the file of this node to the log {log_id}: it was made anew, or this node was in another cluster"
        ))));
    }
    if let Some(recovery) = Recovery::of(info).filter(|made| made.excludes(applied.place)) {
        return Ok(Some(Break::Diverged(format!(
            "the stream {name} was made anew by `tidings cluster recover` with the log of a node that had the records up to {}, but this node has record {}. To give up what only this node has, start it once with --cluster-rejoin",
            recovery.after, applied.place
        ))));
    }
    let (first, last) = (info.state.first_sequence, info.state.last_sequence);
    if let Some(found) = compare_range(name, first, last, applied.place) {
        return Ok(Some(found));
    }
    if applied.place == 0 || applied.place < first {
        return Ok(None);
    }
    let at = stored_at(jetstream, name, applied.place).await?;
    Ok(match at {
        Some(at) if at != applied.at => Some(Break::Diverged(format!(
            "record {} of the stream {name} is another one than this node has applied (stored at {at} instead of {}, in milliseconds since 1970): an older copy of the stream was restored",
            applied.place, applied.at
        ))),
        // Records are deleted singly if their messages must not be kept.
        _ => None,
    })
}

fn compare_range(name: &str, first: u64, last: u64, place: u64) -> Option<Break> {
    if last < place {
        return Some(Break::Diverged(format!(
            "the stream {name} ends at record {last}, but this node has applied record {place}: an older copy of the stream was restored, or it was made anew"
        )));
    }
    if first > place + 1 {
        let why = match place {
            0 => "this node is new and has none of the earlier records".to_owned(),
            _ => format!("this node was away for too long and has the records up to {place} only"),
        };
        return Some(Break::TooOld(format!(
            "the stream {name} begins at record {first}, but {why}. Restart it while another node is ready: then it copies the log of that node"
        )));
    }
    None
}

/// The time of a record in the stream, as its leader has it. None if the record was deleted.
async fn stored_at(
    jetstream: &jetstream::Context,
    name: &str,
    place: u64,
) -> Result<Option<u64>, StreamError> {
    let unreachable = |error: &dyn std::fmt::Display| {
        StreamError::Unreachable(format!("record {place} cannot be read: {error}"))
    };
    let stream = jetstream.get_stream_no_info(name).await;
    let stream = stream.map_err(|error| unreachable(&error))?;
    match stream.get_raw_message(place).await {
        Ok(message) => Ok(Some(millis(message.time.unix_timestamp_nanos()))),
        Err(error) => match error.kind() {
            LastRawMessageErrorKind::NoMessageFound => Ok(None),
            _ => Err(unreachable(&error)),
        },
    }
}

/// A time of JetStream in milliseconds since 1970.
pub fn millis(nanos: i128) -> u64 {
    u64::try_from(nanos / 1_000_000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_must_reach_from_the_next_record_to_the_last_applied() {
        let compare = |first, last, place| compare_range("S", first, last, place);
        assert_eq!(compare(1, 0, 0), None, "both are empty");
        assert_eq!(compare(1, 9, 0), None);
        assert_eq!(compare(6, 9, 5), None);
        assert_eq!(compare(6, 5, 5), None, "all records were deleted");
        assert!(matches!(compare(7, 9, 5), Some(Break::TooOld(_))));
        assert!(matches!(compare(1, 4, 5), Some(Break::Diverged(_))));
        assert!(matches!(compare(1, 0, 5), Some(Break::Diverged(_))));
    }
}
