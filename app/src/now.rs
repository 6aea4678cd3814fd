//! Futures that do not wait.

use std::{future::Future, pin::pin, task};

/// The output of a future that does not wait: a part that is loaded.
pub(crate) fn now<F: Future>(future: F) -> Option<F::Output> {
    let mut context = task::Context::from_waker(task::Waker::noop());
    match pin!(future).poll(&mut context) {
        task::Poll::Ready(output) => Some(output),
        task::Poll::Pending => None,
    }
}
