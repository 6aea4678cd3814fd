//! What there is to say below the table: what peers are not there, and what they lost.

use std::{cell::RefCell, rc::Rc};

/// Notes that are shared by all who take them.
#[derive(Clone, Debug, Default)]
pub struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    /// Takes one, and says it at once.
    pub fn add(&self, note: String) {
        eprintln!("{note}");
        let mut notes = self.0.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// All of them.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}
