//! Stream tokens, signed and not.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::token(input));
