//! The command.

use clap::Parser;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    settings: tidings::config::Settings,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let settings = Cli::parse().settings;
    let listener = tokio::net::TcpListener::bind(settings.listen).await?;
    tidings::http::serve(listener, settings, async {
        let _ = tokio::signal::ctrl_c().await;
    })
    .await?;
    Ok(())
}
