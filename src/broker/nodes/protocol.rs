//! What nodes say to each other, as CBOR. Numbers are never reused; fields can be added at the end.

use minicbor::{Decode, Encode};

use crate::message::{AudienceCbor, DraftCbor, Seq};

/// Said to one or all other nodes, without an answer. What one node says arrives in order.
#[derive(Encode, Decode)]
pub(in crate::broker) enum Told<'b> {
    /// Deliver an ephemeral message, and tell the sender the number of connections. `number` names it in that answer.
    #[n(0)]
    Ephemeral(#[n(0)] u64, #[b(1)] DraftCbor<'b>),
    /// The number of connections of this node that the ephemeral message with this number was sent to.
    #[n(1)]
    EphemeralCount(#[n(0)] u64, #[n(1)] u64),
    /// The numbers of connections of this node that messages of the receiver were sent to. All messages up to the head
    /// are counted; those that reached nobody are left out.
    #[n(2)]
    Delivered(#[n(0)] Seq, #[n(1)] Vec<(Seq, u64)>),
    /// These clients have connected or disconnected.
    #[n(3)]
    ClientsChanged(#[b(0)] Vec<&'b str>),
    /// So many clients have connected or disconnected that a list has to be loaded again.
    #[n(4)]
    ManyClientsChanged,
}

/// Asked of all other nodes. Each question says what its answer is.
#[derive(Encode, Decode)]
pub(in crate::broker) enum Question<'b> {
    /// The recipients of an audience: [`Recipients`](super::recipients::Recipients).
    #[n(0)]
    Count(#[b(0)] AudienceCbor<'b>),
    /// Close the connections of a client: their number.
    #[n(1)]
    Disconnect(#[b(0)] &'b str),
    /// Publish the pending positions of clients: nothing.
    #[n(2)]
    WritePositions,
    /// The number of connections of an audience.
    #[n(4)]
    Connections(#[b(0)] AudienceCbor<'b>),
    /// A part of the API, by path and query: JSON.
    #[n(3)]
    Api(#[b(0)] &'b str, #[b(1)] &'b str),
}
