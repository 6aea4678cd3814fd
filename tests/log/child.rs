//! A separate process that writes to a log and reports each result on its standard output.
//!
//! It is this test binary, started with environment variables that select its task.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tidings::{
    log::{AppendError, Appended, Durability, Entry, IdempotencyKey, Log, LogOptions},
    message::{Audience, ClientId, Data, Draft, Topic},
};

/// The task of a child.
#[derive(Clone, Copy)]
pub enum Part {
    /// Push as fast as possible from several threads, until it is killed.
    Load,
    /// A short run with all operations, then close.
    Life,
}

/// The exit code of a child whose log has failed.
pub const FATAL: i32 = 3;

/// The exit code of a child that could not open its log.
pub const NOT_OPENED: i32 = 4;

/// A line of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// This push got this position.
    Acked(u64, String),
    /// This message was recalled.
    Recalled(u64),
    /// The disk was full.
    Full,
    /// The log has failed, and why.
    Fatal(String),
    /// The run is complete, and the log was closed.
    Done,
}

/// Starts a child that writes to a log in this folder.
pub fn start(part: Part, folder: &Path, durability: Durability, faults: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .args(["--exact", "child::child", "--nocapture", "--test-threads=1"])
        .env("CHILD_FOLDER", folder)
        .env(
            "CHILD_PART",
            if matches!(part, Part::Load) {
                "load"
            } else {
                "life"
            },
        )
        .env(
            "CHILD_OS",
            if durability == Durability::Os {
                "1"
            } else {
                ""
            },
        )
        .envs(faults.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().expect("a child")
}

/// The lines of a child.
pub fn said(child: &mut Child) -> impl Iterator<Item = Said> + use<> {
    let out = child.stdout.take().expect("its output");
    let lines: Lines<BufReader<ChildStdout>> = BufReader::new(out).lines();
    lines.map_while(Result::ok).filter_map(|line| {
        let (_, words) = line.split_once('\u{1}')?;
        // A line that was cut off by the end of the child does not count.
        let words = words.strip_suffix('.')?;
        let mut words = words.splitn(3, ' ');
        let (what, number, rest) = (words.next()?, words.next(), words.next());
        let number = number.and_then(|number| number.parse().ok());
        match (what, number) {
            ("acked", Some(seq)) => Some(Said::Acked(seq, rest?.to_owned())),
            ("recalled", Some(seq)) => Some(Said::Recalled(seq)),
            ("full", _) => Some(Said::Full),
            ("fatal", _) => Some(Said::Fatal(rest.unwrap_or_default().to_owned())),
            ("done", _) => Some(Said::Done),
            _ => None,
        }
    })
}

/// The entry point of the child. As a normal test it does nothing.
#[test]
fn child() {
    let Ok(folder) = env::var("CHILD_FOLDER") else {
        return;
    };
    let mut options = LogOptions::new(folder);
    if env::var("CHILD_OS").is_ok_and(|os| os == "1") {
        options.durability = Durability::Os;
    }
    let fatal = |reason: String| {
        say(&format!("fatal 0 {reason}"));
        std::process::exit(FATAL);
    };
    let Ok(log) = Log::open(options, |_, _| Vec::new(), fatal) else {
        std::process::exit(NOT_OPENED);
    };
    match env::var("CHILD_PART").as_deref() {
        Ok("load") => load(&log),
        _ => run_once(&log),
    }
    drop(log);
    say("done 0");
}

fn say(words: &str) {
    let mut out = std::io::stdout().lock();
    // The parent has ended, so nobody reads this.
    let _ = out.write_all(format!("\u{1}{words}.\n").as_bytes());
    let _ = out.flush();
}

fn draft(audience: Audience, text: &str) -> Draft {
    Draft {
        audience,
        event: None,
        data: Data::Text(text.into()),
        ttl: None,
        update: None,
        handling: None,
    }
}

fn client(name: &str) -> ClientId {
    ClientId::parse(name).expect("a client_id")
}

fn report(text: &str, outcome: Result<Appended, AppendError>) {
    match outcome {
        Ok(appended) => say(&format!(
            "acked {} {}",
            appended.seq,
            &text[..text.len().min(20)]
        )),
        Err(AppendError::Full) => say("full 0"),
        // `fatal` reports the reason.
        Err(_) => {}
    }
}

fn load(log: &Log) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for i in 0.. {
                    let text = format!("{thread}-{i}");
                    let entry = Entry::new(draft(Audience::Client(client("a")), &text));
                    report(&text, log.append_blocking(entry));
                    log.note_acked(&client("a"), log.head() / 2);
                }
            });
        }
    });
}

fn run_once(log: &Log) {
    let topic = Topic::parse("commands/1").expect("a topic");
    for i in 0..10 {
        // Some are longer than a page of the file.
        let text = format!("{i}-{}", "x".repeat(if i % 3 == 0 { 9000 } else { 10 }));
        let mut draft = draft(Audience::Client(client("a")), &text);
        match i {
            4 => draft.audience = Audience::clients(vec![client("a"), client("b")]),
            5 => draft.audience = Audience::Topic(topic.clone()),
            6 => draft.ttl = Some(Duration::from_secs(1000)),
            _ => {}
        }
        let mut entry = Entry::new(draft);
        if i == 7 {
            entry = entry.with_key(IdempotencyKey::parse("k").expect("a key"));
        }
        report(&text, log.append_blocking(entry));
        log.note_acked(&client("a"), 2);
        if i == 8 && matches!(log.recall_blocking(1), Ok(Some(_))) {
            say("recalled 1");
        }
    }
    // A fault here is reported as fatal, or loses nothing.
    let _ = log.run_maintenance();
    let batch = ["b0", "b1", "b2"].map(|text| Entry::new(draft(Audience::Everyone, text)));
    for (text, outcome) in ["b0", "b1", "b2"]
        .into_iter()
        .zip(log.append_batch_blocking(batch.into()))
    {
        report(text, outcome);
    }
}

/// All entries of a log: positions, texts, and whether they were recalled. The log must open and be consistent.
pub fn everything(folder: &Path) -> Vec<(u64, String, bool)> {
    let fatal = |reason| panic!("{reason}");
    let log =
        Arc::new(Log::open(LogOptions::new(folder), |_, _| Vec::new(), fatal).expect("opens"));
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = log
            .history(&Default::default(), before, 10_000)
            .expect("readable");
        for record in page.records {
            let text = record.message.data.as_str();
            let text = text[..text.len().min(20)].to_owned();
            all.push((record.message.seq, text, record.ended.is_none()));
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    all.reverse();
    drop(log);
    let conn = rusqlite::Connection::open(folder.join("tidings.sqlite3")).expect("a file");
    let check = conn.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    assert_eq!(check.as_deref(), Ok("ok"));
    all
}
