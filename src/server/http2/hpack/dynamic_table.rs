//! The fields that a block may name by a number because they were sent before (RFC 7541, section 2.3.2).

use std::collections::VecDeque;

/// What a field counts in addition to the bytes of its name and its value (RFC 7541, section 4.1).
pub const FIELD_OVERHEAD: usize = 32;

/// See the module documentation.
pub struct DynamicTable {
    /// The newest one first.
    entries: VecDeque<Entry>,
    size: usize,
    max: usize,
}

struct Entry {
    /// The name and the value.
    text: Box<[u8]>,
    /// Where the value begins.
    value: usize,
}

impl DynamicTable {
    /// An empty table for fields of this size.
    pub fn new(max: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            size: 0,
            max,
        }
    }

    /// The name and the value of an entry; 0 is the newest one.
    pub fn get(&self, place: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(place)?;
        Some(entry.text.split_at(entry.value))
    }

    /// Adds a field. Old ones are removed until there is room; a field that is larger than the table empties it.
    pub fn insert(&mut self, name: &[u8], value: &[u8]) {
        let size = name.len() + value.len() + FIELD_OVERHEAD;
        self.remove_over(self.max.saturating_sub(size));
        if size > self.max {
            return;
        }
        self.size += size;
        self.entries.push_front(Entry {
            text: [name, value].concat().into(),
            value: name.len(),
        });
    }

    /// Changes the maximum size.
    pub fn resize(&mut self, max: usize) {
        self.max = max;
        self.remove_over(max);
        self.entries.shrink_to_fit();
    }

    fn remove_over(&mut self, size: usize) {
        while self.size > size
            && let Some(oldest) = self.entries.pop_back()
        {
            self.size -= oldest.text.len() + FIELD_OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_fields_make_room() {
        let mut table = DynamicTable::new(2 * (FIELD_OVERHEAD + 2));
        table.insert(b"a", b"1");
        table.insert(b"b", b"2");
        assert_eq!(table.get(1), Some((&b"a"[..], &b"1"[..])));
        table.insert(b"c", b"3");
        assert_eq!(table.get(0), Some((&b"c"[..], &b"3"[..])));
        assert_eq!(table.get(1), Some((&b"b"[..], &b"2"[..])));
        assert_eq!(table.get(2), None);
        table.resize(FIELD_OVERHEAD + 2);
        assert_eq!(table.get(0), Some((&b"c"[..], &b"3"[..])));
        assert_eq!(table.get(1), None);
        table.insert(b"large", b"field");
        assert_eq!(table.get(0), None);
        table.insert(b"d", b"4");
        assert_eq!(table.get(0), Some((&b"d"[..], &b"4"[..])));
    }
}
