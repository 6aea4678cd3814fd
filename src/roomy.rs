//! Room for more, a little at a time: lists that double leave up to half of what they take empty, and those here
//! hold something for every connection.

use slab::Slab;

/// The least that is made room for.
const LEAST: usize = 64;

/// Makes sure that one more fits: when a list is full, by an eighth of it.
pub fn grow<T>(slab: &mut Slab<T>) {
    if slab.len() == slab.capacity() {
        slab.reserve_exact((slab.len() / 8).max(LEAST));
    }
}
