//! Forwarded addresses, cookies, hosts and origins.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::request_headers(input));
