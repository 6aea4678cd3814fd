//! Each kind of event.

use app::wire::JobState;
use serde_json::{Value, json};

use super::{Receiver, clients, hook, made, request, server, server_with};
use crate::{
    harness::{Server, client, seq, topic, within},
    jobs::end,
};

#[tokio::test]
async fn a_client_is_online_with_its_first_connection_and_offline_after_its_last_one() {
    let (server, receiver) = (server().await, Receiver::start().await);
    hook(&server, &receiver, &["client.online", "client.offline"]).await;
    let first = server.listen("ada", &[]).await;
    let online = receiver.next().await;
    assert_eq!((online.kind(), online.client()), ("client.online", "ada"));
    let second = server.listen("ada", &[]).await;
    drop(first);
    let other = server.listen("bob", &[]).await;
    assert_eq!(receiver.next().await.client(), "bob");
    drop(second);
    let offline = receiver.next().await;
    assert_eq!(
        (offline.kind(), offline.client()),
        ("client.offline", "ada")
    );
    assert!(
        offline.json["timestamp"]
            .as_str()
            .expect("a time")
            .ends_with('Z')
    );
    drop(other);
    assert_eq!(receiver.next().await.client(), "bob");
}

#[tokio::test]
async fn a_reload_within_the_grace_time_is_no_event() {
    let (server, receiver) = (server_with("3600").await, Receiver::start().await);
    let events = ["client.online", "client.offline", "connection.closed"];
    hook(&server, &receiver, &events).await;
    let tab = server.listen("ada", &[]).await;
    assert_eq!(receiver.next().await.kind(), "client.online");
    drop(tab);
    assert_eq!(receiver.next().await.kind(), "connection.closed");
    let tab = server.listen("ada", &[]).await;
    drop(tab);
    assert_eq!(receiver.next().await.kind(), "connection.closed");
    let _bob = server.listen("bob", &[]).await;
    let next = receiver.next().await;
    assert_eq!((next.kind(), next.client()), ("client.online", "bob"));
}

#[tokio::test]
async fn whoever_does_not_come_back_after_a_restart_is_offline() {
    let (server, receiver) = (server_with("1").await, Receiver::start().await);
    hook(&server, &receiver, &["client.online", "client.offline"]).await;
    let _ada = server.listen("ada", &[]).await;
    let _bob = server.listen("bob", &[]).await;
    receiver.take(2).await;
    let server = server.restarted().await;
    let _ada = server.listen("ada", &[]).await;
    let next = receiver.next().await;
    assert_eq!((next.kind(), next.client()), ("client.offline", "bob"));
    let _cid = server.listen("cid", &[]).await;
    let next = receiver.next().await;
    assert_eq!((next.kind(), next.client()), ("client.online", "cid"));
}

#[tokio::test]
async fn connections_are_told_with_what_they_are() {
    let (server, receiver) = (server().await, Receiver::start().await);
    hook(
        &server,
        &receiver,
        &["connection.opened", "connection.closed"],
    )
    .await;
    let tab = server.listen("ada", &["orders/*", "news"]).await;
    let opened = receiver.next().await;
    let data = &opened.json["data"];
    assert_eq!(
        (opened.kind(), opened.client()),
        ("connection.opened", "ada")
    );
    assert_eq!(data["topics"], json!(["orders/*", "news"]));
    assert!(
        data["address"]
            .as_str()
            .expect("an address")
            .starts_with("127.0.0.1:")
    );
    drop(tab);
    let closed = receiver.next().await;
    assert_eq!(closed.kind(), "connection.closed");
    assert_eq!(closed.json["data"]["connection"], data["connection"]);
    assert!(closed.json["data"]["seconds"].is_u64());
}

#[tokio::test]
async fn a_topic_is_occupied_by_its_first_subscriber_and_vacated_by_its_last_one() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let mut wanted = request(&receiver, &["topic.occupied", "topic.vacated"]);
    wanted.filter.topics = vec!["orders/**".to_owned()];
    made(&server.api, &wanted).await;
    let ada = server.listen("ada", &["orders/1", "news"]).await;
    let next = receiver.next().await;
    assert_eq!(
        (next.kind(), &next.json["data"]),
        ("topic.occupied", &json!({"topic": "orders/1"}))
    );
    let bob = server.listen("bob", &["orders/1", "orders/*"]).await;
    assert_eq!(receiver.next().await.json["data"]["topic"], "orders/*");
    drop(ada);
    server.until_connections(1).await;
    drop(bob);
    let both = receiver.take(2).await;
    let mut vacated: Vec<_> = both
        .iter()
        .map(|one| one.json["data"]["topic"].as_str())
        .collect();
    vacated.sort_unstable();
    assert_eq!(vacated, [Some("orders/*"), Some("orders/1")]);
    assert!(both.iter().all(|one| one.kind() == "topic.vacated"));
}

#[tokio::test]
async fn an_acknowledgement_names_the_messages() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let mut wanted = request(&receiver, &["message.acknowledged"]);
    wanted.filter = clients(&["a*"]);
    made(&server.api, &wanted).await;
    let first = server.push(client("ada"), "1").await.id.expect("an id");
    let second = server.push(client("ada"), "2").await.id.expect("an id");
    let third = server.push(client("ada"), "3").await.id.expect("an id");
    let other = server.push(client("bob"), "1").await.id.expect("an id");
    server.ack("bob", &other).await;
    server.ack("ada", &second).await;
    let acked = receiver.next().await;
    let data = &acked.json["data"];
    assert_eq!(data["client_id"], "ada");
    let named: Vec<u64> = data["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .map(position)
        .collect();
    assert_eq!(named, [seq(&first), seq(&second)]);
    assert_eq!(position(&data["id"]), seq(&second));
    server.ack("ada", &third).await;
    assert_eq!(
        position(&receiver.next().await.json["data"]["messages"][0]),
        seq(&third)
    );
}

fn position(id: &Value) -> u64 {
    seq(id.as_str().expect("a cursor"))
}

#[tokio::test]
async fn a_message_that_nobody_fetched_has_expired() {
    let (server, receiver) = (server().await, Receiver::start().await);
    hook(&server, &receiver, &["message.expired"]).await;
    let _bob = server.listen("bob", &["news"]).await;
    // Long enough that bob has acknowledged his message before it expires, also on a slow disk.
    let short = |to: Value| json!({"to": to, "data": "x", "ttl": 10});
    let lost = server
        .push_json(short(json!({"client": "ada"})))
        .await
        .id
        .expect("an id");
    let had = server
        .push_json(short(json!({"client": "bob"})))
        .await
        .id
        .expect("an id");
    server.ack("bob", &had).await;
    server.push_json(short(json!({"topic": "news"}))).await;
    let unheard = server
        .push_json(short(json!({"topic": "weather"})))
        .await
        .id
        .expect("an id");
    let mut told: Vec<_> = receiver
        .take(2)
        .await
        .into_iter()
        .map(|one| one.json["data"].clone())
        .collect();
    told.sort_by_key(|data| position(&data["id"]));
    assert_eq!(
        (&told[0]["client_id"], position(&told[0]["id"])),
        (&json!("ada"), seq(&lost))
    );
    assert_eq!(
        (&told[1]["topic"], position(&told[1]["id"])),
        (&json!("weather"), seq(&unheard))
    );
    // Nothing else has expired unheard: the next event is about something later.
    let last = server
        .push_json(short(json!({"client": "cid"})))
        .await
        .id
        .expect("an id");
    assert_eq!(
        position(&receiver.next().await.json["data"]["id"]),
        seq(&last)
    );
}

#[tokio::test]
async fn a_job_that_has_ended_is_told_with_its_state() {
    let (server, receiver) = (server().await, Receiver::start().await);
    hook(&server, &receiver, &["job.ended"]).await;
    let begun: Value = within(
        server
            .post("/api/jobs", r#"{"title": "import"}"#)
            .await
            .json(),
    )
    .await
    .expect("a job");
    let id = begun["id"].as_str().expect("an id");
    let path = server.url(&format!("/api/jobs/{id}"));
    for report in [
        json!({"message": "half"}),
        json!({"state": "failed", "message": "no disk"}),
    ] {
        let sent = server.http.patch(&path).json(&report).send();
        assert_eq!(within(sent).await.expect("an answer").status(), 200);
    }
    let ended = receiver.next().await;
    let expected =
        json!({"job_id": id, "title": "import", "state": "failed", "message": "no disk"});
    assert_eq!(
        (ended.kind(), &ended.json["data"]),
        ("job.ended", &expected)
    );
}

#[tokio::test]
async fn an_event_does_not_wait_for_another_one_after_it() {
    let (server, receiver) = (server().await, Receiver::start().await);
    hook(&server, &receiver, &["job.ended"]).await;
    let done = || end(JobState::Done);
    for _ in 0..60 {
        let jobs = [server.begin().await, server.begin().await];
        server.report(&jobs[0], done()).await;
        // Written while the first one is being told.
        server.report(&jobs[1], done()).await;
        let told = receiver.take(2).await;
        assert_eq!(told[1].json["data"]["job_id"], jobs[1].id);
    }
}

#[tokio::test]
async fn a_gap_that_a_stream_is_told_of_is_told_to_the_back_end() {
    let (server, receiver) = (server().await, Receiver::start().await);
    hook(&server, &receiver, &["gap"]).await;
    let mut ada = server.resume("ada", "00000000-1", &[]).await;
    assert_eq!(ada.gap().await.reason, "unknown_epoch");
    let gap = receiver.next().await;
    assert_eq!((gap.kind(), gap.client()), ("gap", "ada"));
    assert_eq!(gap.json["data"]["reason"], "unknown_epoch");
}

#[tokio::test]
async fn a_limit_that_was_exceeded_is_told_once_for_many_requests() {
    let flags = ["--max-connections-per-client", "1", super::ALLOW];
    let (server, receiver) = (Server::with(&flags).await, Receiver::start().await);
    hook(&server, &receiver, &["limit.exceeded", "connection.opened"]).await;
    let _ada = server.listen("ada", &[]).await;
    assert_eq!(receiver.next().await.kind(), "connection.opened");
    for _ in 0..5 {
        assert_eq!(server.get("/sse?client_id=ada").await.status(), 429);
    }
    let exceeded = receiver.next().await;
    assert_eq!(
        (exceeded.kind(), exceeded.client()),
        ("limit.exceeded", "ada")
    );
    let data = &exceeded.json["data"];
    assert_eq!(data["code"], "too_many_connections_of_client");
    assert_eq!(data["address"], "127.0.0.1");
    let _bob = server.listen("bob", &[]).await;
    assert_eq!(
        receiver.next().await.client(),
        "bob",
        "the others are counted"
    );
}

#[tokio::test]
async fn nothing_is_written_that_no_hook_wants() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let made = hook(&server, &receiver, &["job.ended"]).await;
    let _ada = server.listen("ada", &["t"]).await;
    let id = server.push(client("ada"), "1").await.id.expect("an id");
    server.push(topic("t"), "2").await;
    server.ack("ada", &id).await;
    server.until_unread("ada", 0).await;
    let update = app::wire::HookUpdate {
        events: Some(vec![
            "client.online".to_owned(),
            "message.acknowledged".to_owned(),
        ]),
        ..Default::default()
    };
    let info = within(server.api.update_hook(&made.info.id, &update))
        .await
        .expect("changed");
    assert_eq!(info.waiting, 0);
    let _bob = server.listen("bob", &[]).await;
    assert_eq!(receiver.next().await.client(), "bob");
}
