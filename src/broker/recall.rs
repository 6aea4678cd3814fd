//! Recalls as events of a stream.

use std::time::Duration;

use app::wire::{EVENT_RECALL, Recall};

use crate::{
    log::Recalled,
    message::{Cursor, Data, Draft, EventType, Frame, FrameWriter},
};

/// An event for the connected recipients of a message: it was recalled.
pub(super) fn draft(recalled: &Recalled, id: &Cursor) -> Draft {
    Draft {
        audience: recalled.audience.clone(),
        event: Some(EventType::own(EVENT_RECALL)),
        data: Data::Json(json(id).into()),
        ttl: Some(Duration::ZERO),
        update: recalled.update.clone(),
        handling: None,
    }
}

/// Events for one reader: these messages were recalled.
pub fn frame(ids: impl Iterator<Item = Cursor>) -> Frame {
    let event = EventType::own(EVENT_RECALL);
    let write = |writer: FrameWriter, id: Cursor| {
        let writer = writer.event(Some(&event)).data(&json(&id));
        writer.end_event()
    };
    ids.fold(FrameWriter::new(), write).take()
}

fn json(id: &Cursor) -> String {
    let recall = Recall { id: id.to_string() };
    // A struct of a text always serializes.
    serde_json::to_string(&recall).unwrap_or_default()
}
