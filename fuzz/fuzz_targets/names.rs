//! Client ids and their patterns, cursors, and trace parents.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::names(input));
