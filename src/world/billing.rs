//! Arrears of accounts: their start, the steps of their clock, and their settlement.
//!
//! An account has one clock for all of its instances. The instances are read only when a step is
//! due.

use std::sync::Arc;

use super::harmless::Harmless;
use super::origins::OriginKey;
use super::request::{Call, Payload, Reason, RequestContext, RequestTally, count};
use super::step::{Settled, Step, World};
use super::timer::Timer;
use crate::fleet::{Account, Arrears};
use crate::policy::{Timetable, Undecided};
use crate::record::{Cause, Subject, Target, What};
use crate::time::SimTime;
use crate::words::{
    AccountId, Action, AfterSettling, ClockAction, ClockKind, GroupId, InstanceId, Lifecycle, Lock,
    StoppedBy, Trigger,
};

/// The instant of the first step of an account's arrears: the start of the run, if it is unknown
/// when they began. `None` if no step is due.
pub(super) fn next_step(world: &World, account: &Account) -> Option<SimTime> {
    let arrears = account.arrears?;
    let Some(since) = arrears.since else { return Some(world.header.start) };
    let policy = &world.header.rulebook(account.policy).policy;
    let clock = policy.clock(arrears.clock)?;
    let timetable = clock.timetable(since, account.grace, policy.calendar);
    timetable.get(arrears.steps()).map(|(due, _)| *due)
}

impl Step<'_> {
    pub(super) fn overdue(&mut self, call: Call, account: AccountId) {
        let request = RequestContext::call(call, Action::Stop, Target::Account(account));
        let open = self.open(&request);
        if self.world.fleet.account(account).arrears.is_none() {
            self.begin_clock(account, ClockKind::PaymentOverdue);
            self.set_origin(OriginKey::Arrears(account), request.origin.after(open.seq));
            self.change(&request, open.seq, Subject::Account(account), What::Arrears(true));
        }
        self.close(open, RequestTally::all(1));
    }

    /// Cancels an account. The clock of its arrears ends.
    pub(super) fn cancel(&mut self, call: Call, account: AccountId) {
        let request = RequestContext::call(call, Action::Stop, Target::Account(account));
        let open = self.open(&request);
        let arrears = self.world.fleet.account(account).arrears;
        if arrears.is_none_or(|arrears| arrears.clock != ClockKind::Cancellation) {
            self.begin_clock(account, ClockKind::Cancellation);
            self.set_origin(OriginKey::Arrears(account), request.origin.after(open.seq));
            self.change(&request, open.seq, Subject::Account(account), What::Cancelled(true));
        }
        self.close(open, RequestTally::all(1));
    }

    fn begin_clock(&mut self, account: AccountId, clock: ClockKind) {
        let arrears = Arrears { clock, since: Some(self.now), taken: 0 };
        self.world.fleet.account_mut(account).arrears = Some(arrears);
        self.future_events.clear(Timer::BillingStep(account));
        self.schedule_billing_step(account);
    }

    /// The steps of an account's clock, in the order in which they fall due; `None` if its start is
    /// unknown.
    fn billing_timetable(&self, account: AccountId, arrears: Arrears) -> Option<Timetable> {
        let since = arrears.since?;
        let book = self.world.book(account);
        let grace = self.world.fleet.account(account).grace;
        let clock = book.policy.clock(arrears.clock);
        let timetable = clock.map(|clock| clock.timetable(since, grace, book.policy.calendar));
        Some(timetable.unwrap_or_default())
    }

    /// Sets the timer for the next step, if there is one.
    fn schedule_billing_step(&mut self, account: AccountId) {
        let Some(arrears) = self.world.fleet.account(account).arrears else { return };
        let timetable = self.billing_timetable(account, arrears).unwrap_or_default();
        if let Some((due, _)) = timetable.get(arrears.steps()) {
            self.future_events.set(Timer::BillingStep(account), (*due).max(self.now));
        }
    }

    /// Handles a step of an account's clock.
    pub(super) fn billing_step(&mut self, account: AccountId) {
        let Some(arrears) = self.world.fleet.account(account).arrears else { return };
        let Some(timetable) = self.billing_timetable(account, arrears) else {
            return self.any_step(account, arrears);
        };
        let Some((_, number)) = timetable.get(arrears.steps()).copied() else { return };
        let book = self.world.book(account);
        let Some(clock) = book.policy.clock(arrears.clock) else { return };
        let step = &clock.steps[number];
        let (action, trigger) = (Action::from(step.action), step.trigger);
        let request =
            RequestContext::timer(arrears.clock.into(), trigger, action, Target::Account(account))
                .resting_on(Some(Reason::of_clock(book, step.rule)))
                .following(self.origin(OriginKey::Arrears(account)))
                .with_payload(Payload::StoppedBy(StoppedBy::Arrears));
        if step.action == ClockAction::SuspendSnapshots {
            // No instance changes: the refusal of a snapshot reads the steps that have been taken.
            let (rule, basis) = (step.rule, book.basis(step.rule));
            let assumed = book.assumes(&step.when);
            let policy = self.world.fleet.account(account).policy;
            self.rely(policy, basis);
            if assumed {
                self.reach(policy, rule);
            }
        } else {
            let (assumed, basis) = (book.assumes(&step.when), book.basis(step.rule));
            let when = step.when.clone();
            let mut concerned = self.world.fleet.account(account).instances.to_vec();
            concerned.retain(|id| self.world.fleet.instance(*id).exists());
            if assumed {
                concerned.retain(|id| self.concerns(&request, *id, &when));
                if self.world.halt.is_none() {
                    self.take_step(&request, &concerned);
                }
            } else if concerned.iter().any(|id| self.may_concern(&request, *id, &when)) {
                // Instances stay as they are because of the switch.
                self.rely(self.world.fleet.account(account).policy, basis);
            }
        }
        if let Some(arrears) = &mut self.world.fleet.account_mut(account).arrears {
            arrears.taken |= 1 << number;
        }
        self.schedule_billing_step(account);
    }

    /// Handles arrears whose start is unknown: any step of the clock may be due now. If one of them
    /// concerns an instance of the account, the run stops.
    fn any_step(&mut self, account: AccountId, arrears: Arrears) {
        let book = self.world.book(account);
        let clock = book.policy.clock(arrears.clock);
        let mut steps = clock.iter().flat_map(|clock| &clock.steps);
        let target = Target::Account(account);
        let concerns = |step: &crate::policy::ClockStep| {
            let action = Action::from(step.action);
            let request = RequestContext::timer(arrears.clock.into(), step.trigger, action, target);
            let ids = self.world.fleet.account(account).instances.iter();
            let mut there = ids.filter(|id| self.world.fleet.instance(**id).exists());
            !matches!(step.action, ClockAction::Renew | ClockAction::SuspendSnapshots)
                && book.assumes(&step.when)
                && there.any(|id| self.may_concern(&request, *id, &step.when))
        };
        if steps.any(concerns) {
            let policy = self.world.fleet.account(account).policy;
            let cause = Cause::Timer(arrears.clock.into());
            self.halt_by(cause, target, policy, Undecided::ArrearsSince);
        }
    }

    /// Evaluates once more arrears whose start is unknown, after an instance has joined the account
    /// or changed its billing.
    pub(super) fn apply_current_arrears(&mut self, id: InstanceId) {
        let account = self.world.fleet.instance(id).account;
        let arrears = self.world.fleet.account(account).arrears;
        if arrears.is_some_and(|arrears| arrears.since.is_none()) {
            self.future_events.set(Timer::BillingStep(account), self.now);
        }
    }

    /// Applies a step of a clock to the instances that it concerns.
    pub(super) fn take_step(&mut self, request: &RequestContext, concerned: &[InstanceId]) {
        let moved: Vec<InstanceId> = concerned
            .iter()
            .copied()
            .filter(|id| {
                let state = self.world.power_state(*id);
                // A stopped instance is not stopped again, and only a stopped one is reclaimed.
                (request.action != Action::Stop
                    || matches!(state, Lifecycle::Running | Lifecycle::Pending))
                    && (request.action != Action::Reclaim || state == Lifecycle::Stopped)
                    && (request.action != Action::Deallocate || state != Lifecycle::Deallocated)
            })
            .collect();
        if moved.is_empty() {
            return;
        }
        if let Some(first) = moved.first() {
            let policy = self.world.policy_of(*first);
            self.rely(policy, Reason::basis(request.reason));
            if let Some(reason) = request.reason {
                self.reach(policy, reason.rule);
            }
        }
        let open = self.open(request);
        if let Some(harmless) = Harmless::of(request.action) {
            for id in &moved {
                self.apply_harmless(request, open.seq, *id, harmless);
            }
            return self.close(open, RequestTally::all(count(moved.len())));
        }
        let tally = self.decide_alike(request, open.seq, &moved);
        self.close(open, tally);
    }

    pub(super) fn settle(&mut self, call: Call, account: AccountId) {
        let request = RequestContext::call(call, Action::Start, Target::Account(account));
        let request = request.as_cause(Trigger::BillingOverdue);
        let open = self.open(&request);
        if let Err(why) = self.permit_account(&request, account) {
            return self.refuse(open, 1, why);
        }
        let state = self.world.fleet.account_mut(account);
        let arrears = state.arrears.take();
        let (steps, waiting) = (arrears.map_or(0, Arrears::steps), Arc::clone(state.waiting()));
        if let Some(arrears) = arrears {
            self.world.settled.insert(
                account,
                Settled { at: self.now, arrears, by: request.origin.after(open.seq) },
            );
            self.future_events.clear(Timer::BillingStep(account));
            self.forget_origin(OriginKey::Arrears(account));
            let was_cancelled = arrears.clock == ClockKind::Cancellation;
            let what = if was_cancelled { What::Cancelled } else { What::Arrears };
            self.change(&request, open.seq, Subject::Account(account), what(false));
        }
        // The instances are read only if the clock may have changed one of them.
        let unclear = arrears.is_some_and(|arrears| arrears.since.is_none());
        if steps > 0 || !waiting.is_empty() || unclear {
            for id in self.world.fleet.affected(account) {
                self.after_settling(&request, open.seq, id);
            }
            self.wake_waiting(&waiting);
        }
        let groups: Vec<GroupId> = self.world.lost_members.keys().copied().collect();
        for group in groups {
            if self.world.fleet.group(group).account == account {
                self.resume_refill(group);
            }
        }
        self.close(open, RequestTally::all(1));
    }

    /// Applies the effect of settling to an instance that the arrears had stopped.
    fn after_settling(&mut self, request: &RequestContext, seq: u64, id: InstanceId) {
        if self.world.fleet.instance(id).exists() {
            self.set_lock(request, seq, id, Lock::Financial, false);
        }
        let instance = self.world.fleet.instance(id);
        if !self.world.power_state(id).is_down() || instance.stopped_by != StoppedBy::Arrears {
            return;
        }
        let facts = self.facts(request, id, Action::Start);
        let policy = self.world.policy_of(id);
        let Some(answer) = self.consult(request, policy, |t| &t.settling, &facts) else { return };
        match answer.says {
            AfterSettling::Restarts => self.bring_up(request, seq, id),
            // From now on the instance counts as stopped by its owner.
            AfterSettling::Stays => {
                let state = self.world.fleet.instance(id).state;
                self.set_state(request, seq, id, state, StoppedBy::User);
            }
        }
    }
}
