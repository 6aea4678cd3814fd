//! What a client of HTTP/2 sends.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::http2_frames(input));
