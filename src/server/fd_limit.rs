//! How many sockets and files this process may have open, and how many of them are kept for requests that are not
//! streams.

use std::{io, os::fd::AsRawFd};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that streams never take. They are for the files of the log, for short requests, and for the panel.
const RESERVE: u64 = 128;

/// Raises the limit to the maximum that the system allows: each stream takes a descriptor, and many systems start a
/// process with 1,024.
pub fn raise() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    Ok(setrlimit(Resource::Nofile, most)?)
}

/// The limit of file descriptors of this process, as it was when the server started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorLimit(u64);

impl DescriptorLimit {
    /// The limit of this process. Without a limit, no descriptor is ever scarce.
    pub fn read() -> Self {
        Self(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
    }

    /// The limit itself.
    pub fn limit(self) -> u64 {
        self.0
    }

    /// How many descriptors are kept for requests that are not streams: 128, or half of a small limit.
    pub fn reserve(self) -> u64 {
        RESERVE.min(self.0 / 2)
    }

    /// Whether this socket took a descriptor of the reserve. The system always gives the lowest free number, so all
    /// numbers below it are in use.
    pub fn is_reserved(self, socket: &impl AsRawFd) -> bool {
        u64::try_from(socket.as_raw_fd()).is_ok_and(|number| number >= self.0 - self.reserve())
    }

    /// Whether half of the reserve is free again. Counts the descriptors in use, which needs one itself.
    pub fn has_recovered(self) -> bool {
        let in_use = std::fs::read_dir("/dev/fd").map(Iterator::count);
        in_use.is_ok_and(|in_use| (in_use as u64) < self.0 - self.reserve() / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_never_more_than_half_of_the_limit() {
        assert_eq!(DescriptorLimit(1_024).reserve(), 128);
        assert_eq!(DescriptorLimit(100).reserve(), 50);
        assert_eq!(DescriptorLimit(0).reserve(), 0);
    }
}
