//! Scheduled releases: set, moved, cancelled, due, waiting.

use super::ask::{Ask, Tally};
use super::decide::{Item, Word};
use super::{Followup, Step, Timer};
use crate::policy::Basis;
use crate::record::{DecidedBy, Record, Subject, Target, What};
use crate::time::SimTime;
use crate::vocab::{Action, InstanceId, Outcome, ScheduleFate, Trigger};

/// What reports call the timer.
const NAME: &str = "scheduled-release";

impl Step<'_> {
    /// Sets the time of an instance's release, or takes it away with [`SimTime::NEVER`].
    pub(super) fn set_schedule(&mut self, ask: &Ask, seq: u64, id: InstanceId, at: SimTime) {
        self.stop_waiting(id);
        let instance = self.world.fleet.instance_mut(id);
        let from = std::mem::replace(&mut instance.auto_release, at);
        if at < SimTime::NEVER {
            self.agenda.set(Timer::ScheduledRelease(id), at);
        } else {
            self.agenda.clear(Timer::ScheduledRelease(id));
        }
        if from != at {
            self.change(ask, seq, Subject::Instance(id), What::Schedule(from, at));
        }
    }

    /// Forgets that an instance's release waits for its account to settle.
    pub(super) fn stop_waiting(&mut self, id: InstanceId) {
        let instance = self.world.fleet.instance_mut(id);
        if std::mem::take(&mut instance.waiting) {
            let account = instance.account;
            self.world.fleet.account_mut(account).waiting -= 1;
        }
    }

    fn ask_for_release(id: InstanceId) -> Ask {
        Ask::timer(NAME, Trigger::ScheduledRelease, Action::Release, Target::Instance(id))
    }

    /// The time set for a release has come.
    pub(super) fn scheduled_release(&mut self, id: InstanceId) {
        let ask = Self::ask_for_release(id);
        let facts = self.facts(&ask, id, Action::Release);
        let policy = self.world.policy_of(id);
        let book = self.world.legend.rulebook(policy);
        let answer = book.ask(&book.tables.due, &facts);
        let basis = answer.map_or(Basis::NONE, |(_, _, basis)| basis);
        match answer {
            Some((ScheduleFate::Waits, rule, _)) => {
                let open = self.open(&ask, true);
                let item = Item { id, action: Action::Release, basis: Basis::NONE };
                let Some(mut draft) = self.draft(&ask, item) else {
                    return self.close(open, Tally::default());
                };
                draft.ruling = draft.ruling.unasked();
                let word = Word {
                    outcome: Outcome::Deferred,
                    decided_by: DecidedBy::Schedule,
                    rule: Some(rule),
                    basis,
                };
                let decision = self.decision(&ask, open.seq, &draft, word, basis);
                self.out.push_back(Record::Decision(Box::new(decision)));
                self.rely(policy, basis);
                let account = self.world.fleet.instance(id).account;
                self.world.fleet.instance_mut(id).waiting = true;
                self.world.fleet.account_mut(account).waiting += 1;
                self.close(open, Tally { wanted: 1, got: 1, answer: None });
            }
            Some((ScheduleFate::Dropped, _, _)) => self.drop_schedule(id, basis),
            Some((ScheduleFate::Fires, _, _)) | None => self.fire(id, basis),
        }
    }

    fn fire(&mut self, id: InstanceId, basis: Basis) {
        let ask = Self::ask_for_release(id).resting_on(basis);
        let open = self.open(&ask, true);
        let item = Item { id, action: Action::Release, basis: Basis::NONE };
        let tally = self.decide(&ask, open.seq, &[item]);
        self.close(open, tally);
    }

    fn drop_schedule(&mut self, id: InstanceId, basis: Basis) {
        let ask = Ask::timer(
            NAME,
            Trigger::ScheduledRelease,
            Action::CancelScheduledRelease,
            Target::Instance(id),
        );
        let policy = self.world.policy_of(id);
        self.rely(policy, basis);
        let open = self.open(&ask, false);
        self.set_schedule(&ask, open.seq, id, SimTime::NEVER);
        self.close(open, Tally { wanted: 1, got: 1, answer: None });
    }

    /// Lets the releases that waited for an account come next.
    pub(super) fn wake_waiting(&mut self, ids: &[InstanceId]) {
        let waiting = ids.iter().filter(|id| self.world.fleet.instance(**id).waiting);
        self.followups.extend(waiting.map(|id| Followup::Schedule(*id)));
    }

    /// The account has settled: what becomes of a release that waited for it?
    pub(super) fn fire_waiting(&mut self, id: InstanceId) {
        if !self.world.fleet.instance(id).waiting {
            return;
        }
        self.stop_waiting(id);
        let facts = self.facts(&Self::ask_for_release(id), id, Action::Release);
        let book = self.book_of(id);
        match book.ask(&book.tables.settled, &facts) {
            Some((ScheduleFate::Dropped | ScheduleFate::Waits, _, basis)) => {
                self.drop_schedule(id, basis);
            }
            Some((ScheduleFate::Fires, _, basis)) => self.fire(id, basis),
            None => self.fire(id, Basis::NONE),
        }
    }
}
