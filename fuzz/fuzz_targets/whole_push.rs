//! The first bytes of a connection of HTTP/1.1, which may be a push.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::whole_push(input));
