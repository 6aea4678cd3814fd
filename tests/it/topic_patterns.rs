//! The filter of the live tail matches what a subscription with the same pattern gets.

use app::topic_pattern;
use tidings::message::{Topic, TopicFilter};

const SEGMENTS: [&str; 6] = ["a", "b", "*", "**", "$sys", ""];

/// All texts of one to three segments.
fn texts() -> Vec<String> {
    let one = SEGMENTS.map(str::to_owned).to_vec();
    let longer = |texts: &[String]| {
        let add = |text: &String| SEGMENTS.map(|segment| format!("{text}/{segment}"));
        texts.iter().flat_map(add).collect::<Vec<_>>()
    };
    let two = longer(&one);
    let three = longer(&two);
    [one, two, three].concat()
}

#[test]
fn a_filter_in_a_page_matches_what_a_subscription_matches() {
    let texts = texts();
    let topics = texts.iter().filter_map(|text| Topic::parse(text).ok());
    let topics: Vec<Topic> = topics.collect();
    let filters = texts
        .iter()
        .filter_map(|text| TopicFilter::parse(text).ok());
    let mut matching = 0;
    for filter in filters {
        for topic in &topics {
            let expected = filter.matches(topic);
            let found = topic_pattern::matches(filter.as_str(), topic.as_str());
            assert_eq!(found, expected, "{filter} {topic}");
            matching += usize::from(found);
        }
    }
    assert!(
        matching > topics.len(),
        "each topic matches itself, and more"
    );
}
