//! Two nodes with one name.

use app::wire::To;

use crate::harness::{Cluster, Member, Site, until};

/// Whether a node has refused to start, or is not ready, because its name is taken.
async fn is_refused(member: &Member) -> bool {
    if member.node.ended().expect("a status").is_some() {
        return true;
    }
    let ready = member.http.get(member.url("/health/ready")).send().await;
    match ready {
        Ok(answer) => {
            answer.status() == 503
                && answer
                    .text()
                    .await
                    .is_ok_and(|text| text.contains("already running"))
        }
        Err(_) => false,
    }
}

async fn is_ready(member: &Member) -> bool {
    let ready = member.http.get(member.url("/health/ready")).send().await;
    ready.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn a_second_node_with_a_name_does_not_start_and_says_where_the_first_is() {
    let cluster = Cluster::start().await;
    let site = Site::of(&cluster);
    let folder = site.folder.path().join("another");
    let second = site.options_with(1, folder, &site.nats.url_list());
    let second = Member::spawn(second);
    let ended = until(async || second.node.ended().expect("a status")).await;
    assert!(!ended.success());
    let said = std::fs::read_to_string(second.node.log()).expect("its log");
    let first = &cluster.nodes[0];
    assert!(
        said.contains("the node node-1 is already running"),
        "{said}"
    );
    assert!(said.contains(&first.node.url()), "{said}");
    first.node.until_ready().expect("ready");
    first.push(To::Everyone, "as before").await;
    assert_eq!(cluster.same_history().await.len(), 1);
}

#[tokio::test]
async fn of_two_nodes_with_one_name_that_start_at_once_one_stays() {
    let site = Site::new().await;
    let options = ["left", "right"].map(|name| {
        let folder = site.folder.path().join(name);
        site.options_with(1, folder, &site.nats.url_list())
    });
    let both = options.map(Member::spawn);
    let (winner, loser) = until(async || {
        let [left, right] = &both;
        match (is_ready(left).await, is_ready(right).await) {
            (true, false) if is_refused(right).await => Some((left, right)),
            (false, true) if is_refused(left).await => Some((right, left)),
            _ => None,
        }
    })
    .await;
    let mut reader = winner.listen("ada", &[]).await;
    winner.push(To::Everyone, "hello").await;
    assert_eq!(reader.text().await, "hello");
    // It stays so, and when the winner is gone the other takes over if it still runs.
    assert!(is_ready(winner).await && is_refused(loser).await);
    let runs = loser.node.ended().expect("a status").is_none();
    winner.node.terminate().expect("ended");
    if runs {
        loser.node.until_ready().expect("ready");
    } else {
        loser.node.start_again().expect("started");
        loser.node.until_ready().expect("ready");
    }
    let mut reader = loser.listen("bob", &[]).await;
    loser.push(To::Everyone, "again").await;
    assert_eq!(reader.text().await, "again");
}
