//! The state transitions of a job. The log applies them and stores the result.

use std::sync::Arc;

use super::{Job, JobCommand, Reason, Refused, Report, Retry, State};

/// The new state of a job and the lines to append to its log.
#[derive(Debug)]
pub(crate) struct Change<'r> {
    pub job: Job,
    /// The new lines.
    pub lines: &'r [Arc<str>],
    /// The new push that tries it again.
    pub retry: Option<&'r Retry>,
}

impl Job {
    /// Applies a command. None if it changes nothing, for example because it is a duplicate.
    pub(crate) fn change<'o>(
        &self,
        order: &'o JobCommand,
        now: u64,
    ) -> Result<Option<Change<'o>>, Refused> {
        match order {
            JobCommand::Begin(_) => Ok(None),
            JobCommand::Report(_, _) if self.push.is_some() => Err(Refused::Tracked),
            JobCommand::Report(_, report) => self.report(report, now),
            JobCommand::Cancel(_) => self.cancel(now).map(|job| job.map(alone)),
            JobCommand::TimeOut(_) | JobCommand::Finish(..) if self.state.is_final() => Ok(None),
            JobCommand::TimeOut(_) => {
                let mut job = self.clone().ended(State::Failed, now);
                job.reason = Some(Reason::Timeout);
                Ok(Some(alone(job)))
            }
            JobCommand::Finish(_, conclusion) => {
                let mut job = self.clone().with_delivery(conclusion.delivery);
                job.updated_at = job.updated_at.max(conclusion.updated_at);
                job.reason = conclusion.reason;
                Ok(Some(alone(job.ended(conclusion.state, now))))
            }
        }
    }

    fn report<'r>(&self, report: &'r Report, now: u64) -> Result<Option<Change<'r>>, Refused> {
        if self.state.is_final() {
            return match self.is_duplicate_of_last(report) {
                true => Ok(None),
                false => Err(Refused::Ended),
            };
        }
        let lines = self.new_lines(report)?;
        let mut job = self.clone();
        job.step = report.step.unwrap_or(job.step);
        job.total = report.total.or(job.total);
        if let Some(total) = job.total.filter(|total| job.step > *total) {
            return Err(Refused::StepOverTotal {
                step: job.step,
                total,
                said_step: report.step.is_some(),
            });
        }
        job.log = job.log.grown(lines.len());
        if let Some(newest) = lines.last() {
            job.message = Some(Arc::clone(newest));
        }
        job.has_retry |= report.retry.is_some();
        match report.state.filter(|state| state.is_final()) {
            Some(state) => job = job.ended(state, now),
            None if job == *self && report.retry.is_none() => return Ok(None),
            None => job = job.updated(now),
        }
        Ok(Some(Change {
            job,
            lines,
            retry: report.retry.as_ref(),
        }))
    }

    /// The lines of a report that the log does not have yet.
    fn new_lines<'r>(&self, report: &'r Report) -> Result<&'r [Arc<str>], Refused> {
        let (lines, next) = (report.lines.as_slice(), self.log.last + 1);
        match report.line {
            Some(first) if first > next => Err(Refused::LineAhead { next }),
            Some(first) => {
                let had = usize::try_from(next - first).unwrap_or(usize::MAX);
                Ok(&lines[had.min(lines.len())..])
            }
            None => Ok(lines),
        }
    }

    /// Whether a report to a job that has ended is a duplicate of the one that ended it.
    fn is_duplicate_of_last(&self, report: &Report) -> bool {
        let same = |said: Option<u64>, known| said.is_none() || said == known;
        let lines = match (report.line, report.lines.as_slice().last()) {
            (Some(_), _) => self.new_lines(report).is_ok_and(<[_]>::is_empty),
            (None, newest) => newest.is_none() || newest == self.message.as_ref(),
        };
        report.state == Some(self.state)
            && same(report.step, Some(self.step))
            && same(report.total, self.total)
            && lines
    }

    fn cancel(&self, now: u64) -> Result<Option<Self>, Refused> {
        if self.state.is_final() {
            return Err(Refused::Ended);
        }
        if self.cancel_requested {
            return Ok(None);
        }
        let mut job = self.clone();
        job.cancel_requested = true;
        Ok(Some(match self.push {
            // No worker has to confirm it.
            Some(_) => job.ended(State::Cancelled, now),
            None => job.updated(now),
        }))
    }
}

fn alone<'r>(job: Job) -> Change<'r> {
    Change {
        job,
        lines: &[],
        retry: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::job::{Extent, JobId, Lines, NewJob, Title};

    const NOON: u64 = 1_800_000_000_000;

    fn running() -> Job {
        let new = NewJob {
            id: JobId::random(),
            title: Title::parse("a job").expect("valid"),
            total: Some(10),
            timeout: Duration::from_secs(1),
            retry: None,
        };
        Job::new(&new, NOON)
    }

    fn report(job: &Job, change: impl FnOnce(&mut Report)) -> Result<Option<Job>, Refused> {
        let mut report = Report::default();
        change(&mut report);
        let order = JobCommand::Report(job.id, report);
        let change = job.change(&order, NOON)?;
        Ok(change.map(|change| change.job))
    }

    fn text(lines: &str) -> Lines {
        Lines::parse(lines).expect("valid")
    }

    #[test]
    fn the_time_of_changes_grows_even_if_the_clock_stands_still() {
        let job = running();
        let one = report(&job, |report| report.step = Some(1));
        let one = one.expect("taken").expect("a change");
        let two = report(&one, |report| report.step = Some(2));
        let two = two.expect("taken").expect("a change");
        assert!(job.updated_at < one.updated_at && one.updated_at < two.updated_at);
    }

    #[test]
    fn a_duplicate_report_changes_nothing() {
        let job = running();
        let say = |report: &mut Report| {
            report.step = Some(3);
            report.line = Some(1);
            report.lines = text("one\ntwo");
        };
        let once = report(&job, say).expect("taken").expect("a change");
        assert_eq!(once.log, Extent { first: 1, last: 2 });
        assert_eq!(report(&once, say), Ok(None));
        let more = report(&once, |report| {
            report.line = Some(2);
            report.lines = text("two\nthree");
        });
        let more = more.expect("taken").expect("a change");
        assert_eq!((more.log.last, more.message.as_deref()), (3, Some("three")));
        let ahead = report(&more, |report| {
            report.line = Some(5);
            report.lines = text("five");
        });
        assert_eq!(ahead, Err(Refused::LineAhead { next: 4 }));
    }

    #[test]
    fn a_job_that_has_ended_refuses_all_but_the_duplicate_of_its_last_report() {
        let job = running();
        let end = |report: &mut Report| {
            report.state = Some(State::Failed);
            report.lines = text("exit code 3");
        };
        let ended = report(&job, end).expect("taken").expect("a change");
        assert_eq!(ended.ended_at, Some(ended.updated_at));
        assert_eq!(report(&ended, end), Ok(None));
        let other = |state| report(&ended, |report| report.state = state);
        assert_eq!(other(Some(State::Done)), Err(Refused::Ended));
        assert_eq!(other(None), Err(Refused::Ended));
        let silence = JobCommand::TimeOut(ended.id);
        let give_up = ended.change(&silence, NOON);
        assert!(give_up.expect("no refusal").is_none(), "it ended before");
    }

    #[test]
    fn a_new_retry_is_a_change_also_if_nothing_else_is() {
        let job = running();
        let retry = |report: &mut Report| {
            report.retry = Some(Retry::parse(r#"{"to":"everyone","data":1}"#).expect("short"));
        };
        let once = report(&job, retry).expect("taken").expect("a change");
        assert!(once.has_retry && !job.has_retry);
        let again = report(&once, retry).expect("taken").expect("a change");
        assert!(again.has_retry);
        let other = report(&again, |report| report.step = Some(1));
        assert!(other.expect("taken").expect("a change").has_retry);
    }

    #[test]
    fn a_full_log_drops_its_oldest_lines() {
        let full = Extent {
            first: 1,
            last: Extent::MAX_LINES,
        };
        assert_eq!(full.grown(0), full);
        let over = full.grown(7);
        assert_eq!((over.first, over.last), (8, Extent::MAX_LINES + 7));
    }
}
