//! Bodies of the API, besides pushes.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::api_bodies(input));
