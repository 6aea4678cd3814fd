//! A set of connections that is small when it has one element, as most clients and topics have.

use std::collections::{BTreeSet, btree_set};

/// The index of a connection in the connection table, for as long as it is registered.
pub(super) type ConnectionKey = u32;

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) enum ConnectionSet {
    #[default]
    None,
    One(ConnectionKey),
    #[expect(
        clippy::box_collection,
        reason = "an unboxed set would double the size of all"
    )]
    Many(Box<BTreeSet<ConnectionKey>>),
}

impl ConnectionSet {
    pub(super) fn len(&self) -> usize {
        self.iter().len()
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = ConnectionKey> {
        match self {
            Self::None => Iter::One(None),
            Self::One(key) => Iter::One(Some(*key)),
            Self::Many(keys) => Iter::Many(keys.iter()),
        }
    }

    pub(super) fn insert(&mut self, key: ConnectionKey) {
        match self {
            Self::None => *self = Self::One(key),
            Self::One(other) if *other == key => {}
            Self::One(other) => *self = Self::Many(Box::new([*other, key].into())),
            Self::Many(keys) => drop(keys.insert(key)),
        }
    }

    /// Removes one. Returns whether it was the last.
    pub(super) fn remove(&mut self, key: ConnectionKey) -> bool {
        match self {
            Self::One(other) if *other == key => *self = Self::None,
            Self::None | Self::One(_) => return false,
            Self::Many(keys) => {
                keys.remove(&key);
                if keys.len() <= 1 {
                    *self = keys.first().copied().map_or(Self::None, Self::One);
                }
            }
        }
        self.is_empty()
    }
}

enum Iter<'a> {
    One(Option<ConnectionKey>),
    Many(btree_set::Iter<'a, ConnectionKey>),
}

impl Iterator for Iter<'_> {
    type Item = ConnectionKey;

    fn next(&mut self) -> Option<ConnectionKey> {
        match self {
            Self::One(key) => key.take(),
            Self::Many(keys) => keys.next().copied(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match self {
            Self::One(key) => usize::from(key.is_some()),
            Self::Many(keys) => keys.len(),
        };
        (len, Some(len))
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_changes_its_form_with_its_size() {
        let mut keys = ConnectionSet::default();
        assert!(!keys.remove(7), "nothing was taken out");
        for key in [1, 2, 2, 3] {
            keys.insert(key);
        }
        assert_eq!(keys.iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(!keys.remove(1));
        assert!(!keys.remove(3));
        assert!(matches!(keys, ConnectionSet::One(2)));
        assert!(keys.remove(2));
        assert_eq!(keys.len(), 0);
    }
}
