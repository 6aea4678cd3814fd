use super::*;
use crate::config::Secret;
use axum::http::Request;

const TOKEN: &str = "the-admin-token-of-the-tests";

fn auth(flags: &[&str]) -> Auth {
    let settings = Settings::from_flags(flags).expect("good flags");
    let keys = Arc::new(Keys::new(Roles::of(&settings), "here"));
    let people = Arc::new(People::new(Roles::of(&settings)));
    Auth::new(&settings, Arc::new(|_| None), keys, people)
}

fn request(path: &str, headers: &[(&str, &str)]) -> Parts {
    let request = Request::builder()
        .uri(path)
        .header("host", "localhost:8020");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(()).expect("a request").into_parts().0
}

fn code<T>(result: Result<T, Refusal>) -> Option<RefusalKind> {
    result.err().map(|error| error.kind)
}

fn signed(key: &str, topics: &[&str]) -> String {
    let client = crate::message::ClientId::parse("a").expect("an id");
    let topics: Vec<_> = topics.iter().map(|topic| filter(topic)).collect();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let until = since.expect("a time after 1970").as_secs() + 60;
    sign(&Secret::from(key.to_owned()), &client, &topics, until)
}

fn filter(text: &str) -> TopicFilter {
    TopicFilter::parse(text).expect("a filter")
}

#[test]
fn with_an_admin_token_every_request_needs_it() {
    let auth = auth(&["--admin-token", TOKEN]);
    let admin = |headers: &[(&str, &str)]| code(auth.principal(&request("/push", headers)));
    let right = format!("Bearer {TOKEN}");
    assert_eq!(admin(&[("authorization", &right)]), None);
    assert_eq!(
        admin(&[("authorization", &right.replace("Bearer", "bearer"))]),
        None
    );
    assert_eq!(admin(&[]), Some(RefusalKind::Unauthorized));
    assert_eq!(
        admin(&[("authorization", TOKEN)]),
        Some(RefusalKind::Unauthorized)
    );
    assert_eq!(
        admin(&[("authorization", "Bearer ")]),
        Some(RefusalKind::Unauthorized)
    );
    assert_eq!(
        admin(&[("authorization", "Bearer wrong")]),
        Some(RefusalKind::Unauthorized)
    );
    assert_eq!(
        admin(&[("cookie", "tidings_session=made-up")]),
        Some(RefusalKind::Unauthorized)
    );
}

#[test]
fn attempts_on_streams_are_limited_too() {
    for flags in [
        &["--admin-token", TOKEN][..],
        &["--admin-token", TOKEN, "--stream-secret", &"k".repeat(32)],
    ] {
        let auth = auth(flags);
        let wrong = request("/sse?client_id=a", &[("authorization", "Bearer wrong")]);
        for _ in 0..10 {
            assert_eq!(code(auth.listener(&wrong)), Some(RefusalKind::Unauthorized));
        }
        assert_eq!(code(auth.listener(&wrong)), Some(RefusalKind::TooManyTries));
        assert_eq!(
            code(auth.principal(&wrong)),
            Some(RefusalKind::TooManyTries)
        );
        let right = format!("Bearer {TOKEN}");
        let right = request("/sse?client_id=a", &[("authorization", &right)]);
        assert_eq!(code(auth.listener(&right)), None);
    }
}

#[test]
fn other_sites_may_subscribe_but_not_to_reserved_topics() {
    let auth = auth(&[]);
    let listener = |headers: &[(&str, &str)]| auth.listener(&request("/sse?client_id=a", headers));
    let other = listener(&[("origin", "http://evil.example")]).expect("open");
    assert!(other.allows(&filter("orders/**")) && !other.allows(&filter("$sys/clients")));
    let own = listener(&[("sec-fetch-site", "same-origin")]).expect("open");
    assert!(own.allows(&filter("$sys/clients")));
}

#[test]
fn with_a_stream_secret_a_stream_needs_a_token() {
    let key = "k".repeat(32);
    let auth = auth(&["--stream-secret", &key]);
    let token = signed(&key, &["orders/*"]);
    let bearer = format!("Bearer {token}");
    let cookie = format!("tidings_stream={token}");
    let granted = [
        auth.listener(&request("/sse?client_id=a", &[("authorization", &bearer)])),
        auth.listener(&request("/sse", &[("cookie", &cookie)])),
        auth.listener(&request(&format!("/sse?token={token}"), &[])),
    ];
    for grant in granted {
        let grant = grant.expect("granted");
        assert_eq!(grant.client_id.as_ref().map(|id| id.as_str()), Some("a"));
        assert!(grant.allows(&filter("orders/42")) && !grant.allows(&filter("orders/**")));
        assert!(!grant.allows(&filter("$sys/clients")) && !grant.admin);
    }
    let code = |path: &str| code(auth.listener(&request(path, &[])));
    assert_eq!(code("/sse?client_id=a"), Some(RefusalKind::Unauthorized));
    assert_eq!(
        code("/sse?client_id=a&token="),
        Some(RefusalKind::Unauthorized)
    );
    assert_eq!(
        code(&format!("/sse?client_id=b&token={token}")),
        Some(RefusalKind::Forbidden)
    );
    let forged = signed(&"x".repeat(32), &["**"]);
    assert_eq!(
        code(&format!("/sse?token={forged}")),
        Some(RefusalKind::Unauthorized)
    );
    // The panel of this machine sees the server's own topics, and nothing else in passing.
    assert_eq!(code("/sse?client_id=p&topic=$sys/clients"), None);
    assert_eq!(
        code("/sse?client_id=p&topic=$sys/clients&topic=a"),
        Some(RefusalKind::Unauthorized)
    );
}

#[test]
fn the_admin_may_subscribe_to_everything() {
    let key = "k".repeat(32);
    let auth = auth(&["--stream-secret", &key, "--admin-token", TOKEN]);
    let right = format!("Bearer {TOKEN}");
    let grant = auth.listener(&request("/sse?client_id=p", &[("authorization", &right)]));
    let grant = grant.expect("granted");
    assert!(grant.allows(&filter("**")) && grant.allows(&filter("$sys/clients")));
    let silent = auth.listener(&request("/sse?client_id=p&topic=$sys/clients", &[]));
    assert_eq!(code(silent), Some(RefusalKind::Unauthorized));
    let in_url = auth.listener(&request(&format!("/sse?client_id=p&token={TOKEN}"), &[]));
    assert_eq!(
        code(in_url),
        Some(RefusalKind::Unauthorized),
        "no admin token in a URL"
    );
}

#[test]
fn secrets_are_not_printed() {
    let key = "k".repeat(32);
    let text = format!(
        "{:?}",
        auth(&["--stream-secret", &key, "--admin-token", TOKEN])
    );
    assert!(!text.contains(TOKEN) && !text.contains(&key), "{text}");
}
