//! `tidings hook`: webhooks of a running server.

mod print;

use std::time::{SystemTime, UNIX_EPOCH};

use app::wire::{HOOK_EVENTS, HookFilter, HookRequest, HookUpdate, Rotation};
use clap::{Args, Subcommand};

use super::{
    arguments::{Common, Remote},
    duration,
    problem::api_error,
    runtime::block_on,
};
use print::{print_deliveries, print_hook, print_hooks, print_new_hook, print_tried};

/// The subcommands of `tidings hook`.
#[derive(Subcommand)]
pub enum Hook {
    /// Make a webhook
    ///
    /// Prints its secret. It is shown only now.
    Create(Create),
    /// List all webhooks, newest first
    List(List),
    /// Show a webhook
    Show(One),
    /// Change a webhook
    ///
    /// What is not given stays as it is.
    Update(Update),
    /// Send an event to try a webhook
    ///
    /// Prints what the endpoint made of it. Exit code 1: it did not take it.
    Test(One),
    /// Stop deliveries
    ///
    /// What happens meanwhile is delivered when they go on.
    Pause(One),
    /// Go on with deliveries
    Resume(One),
    /// Give a webhook a new secret
    ///
    /// Prints the new secret. Requests are signed with both for the overlap.
    Rotate(Rotate),
    /// List what became of the newest events
    Deliveries(Deliveries),
    /// Send an event again
    ///
    /// Exit code 1: the endpoint did not take it.
    Send(Send),
    /// Send again what happened in this time
    Replay(Replay),
    /// Remove a webhook
    Delete(Delete),
}

/// What a webhook is told of.
#[derive(Args)]
pub struct Wanted {
    /// Kind of event. Repeat the flag or separate kinds with commas.
    #[arg(long = "event", value_name = "EVENT", value_delimiter = ',', value_parser = HOOK_EVENTS)]
    events: Vec<String>,

    /// Only events of this client: an id, or a prefix such as shop:*. Repeat the flag for several.
    #[arg(long, value_name = "CLIENT")]
    client: Vec<String>,

    /// Only events of this topic or pattern. Repeat the flag for several.
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
}

/// The webhook to make.
#[derive(Args)]
pub struct Create {
    /// URL that events are sent to.
    endpoint: String,

    /// Name, for people.
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,

    #[command(flatten)]
    wanted: Wanted,

    /// Sign with an Ed25519 key, of which the receiver has only the public part, and not with a shared secret.
    #[arg(long)]
    ed25519: bool,

    #[command(flatten)]
    common: Common,
}

/// The list of webhooks.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    common: Common,
}

/// A webhook by its id.
#[derive(Args)]
pub struct One {
    /// Id of the webhook: see `tidings hook list`.
    id: String,

    #[command(flatten)]
    common: Common,
}

/// What to change.
#[derive(Args)]
pub struct Update {
    #[command(flatten)]
    one: One,

    /// URL that events are sent to.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Name, for people.
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    wanted: Wanted,
}

/// The webhook to rotate.
#[derive(Args)]
pub struct Rotate {
    #[command(flatten)]
    one: One,

    /// For what time the old secret signs too, such as 1h or 0s.
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration::seconds)]
    overlap: u64,
}

/// Which deliveries.
#[derive(Args)]
pub struct Deliveries {
    #[command(flatten)]
    one: One,

    /// How many.
    #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

/// The event to send.
#[derive(Args)]
pub struct Send {
    #[command(flatten)]
    one: One,

    /// Id of the event: see `tidings hook deliveries`.
    #[arg(long, value_name = "ID")]
    event: String,
}

/// From when to send.
#[derive(Args)]
pub struct Replay {
    #[command(flatten)]
    one: One,

    /// How far back, such as 2h or 30m.
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    since: u64,
}

/// The webhook to remove.
#[derive(Args)]
pub struct Delete {
    /// Id of the webhook: see `tidings hook list`.
    id: String,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the subcommand.
pub fn run(hook: Hook) -> anyhow::Result<()> {
    match hook {
        Hook::Create(create) => run_create(create),
        Hook::List(List { common }) => {
            let api = common.remote.client()?;
            let hooks = block_on(async { api.hooks().await.map_err(api_error) })?;
            print_hooks(&hooks, common.json)
        }
        Hook::Show(One { id, common }) => {
            let api = common.remote.client()?;
            let hook = block_on(async { api.hook(&id).await.map_err(api_error) })?;
            print_hook(&hook, common.json)
        }
        Hook::Update(update) => run_update(update),
        Hook::Test(One { id, common }) => {
            let api = common.remote.client()?;
            let tried = block_on(async { api.test_hook(&id).await.map_err(api_error) })?;
            print_tried(&tried, common.json)
        }
        Hook::Pause(one) => set_paused(&one, true),
        Hook::Resume(one) => set_paused(&one, false),
        Hook::Rotate(Rotate { one, overlap }) => {
            let api = one.common.remote.client()?;
            let rotation = Rotation {
                overlap: Some(overlap),
            };
            let rotated = async { api.rotate_hook(&one.id, &rotation).await };
            let hook = block_on(async { rotated.await.map_err(api_error) })?;
            print_new_hook(&hook, one.common.json)
        }
        Hook::Deliveries(Deliveries { one, limit }) => {
            let api = one.common.remote.client()?;
            let page = async { api.hook_deliveries(&one.id, None, limit).await };
            let page = block_on(async { page.await.map_err(api_error) })?;
            print_deliveries(&page, one.common.json)
        }
        Hook::Send(Send { one, event }) => {
            let api = one.common.remote.client()?;
            let sent = async { api.send_hook_event(&one.id, &event).await };
            let sent = block_on(async { sent.await.map_err(api_error) })?;
            print_tried(&sent, one.common.json)
        }
        Hook::Replay(Replay { one, since }) => {
            let api = one.common.remote.client()?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.map_or(0, |now| now.as_millis() as u64);
            let since = now.saturating_sub(since.saturating_mul(1000));
            let replayed = async { api.replay_hook(&one.id, since).await };
            let hook = block_on(async { replayed.await.map_err(api_error) })?;
            print_hook(&hook, one.common.json)
        }
        Hook::Delete(Delete { id, remote }) => {
            let api = remote.client()?;
            block_on(async { api.delete_hook(&id).await.map_err(api_error) })
        }
    }
}

fn run_create(create: Create) -> anyhow::Result<()> {
    let Wanted {
        events,
        client,
        topic,
    } = create.wanted;
    let request = HookRequest {
        url: create.endpoint,
        name: create.name,
        events,
        filter: HookFilter {
            clients: client,
            topics: topic,
        },
        signing: create.ed25519.then(|| "ed25519".to_owned()),
        secret: None,
    };
    let api = create.common.remote.client()?;
    let hook = block_on(async { api.create_hook(&request).await.map_err(api_error) })?;
    print_new_hook(&hook, create.common.json)
}

fn run_update(update: Update) -> anyhow::Result<()> {
    let Wanted {
        events,
        client,
        topic,
    } = update.wanted;
    let has_filter = !client.is_empty() || !topic.is_empty();
    let change = HookUpdate {
        url: update.endpoint,
        name: update.name,
        events: (!events.is_empty()).then_some(events),
        filter: has_filter.then_some(HookFilter {
            clients: client,
            topics: topic,
        }),
        paused: None,
    };
    change_hook(&update.one, &change)
}

fn set_paused(one: &One, paused: bool) -> anyhow::Result<()> {
    let paused = Some(paused);
    let change = HookUpdate {
        paused,
        ..HookUpdate::default()
    };
    change_hook(one, &change)
}

fn change_hook(One { id, common }: &One, change: &HookUpdate) -> anyhow::Result<()> {
    let api = common.remote.client()?;
    let hook = block_on(async { api.update_hook(id, change).await.map_err(api_error) })?;
    print_hook(&hook, common.json)
}
