//! Reads the frames of the peer.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{super::error::ConnectionError, Answerer, Connection, End, failed};
use crate::server::scratch;

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// Reads once. Returns whether something has come.
    pub(super) fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        if !self.out.takes_answers() {
            return Ok(false);
        }
        let mut memory = scratch::take_to_read();
        let mut buffer = ReadBuf::new(&mut memory);
        let polled = Pin::new(&mut self.socket).poll_read(cx, &mut buffer);
        let count = buffer.filled().len();
        let outcome = match polled {
            Poll::Pending => Ok(false),
            Poll::Ready(Err(error)) => Err(failed(&error)),
            Poll::Ready(Ok(())) if count == 0 => Err(End::Peer),
            Poll::Ready(Ok(())) => {
                self.last_read = self.now;
                if let Err(error) = self.on_bytes(&memory[..count]) {
                    self.refuse(error);
                }
                Ok(true)
            }
        };
        scratch::give_back_read(memory);
        outcome
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        let mut kept = std::mem::take(&mut self.incoming.rest);
        if kept.is_empty() {
            self.incoming.rest = self.on_frames(bytes)?.to_vec();
            return Ok(());
        }
        kept.extend_from_slice(bytes);
        let left = self.on_frames(&kept)?.len();
        if left > 0 {
            kept.drain(..kept.len() - left);
            self.incoming.rest = kept;
        }
        Ok(())
    }

    /// Handles all frames that are complete. Returns what is left.
    fn on_frames<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], ConnectionError> {
        while let Some(frame) = self.incoming.next(&mut bytes)? {
            self.on_frame(frame)?;
        }
        Ok(bytes)
    }
}
