//! The lines of a batch.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::batch_lines(input));
