//! Copies of the stores, to put the servers back to an earlier state.

use std::{fs, io, path::Path};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use super::{NatsServers, conf};

/// A copy of the stores of all servers.
pub struct SavedStores(TempDir);

impl NatsServers {
    /// Copies the stores of all servers. All must have ended.
    pub fn save(&self) -> Result<SavedStores> {
        self.ensure_ended()?;
        let copy = tempfile::tempdir()?;
        for number in 0..self.servers.len() {
            let name = conf::name(number);
            copy_folder(
                &conf::store(&self.folder.join(&name)),
                &copy.path().join(&name),
            )?;
        }
        Ok(SavedStores(copy))
    }

    /// Replaces the stores of all servers by a copy. All must have ended.
    pub fn restore(&self, saved: &SavedStores) -> Result<()> {
        self.ensure_ended()?;
        for number in 0..self.servers.len() {
            let name = conf::name(number);
            let store = conf::store(&self.folder.join(&name));
            fs::remove_dir_all(&store)?;
            copy_folder(&saved.0.path().join(&name), &store)?;
        }
        Ok(())
    }

    fn ensure_ended(&self) -> Result<()> {
        ensure!(self.running().next().is_none(), "a nats-server still runs");
        Ok(())
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &to)?,
            false => drop(fs::copy(entry.path(), to)?),
        }
    }
    Ok(())
}
