//! Panics without messages. Each place that can panic refers to its file, its line and a text, and to the code that writes
//! them. Browsers would load all of that for something that must not happen. Here the functions that panic become the
//! instruction `unreachable`, which ends the page too, and the console names the function.
//!
//! Rust can do the same with `panic=immediate-abort`, but not in a stable release, and only with a standard library that is
//! compiled for it.

use super::binary::{CODE, Reader, bodies, custom, imported_functions, section, sections};
use super::binary::{write_custom, write_number};
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// What the mangled names of functions contain that the standard library calls to panic. None of them returns.
const PANICS: [&str; 19] = [
    "4core9panicking",
    "3std9panicking",
    "6option13unwrap_failed",
    "6option13expect_failed",
    "6result13unwrap_failed",
    "3str16slice_error_fail",
    "3str19slice_error_fail_rt",
    "5slice5index16slice_index_fail",
    "17len_mismatch_fail",
    "22panic_on_ord_violation",
    "4cell22panic_already_borrowed",
    "4cell30panic_already_mutably_borrowed",
    "4lazy14panic_poisoned",
    "9lazy_lock14panic_poisoned",
    "5local18panic_access_error",
    "7raw_vec12handle_error",
    "7raw_vec17capacity_overflow",
    "5alloc18handle_alloc_error",
    "11Fallibility17capacity_overflow",
];
/// One that is always there, so that other names in a later version of Rust are noticed.
const ALWAYS: &str = "4core9panicking9panic_fmt";

/// Instructions.
const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;
const CALL: u8 = 0x10;
const LOCAL_GET: u8 = 0x20;
const I32_CONST: u8 = 0x41;

/// The names of sections in which the linker says what it has filled in.
const RELOCATIONS: &str = "reloc.CODE";
/// Kinds of what is filled in: the number of a function that is called, and an address that is put on the stack.
const FUNCTION: usize = 0;
const ADDRESS: usize = 4;
/// Kinds that have one more number.
const WITH_ADDEND: [usize; 10] = [3, 4, 5, 8, 9, 11, 14, 15, 16, 17];
/// A 0 with the length of what the linker fills in.
const ZERO: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0x00];

/// A number that the linker has filled in.
struct Relocation {
    kind: usize,
    /// Where it is in the file.
    at: usize,
    /// Where its description is in the file.
    place: Range<usize>,
}

/// The compiled pages, whose panics have no messages. What only these refer to is referred to by nothing then.
pub fn without_messages(mut wasm: Vec<u8>) -> Result<Vec<u8>> {
    let sections = sections(&wasm)?;
    let first = imported_functions(&wasm, &sections)?;
    let bodies = bodies(&wasm, &sections)?;
    let code = section(&sections, CODE).context("the pages have no code")?;
    let described = custom(&wasm, &sections, RELOCATIONS)?;
    let (described, content) = described.context("the pages were linked without relocations")?;
    let mut reader = Reader::new(&wasm, content);
    let of_section = reader.number()?;
    let relocations = relocations(&mut reader, code.content.start)?;

    let panics = panics(&wasm, first, &bodies)?;
    let emptied: Vec<Range<usize>> = panics
        .iter()
        .map(|function| bodies[function - first].clone())
        .collect();
    let mut removed = inside(&relocations, &emptied);
    let arguments = arguments(&wasm, &relocations, &panics)?;
    for number in &arguments {
        let at = relocations[*number].at;
        wasm[at..at + ZERO.len()].copy_from_slice(&ZERO);
    }
    removed.extend(arguments);
    for body in emptied {
        empty(&mut wasm[body]);
    }

    let kept = relocations.iter().enumerate();
    let kept: Vec<_> = kept.filter(|(n, _)| !removed.contains(n)).collect();
    let mut content = Vec::new();
    write_number(&mut content, of_section);
    write_number(&mut content, kept.len());
    for (_, relocation) in kept {
        content.extend(&wasm[relocation.place.clone()]);
    }
    let mut changed = wasm[..described.place.start].to_vec();
    write_custom(&mut changed, RELOCATIONS, &content);
    changed.extend(&wasm[described.place.end..]);
    Ok(changed)
}

/// The numbers of the functions that panic. `first`: the number of the first function that is not imported.
fn panics(wasm: &[u8], first: usize, bodies: &[Range<usize>]) -> Result<BTreeSet<usize>> {
    let names = function_names(wasm)?;
    let found = names.values().any(|name| name.contains(ALWAYS));
    ensure!(found, "no function of the pages has {ALWAYS} in its name");
    let panics = names.into_iter().filter(|(function, name)| {
        let body = function.checked_sub(first).and_then(|own| bodies.get(own));
        // What returns does not end like this.
        body.is_some_and(|body| wasm[body.clone()].ends_with(&[UNREACHABLE, END]))
            && PANICS.iter().any(|part| name.contains(part))
    });
    Ok(panics.map(|(function, _)| function).collect())
}

/// The names of functions by their numbers.
fn function_names(wasm: &[u8]) -> Result<BTreeMap<usize, &str>> {
    let sections = sections(wasm)?;
    let names = custom(wasm, &sections, "name")?;
    let (_, content) = names.context("the pages were linked without names")?;
    let mut parts = Reader::new(wasm, content);
    let mut names = BTreeMap::new();
    while !parts.is_at_end() {
        let is_of_functions = parts.byte()? == 1;
        let mut reader = Reader::new(wasm, parts.range()?);
        if !is_of_functions {
            continue;
        }
        for _ in 0..reader.number()? {
            let function = reader.number()?;
            names.insert(function, std::str::from_utf8(&wasm[reader.range()?])?);
        }
    }
    Ok(names)
}

/// What the linker has filled in, in the order of the file. `code`: where the code begins.
fn relocations(reader: &mut Reader<'_>, code: usize) -> Result<Vec<Relocation>> {
    let count = reader.number()?;
    let relocation = |_| {
        let start = reader.position;
        let kind = reader.number()?;
        let at = code + reader.number()?;
        reader.number()?;
        if WITH_ADDEND.contains(&kind) {
            reader.number()?;
        }
        let place = start..reader.position;
        Ok(Relocation { kind, at, place })
    };
    (0..count).map(relocation).collect()
}

/// The numbers of the relocations inside of these bodies.
fn inside(relocations: &[Relocation], bodies: &[Range<usize>]) -> BTreeSet<usize> {
    let mut inside = BTreeSet::new();
    for body in bodies {
        let start = relocations.partition_point(|relocation| relocation.at < body.start);
        let end = relocations.partition_point(|relocation| relocation.at < body.end);
        inside.extend(start..end);
    }
    inside
}

/// The numbers of the relocations that only say what a panic is about: addresses that are put on the stack directly before
/// one of these functions is called.
fn arguments(
    wasm: &[u8],
    relocations: &[Relocation],
    panics: &BTreeSet<usize>,
) -> Result<BTreeSet<usize>> {
    let mut arguments = BTreeSet::new();
    for (number, call) in relocations.iter().enumerate() {
        if call.kind != FUNCTION || wasm[call.at - 1] != CALL {
            continue;
        }
        let called = Reader::new(wasm, call.at..wasm.len()).number()?;
        if !panics.contains(&called) {
            continue;
        }
        let mut next = call.at - 1;
        for (number, relocation) in relocations[..number].iter().enumerate().rev() {
            let after = relocation.at + ZERO.len();
            let is_address = relocation.kind == ADDRESS && wasm[relocation.at - 1] == I32_CONST;
            if !is_address || !has_only_plain_values(wasm, after..next) {
                break;
            }
            arguments.insert(number);
            next = relocation.at - 1;
        }
    }
    Ok(arguments)
}

/// Whether this part of the code only puts constants and variables on the stack.
fn has_only_plain_values(wasm: &[u8], part: Range<usize>) -> bool {
    let mut reader = Reader::new(wasm, part);
    while !reader.is_at_end() {
        let is_plain = matches!(reader.byte(), Ok(I32_CONST | LOCAL_GET));
        if !is_plain || reader.number().is_err() {
            return false;
        }
    }
    true
}

/// Makes a body that has no variables and is `unreachable`. It keeps its length, so that nothing else moves.
fn empty(body: &mut [u8]) {
    body.fill(NOP);
    if let [variables, instruction, .., end] = body {
        (*variables, *instruction, *end) = (0, UNREACHABLE, END);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages: a function that calls two others, which have these names, with an address. The relocations are those of
    /// the linker.
    fn pages(names: [&str; 2]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        let zero = ZERO;
        let mut body = vec![0, I32_CONST];
        body.extend(zero);
        body.extend([LOCAL_GET, 0, CALL, 0x81, 0x80, 0x80, 0x80, 0x00, I32_CONST]);
        body.extend([0x84, 0x80, 0x80, 0x80, 0x00, CALL]);
        body.extend([0x82, 0x80, 0x80, 0x80, 0x00, END]);
        let mut code = vec![3];
        write_number(&mut code, body.len());
        code.extend(&body);
        for _ in names {
            code.extend([10, 0, CALL]);
            code.extend(zero);
            code.extend([UNREACHABLE, UNREACHABLE, END]);
        }
        wasm.push(CODE);
        write_number(&mut wasm, code.len());
        wasm.extend(code);
        let mut relocations = vec![0, 6];
        for (kind, at) in [(4, 4), (0, 12), (4, 18), (0, 24), (0, 33), (0, 44)] {
            relocations.extend([kind, at, 1]);
            if kind == 4 {
                relocations.push(0);
            }
        }
        write_custom(&mut wasm, RELOCATIONS, &relocations);
        let mut functions = vec![2];
        for (function, name) in (1..).zip(names) {
            functions.extend([function, u8::try_from(name.len()).expect("short")]);
            functions.extend(name.as_bytes());
        }
        let mut content = vec![1];
        write_number(&mut content, functions.len());
        content.extend(functions);
        write_custom(&mut wasm, "name", &content);
        wasm
    }

    fn places(wasm: &[u8]) -> Vec<usize> {
        let sections = sections(wasm).expect("sections");
        let (_, content) = custom(wasm, &sections, RELOCATIONS)
            .expect("names")
            .expect("there");
        let mut reader = Reader::new(wasm, content);
        reader.number().expect("a section");
        let all = relocations(&mut reader, 0).expect("relocations");
        all.into_iter().map(|relocation| relocation.at).collect()
    }

    #[test]
    fn a_panic_refers_to_nothing_and_other_functions_stay() {
        let pages = pages(["_ZN4core9panicking9panic_fmt17hE", "_ZN3app4openE"]);
        let changed = without_messages(pages.clone()).expect("pages");
        assert_eq!(places(&pages), [4, 12, 18, 24, 33, 44]);
        assert_eq!(places(&changed), [12, 18, 24, 44]);
        let sections = sections(&changed).expect("sections");
        let bodies = bodies(&changed, &sections).expect("bodies");
        let body = |n: usize| &changed[bodies[n].clone()];
        let nothing = [0, 0, 1, 1, 1, 1, 1, 1, 1, END];
        assert_eq!(body(1), nothing);
        assert_ne!(body(2), nothing);
    }

    #[test]
    fn new_names_of_panics_are_noticed() {
        let error = without_messages(pages(["_ZN4core4stop9panic_fmt17hE", "_ZN3app4openE"]));
        let error = error.expect_err("nothing panics").to_string();
        assert!(error.contains(ALWAYS), "{error}");
    }
}
