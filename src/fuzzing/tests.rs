//! Runs the fuzz targets on the inputs that are kept.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::*;

/// A target, and the name of its file in `fuzz/fuzz_targets/`.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 16] = [
    ("api_bodies", api_bodies),
    ("batch_lines", batch_lines),
    ("cluster_record", cluster_record),
    ("event_stream", event_stream),
    ("http2_frames", http2_frames),
    ("issuer_keys", issuer_keys),
    ("message_frame", message_frame),
    ("names", names),
    ("proxy_protocol", proxy_protocol),
    ("push_body", push_body),
    ("request_headers", request_headers),
    ("settings_file", settings_file),
    ("stream_query", stream_query),
    ("token", token),
    ("topic_filters", topic_filters),
    ("whole_push", whole_push),
];

fn fuzz(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(folder)
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz(folder)).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").path();
    let stem = |path: PathBuf| {
        path.file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    entries.map(name).map(stem).collect()
}

#[test]
fn every_target_is_run_here_and_has_inputs() {
    let known = TARGETS.iter().map(|(name, _)| (*name).to_owned());
    let known: BTreeSet<String> = known.collect();
    assert_eq!(names_in("fuzz_targets"), known);
    assert_eq!(names_in("corpus"), known);
}

#[test]
fn the_targets_hold_for_all_inputs_that_are_kept() {
    for (name, target) in TARGETS {
        for entry in fs::read_dir(fuzz("corpus").join(name)).expect("a corpus") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            target(&fs::read(path).expect("an input"));
        }
    }
}
