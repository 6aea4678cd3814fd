//! The loaded lines of a job's log: a range without holes. While the end is followed, only the newest lines are kept.

use std::collections::VecDeque;

use crate::wire::{JobLine, JobLogExtent};

/// Lines that are kept while the end is followed.
const MOST: usize = 1_000;

/// See the module description.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobLines {
    lines: VecDeque<JobLine>,
    /// The oldest line that the server has, as far as it is known.
    oldest: u64,
}

impl JobLines {
    /// The number of the newest loaded line; 0: none.
    pub(crate) fn last(&self) -> u64 {
        self.lines.back().map_or(0, |line| line.line)
    }

    /// The number of the oldest loaded line.
    pub(crate) fn first(&self) -> Option<u64> {
        self.lines.front().map(|line| line.line)
    }

    /// Adds lines in order. Lines that are loaded already are skipped. While the end is `followed`, the oldest lines
    /// are dropped if there are too many.
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

    /// Adds the lines of several events. While the end is `followed`, only the newest lines are parsed; they replace
    /// the loaded lines if there are too many.
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

    /// Adds a page of lines before the first.
    pub(crate) fn prepend(&mut self, lines: Vec<JobLine>) {
        let first = self.first().unwrap_or(u64::MAX);
        let older = lines.into_iter().filter(|line| line.line < first);
        for line in older.rev() {
            self.lines.push_front(line);
        }
    }

    /// Stores which lines the server has.
    pub(crate) fn note(&mut self, extent: JobLogExtent) {
        self.oldest = self.oldest.max(extent.first);
    }

    /// Whether the server has older lines.
    pub(crate) fn has_older(&self) -> bool {
        self.first().is_some_and(|first| first > self.oldest)
    }

    /// The number of lines that the server has deleted.
    pub(crate) fn deleted_lines(&self) -> u64 {
        self.oldest.saturating_sub(1)
    }

    /// All loaded lines as one text.
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
    fn repeated_lines_are_skipped_and_older_lines_are_prepended() {
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
    fn of_many_lines_only_the_newest_are_parsed_without_a_hole() {
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
    fn the_oldest_lines_are_dropped_only_while_the_end_is_followed() {
        let mut log = JobLines::default();
        log.append(lines(1..=MOST as u64 + 5), false);
        assert_eq!(log.first(), Some(1), "somebody reads them");
        log.append(lines(MOST as u64 + 6..=MOST as u64 + 6), true);
        assert_eq!(log.first(), Some(7));
        log.note(JobLogExtent { first: 1, last: 0 });
        assert!(log.has_older());
    }
}
