//! The build tool. `cargo run -p xtask -- site` builds the folder that the server embeds.

mod site;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["site"] => site::build(),
        _ => bail!("usage: cargo run -p xtask -- site"),
    }
}
