//! The lines of a job's log that a page has: a part without a gap, the newest while it follows.

use std::collections::VecDeque;

use crate::wire::{JobLine, JobLogExtent};

/// The most lines that a page holds while it follows the end.
const MOST: usize = 1_000;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub(crate) struct Worklog {
    lines: VecDeque<JobLine>,
    /// The oldest line that the server has, as far as it was told.
    oldest: u64,
}

impl Worklog {
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

    /// What is to be appended of so many lines while the end is followed: where they are more than a page holds, only
    /// the newest of them, in place of all that is here.
    pub(crate) fn leap<'l, T>(&mut self, lines: &'l [T]) -> &'l [T] {
        let left_out = lines.len().saturating_sub(MOST);
        if left_out > 0 {
            self.lines.clear();
        }
        &lines[left_out..]
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
    pub(crate) fn let_go(&self) -> u64 {
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
        let mut log = Worklog::default();
        log.note(JobLogExtent { first: 3, last: 9 });
        log.append(lines(7..=9), true);
        log.append(lines(8..=10), true);
        assert!(log.has_older());
        log.prepend(lines(5..=7));
        assert_eq!(log.text(), "5\n6\n7\n8\n9\n10\n");
        log.prepend(lines(3..=4));
        assert!(!log.has_older());
        assert_eq!((log.first(), log.last(), log.let_go()), (Some(3), 10, 2));
    }

    #[test]
    fn of_very_many_at_once_only_the_newest_are_taken_and_no_gap_is_left() {
        let mut log = Worklog::default();
        log.append(lines(1..=5), true);
        let many = lines(6..=MOST as u64 + 20);
        let rest = log.leap(&many).to_vec();
        log.append(rest, true);
        assert_eq!((log.first(), log.last()), (Some(21), MOST as u64 + 20));
        let few = lines(1..=3);
        assert_eq!(log.leap(&few).len(), 3);
        assert_eq!(log.first(), Some(21), "nothing was cleared for those");
    }

    #[test]
    fn the_oldest_go_only_while_the_end_is_followed() {
        let mut log = Worklog::default();
        log.append(lines(1..=MOST as u64 + 5), false);
        assert_eq!(log.first(), Some(1), "somebody reads them");
        log.append(lines(MOST as u64 + 6..=MOST as u64 + 6), true);
        assert_eq!(log.first(), Some(7));
        log.note(JobLogExtent { first: 1, last: 0 });
        assert!(log.has_older());
    }
}
