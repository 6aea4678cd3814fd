//! The history, receipts, and recalls.

use app::wire::{
    ClientDetail, ClientsPage, EVENT_EPHEMERAL, EVENT_MOVED, EVENT_PUSHED, EVENT_RECALL, Ended,
    MessageDetail, MessageInfo, MessagesPage, Problem, Recall, Receipt, Receipts, SYS_CLIENTS,
    SYS_MESSAGES, To,
};
use serde_json::json;

use crate::harness::{Server, client, topic, within};

/// The data of the messages of a page.
fn texts(page: &MessagesPage) -> Vec<String> {
    let text = |message: &MessageInfo| serde_json::from_str(message.data.get()).expect("a text");
    page.messages.iter().map(text).collect()
}

async fn recall(server: &Server, id: &str) -> reqwest::Response {
    let request = server
        .http
        .delete(server.url(&format!("/api/messages/{id}")));
    within(request.send()).await.expect("an answer")
}

fn receipt(detail: &MessageDetail, client_id: &str) -> Receipt {
    let mut all = detail.recipients.iter();
    let found = all.find(|recipient| recipient.client_id == client_id);
    found.expect("a recipient").receipt
}

#[tokio::test]
async fn the_history_is_paged_newest_first_and_filtered() {
    let server = Server::start().await;
    let pushes = [
        json!({"to": {"client": "ada"}, "data": "one"}),
        json!({"to": {"clients": ["ada", "bob"]}, "data": "two", "event": "order"}),
        json!({"to": {"topic": "news"}, "data": "three"}),
        json!({"to": {"topic": "news/local"}, "data": "four", "event": "order"}),
        json!({"to": "everyone", "data": "Five"}),
        json!({"to": "everyone", "data": "not kept", "ttl": 0}),
    ];
    for push in pushes {
        server.push_json(push).await;
    }
    for (query, expected) in [
        ("", &["Five", "four", "three", "two", "one"][..]),
        ("?audience=clients", &["two", "one"]),
        ("?audience=topics", &["four", "three"]),
        ("?audience=everyone", &["Five"]),
        ("?client_id=ada", &["two", "one"]),
        ("?client_id=bob", &["two"]),
        ("?client_id=eve", &[]),
        ("?topic=news", &["three"]),
        ("?event=order", &["four", "two"]),
        ("?q=fIvE", &["Five"]),
        ("?q=t&audience=clients", &["two"]),
        ("?to=1", &[]),
        ("?from=1&limit=2", &["Five", "four"]),
    ] {
        let page: MessagesPage = server.read(&format!("/api/messages{query}")).await;
        assert_eq!(texts(&page), expected, "{query}");
    }

    let (mut paged, mut path) = (Vec::new(), "/api/messages?limit=2".to_owned());
    loop {
        let page: MessagesPage = server.read(&path).await;
        paged.extend(texts(&page));
        match page.next {
            Some(next) => path = format!("/api/messages?limit=2&before={next}"),
            None => break,
        }
    }
    assert_eq!(paged, ["Five", "four", "three", "two", "one"]);
}

#[tokio::test]
async fn the_history_is_filtered_by_time_under_both_names() {
    let server = Server::start().await;
    for text in ["one", "two", "three"] {
        server.push(To::Everyone, text).await;
    }
    let page: MessagesPage = server.read("/api/messages").await;
    let at: Vec<u64> = page.messages.iter().map(|message| message.at).collect();
    let (newest, oldest) = (at[0], at[2]);
    for (from, to) in [("from", "to"), ("since", "until")] {
        for (query, expected) in [
            (format!("{from}={oldest}&{to}={newest}"), 3),
            (format!("{from}={}", newest + 1), 0),
            (format!("{to}={}", oldest - 1), 0),
        ] {
            let page: MessagesPage = server.read(&format!("/api/messages?{query}")).await;
            assert_eq!(page.messages.len(), expected, "{query}");
            assert_eq!(page.next, None, "{query}");
        }
    }
}

#[tokio::test]
async fn an_invalid_filter_is_refused_with_its_field() {
    let server = Server::start().await;
    for (path, status, field) in [
        ("/api/messages?limit=0", 422, "limit"),
        ("/api/messages?before=x", 422, "before"),
        ("/api/messages?before=00000000-1", 409, "before"),
        ("/api/messages/00000000-1", 404, "id"),
        ("/api/messages/%FF", 422, "id"),
        ("/api/messages?audience=some", 422, "audience"),
        ("/api/messages?client_id=a&topic=b", 422, "audience"),
        (
            "/api/messages?client_id=a&audience=clients",
            422,
            "audience",
        ),
        ("/api/messages?topic=a&audience=topics", 422, "audience"),
        ("/api/messages?from=noon", 422, "from"),
        ("/api/messages?from=%2B1", 422, "from"),
        ("/api/messages?to=9007199254740992", 422, "to"),
        ("/api/messages?since=noon", 422, "since"),
        ("/api/messages?until=-1", 422, "until"),
        ("/api/messages/export", 422, "format"),
        ("/api/messages/export?format=xml", 422, "format"),
        ("/api/messages/export?format=csv&since=noon", 422, "since"),
        ("/api/messages/export?format=csv&topic=", 422, "topic"),
        ("/api/messages/nonsense", 422, "id"),
        ("/api/clients?state=gone", 422, "state"),
        ("/api/clients/nobody", 404, "client_id"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        let problem: Problem = answer.json().await.expect("a problem document");
        assert_eq!(problem.field.as_deref(), Some(field), "{path}");
    }
}

#[tokio::test]
async fn receipts_show_the_delivery_state_for_each_client() {
    let server = Server::start().await;
    let push = json!({"to": {"clients": ["ada", "bob", "eve"]}, "data": "news", "ttl": 3600});
    let id = server.push_json(push).await.id.expect("a cursor");
    let counts = Receipts {
        audience: 3,
        waiting: 3,
        ..Receipts::default()
    };
    let detail = server.message(&id).await;
    assert_eq!(detail.message.receipts, counts);
    assert_eq!(detail.message.clients, Some(3));

    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.text().await, "news");
    drop(ada);
    let path = format!("/api/messages/{id}");
    let sent = |detail: &MessageDetail| receipt(detail, "ada") == Receipt::Sent;
    let detail = server.until::<MessageDetail>(&path, sent).await;
    assert_eq!(receipt(&detail, "bob"), Receipt::Queued);

    server.ack("ada", &id).await;
    server.ack("bob", &id).await;
    let detail = server.message(&id).await;
    let counts = Receipts {
        audience: 3,
        acknowledged: 2,
        waiting: 1,
        ..Receipts::default()
    };
    assert_eq!(detail.message.receipts, counts);
    assert_eq!(receipt(&detail, "ada"), Receipt::Acknowledged);
    assert_eq!(receipt(&detail, "eve"), Receipt::Queued);

    let server = server.restarted().await;
    assert_eq!(server.message(&id).await.message.receipts, counts);
}

#[tokio::test]
async fn a_message_counts_as_sent_if_the_connection_is_open_one_heartbeat_later() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let mut ada = server.listen("ada", &[]).await;
    let id = server.push(client("ada"), "news").await.id.expect("an id");
    assert_eq!(ada.text().await, "news");
    let path = format!("/api/messages/{id}");
    let sent = |detail: &MessageDetail| detail.message.receipts.sent == 1;
    server.until::<MessageDetail>(&path, sent).await;
}

#[tokio::test]
async fn a_message_to_a_topic_counts_its_connections() {
    let server = Server::start().await;
    let mut one = server.listen("one", &["t"]).await;
    let mut two = server.listen("two", &["t"]).await;
    let id = server.push(topic("t"), "news").await.id.expect("an id");
    assert_eq!(
        (one.text().await, two.text().await),
        ("news".into(), "news".into())
    );
    let path = format!("/api/messages/{id}");
    let sent = |detail: &MessageDetail| detail.message.receipts.sent == 2;
    let detail = server.until::<MessageDetail>(&path, sent).await;
    assert_eq!(detail.message.receipts.audience, 2);
    assert!(detail.recipients.is_empty() && detail.message.clients.is_none());
}

#[tokio::test]
async fn a_message_expires_for_the_clients_that_have_not_received_it() {
    let server = Server::start().await;
    let push = json!({"to": {"clients": ["ada", "bob"]}, "data": "short", "ttl": 2});
    let id = server.push_json(push).await.id.expect("a cursor");
    server.ack("ada", &id).await;
    let path = format!("/api/messages/{id}");
    let ended = |detail: &MessageDetail| detail.message.ended == Some(Ended::Expired);
    let detail = server.until::<MessageDetail>(&path, ended).await;
    assert_eq!(receipt(&detail, "ada"), Receipt::Acknowledged);
    assert_eq!(receipt(&detail, "bob"), Receipt::Expired);
    assert_eq!(detail.message.receipts.expired, 1);
}

#[tokio::test]
async fn a_recalled_message_is_not_delivered_even_after_a_restart() {
    let server = Server::start().await;
    let start = server.push(client("x"), "start").await.id.expect("an id");
    let to = To::Clients(vec!["ada".into(), "bob".into()]);
    let id = server.push(to, "secret").await.id.expect("an id");
    server.push(To::Everyone, "stays").await;
    let mut bob = server.listen("bob", &[]).await;
    let mut eve = server.listen("eve", &[]).await;
    assert_eq!(bob.text().await, "secret");
    let caught_up = bob.event("ping").await;

    let answer = recall(&server, &id).await;
    assert_eq!(answer.status(), 200);
    let event = bob.event(EVENT_RECALL).await;
    let told: Recall = serde_json::from_str(&event.data).expect("a recall");
    assert_eq!(told.id, id);
    assert_eq!(event.id, caught_up.id, "the cursor stays where it was");
    assert_eq!(recall(&server, &id).await.status(), 404);
    server.push(client("eve"), "nothing before").await;
    assert_eq!(eve.text().await, "nothing before", "it was none of hers");

    let server = server.restarted().await;
    assert_eq!(recall(&server, &id).await.status(), 404);
    let detail = server.message(&id).await;
    assert_eq!(detail.message.ended, Some(Ended::Recalled));
    assert_eq!(detail.message.data.get(), "null");
    assert_eq!(receipt(&detail, "ada"), Receipt::Recalled);
    // Neither the message nor its recall nor a gap.
    let mut ada = server.resume("ada", &start, &[]).await;
    assert_eq!(ada.text().await, "stays");
    let page: MessagesPage = server.read("/api/messages?q=secret").await;
    assert!(page.messages.is_empty(), "its data is wiped");
}

#[tokio::test]
async fn recalling_an_unknown_message_is_not_found() {
    let server = Server::start().await;
    let id = server.push(To::Everyone, "one").await.id.expect("an id");
    let answer = recall(&server, &format!("{id}0")).await;
    assert_eq!(answer.status(), 404);
    let problem: Problem = answer.json().await.expect("a problem document");
    assert_eq!(problem.code, "message_unknown");
}

#[tokio::test]
async fn an_offline_client_is_listed_with_its_waiting_messages() {
    let server = Server::start().await;
    server.push(client("never-here"), "waits").await;
    let ada = server.listen("ada", &[]).await;
    let detail: ClientDetail = server.read("/api/clients/ada").await;
    assert_eq!((detail.last_seen, detail.connections.len()), (None, 1));
    let first_seen = detail.first_seen.expect("just now");
    drop(ada);
    let gone = |detail: &ClientDetail| detail.last_reason.is_some();
    server.until::<ClientDetail>("/api/clients/ada", gone).await;
    server.push(client("ada"), "one").await;
    server.push(client("ada"), "two").await;

    let server = server.restarted().await;
    let detail: ClientDetail = server.read("/api/clients/ada").await;
    assert!(detail.connections.is_empty());
    assert_eq!(detail.last_reason.as_deref(), Some("left"));
    assert!(detail.last_seen.expect("a time") >= first_seen);
    assert_eq!((detail.first_seen, detail.unread), (Some(first_seen), 2));
    let detail: ClientDetail = server.read("/api/clients/never-here").await;
    assert_eq!((detail.first_seen, detail.unread), (None, 1));
    assert_eq!(detail.last_seen, None);

    let page: ClientsPage = server.read("/api/clients").await;
    assert!(page.clients.is_empty(), "online is the default");
    let page: ClientsPage = server.read("/api/clients?state=all").await;
    let ids: Vec<_> = page.clients.iter().map(|c| c.client_id.as_str()).collect();
    assert_eq!(ids, ["ada", "never-here"]);
    let page: ClientsPage = server.read("/api/clients?state=all&limit=1").await;
    assert_eq!(page.next.as_deref(), Some("ada"));
    let path = "/api/clients?state=all&limit=5&after=ada&q=never";
    let page: ClientsPage = server.read(path).await;
    assert_eq!(page.clients[0].client_id, "never-here");
}

#[tokio::test]
async fn an_observer_is_not_listed_as_a_client() {
    let server = Server::start().await;
    let panel = server.listen("panel", &[SYS_CLIENTS]).await;
    assert_eq!(server.get("/api/clients/panel").await.status(), 404);
    drop(panel);
    server.until_connections(0).await;
    let server = server.restarted().await;
    let page: ClientsPage = server.read("/api/clients?state=all").await;
    assert!(page.clients.is_empty(), "{:?}", page.clients);
}

#[tokio::test]
async fn an_observer_does_not_change_the_inbox_of_a_client_with_the_same_id() {
    let server = Server::start().await;
    let id = server.push(client("ada"), "waits").await.id;
    let mut panel = server.listen("ada", &[SYS_MESSAGES, "t"]).await;
    server.push(topic("t"), "heard").await;
    let heard = panel.up_to("heard").await;
    assert!(heard.iter().all(|event| event.data != "waits"));
    drop(panel);
    let detail = server.message(&id.expect("an id")).await;
    assert_eq!(receipt(&detail, "ada"), Receipt::Queued);
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.text().await, "waits");
}

#[tokio::test]
async fn an_observer_is_informed_about_pushes_and_their_receipts() {
    let server = Server::start().await;
    let mut panel = server.listen("panel", &[SYS_MESSAGES]).await;
    let mut ada = server.listen("ada", &[]).await;
    let id = server.push(client("ada"), "news").await.id.expect("an id");
    let event = panel.event(EVENT_PUSHED).await;
    let pushed: MessageInfo = serde_json::from_str(&event.data).expect("a message");
    assert_eq!((&pushed.id, pushed.data.get()), (&id, "\"news\""));
    assert_eq!(pushed.to, client("ada"));
    assert_eq!(ada.text().await, "news");

    server.ack("ada", &id).await;
    let event = panel.event(EVENT_MOVED).await;
    let moved: Vec<String> = serde_json::from_str(&event.data).expect("ids");
    assert_eq!(moved, ["ada"]);
    let receipts = server.message(&id).await.message.receipts;
    assert_eq!((receipts.acknowledged, receipts.waiting), (1, 0));
}

#[tokio::test]
async fn an_observer_is_informed_about_messages_that_are_not_kept() {
    let server = Server::start().await;
    let mut panel = server.listen("panel", &[SYS_MESSAGES]).await;
    let mut ada = server.listen("ada", &["news"]).await;
    let push = json!({"to": {"topic": "news"}, "data": {"n": 1}, "event": "tick", "ttl": 0});
    server.push_json(push).await;
    assert_eq!(ada.message().await.event, "tick");
    let event = panel.event(EVENT_EPHEMERAL).await;
    let sent: MessageInfo = serde_json::from_str(&event.data).expect("a message");
    assert_eq!((sent.id.as_str(), sent.data.get()), ("", r#"{"n":1}"#));
    assert_eq!((sent.to, sent.clients), (topic("news"), None));
    assert_eq!(sent.event.as_deref(), Some("tick"));
    assert_eq!((sent.receipts.audience, sent.receipts.sent), (1, 1));
}

#[tokio::test]
async fn a_recall_is_told_to_readers_that_were_away() {
    let server = Server::start().await;
    let mut recalled = Vec::new();
    for to in [
        json!({"client": "ada"}),
        json!({"clients": ["ada", "bob"]}),
        json!({"topic": "a/1"}),
        json!("everyone"),
    ] {
        let push = json!({"to": to, "data": "wrong"});
        recalled.push(server.push_json(push).await.id.expect("an id"));
    }
    let foreign = server.push(client("bob"), "wrong").await.id;
    let last = server.push(To::Everyone, "right").await.id.expect("an id");
    for id in recalled.iter().chain(&foreign) {
        assert_eq!(recall(&server, id).await.status(), 200);
    }
    let server = server.restarted().await;

    for pushed_since in [false, true] {
        if pushed_since {
            server.push(To::Everyone, "newer").await;
        }
        let mut ada = server.resume("ada", &last, &["a/*"]).await;
        for id in &recalled {
            let event = ada.message().await;
            assert_eq!(event.event, "recall");
            let told: Recall = serde_json::from_str(&event.data).expect("a recall");
            assert_eq!(&told.id, id);
        }
        if pushed_since {
            assert_eq!(ada.text().await, "newer");
        }
    }
    // A reader that has received none of them is told nothing.
    let before = format!("{}-0", last.split_once('-').expect("a cursor").0);
    let mut eve = server.resume("ada", &before, &["a/*"]).await;
    assert_eq!(eve.texts(2).await, ["right", "newer"]);
    // Nor is a reader that has received what came after the recalls.
    let newest = server.push(To::Everyone, "newest").await.id;
    let newest = newest.expect("an id");
    let mut ada = server.resume("ada", &newest, &["a/*"]).await;
    server.push(To::Everyone, "end").await;
    assert_eq!(ada.text().await, "end");
}

#[tokio::test]
async fn a_push_keeps_its_place_in_a_distributed_trace() {
    let server = Server::start().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let push = async |parent: &str| {
        let request = server.http.post(server.url("/push"));
        let request = request.header("content-type", "application/json");
        let request = request.header("traceparent", parent);
        let push = r#"{"to":"everyone","data":"x"}"#;
        let answer = within(request.body(push).send()).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let answer: app::wire::PushAnswer = answer.json().await.expect("an answer");
        answer.id.expect("a cursor")
    };
    let (kept, ignored) = (push(parent).await, push("00-nonsense").await);
    let server = server.restarted().await;
    let kept = server.message(&kept).await;
    assert_eq!(kept.traceparent.as_deref(), Some(parent));
    assert_eq!(server.message(&ignored).await.traceparent, None);
}
