//! Records of the stream of a cluster.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::cluster_record(input));
