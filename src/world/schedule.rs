//! Scheduled releases: they are set, moved and cancelled; they fall due, and can wait until the
//! account settles.

use std::collections::BTreeSet;

use super::draft::Resolution;
use super::origins::OriginKey;
use super::request::{Reason, RequestContext, RequestItem, RequestTally};
use super::step::Step;
use super::timer::Timer;
use crate::policy::Answer;
use crate::record::{DecidedBy, Origin, Record, Subject, Target, What};
use crate::time::SimTime;
use crate::words::{Action, DecidingFactor, InstanceId, Outcome, ScheduleFate, TimerName, Trigger};

/// Name of the timer in reports.
const NAME: TimerName = TimerName::ScheduledRelease;

impl Step<'_> {
    /// Sets the time of an instance's release; [`SimTime::NEVER`] removes it.
    pub(super) fn set_schedule(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        at: SimTime,
    ) {
        self.stop_waiting(id);
        let instance = self.world.fleet.instance_mut(id);
        let from = std::mem::replace(&mut instance.auto_release, at);
        instance.schedule_known = true;
        // Recorded first: a copy of a record waits for earlier writes, and those below miss the
        // cache.
        if from != at {
            self.change(request, seq, Subject::Instance(id), What::Schedule(from, at));
        }
        if at < SimTime::NEVER {
            self.future_events.set(Timer::ScheduledRelease(id), at);
            self.set_origin(OriginKey::Schedule(id), request.origin.after(seq));
        } else {
            self.future_events.clear(Timer::ScheduledRelease(id));
            self.forget_origin(OriginKey::Schedule(id));
        }
    }

    /// Ends the waiting of an instance's release for its account to settle.
    pub(super) fn stop_waiting(&mut self, id: InstanceId) {
        self.world.fleet.set_waiting(id, false);
    }

    fn release_request(&self, id: InstanceId) -> RequestContext {
        RequestContext::timer(
            NAME,
            Trigger::ScheduledRelease,
            Action::Release,
            Target::Instance(id),
        )
        .following(self.origin(OriginKey::Schedule(id)))
    }

    /// Handles a scheduled release that is due.
    pub(super) fn scheduled_release(&mut self, id: InstanceId) {
        if self.world.fleet.instance(id).is_waiting() {
            return self.resume_waiting(id);
        }
        let request = self.release_request(id);
        let facts = self.facts(&request, id, Action::Release);
        let answer = self.consult(&request, self.world.policy_of(id), |t| &t.due, &facts);
        match answer {
            Some(answer) if answer.says == ScheduleFate::Waits => self.defer_release(id, &answer),
            _ => self.release_or_drop(id, answer, Origin::NONE),
        }
    }

    /// Records that a release is due and waits until its account has settled.
    fn defer_release(&mut self, id: InstanceId, answer: &Answer<ScheduleFate>) {
        let request = self.release_request(id);
        let open = self.open_judged(&request);
        let Some(mut draft) = self.draft_alone(&request, RequestItem::new(id, Action::Release))
        else {
            return self.close(open, RequestTally::default());
        };
        draft.ruling = draft.ruling.without_verdicts();
        let resolution = Resolution {
            outcome: Outcome::Deferred,
            decided_by: DecidedBy::Other(DecidingFactor::Schedule),
            rule: Some(answer.rule),
            basis: answer.basis,
        };
        let decision = self.decision(&request, open.seq, &draft, resolution, answer.basis);
        self.out.push(Record::Decision(self.world.decisions.boxed(decision)));
        self.world.fleet.set_waiting(id, true);
        self.close(open, RequestTally::all(1));
    }

    /// Requests a release that is due or has waited, or cancels it, as the answer states.
    fn release_or_drop(
        &mut self,
        id: InstanceId,
        answer: Option<Answer<ScheduleFate>>,
        by: Origin,
    ) {
        let reason = answer.as_ref().map(|answer| Reason::of(DecidingFactor::Schedule, answer));
        let mut origin = self.origin(OriginKey::Schedule(id)).or(by);
        if let Some(seq) = by.seq() {
            origin = origin.after(seq);
        }
        match answer.map(|answer| answer.says) {
            Some(ScheduleFate::Dropped) => {
                let target = Target::Instance(id);
                let action = Action::CancelScheduledRelease;
                let request =
                    RequestContext::timer(NAME, Trigger::ScheduledRelease, action, target);
                let request = request.following(origin);
                let open = self.open(&request);
                self.set_schedule(&request, open.seq, id, SimTime::NEVER);
                self.close(open, RequestTally::all(1));
            }
            Some(ScheduleFate::Fires | ScheduleFate::Waits) | None => {
                let request = self.release_request(id).resting_on(reason).following(origin);
                let open = self.open_judged(&request);
                let tally =
                    self.decide(&request, open.seq, &[RequestItem::new(id, Action::Release)]);
                self.close(open, tally);
            }
        }
    }

    /// Lets the releases that waited for an account fall due again, after all events of the script
    /// at this instant.
    pub(super) fn wake_waiting(&mut self, waiting: &BTreeSet<InstanceId>) {
        for id in waiting {
            self.future_events.set(Timer::ScheduledRelease(*id), self.now);
        }
    }

    /// Handles a release that waited for its account, which has settled.
    fn resume_waiting(&mut self, id: InstanceId) {
        let account = self.world.fleet.instance(id).account;
        if self.world.fleet.account(account).arrears.is_some() {
            return; // a new bill is due at the same instant, and the release waits on
        }
        self.stop_waiting(id);
        let request = self.release_request(id);
        let facts = self.facts(&request, id, Action::Release);
        let answer = self.consult(&request, self.world.policy_of(id), |t| &t.settled, &facts);
        let by = self.world.settled.get(&account).map_or(Origin::NONE, |settled| settled.by);
        self.release_or_drop(id, answer, by);
    }
}
