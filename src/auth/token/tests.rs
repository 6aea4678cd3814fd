//! Tokens of all algorithms, and attacks on them. The keys and tokens of `tests/tokens/` were made with Node.

use std::{fs, io::Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};

use super::*;
use crate::{
    config::Secret,
    message::{ClientId, TopicFilter},
};

/// Algorithm, name of the key, and token.
const SIGNED: &str = include_str!("../../../tests/tokens/signed.txt");

/// The rules that go with these tokens.
const RULES: [&str; 4] = [
    "--jwt-issuer",
    "https://issuer.example",
    "--jwt-audience",
    "tidings",
];

fn file(name: &str) -> String {
    format!("{}/tests/tokens/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn tokens<'a>(flags: impl IntoIterator<Item = &'a str>) -> Tokens {
    let settings = Settings::from_flags(flags).expect("good flags");
    Tokens::new(&settings, None).expect("keys")
}

/// Takes what the keys in this file have signed.
fn of_file(path: &str) -> Tokens {
    tokens(["--jwt-key", path].into_iter().chain(RULES))
}

/// A file with the secret of the tokens that are signed with HMAC.
fn secret_file() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let k = URL_SAFE_NO_PAD.encode("k".repeat(64));
    let jwk = json!({ "kty": "oct", "kid": "secret", "k": k });
    file.write_all(jwk.to_string().as_bytes()).expect("written");
    file
}

fn later() -> u64 {
    now() + 60
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn assemble(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn hs256(key: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    move |text| hmac::sign(&key, text).as_ref().to_vec()
}

fn private(name: &str) -> Vec<u8> {
    let der = PrivatePkcs8KeyDer::from_pem_file(file(&format!("{name}.private.pem")));
    der.expect("a key").secret_pkcs8_der().to_vec()
}

fn ed25519(text: &[u8]) -> Vec<u8> {
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private("ed25519")).expect("a key");
    key.sign(text).as_ref().to_vec()
}

fn rs256(text: &[u8]) -> Vec<u8> {
    let key = RsaKeyPair::from_pkcs8(&private("rsa")).expect("a key");
    let mut signature = vec![0; key.public().modulus_len()];
    let signed = key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text,
        &mut signature,
    );
    signed.expect("signed");
    signature
}

/// What a server with the Ed25519 key and these further flags says of claims that are signed with it.
fn verify_claims(claims: &str, flags: &[&str]) -> Result<Grant, InvalidToken> {
    let path = file("ed25519.pem");
    let flags = ["--jwt-key", &path]
        .into_iter()
        .chain(flags.iter().copied());
    let token = assemble(r#"{"alg":"EdDSA"}"#, claims, ed25519);
    tokens(flags).verify(&token)
}

/// The same with a header.
fn verify_header(header: &str) -> Result<Grant, InvalidToken> {
    let claims = json!({ "sub": "a", "exp": later() }).to_string();
    let token = assemble(header, &claims, ed25519);
    tokens(["--jwt-key", &file("jwks.json")]).verify(&token)
}

fn claim<T>(name: &str, result: Result<T, InvalidToken>) -> bool {
    matches!(result, Err(InvalidToken::Claim(claim, _)) if claim == name)
}

#[test]
fn tokens_of_every_algorithm_are_accepted_by_their_key_and_by_no_other() {
    let secret = secret_file();
    let secret = secret.path().to_str().expect("a plain path");
    let pem = |name: &str| match name {
        "secret" => secret.to_owned(),
        name => file(&format!("{name}.pem")),
    };
    let jwks = of_file(&file("jwks.json"));
    let names = ["secret", "rsa", "p-256", "p-384", "ed25519"];
    let verifiers = names.map(|name| (name, of_file(&pem(name))));
    let mut algorithms = 0;
    for line in SIGNED.lines() {
        let [algorithm, key, token] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        algorithms += 1;
        for (name, tokens) in &verifiers {
            let grant = tokens.verify(token);
            assert_eq!(
                grant.is_ok(),
                *name == key,
                "{algorithm} by {name}: {grant:?}"
            );
        }
        assert_eq!(jwks.verify(token).is_ok(), key != "secret", "{algorithm}");
    }
    assert_eq!(algorithms, 12);
}

#[test]
fn a_token_that_was_changed_anywhere_is_refused() {
    let jwks = of_file(&file("jwks.json"));
    for line in SIGNED.lines().filter(|line| !line.starts_with("HS")) {
        let token = line.rsplit(' ').next().expect("a token");
        let places = (0..token.len()).filter(|at| at % 7 == 0 || *at + 3 > token.len());
        for place in places {
            let mut changed = token.as_bytes().to_vec();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(jwks.verify(&changed).is_err(), "{place} of {line}");
        }
        for cut in [0, 1, token.len() / 2, token.len() - 1] {
            assert!(jwks.verify(&token[..cut]).is_err(), "{cut} of {line}");
        }
        assert!(jwks.verify(&format!("{token}.{token}")).is_err());
        assert!(jwks.verify(&format!("{token}=")).is_err());
    }
}

#[test]
fn an_unsigned_token_is_refused() {
    let claims = json!({ "sub": "a", "exp": later() }).to_string();
    for name in [
        "none", "None", "NONE", "nOnE", "", "HS1", "RS256 ", "ES256K",
    ] {
        let header = json!({ "alg": name }).to_string();
        for signature in [vec![], vec![0; 64]] {
            let token = assemble(&header, &claims, |_| signature.clone());
            let key = "k".repeat(32);
            for flags in [["--stream-secret", &key], ["--jwt-key", &file("rsa.pem")]] {
                let refused = tokens(flags).verify(&token);
                assert_eq!(refused, Err(InvalidToken::Algorithm), "{name:?}");
            }
        }
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let claims = json!({ "sub": "a", "exp": later() }).to_string();
    let pem = fs::read(file("rsa.pem")).expect("a key");
    let text = String::from_utf8(pem.clone()).expect("PEM");
    let guesses = [
        pem,
        text.trim().as_bytes().to_vec(),
        text.replace('\n', "").into_bytes(),
        private("rsa"),
    ];
    let key = "k".repeat(32);
    let (alone, beside) = (
        tokens(["--jwt-key", &file("rsa.pem")]),
        tokens(["--jwt-key", &file("rsa.pem"), "--stream-secret", &key]),
    );
    for guess in guesses {
        for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"rsa"}"#] {
            let token = assemble(header, &claims, hs256(&guess));
            assert_eq!(alone.verify(&token), Err(InvalidToken::Algorithm));
            assert_eq!(beside.verify(&token), Err(InvalidToken::Signature));
        }
    }
    // Right, but with the name of another way to sign.
    for name in ["PS256", "RS384", "ES256", "EdDSA"] {
        let token = assemble(&json!({ "alg": name }).to_string(), &claims, rs256);
        assert!(alone.verify(&token).is_err(), "{name}");
    }
    let good = assemble(r#"{"alg":"RS256"}"#, &claims, rs256);
    assert!(alone.verify(&good).is_ok() && beside.verify(&good).is_ok());
}

#[test]
fn a_longer_digest_needs_a_longer_secret() {
    let claims = json!({ "sub": "a", "exp": later() }).to_string();
    let sign = |algorithm, name: &str, length: usize| {
        let secret = "k".repeat(length);
        let key = hmac::Key::new(algorithm, secret.as_bytes());
        let sign = |text: &[u8]| hmac::sign(&key, text).as_ref().to_vec();
        let token = assemble(&json!({ "alg": name }).to_string(), &claims, sign);
        tokens(["--stream-secret", &secret]).verify(&token)
    };
    assert!(sign(hmac::HMAC_SHA256, "HS256", 32).is_ok());
    assert!(sign(hmac::HMAC_SHA384, "HS384", 48).is_ok());
    assert!(sign(hmac::HMAC_SHA512, "HS512", 64).is_ok());
    let short = Err(InvalidToken::Algorithm);
    assert_eq!(sign(hmac::HMAC_SHA384, "HS384", 47), short);
    assert_eq!(sign(hmac::HMAC_SHA512, "HS512", 63), short);
}

#[test]
fn a_header_can_not_bring_its_own_rules() {
    let with = |more: &str| verify_header(&format!(r#"{{"alg":"EdDSA"{more}}}"#));
    assert!(with("").is_ok());
    assert!(with(r#","typ":"at+jwt","kid":"ed25519""#).is_ok());
    // Not read, so it does not matter where they lead.
    assert!(with(r#","jku":"https://evil.example/","x5u":"file:///etc/passwd""#).is_ok());
    for crit in [r#"["b64"]"#, "[]", "null", r#""exp""#] {
        let refused = with(&format!(r#","crit":{crit},"b64":false"#));
        assert_eq!(refused, Err(InvalidToken::Critical), "{crit}");
    }
    assert_eq!(with(r#","cty":"JWT""#), Err(InvalidToken::Nested));
    for kid in ["../../../dev/null", "/dev/null", "' or 1=1", "", "\\u0000"] {
        let refused = with(&format!(r#","kid":"{kid}""#));
        assert_eq!(refused, Err(InvalidToken::UnknownKey), "{kid}");
    }
    let huge = "k".repeat(257);
    for kid in [
        format!("\"{huge}\""),
        "1".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
    ] {
        let refused = with(&format!(r#","kid":{kid}"#));
        assert_eq!(refused, Err(InvalidToken::KeyId), "{kid}");
    }
    for header in [
        r#"{"alg":"none","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","jwk":{"kty":"OKP","kty":"oct"}}"#,
        "[]",
        "\"EdDSA\"",
        "null",
        "",
    ] {
        assert_eq!(
            verify_header(header),
            Err(InvalidToken::Malformed),
            "{header}"
        );
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":["EdDSA"]}"#] {
        assert_eq!(
            verify_header(header),
            Err(InvalidToken::Algorithm),
            "{header}"
        );
    }
}

#[test]
fn a_token_grants_its_client_and_topics() {
    let secret = Secret::from("k".repeat(32));
    let client = ClientId::parse("a").expect("an id");
    let topics = [TopicFilter::parse("orders/**").expect("a filter")];
    let until = later();
    let token = sign(&secret, &client, &topics, until);
    assert!(is_jwt(&token));
    let expected = Grant {
        client_id: Some(client),
        topics: crate::auth::TopicsGrant::Only(topics.into()),
        expires_at: Some(until),
        admin: false,
        token: None,
        anonymous: None,
    };
    let key = "k".repeat(32);
    let granted = tokens(["--stream-secret", &key]).verify(&token);
    let granted = granted.map(|grant| Grant {
        token: None,
        ..grant
    });
    assert_eq!(granted, Ok(expected));
    let other = "x".repeat(32);
    let refused = tokens(["--stream-secret", &other]).verify(&token);
    assert_eq!(refused, Err(InvalidToken::Signature));
}

#[test]
fn times_are_numbers_and_may_differ_by_the_leeway() {
    let (now, later) = (now(), later());
    let verify = |times: Value, flags: &[&str]| {
        let mut claims = json!({ "sub": "a" });
        let members = times.as_object().expect("an object").clone();
        claims.as_object_mut().expect("an object").extend(members);
        verify_claims(&claims.to_string(), flags)
    };
    let end = |exp: Value| verify(json!({ "exp": exp }), &[]);
    assert_eq!(end(json!(now - 60)), Err(InvalidToken::Expired));
    assert_eq!(end(json!(-1)), Err(InvalidToken::Expired));
    assert!(end(json!(now - 2)).is_ok());
    assert!(verify(json!({ "exp": now - 2 }), &["--jwt-leeway", "0"]).is_err());
    assert!(verify(json!({ "exp": now - 60 }), &["--jwt-leeway", "300"]).is_ok());
    let fraction = end(json!(later as f64 + 0.5)).expect("a grant");
    assert_eq!(fraction.expires_at, Some(later));
    for far in [json!(1e300), json!(u64::MAX), json!(i64::MAX)] {
        let grant = end(far).expect("a grant");
        assert_eq!(grant.expires_at, Some(253_402_300_799));
    }
    let text = later.to_string();
    for wrong in [
        json!(text),
        json!("never"),
        json!(null),
        json!([later]),
        json!(true),
    ] {
        assert!(claim("exp", end(wrong.clone())), "{wrong}");
        let nbf = verify(json!({ "exp": later, "nbf": wrong }), &[]);
        assert!(claim("nbf", nbf), "{wrong}");
    }
    let infinite = verify_claims(r#"{"sub":"a","exp":1e999}"#, &[]);
    assert_eq!(infinite, Err(InvalidToken::Malformed));
    assert_eq!(verify(json!({}), &[]), Err(InvalidToken::Missing("exp")));
    let early = verify(json!({ "exp": later, "nbf": later }), &[]);
    assert_eq!(early, Err(InvalidToken::Early));
    assert!(verify(json!({ "exp": later, "nbf": now + 2 }), &[]).is_ok());
}

#[test]
fn a_claim_that_occurs_twice_is_refused() {
    let exp = later();
    for claims in [
        format!(r#"{{"sub":"a","sub":"b","exp":{exp}}}"#),
        format!(r#"{{"sub":"a","exp":1,"exp":{exp}}}"#),
        format!(r#"{{"sub":"a","exp":{exp},"topics":[],"topics":["**"]}}"#),
        format!(r#"{{"sub":"a","exp":{exp},"mercure":{{"subscribe":[],"subscribe":["*"]}}}}"#),
        format!(r#"{{"sub":"a","s\u0075b":"b","exp":{exp}}}"#),
        "[]".to_owned(),
        String::new(),
    ] {
        assert_eq!(
            verify_claims(&claims, &[]),
            Err(InvalidToken::Malformed),
            "{claims}"
        );
    }
}

#[test]
fn a_client_must_be_named_by_a_text_that_is_an_id() {
    let verify =
        |sub: Value| verify_claims(&json!({ "sub": sub, "exp": later() }).to_string(), &[]);
    assert!(verify(json!("user:42@example.org")).is_ok());
    for wrong in [
        json!("a b"),
        json!(""),
        json!(42),
        json!(null),
        json!("x".repeat(129)),
    ] {
        assert!(claim("sub", verify(wrong.clone())), "{wrong}");
    }
    let none = verify_claims(&json!({ "exp": later() }).to_string(), &[]);
    assert_eq!(none, Err(InvalidToken::Missing("sub")));
}

#[test]
fn issuer_and_audience_must_be_those_of_the_settings() {
    let verify = |iss: Value, aud: Value, flags: &[&str]| {
        let mut claims = json!({ "sub": "a", "exp": later() });
        for (name, value) in [("iss", iss), ("aud", aud)] {
            if !value.is_null() {
                claims[name] = value;
            }
        }
        verify_claims(&claims.to_string(), flags)
    };
    let (none, iss) = (Value::Null, json!("https://issuer.example"));
    assert!(verify(iss.clone(), json!("tidings"), &RULES).is_ok());
    assert!(verify(iss.clone(), json!(["x", "tidings"]), &RULES).is_ok());
    let missing = |name| Err(InvalidToken::Missing(name));
    assert_eq!(
        verify(none.clone(), json!("tidings"), &RULES),
        missing("iss")
    );
    assert_eq!(verify(iss.clone(), none.clone(), &RULES), missing("aud"));
    let other = verify(json!("https://issuer.example/"), json!("tidings"), &RULES);
    assert_eq!(other, Err(InvalidToken::Issuer));
    for aud in [json!("x"), json!(["x"]), json!([]), json!([1])] {
        let refused = verify(iss.clone(), aud.clone(), &RULES);
        assert_eq!(refused, Err(InvalidToken::Audience), "{aud}");
    }
    assert!(claim("iss", verify(json!(1), json!("tidings"), &RULES)));
    assert!(claim("aud", verify(iss.clone(), json!(1), &RULES)));
    // A token for another service is refused where no audience is set.
    assert_eq!(
        verify(iss, json!("other"), &[]),
        Err(InvalidToken::Audience)
    );
}

#[test]
fn topics_come_from_the_claim_of_the_settings() {
    let verify = |more: Value, flags: &[&str]| {
        let mut claims = json!({ "sub": "a", "exp": later() });
        let members = more.as_object().expect("an object").clone();
        claims.as_object_mut().expect("an object").extend(members);
        let topics = verify_claims(&claims.to_string(), flags)?.topics;
        Ok(match topics {
            crate::auth::TopicsGrant::Only(filters) => {
                filters.iter().map(ToString::to_string).collect::<Vec<_>>()
            }
            crate::auth::TopicsGrant::All => panic!("all topics"),
        })
    };
    let granted = |more, flags: &[&str]| verify(more, flags).expect("a grant");
    assert_eq!(
        granted(json!({ "topics": ["a", "b/*"] }), &[]),
        ["a", "b/*"]
    );
    assert_eq!(granted(json!({ "topics": "a b/*" }), &[]), ["a", "b/*"]);
    assert!(granted(json!({}), &[]).is_empty());
    let mercure = ["--jwt-topics-claim", "mercure.subscribe"];
    let subscribe =
        |topics: Value| json!({ "mercure": { "subscribe": topics, "publish": ["**"] } });
    assert_eq!(granted(subscribe(json!(["*"])), &mercure), ["**"]);
    assert_eq!(
        granted(subscribe(json!(["a/*", "b"])), &mercure),
        ["a/*", "b"]
    );
    assert!(granted(json!({ "mercure": {} }), &mercure).is_empty());
    assert!(granted(json!({ "mercure": "subscribe" }), &mercure).is_empty());
    let scope = [
        "--jwt-topics-claim",
        "scope",
        "--jwt-topics-prefix",
        "topic:",
    ];
    let words = json!({ "scope": "openid topic:orders/** email  topic:news" });
    assert_eq!(granted(words, &scope), ["orders/**", "news"]);
    let list = json!({ "scope": ["read:users", "topic:news"] });
    assert_eq!(granted(list, &scope), ["news"]);
    let dotted = ["--jwt-topics-claim", "https://example.org/topics"];
    let claims = json!({ "https://example.org/topics": ["a"] });
    assert_eq!(granted(claims, &dotted), ["a"]);
    for wrong in [
        json!(["**/a"]),
        json!([1]),
        json!(7),
        json!({}),
        json!(null),
    ] {
        let refused = verify(json!({ "topics": wrong }), &[]);
        assert!(claim("topics", refused), "{wrong}");
    }
}

#[test]
fn a_huge_or_deep_token_is_refused() {
    let deep = format!(
        r#"{{"sub":"a","exp":{},"x":{}"#,
        later(),
        "[".repeat(10_000)
    );
    assert_eq!(verify_claims(&deep, &[]), Err(InvalidToken::Malformed));
    let huge = json!({ "sub": "a", "exp": later(), "x": "x".repeat(13_000) });
    assert_eq!(
        verify_claims(&huge.to_string(), &[]),
        Err(InvalidToken::Malformed)
    );
}

proptest! {
    #[test]
    fn no_text_is_a_token_by_chance(text in "(eyJ)?[A-Za-z0-9_.=-]{0,200}", any in ".{0,50}") {
        let tokens = tokens(["--jwt-key", &file("jwks.json")]);
        prop_assert!(tokens.verify(&text).is_err());
        prop_assert!(tokens.verify(&any).is_err());
    }

    #[test]
    fn no_claims_make_a_check_fail_badly(sub in ".{0,20}", exp in any::<f64>(), topic in ".{0,20}") {
        let claims = json!({ "sub": sub, "exp": exp, "topics": [topic] });
        if let Ok(grant) = verify_claims(&claims.to_string(), &[]) {
            prop_assert_eq!(grant.client_id.map(|id| id.to_string()), Some(sub));
        }
    }
}
