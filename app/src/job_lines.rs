//! The lines of a job's log that a page has: a part without a gap, the newest while it follows.

use std::collections::VecDeque;

use crate::wire::{JobLine, JobLogExtent};

/// The most lines that a page holds while it follows the end.
const MOST: usize = 1_000;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobLines {
    lines: VecDeque<JobLine>,
    /// The oldest line that the server has, as far as it was told.
    oldest: u64,
}

impl JobLines {
    /// The number of the newest line that is known; 0: none is.
    pub(crate) fn last(&self) -> u64 {
        self.lines.back().map_or(0, |line| line.line)
    }

    /// The number of the oldest that is here.
    pub(crate) fn first(&self) -> Option<u64> {
        self.lines.front().map(|line| line.line)
    }

    /// Takes lines that came, in order. What is here already is left out. While the end is `followed`, the oldest
    /// go when there are too many.
    pub(crate) fn append(&mut self, lines: impl IntoIterator<Item = JobLine>, followed: bool) {
        for line in lines {
            if line.line > self.last() {
                self.lines.push_back(line);
            }
        }
        while followed && self.lines.len() > MOST {
            self.lines.pop_front();
        }
    }

    /// Appends what events brought. Of more lines than a page holds while the end is `followed` only the newest are
    /// read, and stand in place of all that is here.
    pub(crate) fn pending<E>(
        &mut self,
        events: &[E],
        read: impl Fn(&E) -> Vec<JobLine>,
        followed: bool,
    ) {
        let (mut newest_first, mut count) = (Vec::new(), 0);
        for event in events.iter().rev() {
            if followed && count >= MOST {
                self.lines.clear();
                break;
            }
            let lines = read(event);
            count += lines.len();
            newest_first.push(lines);
        }
        self.append(newest_first.into_iter().rev().flatten(), followed);
    }

    /// Takes the page before the first line.
    pub(crate) fn prepend(&mut self, lines: Vec<JobLine>) {
        let first = self.first().unwrap_or(u64::MAX);
        let older = lines.into_iter().filter(|line| line.line < first);
        for line in older.rev() {
            self.lines.push_front(line);
        }
    }

    /// Takes note of what the server has.
    pub(crate) fn note(&mut self, extent: JobLogExtent) {
        self.oldest = self.oldest.max(extent.first);
    }

    /// Whether the server has lines before those here.
    pub(crate) fn has_older(&self) -> bool {
        self.first().is_some_and(|first| first > self.oldest)
    }

    /// How many lines the server has let go.
    pub(crate) fn deleted_lines(&self) -> u64 {
        self.oldest.saturating_sub(1)
    }

    /// All lines as one text.
    pub(crate) fn text(&self) -> String {
        let bytes = self.lines.iter().map(|line| line.text.len() + 1).sum();
        let mut text = String::with_capacity(bytes);
        for line in &self.lines {
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn lines(numbers: std::ops::RangeInclusive<u64>) -> Vec<JobLine> {
        let line = |line| JobLine {
            line,
            at: 0,
            text: line.to_string(),
        };
        numbers.map(line).collect()
    }

    #[test]
    fn what_comes_twice_is_there_once_and_older_lines_stand_before() {
        let mut log = JobLines::default();
        log.note(JobLogExtent { first: 3, last: 9 });
        log.append(lines(7..=9), true);
        log.append(lines(8..=10), true);
        assert!(log.has_older());
        log.prepend(lines(5..=7));
        assert_eq!(log.text(), "5\n6\n7\n8\n9\n10\n");
        log.prepend(lines(3..=4));
        assert!(!log.has_older());
        assert_eq!(
            (log.first(), log.last(), log.deleted_lines()),
            (Some(3), 10, 2)
        );
    }

    #[test]
    fn of_very_many_at_once_only_the_newest_are_taken_and_no_gap_is_left() {
        let mut log = JobLines::default();
        log.append(lines(1..=5), true);
        let read = RefCell::new(0);
        let each = |line: &u64| {
            *read.borrow_mut() += 1;
            lines(*line..=*line)
        };
        let many: Vec<u64> = (6..=MOST as u64 + 20).collect();
        log.pending(&many, each, true);
        assert_eq!((log.first(), log.last()), (Some(21), MOST as u64 + 20));
        assert_eq!(read.take(), MOST, "the rest is not looked at");
        log.pending(&[MOST as u64 + 21], each, true);
        assert_eq!((log.first(), log.last()), (Some(22), MOST as u64 + 21));
        log.pending(&[MOST as u64 + 22], each, false);
        assert_eq!(log.first(), Some(22), "somebody reads them");
    }

    #[test]
    fn the_oldest_go_only_while_the_end_is_followed() {
        let mut log = JobLines::default();
        log.append(lines(1..=MOST as u64 + 5), false);
        assert_eq!(log.first(), Some(1), "somebody reads them");
        log.append(lines(MOST as u64 + 6..=MOST as u64 + 6), true);
        assert_eq!(log.first(), Some(7));
        log.note(JobLogExtent { first: 1, last: 0 });
        assert!(log.has_older());
    }
}
