//! Durable pushes to one listener each, in batches, as fast as they are answered or at a fixed rate.

use std::{net::SocketAddr, ops::Range, time::Duration};

use anyhow::Result;

use crate::{
    cluster::batch_load,
    http::Connection,
    payload::{self, DEFAULT_SIZE, Sequence, Stamp},
};

/// Pushes to the listeners of this range, one to each. `number` is the number of the message at its listener. With
/// `every`, one batch of `batch` pushes starts in each interval. Returns the number of requests.
pub async fn send(
    address: SocketAddr,
    listeners: Range<usize>,
    number: u64,
    batch: usize,
    every: Option<Duration>,
) -> Result<usize> {
    let mut connection = Connection::open(address).await?;
    let mut ticks = every.map(tokio::time::interval);
    let mut requests = 0;
    for first in listeners.clone().step_by(batch) {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let part = first..listeners.end.min(first + batch);
        let pushes = part.len();
        let lines: String = part.map(|listener| line(listener, number)).collect();
        batch_load::post(&mut connection, address, &lines, pushes).await?;
        requests += 1;
    }
    Ok(requests)
}

fn line(listener: usize, number: u64) -> String {
    let mut data = Vec::with_capacity(DEFAULT_SIZE);
    let stamp = Stamp {
        sequence: Sequence::Own,
        number,
        sent: payload::now(),
    };
    stamp.write(DEFAULT_SIZE, &mut data);
    let (client, data) = (payload::client(listener), String::from_utf8_lossy(&data));
    format!("{{\"to\":{{\"client\":\"{client}\"}},\"data\":\"{data}\"}}\n")
}
