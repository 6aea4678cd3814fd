//! The keys of issuers of tokens: JWKS, JWK and PEM.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidings::fuzzing::issuer_keys(input));
