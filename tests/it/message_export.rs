//! The history as one file: NDJSON and CSV.

use app::wire::{KeyRequest, MessageInfo, MessagesPage, To};
use serde_json::{Value, json};

use crate::harness::{Server, client, push_of, topic, within};

const TOKEN: &str = "an-admin-token-for-tests";

/// An export: its headers and its body.
struct Export {
    kind: String,
    disposition: String,
    body: String,
}

async fn export(server: &Server, query: &str, key: Option<&str>) -> Export {
    let url = server.url(&format!("/api/messages/export?{query}"));
    let mut request = server.http.get(url);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.status(), 200, "{query}");
    let header = |name: &str| {
        let value = answer.headers().get(name).expect("a header");
        value.to_str().expect("text").to_owned()
    };
    Export {
        kind: header("content-type"),
        disposition: header("content-disposition"),
        body: within(answer.text()).await.expect("a body"),
    }
}

/// The texts of an export as NDJSON.
fn texts(body: &str) -> Vec<String> {
    let data = |line: &str| {
        let message: MessageInfo = serde_json::from_str(line).expect("a message");
        serde_json::from_str(message.data.get()).expect("a text")
    };
    body.lines().map(data).collect()
}

/// The records of a table, as RFC 4180 has them.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'), "a line ends with CRLF");
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            char => cell.push(char),
        }
    }
    assert!(!quoted && cell.is_empty() && record.is_empty(), "complete");
    records
}

#[tokio::test]
async fn what_a_filter_matches_is_exported_as_ndjson() {
    let server = Server::start().await;
    // More than are read at once.
    let pushes: Vec<Value> = (0..250)
        .map(|n| json!({"to": {"client": "ada"}, "data": format!("number {n}")}))
        .collect();
    server.accepted(&pushes).await;
    server.push(topic("news"), "number of the day").await;
    let all = export(&server, "format=ndjson", None).await;
    assert_eq!(all.kind, "application/x-ndjson");
    let name = all
        .disposition
        .strip_prefix("attachment; filename=\"tidings-messages-");
    assert!(
        name.is_some_and(|name| name.ends_with(".ndjson\"")),
        "{}",
        all.disposition
    );
    let mut expected: Vec<String> = (0..250).map(|n| format!("number {n}")).collect();
    expected.push("number of the day".to_owned());
    expected.reverse();
    assert_eq!(texts(&all.body), expected);
    // A line is what the list has.
    let page: MessagesPage = server.read("/api/messages?limit=1").await;
    let line: Value = serde_json::from_str(all.body.lines().next().expect("a line")).expect("JSON");
    assert_eq!(line, serde_json::to_value(&page.messages[0]).expect("JSON"));

    let found = export(&server, "format=ndjson&client_id=ada&q=number%2024", None).await;
    assert_eq!(texts(&found.body).len(), 11, "24 and 240 to 249");
    let later = page.messages[0].at + 1;
    let none = export(&server, &format!("format=ndjson&since={later}"), None).await;
    assert_eq!(none.body, "");
    let all = export(&server, &format!("format=ndjson&until={later}"), None).await;
    assert_eq!(texts(&all.body).len(), 251);
}

#[tokio::test]
async fn a_table_has_a_line_for_each_message_and_no_formulas() {
    let server = Server::start().await;
    let pushes = [
        json!({"to": {"client": "ada"}, "data": "=HYPERLINK(\"http://evil\",\"x\")"}),
        json!({"to": {"clients": ["ada", "bob"]}, "data": "-1+1", "event": "+order"}),
        json!({"to": {"topic": "@sum"}, "data": {"n": 1.5, "says": "a, \"b\""}}),
        json!({"to": "everyone", "data": "two\nlines, and a \"quote\""}),
        json!({"to": "everyone", "data": "\tindented"}),
        json!({"to": "everyone", "data": -5}),
    ];
    let ids = server.accepted(&pushes).await;
    let table = export(&server, "format=csv", None).await;
    assert_eq!(table.kind, "text/csv; charset=utf-8; header=present");
    assert!(
        table.disposition.ends_with(".csv\""),
        "{}",
        table.disposition
    );
    let text = table
        .body
        .strip_prefix('\u{feff}')
        .expect("a mark for spreadsheets");
    let records = records(text);
    let names = [
        "id",
        "time",
        "audience",
        "to",
        "clients",
        "event",
        "data",
        "ended",
        "recipients",
        "waiting",
        "sent",
        "acknowledged",
        "expired",
        "recalled",
    ];
    assert_eq!(records[0], names);
    let cells = |n: usize, range: std::ops::Range<usize>| records[6 - n][range].to_vec();
    assert_eq!(records.len(), 7);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(&records[6 - n][0], id);
        assert!(records[6 - n][1].ends_with('Z'), "{:?}", records[6 - n]);
        assert_eq!(records[6 - n].len(), names.len());
    }
    let formula = "'=HYPERLINK(\"http://evil\",\"x\")";
    assert_eq!(cells(0, 2..7), ["client", "ada", "1", "", formula]);
    assert_eq!(cells(0, 8..14), ["1", "1", "0", "0", "0", "0"]);
    assert_eq!(
        cells(1, 2..7),
        ["clients", "ada bob", "2", "'+order", "'-1+1"]
    );
    let json = r#"{"n":1.5,"says":"a, \"b\""}"#;
    assert_eq!(cells(2, 2..7), ["topic", "'@sum", "", "", json]);
    let lines = "two\nlines, and a \"quote\"";
    assert_eq!(cells(3, 2..7), ["everyone", "", "", "", lines]);
    assert_eq!(cells(4, 6..7), ["'\tindented"]);
    assert_eq!(cells(5, 6..7), ["'-5"]);
}

#[tokio::test]
async fn an_export_has_only_what_the_caller_may_see() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let admin = server.api.clone().with_token(TOKEN);
    for (to, text) in [
        (client("shop:1"), "own"),
        (client("bank:1"), "foreign"),
        (To::Clients(vec!["shop:1".into(), "bank:1".into()]), "mixed"),
        (topic("orders/1"), "order"),
        (topic("secret/1"), "secret"),
        (To::Everyone, "all"),
    ] {
        within(admin.push(&push_of(to, text)))
            .await
            .expect("pushed");
    }
    let key = async |role: &str, topics: &[&str]| {
        let request = KeyRequest {
            name: "shop".to_owned(),
            role: Some(role.to_owned()),
            clients: vec!["shop:*".to_owned()],
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            ..KeyRequest::default()
        };
        let key = within(admin.create_key(&request)).await.expect("made");
        key.key
    };
    let viewer = key("viewer", &["orders/**"]).await;
    let seen = export(&server, "format=ndjson", Some(&viewer)).await;
    assert_eq!(texts(&seen.body), ["order", "own"]);
    let seen = export(&server, "format=csv", Some(&viewer)).await.body;
    let seen = records(&seen);
    assert_eq!(seen.len(), 3);
    assert!(
        seen.iter()
            .skip(1)
            .all(|record| ["order", "own"].contains(&record[6].as_str()))
    );
    let all = export(&server, "format=ndjson", Some(TOKEN)).await;
    assert_eq!(texts(&all.body).len(), 6);
    let asked = async |key: Option<&str>| {
        let url = server.url("/api/messages/export?format=csv");
        let mut request = server.http.get(url);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        within(request.send()).await.expect("an answer").status()
    };
    assert_eq!(asked(None).await, 401);
    let publisher = key("publisher", &["orders/**"]).await;
    assert_eq!(asked(Some(&publisher)).await, 403);
}
