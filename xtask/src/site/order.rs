//! The order of the functions in a file. Functions that are alike stand beside each other, so brotli finds what they have in
//! common sooner and describes it with fewer bits. This makes a file about 3 % smaller with brotli.

use super::binary::{bodies, imported_functions, sections, write_custom, write_number};
use anyhow::Result;
use std::collections::HashMap;

/// Functions are alike if they have many groups of this many bytes in common.
const GROUP: usize = 4;
/// Groups that more functions have say little about any of them.
const FREQUENT: usize = 200;

/// The file with names of its functions which sort as the functions should be ordered.
pub fn with_names_in_order(wasm: &[u8]) -> Result<Vec<u8>> {
    let sections = sections(wasm)?;
    let first = imported_functions(wasm, &sections)?;
    let bodies: Vec<&[u8]> = bodies(wasm, &sections)?
        .into_iter()
        .map(|body| &wasm[body])
        .collect();
    let mut place = vec![0; bodies.len()];
    for (at, function) in chain(&bodies).into_iter().enumerate() {
        place[function] = at;
    }
    let mut names = Vec::new();
    write_number(&mut names, place.len());
    for (function, at) in place.into_iter().enumerate() {
        let name = format!("{at:08}");
        write_number(&mut names, first + function);
        write_number(&mut names, name.len());
        names.extend(name.as_bytes());
    }
    // The part of the section that names functions.
    let mut content = vec![1];
    write_number(&mut content, names.len());
    content.extend(names);
    let mut named = wasm.to_vec();
    write_custom(&mut named, "name", &content);
    Ok(named)
}

/// The numbers of the functions: the largest one first, then always the one that is most like the one before it.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let groups: Vec<Vec<&[u8]>> = bodies.iter().map(|body| groups_of(body)).collect();
    let mut having: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, groups) in groups.iter().enumerate() {
        for group in groups {
            having.entry(group).or_default().push(function);
        }
    }
    having.retain(|_, functions| functions.len() <= FREQUENT);

    let mut by_size: Vec<usize> = (0..bodies.len()).collect();
    by_size.sort_by_key(|function| std::cmp::Reverse(bodies[*function].len()));
    let mut by_size = by_size.into_iter();
    let mut left = vec![true; bodies.len()];
    let mut order: Vec<usize> = Vec::with_capacity(bodies.len());
    let mut next = by_size.next();
    while let Some(function) = next {
        left[function] = false;
        order.push(function);
        next = most_like(function, &groups, &having, &left)
            .or_else(|| by_size.find(|function| left[*function]));
    }
    order
}

/// The different groups of bytes of a function.
fn groups_of(body: &[u8]) -> Vec<&[u8]> {
    let mut groups: Vec<&[u8]> = body.windows(GROUP).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// The function that has the largest part of its groups in common with this one, of those that are left.
fn most_like(
    function: usize,
    groups: &[Vec<&[u8]>],
    having: &HashMap<&[u8], Vec<usize>>,
    left: &[bool],
) -> Option<usize> {
    let mut common: HashMap<usize, usize> = HashMap::new();
    let others = groups[function]
        .iter()
        .filter_map(|group| having.get(group));
    for other in others.flatten().filter(|other| left[**other]) {
        *common.entry(*other).or_default() += 1;
    }
    // Compared as fractions. The lower number decides between equal ones, so that each build has the same order.
    common
        .into_iter()
        .map(|(other, common)| {
            let all = groups[function].len() + groups[other].len() - common;
            (other, common, all)
        })
        .max_by(|(a, common_a, all_a), (b, common_b, all_b)| {
            let likeness = (common_a * all_b).cmp(&(common_b * all_a));
            likeness.then(b.cmp(a))
        })
        .map(|(other, ..)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_alike_stand_beside_each_other() {
        let bodies: [&[u8]; 5] = [
            b"first function",
            b"something else, which is long",
            b"first functional",
            b"xy",
            b"something else, which is longer",
        ];
        assert_eq!(chain(&bodies), [4, 1, 2, 0, 3]);
    }

    #[test]
    fn names_sort_as_the_functions_should_be_ordered() {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([10, 8, 2, 2, 0, 11, 3, 0, 0, 11]);
        let named = with_names_in_order(&wasm).expect("a file");
        let section = &named[wasm.len()..];
        let expected = b"\x00\x1c\x04name\x01\x15\x02\x00\x0800000001\x01\x0800000000";
        assert_eq!(section, expected);
    }
}
