//! Places in a text, and what can stand between them.

/// The longest text in bytes, which is also the last place.
pub const MAX_LEN: usize = 512;

/// Bytes of the first character, if it is allowed or percent-encoded.
pub fn width(text: &[u8], allows: impl Fn(u8) -> bool) -> Option<usize> {
    match text.first() {
        Some(b'%') if is_triplet(text) => Some(3),
        Some(c) if allows(*c) => Some(1),
        _ => None,
    }
}

/// Whether a text begins with a percent-encoded byte.
pub fn is_triplet(text: &[u8]) -> bool {
    let digits = text.get(1..3);
    text.first() == Some(&b'%') && digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
}

/// The places after any number of allowed characters.
pub fn run(text: &[u8], begin: &Places, allows: impl Fn(u8) -> bool) -> Places {
    let mut reached = begin.clone();
    for place in 0..text.len() {
        if reached.has(place)
            && let Some(width) = width(&text[place..], &allows)
        {
            reached.insert(place + width);
        }
    }
    reached
}

/// The same, for at most so many characters. The bytes of a percent-encoded character after the first do not count.
pub fn short_run(text: &[u8], begin: &Places, most: u16, allows: impl Fn(u8) -> bool) -> Places {
    let mut fewest = [u16::MAX; MAX_LEN + 1];
    let mut reached = Places::default();
    for place in 0..=text.len() {
        if begin.has(place) {
            fewest[place] = 0;
        }
        if fewest[place] > most {
            continue;
        }
        reached.insert(place);
        if let Some(width) = width(&text[place..], &allows) {
            let goes_on =
                width == 3 && matches!(text[place + 1], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
            let count = fewest[place] + u16::from(!goes_on);
            fewest[place + width] = fewest[place + width].min(count);
        }
    }
    reached
}

/// A set of places in a text: before its first byte is 0.
#[derive(Clone, Default)]
pub struct Places([u64; MAX_LEN / 64 + 1]);

impl Places {
    pub fn of(place: usize) -> Self {
        let mut places = Self::default();
        places.insert(place);
        places
    }

    pub fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub fn has(&self, place: usize) -> bool {
        (self.0[place / 64] >> (place % 64)) & 1 == 1
    }

    pub fn add(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(own, other)| *own |= other);
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The places after this text, where it stands at one of these.
    pub fn after(&self, text: &[u8], literal: &[u8]) -> Self {
        let mut reached = Self::default();
        for place in 0..=text.len() {
            if self.has(place) && text[place..].starts_with(literal) {
                reached.insert(place + literal.len());
            }
        }
        reached
    }
}
