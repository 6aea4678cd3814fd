//! How many jobs there are, and what became of those of the last hour.

use std::sync::Arc;

use app::wire::{JobCounts, JobDurations, JobMinute, JobStats};
use axum::{Json, extract::State};

use super::describe::state as named;
use crate::{
    auth::{Action, Target},
    http::{AppState, Error, access::Caller, off_thread},
    job::State as JobState,
    log::{EndedJob, MEASURED_JOBS},
};

const MINUTE: u64 = 60_000;
/// The number of minutes.
const MINUTES: u64 = 60;

/// Show statistics of jobs
///
/// How many jobs are in each state, and how many ended in each minute of the last hour and how long they took. Needs the right to
/// read everything.
#[utoipa::path(
    get, path = "/api/jobs/stats", tag = "jobs",
    responses((status = 200, description = "The statistics", body = JobStats)),
)]
pub async fn stats(State(state): State<AppState>, caller: Caller) -> Result<Json<JobStats>, Error> {
    caller.check(&state, Action::Read, Target::Everything, None)?;
    let broker = Arc::clone(&state.broker);
    let now = broker.log().now();
    let first = first_minute(now);
    let (counts, ended) = off_thread(move || {
        let log = broker.log();
        Ok::<_, Error>((log.job_counts()?, log.ended_jobs(first)?))
    })
    .await?;
    let of = |wanted| {
        counts
            .iter()
            .find(|(state, _)| *state == wanted)
            .map_or(0, |(_, n)| *n)
    };
    Ok(Json(JobStats {
        counts: JobCounts {
            running: of(JobState::Running),
            done: of(JobState::Done),
            failed: of(JobState::Failed),
            cancelled: of(JobState::Cancelled),
        },
        minutes: minutes(&ended, first),
        durations: durations(&ended),
        partial: ended.len() as u64 >= MEASURED_JOBS,
    }))
}

/// When the first of the last minutes began.
fn first_minute(now: u64) -> u64 {
    (now / MINUTE + 1).saturating_sub(MINUTES) * MINUTE
}

/// The minutes from `first` on.
fn minutes(ended: &[EndedJob], first: u64) -> Vec<JobMinute> {
    let mut jobs: Vec<Vec<EndedJob>> = vec![Vec::new(); MINUTES as usize];
    for job in ended {
        // A clock that was set back gives times after the last minute.
        let minute = job.ended_at.saturating_sub(first) / MINUTE;
        if let Some(jobs) = jobs.get_mut(usize::try_from(minute).unwrap_or(usize::MAX)) {
            jobs.push(*job);
        }
    }
    let minute = |(n, jobs): (u64, &Vec<EndedJob>)| {
        let [median, p95] = quantiles(jobs.iter());
        JobMinute {
            at: first + n * MINUTE,
            ended: jobs.len() as u64,
            failed: jobs
                .iter()
                .filter(|job| job.state == JobState::Failed)
                .count() as u64,
            median,
            p95,
        }
    };
    (0..).zip(&jobs).map(minute).collect()
}

/// How long jobs took, by their final state.
fn durations(ended: &[EndedJob]) -> Vec<JobDurations> {
    let of = |state: &JobState| {
        let jobs = ended.iter().filter(|job| job.state == *state);
        let [median, p95] = quantiles(jobs.clone());
        Some(JobDurations {
            state: named(*state),
            jobs: jobs.count() as u64,
            median: median?,
            p95: p95?,
        })
    };
    JobState::ALL.iter().filter_map(of).collect()
}

/// The median and the 95th percentile of the durations, by the nearest rank.
fn quantiles<'j>(jobs: impl Iterator<Item = &'j EndedJob>) -> [Option<u64>; 2] {
    let took = |job: &EndedJob| job.ended_at.saturating_sub(job.created_at);
    let mut took: Vec<u64> = jobs.map(took).collect();
    took.sort_unstable();
    [50, 95].map(|percent| {
        let rank = (took.len() * percent).div_ceil(100).max(1);
        took.get(rank - 1).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(state: JobState, ended_at: u64, took: u64) -> EndedJob {
        EndedJob {
            state,
            created_at: ended_at - took,
            ended_at,
        }
    }

    #[test]
    fn jobs_are_counted_in_the_minute_in_which_they_ended() {
        let now = 1_800_000_030_000;
        let first = first_minute(now);
        assert_eq!(first, 1_799_996_460_000);
        let jobs = [
            job(JobState::Done, first, 5),
            job(JobState::Failed, now, 10),
            job(JobState::Done, now, 30),
            job(JobState::Done, now + 2 * MINUTE, 30),
        ];
        let minutes = minutes(&jobs, first);
        assert_eq!(minutes.len(), 60);
        assert_eq!((minutes[0].ended, minutes[0].failed), (1, 0));
        let last = minutes[59];
        assert_eq!(
            (last.at, last.ended, last.failed),
            (1_800_000_000_000, 2, 1)
        );
        assert_eq!((last.median, last.p95), (Some(10), Some(30)));
        assert_eq!(minutes[1].median, None);
    }

    #[test]
    fn durations_are_those_of_one_state() {
        let mut jobs: Vec<_> = (1..=100).map(|n| job(JobState::Done, 1_000, n)).collect();
        jobs.push(job(JobState::Cancelled, 1_000, 7));
        let durations = durations(&jobs);
        let of = |n: usize| (durations[n].jobs, durations[n].median, durations[n].p95);
        assert_eq!(durations.len(), 2);
        assert_eq!((of(0), of(1)), ((100, 50, 95), (1, 7, 7)));
    }
}
