//! Lifecycle hooks: they delay a member that starts or leaves, until a call completes the hook or
//! its timeout.

use std::collections::BTreeSet;

use crate::fleet::Hook;
use crate::plan::Targets;
use crate::policy::{Answer, Column, Columns, Facts, InstanceCase, JudgedOutcome};
use crate::record::{DecidedBy, Origin, Target};
use crate::time::SimTime;
use crate::words::{
    Action, DecidingFactor, GroupId, HookFate, HookResult, InstanceId, Lifecycle, Obstacle,
    Outcome, TimerName, Trigger, Word as _,
};
use crate::world::draft::{Draft, DraftOutcome, Resolution, resolve_alone};
use crate::world::group::state::{Delayed, DelayedRequest, Held};
use crate::world::request::{
    Call, Ids, Payload, Reason, RequestContext, RequestItem, RequestTally,
};
use crate::world::step::Step;
use crate::world::timer::Timer;

impl Step<'_> {
    /// The hook that delays a decided action, and the policy's answer; `None` if none does.
    pub(in crate::world) fn hook_of(
        &mut self,
        request: &RequestContext,
        draft: &Draft,
    ) -> Option<(Hook, Answer<HookFate>)> {
        let leaves = matches!(draft.action, Action::Release | Action::Remove | Action::Recycle);
        if !leaves || request.past_hook {
            return None;
        }
        let group = self.world.fleet.instance(draft.id).group?;
        let hook = self.world.fleet.group(group).terminate_hook?;
        let answer = self.consult(request, draft.policy, |t| &t.holds, &draft.facts)?;
        (answer.says == HookFate::Waits && self.has_hooks(request, draft)).then_some((hook, answer))
    }

    /// Whether the policy offers hooks for the billing of an instance; if that is unknown, the run
    /// stops.
    fn has_hooks(&mut self, request: &RequestContext, draft: &Draft) -> bool {
        let book = self.world.header.rulebook(draft.policy);
        let Some(hooks) = book.policy.hooks.as_ref() else { return false };
        let is_open = draft.facts.unknown.contains(Column::Billing);
        let unknown = Columns::NONE.with_if(Column::Billing, is_open);
        let facts = Facts { unknown, ..draft.facts };
        let says = [HookFate::Waits.word(), HookFate::AtOnce.word()];
        match book.agreed(&facts, |facts| hooks.offered_for(facts.billing), says) {
            Ok((offered, basis)) => {
                self.rely(draft.policy, basis);
                offered
            }
            Err(on) => {
                self.halt(request, Target::Instance(draft.id), draft.policy, on);
                false
            }
        }
    }

    /// Delays a member before it leaves. A further request does not restart the timeout; it is
    /// judged again when the delay ends, like the first.
    pub(in crate::world) fn hold(
        &mut self,
        request: &RequestContext,
        seq: u64,
        draft: &Draft,
        hook: Hook,
        reason: Reason,
    ) {
        let id = draft.id;
        let item = RequestItem { reason: draft.reason, ..RequestItem::new(id, draft.action) };
        let origin = request.origin.after(seq);
        let delayed = (request.following(origin), item, reason);
        let held = self.world.held.get_mut(&id).filter(|held| !held.requested.is_empty());
        if let Some(held) = held {
            held.requested.push(delayed);
            return;
        }
        let before = self.world.fleet.instance(id).state;
        // A member that leaves no longer waits to start.
        let then = self.forget_hold(id).map_or(before, |launch| launch.then);
        let (requested, since) = (vec![delayed], self.now);
        let by = self.world.fleet.instance(id).stopped_by;
        self.set_state(request, seq, id, Lifecycle::Removing, by);
        let held = Held { requested, then, hook, since, beats: 0, approved: false, origin };
        self.world.held.insert(id, held);
        if let Some(group) = self.world.fleet.instance(id).group {
            self.world.delayed.entry(group).or_default().unapproved += 1;
        }
        self.set_timeout(id);
    }

    /// Starts the timeout of a hook, or starts it again; with all heartbeats it does not exceed the
    /// limit of the policy.
    fn set_timeout(&mut self, id: InstanceId) {
        let Some(held) = self.world.held.get(&id) else { return };
        let limit = self.book_of(id).policy.hooks.as_ref().and_then(|hooks| hooks.in_all);
        let last = limit.map_or(SimTime::NEVER, |limit| held.since.after(limit));
        let until = self.now.after(held.hook.timeout).min(last).max(self.now);
        self.future_events.set(Timer::Hook(id), until);
    }

    /// Delays a new member before it goes into service.
    pub(in crate::world) fn hold_launch(&mut self, id: InstanceId, hook: Hook, origin: Origin) {
        let (requested, then, since) = (Vec::new(), Lifecycle::Running, self.now);
        let held = Held { requested, then, hook, since, beats: 0, approved: false, origin };
        self.world.held.insert(id, held);
        if let Some(group) = self.world.fleet.instance(id).group {
            self.world.delayed.entry(group).or_default().starting += 1;
        }
        self.set_timeout(id);
    }

    /// Handles the timeout of a hook.
    pub(in crate::world) fn hook_step(&mut self, id: InstanceId) {
        let Some(held) = self.world.held.get(&id) else { return };
        let result = held.hook.result;
        self.end_hold_and_free(&of_timer(Target::Instance(id)), id, result);
    }

    pub(in crate::world) fn complete_hook(
        &mut self,
        call: Call,
        targets: Targets,
        result: HookResult,
    ) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        let mut ready = Ids::new();
        let check = |step: &mut Self, id| step.held(id).map(|_| ());
        self.apply_unjudged(&request, &ids, check, |step, _, id| {
            let world = &mut *step.world;
            let Some(held) = world.held.get_mut(&id) else { return };
            let first = !std::mem::replace(&mut held.approved, true);
            let group = world.fleet.instance(id).group.filter(|_| !held.requested.is_empty());
            let delayed = group.and_then(|group| world.delayed.get_mut(&group));
            if let Some(delayed) = delayed.filter(|_| first) {
                delayed.unapproved -= 1;
                delayed.approved.insert(id);
            }
            ready.push(id);
        });
        for id in ready {
            if result != HookResult::Continue || self.may_continue(id) {
                self.end_hold_and_free(&request, id, result);
            }
        }
    }

    /// Whether a member whose hook is completed may continue, or waits for other members.
    fn may_continue(&self, id: InstanceId) -> bool {
        let Some(group) = self.world.fleet.instance(id).group else { return true };
        let book = self.world.header.rulebook(self.world.policy_of_group(group));
        if !book.policy.hooks.as_ref().is_some_and(|hooks| hooks.together) {
            return true;
        }
        self.world.delayed.get(&group).is_none_or(|delayed| delayed.unapproved == 0)
    }

    /// Ends the delay of an instance without an effect; `None` if no hook delayed it.
    pub(in crate::world) fn forget_hold(&mut self, id: InstanceId) -> Option<Held> {
        let held = self.world.held.remove(&id)?;
        self.future_events.clear(Timer::Hook(id));
        let group = self.world.fleet.instance(id).group;
        match group.and_then(|group| self.world.delayed.get_mut(&group)) {
            Some(delayed) if held.requested.is_empty() => delayed.starting -= 1,
            Some(delayed) => {
                delayed.unapproved -= u32::from(!held.approved);
                delayed.approved.remove(&id);
            }
            None => {}
        }
        Some(held)
    }

    /// Ends the delay of a member, and of members that waited only for this one.
    fn end_hold_and_free(&mut self, request: &RequestContext, id: InstanceId, result: HookResult) {
        let group = self.world.fleet.instance(id).group;
        self.end_hold(request, id, result);
        if let Some(group) = group {
            self.end_approved_holds(request, group);
        }
    }

    /// Ends the delays of members whose hooks are completed, once no other member of their group
    /// has a hook that is not.
    fn end_approved_holds(&mut self, request: &RequestContext, group: GroupId) {
        let free = |delayed: &mut Delayed| {
            if delayed.unapproved == 0 {
                std::mem::take(&mut delayed.approved)
            } else {
                BTreeSet::new()
            }
        };
        for other in self.world.delayed.get_mut(&group).map(free).unwrap_or_default() {
            self.end_hold(request, other, HookResult::Continue);
        }
    }

    /// Ends the delays of members that waited for one that has left without a hook.
    pub(in crate::world) fn free_approved(&mut self, group: GroupId) {
        self.end_approved_holds(&of_timer(Target::Group(group)), group);
    }

    pub(in crate::world) fn heartbeat(&mut self, call: Call, targets: Targets) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        let check = |step: &mut Self, id| {
            let limits = step.book_of(id).policy.hooks.as_ref();
            let most = limits.map_or(0, |limits| limits.heartbeats);
            if step.held(id)?.beats < most { Ok(()) } else { Err(Obstacle::NoMoreTime) }
        };
        self.apply_unjudged(&request, &ids, check, |step, _, id| {
            let Some(held) = step.world.held.get_mut(&id) else { return };
            held.beats += 1;
            step.set_timeout(id);
        });
    }

    /// The delay of a member.
    ///
    /// # Errors
    /// If no hook delays it.
    fn held(&self, id: InstanceId) -> Result<&Held, Obstacle> {
        self.world.held.get(&id).ok_or(Obstacle::NoHook)
    }

    /// Ends the delay of a member with the result of its hook. The delay lasts until its requests
    /// have been judged again, by the state of the machine itself.
    fn end_hold(&mut self, by: &RequestContext, id: InstanceId, result: HookResult) {
        let Some(&Held { then, origin, .. }) = self.world.held.get(&id) else { return };
        let mut next = 0;
        while let [(requested, item, reason), ..] = *self.delayed_requests(id, next) {
            next += 1;
            let request =
                RequestContext { cause: by.cause, verb: by.verb, past_hook: true, ..requested };
            let request = RequestContext { target: Target::Instance(id), ..request };
            let open = self.open_judged(&request);
            self.world.also_due = self.would_take(self.delayed_requests(id, next));
            let tally = self.judge_again(&request, open.seq, item, reason, result);
            self.world.also_due.clear();
            if self.delayed_requests(id, next).is_empty()
                && let Some(held) = self.forget_hold(id)
            {
                let by = self.world.fleet.instance(id).stopped_by;
                self.set_state(&request, open.seq, id, held.then, by);
            }
            self.close(open, tally);
            let instance = self.world.fleet.instance(id);
            let group = instance.group.filter(|_| instance.exists());
            let Some(group) = group.filter(|_| self.world.halt.is_none()) else { return };
            if request.trigger == Trigger::GroupDelete {
                self.world.fleet.group_mut(group).deleting = false;
            }
        }
        if next == 0 {
            self.forget_hold(id);
            self.end_launch(&by.following(origin), id, result, then);
        }
    }

    /// The requests that the hook of a member delays, from an index on; none if the member has
    /// left.
    fn delayed_requests(&self, id: InstanceId, from: usize) -> &[DelayedRequest] {
        let held = self.world.held.get(&id);
        held.and_then(|held| held.requested.get(from..)).unwrap_or_default()
    }

    /// The situations of those of some delayed requests that would take their instance now.
    fn would_take(&self, requested: &[DelayedRequest]) -> Vec<Facts> {
        let judge = |(request, item, _): &DelayedRequest| {
            let facts = self.facts(request, item.id, request.action);
            let (on, unknown) = self.world.protections(item.id);
            let (instance, requested) = (item.id, item.requested);
            let case = InstanceCase { instance, facts, requested, on, unknown };
            let judged = self.book_of(item.id).judge(&case).ok()?;
            matches!(judged.outcome, JudgedOutcome::Goes(_)).then_some(judged.facts)
        };
        requested.iter().filter_map(judge).collect()
    }

    /// Judges a delayed request anew, and carries it out with the result of the hook.
    fn judge_again(
        &mut self,
        request: &RequestContext,
        seq: u64,
        item: RequestItem,
        reason: Reason,
        result: HookResult,
    ) -> RequestTally {
        let mut tally = RequestTally::default();
        let Some(draft) = self.draft_alone(request, item) else { return tally };
        let resolution = match (&draft.outcome, result) {
            (DraftOutcome::Applied(_), HookResult::RollBack) => Resolution {
                outcome: Outcome::Held,
                decided_by: DecidedBy::Other(DecidingFactor::Hook),
                rule: Some(reason.rule),
                basis: draft.basis.union(reason.basis),
            },
            _ => resolve_alone(request, &draft),
        };
        self.carry_out(request, seq, draft, resolution, &mut tally);
        tally
    }

    /// Ends a launch hook: the member goes into service, with the state `then`, or is released.
    fn end_launch(
        &mut self,
        by: &RequestContext,
        id: InstanceId,
        result: HookResult,
        then: Lifecycle,
    ) {
        let request =
            RequestContext { target: Target::Instance(id), payload: Payload::Nothing, ..*by };
        let open = self.open(&request);
        let mut tally = RequestTally::all(1);
        if self.world.fleet.instance(id).state == Lifecycle::Pending {
            match result {
                HookResult::Continue => self.move_to(&request, open.seq, id, then),
                HookResult::Abandon | HookResult::RollBack => {
                    let request =
                        RequestContext { action: Action::Release, past_hook: true, ..request };
                    let request = request.as_cause(Trigger::LaunchHook);
                    tally =
                        self.decide(&request, open.seq, &[RequestItem::new(id, Action::Release)]);
                }
            }
        }
        self.close(open.as_cause(Trigger::LaunchHook), tally);
    }
}

/// The request of the timer of a hook.
fn of_timer(target: Target) -> RequestContext {
    RequestContext::timer(TimerName::Hook, Trigger::Manual, Action::Start, target)
}
