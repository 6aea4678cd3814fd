//! Whether the time of a refusal tells how much of a guessed admin token is right.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Instant,
};

use anyhow::{Result, ensure};

use crate::{http, median::median, report::Row, server::Server};

/// Guesses of each kind.
const GUESSES: usize = 20_000;

/// The target: how much longer a guess may take whose last character alone is wrong.
const LONGER: f64 = 1.02;

/// Sends wrong tokens in turn, of which one has nothing in common with `token`, and one all but its last character.
pub fn measure(server: &Server, token: &str) -> Result<Row> {
    let all_wrong = "~".repeat(token.len());
    let last_wrong = format!("{}~", &token[..token.len() - 1]);
    let mut socket = TcpStream::connect(server.address())?;
    socket.set_nodelay(true)?;
    let mut micros = [Vec::new(), Vec::new()];
    let requests = [all_wrong, last_wrong].map(|guess| {
        let head = http::get("/api/stats", server.address());
        let field = format!("\r\nauthorization: Bearer {guess}\r\n\r\n");
        head.trim_end().to_owned() + &field
    });
    for n in 0..2 * GUESSES {
        let which = n % 2;
        let began = Instant::now();
        refused(&mut socket, &requests[which])?;
        micros[which].push(began.elapsed().as_secs_f64() * 1e6);
    }
    let [all, last] = micros.map(|micros| median(&micros));
    let row = Row::new("time of a refusal, last character wrong", last, "us");
    Ok(row.against("all wrong", all).at_most_times(LONGER))
}

/// Sends a request and reads its answer, which must be a refusal.
fn refused(socket: &mut TcpStream, request: &str) -> Result<()> {
    socket.write_all(request.as_bytes())?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let read = socket.read(&mut buffer)?;
        ensure!(read > 0, "the connection was closed");
        answer.extend_from_slice(&buffer[..read]);
        ensure!(answer.starts_with(b"HTTP/1.1 401"), "not refused");
        // The answer is JSON without nested objects.
        if answer.ends_with(b"}") {
            return Ok(());
        }
    }
}
