//! Applies change sets to the file.

use std::sync::{Arc, atomic::Ordering};

use crate::log::{
    audit_rows,
    change::{Change, ChangeSet},
    entry::Entry,
    error::StoreError,
    event_kind::EventKind,
    hook::HookChange,
    hook_event_rows, hook_presence_rows,
    hook_rows::{self, ChangedHook},
    job_rows::{self, CommandOutcome},
    kept_size::KeptSize,
    key_rows::{self, ChangedKey},
    outcome::Recalled,
    person::StoredPerson,
    person_rows, saved_rows,
    schedule::Scheduled,
    session_rows,
    token_rows::{self, Revocation},
    told_rows::Changed,
    writer::append_statements::{AppendStatements, Appended},
    writer::store::Store,
};
use crate::{
    job::{Job, JobId},
    message::{Message, Seq},
};

/// What change sets have changed.
#[derive(Default)]
pub(in crate::log) struct Applied {
    /// The result of each change, in order.
    pub outcomes: Vec<ChangeOutcome>,
    /// The new messages, in order.
    pub messages: Vec<Arc<Message>>,
    /// Where the results of each change set end.
    pub ends: Vec<SetEnd>,
    /// The head when the last message was recalled; none if none was.
    pub recalled_at: Option<Seq>,
    /// Whether messages may have expired.
    has_expired: bool,
    /// Whether sessions were opened or closed.
    pub has_sessions: bool,
    /// The API keys that have changed, in order.
    pub changed_keys: Vec<ChangedKey>,
    /// Stream tokens that were revoked.
    pub revoked: Vec<Revocation>,
    /// The people that have changed, in order.
    pub changed_people: Vec<Changed<StoredPerson>>,
    /// Whether what is to be pushed later has changed.
    pub has_schedules: bool,
    /// Whether states of topics were set.
    pub has_states: bool,
    /// Whether there are new urgent messages to clients.
    pub has_urgent: bool,
    /// The webhooks that have changed, in order.
    pub changed_hooks: Vec<ChangedHook>,
    /// The jobs that were removed.
    pub removed_jobs: Vec<JobId>,
}

/// The end of a change set in the lists of [`Applied`], and the head of the log after it.
#[derive(Clone, Copy, Default)]
pub(in crate::log) struct SetEnd {
    pub outcomes: usize,
    pub messages: usize,
    pub head: Seq,
}

/// The result of a change.
pub(in crate::log) enum ChangeOutcome {
    /// A new message: its index in [`Applied::messages`], and the job that tracks it.
    New(usize, Option<Arc<Job>>),
    /// The message was stored before, with the job that tracks it.
    Duplicate(Seq, Option<JobId>),
    /// The key was used for another message.
    KeyReused(Seq),
    /// The message would set the state of a topic, and no more topics may have one than these.
    StatesFull(KeptSize),
    /// A job command was executed or refused.
    Job(CommandOutcome),
    /// A message was recalled. None if it does not exist or was recalled before.
    Recall(Option<Recalled>),
    /// Entries of the audit trail were written, of which the first has this number.
    Audited(Option<u64>),
    /// What is to be pushed later was changed.
    Scheduled(Scheduled),
    /// The change has no result that anyone waits for.
    Done,
}

impl Applied {
    /// The result of an append. If it is new, its message is the last one.
    fn outcome_of(&self, appended: Appended) -> ChangeOutcome {
        match appended {
            Appended::New(_, job) => ChangeOutcome::New(self.messages.len() - 1, job),
            Appended::Duplicate(seq, job) => ChangeOutcome::Duplicate(seq, job),
            Appended::KeyReused(seq) => ChangeOutcome::KeyReused(seq),
            Appended::StatesFull(most) => ChangeOutcome::StatesFull(most),
        }
    }

    /// The jobs that have changed, in order.
    pub fn changed_jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.outcomes.iter().filter_map(|outcome| match outcome {
            ChangeOutcome::New(_, job) => job.as_ref(),
            ChangeOutcome::Job(Ok((job, true))) => Some(job),
            _ => None,
        })
    }
}

impl Store {
    /// Applies change sets in one transaction, or nothing of them, with other work at its end.
    pub fn apply(
        &mut self,
        sets: &[&ChangeSet],
        then: impl FnOnce(&Self) -> Result<(), StoreError>,
    ) -> Result<Applied, StoreError> {
        let before = (self.head, self.pruned, self.messages);
        let kept = (self.scheduled, self.states);
        let result = self.transaction(|store| {
            let mut applied = Applied::default();
            for set in sets {
                let same = |one: &Change, next: &Change| one.needs_rows() == next.needs_rows();
                for run in set.changes.chunk_by(same) {
                    store.apply_run(run, set.at, &mut applied)?;
                }
                applied.ends.push(SetEnd {
                    outcomes: applied.outcomes.len(),
                    messages: applied.messages.len(),
                    head: store.head,
                });
            }
            then(store)?;
            Ok(applied)
        });
        let Ok(applied) = &result else {
            (self.head, self.pruned, self.messages) = before;
            (self.scheduled, self.states) = kept;
            return result;
        };
        let expiries = applied.messages.iter().filter_map(|m| m.expires_at);
        if let Some(next) = expiries.min() {
            self.positions.next_expiry.fetch_min(next, Ordering::AcqRel);
        }
        if applied.has_expired {
            self.note_next_expiry()?;
        }
        result
    }

    /// Applies changes of which all need the rows of those before them, or none does.
    fn apply_run(
        &mut self,
        run: &[Change],
        at: u64,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        if run.first().is_some_and(Change::needs_rows) {
            for change in run {
                let outcome = self.apply_to_rows(change, at, applied)?;
                applied.outcomes.push(outcome);
            }
            return Ok(());
        }
        let before = applied.messages.len();
        let tells_jobs = self.hook_kinds()?.has(EventKind::JobEnded);
        let mut put = AppendStatements::new(&self.conn, &self.options);
        for change in run {
            applied.outcomes.push(match change {
                Change::Append(entry) => {
                    match put.entry(
                        entry,
                        at,
                        &mut self.head,
                        (&mut self.audiences, &mut self.callers),
                    )? {
                        Appended::New(message, job) => {
                            applied.messages.push(message);
                            ChangeOutcome::New(applied.messages.len() - 1, job)
                        }
                        other => applied.outcome_of(other),
                    }
                }
                Change::Job(command) => {
                    let outcome = job_rows::execute(&self.conn, command, at)?;
                    if let (true, Ok((job, true))) = (tells_jobs, &outcome) {
                        self.has_hook_events |= hook_event_rows::put_job(&self.conn, job, at)?;
                    }
                    ChangeOutcome::Job(outcome)
                }
                // The others need rows.
                _ => ChangeOutcome::Done,
            });
        }
        put.finish()?;
        self.messages += (applied.messages.len() - before) as u64;
        Ok(())
    }

    /// Appends entries that are treated as usual, in order. Returns what became of each.
    pub(super) fn append_run<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e Entry>,
        at: u64,
        applied: &mut Applied,
    ) -> Result<Vec<Appended>, StoreError> {
        let mut put = AppendStatements::new(&self.conn, &self.options);
        let mut outcomes = Vec::new();
        for entry in entries {
            let names = (&mut self.audiences, &mut self.callers);
            let appended = put.entry(entry, at, &mut self.head, names)?;
            if let Appended::New(message, _) = &appended {
                applied.messages.push(Arc::clone(message));
                self.messages += 1;
            }
            outcomes.push(appended);
        }
        put.finish()?;
        Ok(outcomes)
    }

    fn apply_to_rows(
        &mut self,
        change: &Change,
        at: u64,
        applied: &mut Applied,
    ) -> Result<ChangeOutcome, StoreError> {
        match change {
            Change::Recall(recall) => {
                let recalled = self.recall(recall)?;
                if recalled.is_some() {
                    applied.recalled_at = Some(self.head);
                }
                return Ok(ChangeOutcome::Recall(recalled));
            }
            Change::Positions(updates) => {
                let clients = updates
                    .clients
                    .iter()
                    .map(|(client, update)| (client, update));
                self.put_updates(clients, &updates.counts, at)?;
            }
            Change::Expire(until) => {
                self.expire(*until, at, false)?;
                applied.has_expired = true;
            }
            Change::Prune(positions, line) => {
                let rows = self.rows_at(positions)?;
                self.remove_in_transaction(&rows, *line)?;
            }
            Change::PruneJob(id) => {
                let gone = self.remove_job(*id)?;
                applied.removed_jobs.extend(gone.then_some(*id));
            }
            Change::Session(change) => {
                session_rows::apply(&self.conn, change, None, at)?;
                applied.has_sessions = true;
            }
            Change::Key(change) => {
                key_rows::apply(&self.conn, change, at, &mut applied.changed_keys)?;
            }
            Change::Person(change) => {
                person_rows::apply(&self.conn, change, at, &mut applied.changed_people)?;
                applied.has_sessions |= change.has_sessions();
            }
            Change::Hook(change) => applied.changed_hooks.extend(self.apply_hook(change, at)?),
            Change::ClearInbox(inbox) => {
                self.clear_inbox(inbox, at)?;
                applied.has_expired = true;
            }
            Change::Saved(change) => saved_rows::apply(&self.conn, change, at)?,
            Change::Token(change) => {
                applied
                    .revoked
                    .push(token_rows::apply(&self.conn, change, at)?);
            }
            Change::Audit(change) => {
                let first = audit_rows::apply(&self.conn, &mut self.callers, change, at)?;
                return Ok(ChangeOutcome::Audited(first));
            }
            Change::PruneAudit(line) => self.remove_audit(*line)?,
            Change::Schedule(change) => {
                let scheduled = self.apply_schedule(change, at, applied)?;
                return Ok(ChangeOutcome::Scheduled(scheduled));
            }
            Change::Append(entry) => {
                let appended = self.append_handled(entry, at, applied)?;
                return Ok(applied.outcome_of(appended));
            }
            Change::Job(_) => {}
        }
        Ok(ChangeOutcome::Done)
    }

    /// Applies a change of webhooks in the current transaction. Returns the hooks that have changed.
    pub fn apply_hook(
        &mut self,
        change: &HookChange,
        at: u64,
    ) -> Result<Vec<ChangedHook>, StoreError> {
        let mut changed = Vec::new();
        hook_rows::apply(&self.conn, change, at, &mut changed)?;
        match change {
            HookChange::Events(events) => self.put_node_events(events, at)?,
            HookChange::Prune(line) => hook_event_rows::remove(&self.conn, *line)?,
            HookChange::Create { .. } | HookChange::Update { .. } | HookChange::Remove(_) => {
                self.hook_kinds = None;
                let wanted = self.hook_kinds()?;
                hook_presence_rows::forget_present(&self.conn, wanted)?;
            }
            _ => {}
        }
        Ok(changed)
    }
}
