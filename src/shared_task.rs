//! Whether the task that runs on this thread serves several requests. Then none of them may block it: the others would wait.

use std::cell::Cell;

thread_local! {
    static IS_SHARED: Cell<bool> = const { Cell::new(false) };
}

/// Ends what [`poll`] began, also after a panic.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        IS_SHARED.set(self.0);
    }
}

/// Polls one of the requests that a task serves.
pub fn poll<T>(request: impl FnOnce() -> T) -> T {
    let _before = Before(IS_SHARED.replace(true));
    request()
}

/// Whether it does, as far as it said so.
pub fn is_running() -> bool {
    IS_SHARED.get()
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_task_is_shared_while_it_polls_a_request() {
        assert!(!is_running());
        assert!(poll(is_running));
        let panicked = catch_unwind(|| poll(|| panic!("a panic on purpose")));
        assert!(panicked.is_err());
        assert!(!is_running());
    }
}
