//! Notes below the table: missing peers, their losses, and parts that have failed.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Shared notes.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    notes: Rc<RefCell<Vec<String>>>,
    failed: Rc<Cell<bool>>,
}

impl Notes {
    /// Adds a note, and prints it at once.
    pub fn add(&self, note: String) {
        eprintln!("{note}");
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Notes that a part of the run has failed. The others go on.
    pub fn add_failure(&self, what: &str, error: &anyhow::Error) {
        self.failed.set(true);
        self.add(format!("{what} FAILED: {error:#}"));
    }

    /// Whether a part has failed.
    pub fn has_failure(&self) -> bool {
        self.failed.get()
    }

    /// All notes.
    pub fn take(&self) -> Vec<String> {
        self.notes.take()
    }
}
