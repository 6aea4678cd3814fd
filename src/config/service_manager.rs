//! What a service manager such as systemd tells a process that it starts (sd_notify(3), sd_watchdog_enabled(3)).

use std::{env, ffi::OsString, time::Duration};

/// See the module documentation.
#[derive(Clone, Debug, Default)]
pub struct ServiceManager {
    /// The address of the socket for messages to the manager: a path, or `@` and an abstract name.
    pub socket: Option<OsString>,
    /// The manager ends the process if it does not hear from it for this long.
    pub watchdog: Option<Duration>,
}

impl ServiceManager {
    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    pub fn from_environment() -> Self {
        let text = |name| env::var(name).ok();
        let pid = text("WATCHDOG_PID");
        let is_ours = pid.is_none_or(|pid| pid.parse() == Ok(std::process::id()));
        let micros = text("WATCHDOG_USEC").and_then(|micros| micros.parse().ok());
        Self {
            socket: env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()),
            watchdog: micros
                .filter(|micros| *micros > 0 && is_ours)
                .map(Duration::from_micros),
        }
    }
}
