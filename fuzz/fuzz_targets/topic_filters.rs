//! Topics and the patterns of subscriptions.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::topic_filters(input));
