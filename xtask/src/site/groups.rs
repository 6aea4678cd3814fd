//! Which of the files of the split are put together: those of one part, and those that several parts share. A page loads few
//! files if they are large, and little that it does not need if they are small.

use super::{binary::sections, sizes};
use anyhow::Result;
use std::collections::BTreeSet;

/// What one more file costs a page, in bytes of wasm that is not compressed: the file compresses worse than the same bytes
/// in a larger one, and there is a request more.
const FILE: usize = 1_200;

/// How much a byte counts on pages that are near their target ([`sizes`]), and on `/` and `/try`, which are for everybody. On all
/// others it counts 1: they have room, and load more that they do not need. A page that comes near its target gets a larger
/// weight, as long as the others still meet theirs.
const WEIGHTS: [(&str, usize); 8] = [
    ("/", 56),
    ("/ with messages", 5),
    ("/try", 5),
    ("/jobs", 2),
    ("/admin", 2),
    ("/admin/clients", 30),
    ("/admin/messages", 56),
    ("/admin/push", 2),
];

/// The sections of a file that remain in a merged file: tables, code and data.
const CONTENT: [u8; 3] = [9, 10, 11];

/// Files that are put together.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The pages that need something of it: a bit for each of [`sizes::pages`].
    pub pages: u64,
    /// The size of the content, not compressed.
    pub bytes: usize,
    /// The names of the files.
    pub files: Vec<&'a str>,
}

impl Piece<'_> {
    fn add(&mut self, other: Self) {
        self.pages |= other.pages;
        self.bytes += other.bytes;
        self.files.extend(other.files);
    }
}

/// The weights of all pages, in the order of [`sizes::pages`].
pub struct Weights(Vec<usize>);

impl Weights {
    pub fn of_pages() -> Self {
        let weight = |page: &str| {
            let own = WEIGHTS.iter().find(|(name, _)| *name == page);
            own.map_or(1, |(_, weight)| *weight)
        };
        Self(sizes::pages().map(|(page, _)| weight(page)).collect())
    }

    /// What these pages load for a file with this much content.
    fn cost(&self, pages: u64, bytes: usize) -> usize {
        let mut weight = 0;
        let mut left = pages;
        while left != 0 {
            weight += self.0[left.trailing_zeros() as usize];
            left &= left - 1;
        }
        weight * (bytes + FILE)
    }

    /// What putting both together saves all pages; none if it saves nothing.
    fn saved(&self, one: &Piece<'_>, other: &Piece<'_>) -> Option<usize> {
        let apart = self.cost(one.pages, one.bytes) + self.cost(other.pages, other.bytes);
        let together = self.cost(one.pages | other.pages, one.bytes + other.bytes);
        apart.checked_sub(together).filter(|saved| *saved > 0)
    }
}

/// The pages that need one of these parts.
pub fn pages_of(users: &BTreeSet<&str>) -> u64 {
    sizes::pages()
        .enumerate()
        .filter(|(_, (_, parts))| parts.iter().any(|part| users.contains(part)))
        .fold(0, |pages, (page, _)| pages | 1 << page)
}

/// Puts together what the same pages need, and then always the two pieces that save most, as long as this saves anything.
pub fn grouped<'a>(all: Vec<Piece<'a>>, weights: &Weights) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for piece in all {
        match pieces.iter_mut().find(|first| first.pages == piece.pages) {
            Some(first) => first.add(piece),
            None => pieces.push(piece),
        }
    }
    while let Some((first, second)) = best_pair(&pieces, weights) {
        let other = pieces.remove(second);
        pieces[first].add(other);
    }
    pieces
}

/// The numbers of the two pieces, the smaller one first.
fn best_pair(pieces: &[Piece<'_>], weights: &Weights) -> Option<(usize, usize)> {
    let mut best = None;
    let mut most = 0;
    for (second, piece) in pieces.iter().enumerate() {
        for (first, other) in pieces[..second].iter().enumerate() {
            if let Some(saved) = weights.saved(piece, other).filter(|saved| *saved > most) {
                most = saved;
                best = Some((first, second));
            }
        }
    }
    best
}

/// The size of what remains of a wasm file when it is merged with others: names of functions do not.
pub fn content_size(wasm: &[u8]) -> Result<usize> {
    let sections = sections(wasm)?.into_iter();
    let content = sections.filter(|section| CONTENT.contains(&section.kind));
    Ok(content.map(|section| section.content.len()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(pages: u64, bytes: usize, file: &str) -> Piece<'_> {
        Piece {
            pages,
            bytes,
            files: vec![file],
        }
    }

    #[test]
    fn what_the_same_pages_need_is_one_file() {
        let pieces = vec![piece(0b11, 90_000, "a"), piece(0b11, 10, "b")];
        assert_eq!(
            grouped(pieces, &Weights(vec![1, 1])),
            [Piece {
                pages: 0b11,
                bytes: 90_010,
                files: vec!["a", "b"],
            }]
        );
    }

    #[test]
    fn a_page_does_not_get_much_that_it_does_not_need() {
        let apart = || vec![piece(0b11, 90_000, "a"), piece(0b01, 50_000, "b")];
        assert_eq!(grouped(apart(), &Weights(vec![1, 1])), apart());
        let small = vec![piece(0b11, 90_000, "a"), piece(0b01, 500, "b")];
        assert_eq!(
            grouped(small, &Weights(vec![1, 1])).len(),
            1,
            "it costs less than a file"
        );
    }

    #[test]
    fn a_page_that_weighs_more_gets_less_that_it_does_not_need() {
        let pieces = || vec![piece(0b11, 90_000, "a"), piece(0b01, 1_000, "b")];
        assert_eq!(grouped(pieces(), &Weights(vec![1, 1])).len(), 1);
        assert_eq!(grouped(pieces(), &Weights(vec![1, 2])).len(), 2);
    }

    #[test]
    fn all_pages_with_a_weight_exist() {
        for (name, _) in WEIGHTS {
            assert!(sizes::pages().any(|(page, _)| page == name), "{name}");
        }
    }

    #[test]
    fn a_section_is_needed_by_its_pages_and_the_panel_by_all_of_its_pages() {
        let count = |part| pages_of(&BTreeSet::from([part])).count_ones();
        assert_eq!(count("roles_section"), 1);
        assert!(count("panel") > 10, "{}", count("panel"));
    }

    #[test]
    fn names_of_functions_do_not_count() {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([0, 3, 1, b'n', 7]);
        wasm.extend([10, 0x82, 0x80, 0x00, 1, 1]);
        wasm.extend([1, 1, 0]);
        assert_eq!(content_size(&wasm).expect("complete"), 2);
        assert!(content_size(&wasm[..wasm.len() - 1]).is_err());
    }
}
