//! Event streams, as the command and the tests read them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::event_stream(input));
