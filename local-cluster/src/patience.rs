//! Waiting for a condition of another process.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// The maximum wait, much longer than any step takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer. An error ends the wait. `what` is the text of the error after a minute.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if began.elapsed() > PATIENCE {
            bail!("after {PATIENCE:?}: {what}");
        }
        thread::sleep(Duration::from_millis(50));
    }
}
