//! Clocks of single instances: the end of a subscription's term, and the reclaim of spot capacity.

use super::origins::OriginKey;
use super::request::{Call, Payload, Reason, RequestContext, RequestTally};
use super::step::{Step, World};
use super::timer::Timer;
use crate::plan::{Targets, verb};
use crate::policy::{Clock, Column, Columns, Facts, Timetable};
use crate::record::{Subject, Target, What};
use crate::time::{CalendarSpan, SimSpan, SimTime};
use crate::words::{
    Action, Billing, ClockKind, InstanceId, Lock, Obstacle, PolicyId, StoppedBy, TermFrom, Trigger,
    Word,
};

/// The instant of the next step of an instance's term; `None` if none is due.
pub(super) fn next_term_step(world: &World, id: InstanceId) -> Option<SimTime> {
    let instance = world.fleet.instance(id);
    if instance.expires == SimTime::NEVER {
        return None;
    }
    let timetable = timetable(world, id, ClockKind::Expiry, instance.expires)?;
    timetable.get(usize::from(instance.term_steps)).map(|(due, _)| *due)
}

/// The instant of the next step of a reclaim; `None` if none is due.
pub(super) fn next_reclaim_step(world: &World, id: InstanceId) -> Option<SimTime> {
    let instance = world.fleet.instance(id);
    if instance.reclaim_since == SimTime::NEVER {
        return None;
    }
    let timetable = timetable(world, id, ClockKind::SpotReclaim, instance.reclaim_since)?;
    timetable.get(usize::from(instance.reclaim_steps)).map(|(due, _)| *due)
}

fn timetable(world: &World, id: InstanceId, kind: ClockKind, since: SimTime) -> Option<Timetable> {
    let policy = &world.book(world.fleet.instance(id).account).policy;
    let clock: &Clock = policy.clock(kind)?;
    Some(clock.timetable(since, SimSpan::ZERO, policy.calendar))
}

impl Step<'_> {
    /// Restarts the clock of an instance's term.
    pub(super) fn schedule_term_step(&mut self, id: InstanceId) {
        let instance = self.world.fleet.instance_mut(id);
        instance.term_steps = 0;
        self.schedule_next_term_step(id);
    }

    fn schedule_next_term_step(&mut self, id: InstanceId) {
        match next_term_step(self.world, id) {
            Some(due) => self.future_events.set(Timer::TermStep(id), due.max(self.now)),
            None => self.future_events.clear(Timer::TermStep(id)),
        }
    }

    /// Handles a step of the clock of an instance's term.
    pub(super) fn term_step(&mut self, id: InstanceId) {
        let instance = self.world.fleet.instance(id);
        let (since, steps) = (instance.expires, instance.term_steps);
        let Some(timetable) = timetable(self.world, id, ClockKind::Expiry, since) else { return };
        let Some((_, number)) = timetable.get(usize::from(steps)).copied() else { return };
        let instance = self.world.fleet.instance_mut(id);
        if !instance.expired && since <= self.now {
            instance.expired = true;
            self.world.ended_terms.push((id, since));
        }
        instance.term_steps += 1;
        self.clock_step(id, ClockKind::Expiry, number, StoppedBy::Expiry);
        // A renewal has restarted the clock and set its own timer.
        let instance = self.world.fleet.instance(id);
        if instance.exists() && instance.expires == since {
            self.schedule_next_term_step(id);
        }
    }

    /// Takes a step of an instance's clock, if it concerns the instance.
    fn clock_step(&mut self, id: InstanceId, kind: ClockKind, number: usize, by: StoppedBy) {
        let book = self.book_of(id);
        let Some(clock) = book.policy.clock(kind) else { return };
        let step = &clock.steps[number];
        let action = Action::from(step.action);
        let key = if kind == ClockKind::SpotReclaim {
            OriginKey::Reclaim(id)
        } else {
            OriginKey::Term(id)
        };
        let request =
            RequestContext::timer(kind.into(), step.trigger, action, Target::Instance(id))
                .resting_on(Some(Reason::of_clock(book, step.rule)))
                .following(self.origin(key))
                .with_payload(if action == Action::Renew {
                    Payload::Term(None)
                } else {
                    Payload::StoppedBy(by)
                });
        let (assumed, basis) = (book.assumes(&step.when), book.basis(step.rule));
        let when = step.when.clone();
        if !self.world.fleet.instance(id).exists() {
            return;
        }
        if assumed {
            if self.concerns(&request, id, &when) {
                self.take_step(&request, &[id]);
            }
        } else if self.may_concern(&request, id, &when) {
            // The instance stays as it is because of the switch.
            self.rely(self.world.policy_of(id), basis);
        }
    }

    pub(super) fn renew(&mut self, call: Call, event: verb::Renew) {
        let ids = self.instances_of(event.instance);
        let request = RequestContext::call(call, Action::Renew, Target::these(&ids))
            .with_payload(Payload::Term(event.term));
        self.execute(&request, &ids);
    }

    /// The end of a new term that starts at `from`, as the policy states.
    pub(super) fn term_end(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        facts: &Facts,
        from: SimTime,
        term: CalendarSpan,
    ) -> SimTime {
        let ends = self.consult(request, policy, |t| &t.terms, facts);
        self.world.header.rulebook(policy).term_end(ends, from, term)
    }

    /// Prolongs the term of a subscription; other instances have none.
    pub(super) fn prolong(&mut self, request: &RequestContext, seq: u64, id: InstanceId) {
        let Payload::Term(span) = request.payload else { return };
        let facts = self.facts(request, id, Action::Renew);
        let instance = self.world.fleet.instance(id);
        let (billing, old) = (instance.billing, instance.expires);
        if billing != Billing::Subscription || old == SimTime::NEVER {
            return;
        }
        let policy = self.world.policy_of(id);
        let answer = self.consult(request, policy, |t| &t.renewals, &facts);
        let span = span.unwrap_or_else(|| self.world.fleet.term(id)).span();
        let from = match answer.map(|answer| answer.says) {
            Some(TermFrom::Renewal) => self.now.max(old),
            Some(TermFrom::Expiry) | None => old,
        };
        // A renewal adds one period. When that period ends, automatic renewal requests the next
        // one.
        let new = self.term_end(request, policy, &facts, from, span);
        let instance = self.world.fleet.instance_mut(id);
        instance.expires = new;
        instance.expired = new <= self.now;
        let revive =
            !instance.expired && instance.stopped_by == StoppedBy::Expiry && instance.is_down();
        self.change(request, seq, Subject::Instance(id), What::Term(old, new));
        if revive {
            self.bring_up(request, seq, id);
        }
        if request.origin.event().is_some() {
            self.set_origin(OriginKey::Term(id), request.origin.after(seq));
        }
        self.schedule_term_step(id);
    }

    pub(super) fn spot_reclaim(&mut self, call: Call, targets: Targets) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::Reclaim, Target::these(&ids));
        let request = request.as_cause(Trigger::SpotReclaim);
        let check = |step: &mut Self, id| {
            step.is_there(id)?;
            if step.is_spot(&request, id) { Ok(()) } else { Err(Obstacle::NotSpot) }
        };
        self.apply_unjudged(&request, &ids, check, |step, seq, id| {
            let now = step.now;
            let instance = step.world.fleet.instance_mut(id);
            // A notice during a reclaim changes nothing.
            if instance.reclaim_since == SimTime::NEVER {
                instance.reclaim_since = now;
                instance.reclaim_steps = 0;
                step.set_lock(&request, seq, id, Lock::Recycling, true);
                step.set_origin(OriginKey::Reclaim(id), request.origin.after(seq));
                step.schedule_reclaim_step(id);
            }
        });
    }

    /// Ends a reclaim that has taken effect.
    fn end_reclaim(&mut self, request: &RequestContext, id: InstanceId) {
        let instance = self.world.fleet.instance_mut(id);
        (instance.reclaim_since, instance.reclaim_steps) = (SimTime::NEVER, 0);
        let open = self.open(request);
        self.set_lock(request, open.seq, id, Lock::Recycling, false);
        self.close(open, RequestTally::all(1));
    }

    /// Whether an instance is spot capacity; if that is unknown, the run stops.
    fn is_spot(&mut self, request: &RequestContext, id: InstanceId) -> bool {
        let instance = self.world.fleet.instance(id);
        let unknown = Columns::NONE.with_if(Column::Billing, !instance.billing_known);
        let facts = Facts { billing: instance.billing, unknown, ..Facts::default() };
        let policy = self.world.policy_of(id);
        let book = self.world.header.rulebook(policy);
        let outcomes = [Action::Reclaim.effect().word(), "refused"];
        match book.agreed(&facts, |facts| facts.billing == Billing::Spot, outcomes) {
            Ok((is_spot, basis)) => {
                self.rely(policy, basis);
                is_spot
            }
            Err(on) => {
                self.halt(request, Target::Instance(id), policy, on);
                false
            }
        }
    }

    fn schedule_reclaim_step(&mut self, id: InstanceId) {
        if let Some(due) = next_reclaim_step(self.world, id) {
            self.future_events.set(Timer::ReclaimStep(id), due.max(self.now));
        }
    }

    /// Handles a step of the clock of a reclaim.
    pub(super) fn reclaim_step(&mut self, id: InstanceId) {
        let instance = self.world.fleet.instance_mut(id);
        let (since, steps) = (instance.reclaim_since, usize::from(instance.reclaim_steps));
        instance.reclaim_steps += 1;
        let timetable =
            timetable(self.world, id, ClockKind::SpotReclaim, since).unwrap_or_default();
        if let Some((_, number)) = timetable.get(steps).copied() {
            self.clock_step(id, ClockKind::SpotReclaim, number, StoppedBy::Nothing);
        }
        if !self.world.fleet.instance(id).exists() {
            return;
        }
        self.schedule_reclaim_step(id);
        // A machine that was reclaimed but not released can be started, and reclaimed again.
        let is_over = next_reclaim_step(self.world, id).is_none();
        if is_over && self.world.power_state(id).is_down() {
            let request = RequestContext::timer(
                ClockKind::SpotReclaim.into(),
                Trigger::SpotReclaim,
                Action::Reclaim,
                Target::Instance(id),
            );
            self.end_reclaim(&request.following(self.origin(OriginKey::Reclaim(id))), id);
        }
    }
}
