//! Grows a slab by 1/8 instead of doubling it, because memory per connection matters.

use slab::Slab;

/// The minimum number of entries that a slab grows by.
const LEAST: usize = 64;

/// Makes sure that one more entry fits. Grows a full slab by an eighth of its length.
pub fn grow<T>(slab: &mut Slab<T>) {
    if slab.len() == slab.capacity() {
        slab.reserve_exact((slab.len() / 8).max(LEAST));
    }
}
