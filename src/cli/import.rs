//! `tidings import`.

mod bolt;
mod mercure;

use clap::Subcommand;

/// What to take over from another server.
#[derive(Subcommand)]
pub enum Import {
    /// Publish the updates of a Mercure hub again, from the file in which it keeps them
    ///
    /// Stop the hub first. All updates that it keeps are published in their order, with their ids, topics, types and whether they
    /// are private. So subscribers can go on after the last id that they have. An update that is there already is not
    /// published again: the command can be repeated after a failure. Left out are the hub's own updates about subscriptions.
    Mercure(mercure::Mercure),
}

/// Takes it over.
pub fn run(import: Import) -> anyhow::Result<()> {
    match import {
        Import::Mercure(import) => mercure::run(&import),
    }
}
