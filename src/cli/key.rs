//! `tidings key`: API keys of a running server.

mod print;
mod tester;

use app::wire::{KeyRequest, Rotation};
use clap::{Args, Subcommand};

use super::{
    arguments::{Common, Remote, Rights},
    duration,
    problem::api_error,
    runtime::block_on,
};
use print::{print_key, print_keys, print_new_key};

/// Keys that are asked for at once.
const PAGE: u32 = 1_000;

/// The subcommands of `tidings key`.
#[derive(Subcommand)]
pub enum Key {
    /// Make an API key
    ///
    /// Prints the key. It is shown only now: the server keeps a hash of it.
    Create(Create),
    /// List all keys, newest first
    List(List),
    /// Show a key
    Show(Show),
    /// Revoke a key
    ///
    /// It is refused from now on, and its streams end within a second.
    Revoke(Revoke),
    /// Give a key a new text
    ///
    /// Prints the new text. The old one is good for the overlap, so that programs can be changed without a failed request.
    Rotate(Rotate),
    /// Tell what a key or a token may do
    ///
    /// Reads an API key, a stream token or the admin token from the first line of stdin or of a file, asks the server what it is,
    /// and prints whose it is, what it may do, and why it is not valid if it is not. Exit code 1: it is not valid, or may not do
    /// the action of --action.
    Test(tester::Test),
}

/// The key and its rights.
#[derive(Args)]
pub struct Create {
    /// Name of the key, for people.
    #[arg(long, value_name = "NAME")]
    name: String,

    #[command(flatten)]
    rights: Rights,

    /// After what time the key ends, such as 90d, 12h, 30m or 45s. Default: never.
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    ttl: Option<u64>,

    /// How many messages may be pushed with it on one day. A day begins at midnight UTC. Default: any number.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pushes_per_day: Option<u64>,

    #[command(flatten)]
    common: Common,
}

/// The list of keys.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    common: Common,
}

/// A key by its id.
#[derive(Args)]
pub struct Show {
    /// Id of the key: see `tidings key list`.
    id: String,

    #[command(flatten)]
    common: Common,
}

/// The key to revoke.
#[derive(Args)]
pub struct Revoke {
    /// Id of the key: see `tidings key list`.
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// The key to rotate.
#[derive(Args)]
pub struct Rotate {
    /// Id of the key: see `tidings key list`.
    id: String,

    /// For what time the old text is still good, such as 1h or 0s.
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration::seconds)]
    overlap: u64,

    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand.
pub fn run(key: Key) -> anyhow::Result<()> {
    match key {
        Key::Create(create) => run_create(create),
        Key::List(List { common }) => list(&common),
        Key::Show(Show { id, common }) => {
            let api = common.remote.client()?;
            let key = block_on(async { api.key(&id).await.map_err(api_error) })?;
            print_key(&key, common.json)
        }
        Key::Revoke(Revoke { id, remote }) => {
            let api = remote.client()?;
            block_on(async { api.revoke_key(&id).await.map_err(api_error) })
        }
        Key::Test(asked) => tester::run(asked),
        Key::Rotate(rotate) => {
            let api = rotate.common.remote.client()?;
            let overlap = Some(rotate.overlap);
            let rotation = Rotation { overlap };
            let rotated = async { api.rotate_key(&rotate.id, &rotation).await };
            let key = block_on(async { rotated.await.map_err(api_error) })?;
            print_new_key(&key, rotate.common.json)
        }
    }
}

fn run_create(create: Create) -> anyhow::Result<()> {
    let request = KeyRequest {
        name: create.name,
        role: Some(create.rights.role),
        clients: create.rights.client,
        topics: create.rights.topic,
        everyone: create.rights.everyone.then_some(true),
        ttl: create.ttl,
        pushes_per_day: create.pushes_per_day,
        ..KeyRequest::default()
    };
    let api = create.common.remote.client()?;
    let key = block_on(async { api.create_key(&request).await.map_err(api_error) })?;
    print_new_key(&key, create.common.json)
}

fn list(common: &Common) -> anyhow::Result<()> {
    let api = common.remote.client()?;
    let keys = block_on(async {
        let mut keys = Vec::new();
        let mut before = None;
        loop {
            let page = api.keys(before.as_deref(), PAGE).await.map_err(api_error)?;
            keys.extend(page.keys);
            before = page.next;
            if before.is_none() {
                return Ok::<_, anyhow::Error>(keys);
            }
        }
    })?;
    print_keys(&keys, common.json)
}
