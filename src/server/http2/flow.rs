//! Windows: how many bytes one side may send before the other one has taken some (RFC 9113, section 5.2).

/// The largest window.
pub const MAX_WINDOW: u32 = u32::MAX >> 1;

/// The window of a new stream and of the connection, until something else is said.
pub const DEFAULT_WINDOW: u32 = (1 << 16) - 1;

/// What may be sent to the peer. It is below zero after the peer has made the windows of all streams smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendWindow(i64);

/// A window has become larger than the largest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl SendWindow {
    /// A new window.
    pub fn new(size: u32) -> Self {
        Self(size.into())
    }

    /// How much may be sent now.
    pub fn available(self) -> usize {
        usize::try_from(self.0).unwrap_or(0)
    }

    /// So much was sent, which must be available.
    pub fn sent(&mut self, bytes: usize) {
        self.0 -= bytes as i64;
    }

    /// The peer takes more.
    pub fn add(&mut self, increment: u32) -> Result<(), Overflow> {
        self.change(increment.into())
    }

    /// The peer has changed the size of all windows by this.
    pub fn change(&mut self, difference: i64) -> Result<(), Overflow> {
        self.0 += difference;
        match self.0 > MAX_WINDOW.into() {
            true => Err(Overflow),
            false => Ok(()),
        }
    }
}

/// What the peer may send.
#[derive(Clone, Copy, Debug)]
pub struct ReceiveWindow {
    size: u32,
    /// What the peer may still send.
    left: u32,
    /// What was taken, and the peer was not told yet.
    taken: u32,
}

impl ReceiveWindow {
    /// A window of this size.
    pub fn new(size: u32) -> Self {
        Self {
            size,
            left: size,
            taken: 0,
        }
    }

    /// The peer has sent so much.
    pub fn receive(&mut self, bytes: u32) -> Result<(), Overflow> {
        self.left = self.left.checked_sub(bytes).ok_or(Overflow)?;
        Ok(())
    }

    /// So much of it was taken. Returns what the peer has to be told: little is not told alone.
    pub fn take(&mut self, bytes: u32) -> Option<u32> {
        self.taken += bytes;
        if self.taken < self.size / 2 {
            return None;
        }
        self.left += self.taken;
        Some(std::mem::take(&mut self.taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_can_be_below_zero_but_not_too_large() {
        let mut window = SendWindow::new(100);
        window.sent(100);
        assert_eq!(window.available(), 0);
        window.change(-50).expect("allowed");
        assert_eq!(window.available(), 0);
        window.add(60).expect("allowed");
        assert_eq!(window.available(), 10);
        window.add(MAX_WINDOW - 10).expect("just allowed");
        assert_eq!(window.add(1), Err(Overflow));
    }

    #[test]
    fn the_peer_is_told_of_half_a_window_at_once() {
        let mut window = ReceiveWindow::new(100);
        window.receive(100).expect("allowed");
        window.receive(1).expect_err("over it");
        assert_eq!(window.take(49), None);
        window.receive(1).expect_err("it was not told");
        assert_eq!(window.take(11), Some(60));
        window.receive(60).expect("allowed");
        window.receive(1).expect_err("over it");
    }
}
