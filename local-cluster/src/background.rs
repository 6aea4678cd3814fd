//! Tasks of the proxies. They run on threads of their own, so a test whose thread waits does not delay them.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::OnceLock,
};

use anyhow::Result;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    task::AbortHandle,
};

/// A task that ends when this is dropped.
pub struct Background(AbortHandle);

impl Background {
    /// Runs a task.
    pub fn run(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(runtime().spawn(task).abort_handle())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens on this port of the loopback address. 0 is any port.
pub fn listen(port: u16) -> Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let _inside = runtime().enter();
    Ok((TcpListener::from_std(listener)?, address))
}

/// Runs until the process ends.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("proxies")
            .enable_all()
            .build()
            .expect("a runtime")
    })
}
