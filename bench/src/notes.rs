//! Notes below the table: missing peers, and their losses.

use std::{cell::RefCell, rc::Rc};

/// Shared notes.
#[derive(Clone, Debug, Default)]
pub struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    /// Adds a note, and prints it at once.
    pub fn add(&self, note: String) {
        eprintln!("{note}");
        let mut notes = self.0.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// All notes.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}
