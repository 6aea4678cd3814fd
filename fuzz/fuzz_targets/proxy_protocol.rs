//! The PROXY protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::proxy_protocol(input));
