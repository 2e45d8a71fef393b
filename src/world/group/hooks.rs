//! Lifecycle hooks: they delay a member that starts or leaves, until a call completes the hook or
//! its timeout.

use std::collections::BTreeSet;

use crate::fleet::Hook;
use crate::plan::Targets;
use crate::policy::Answer;
use crate::record::{DecidedBy, Origin, Subject, Target, What};
use crate::words::{
    Action, DecidingFactor, HookFate, HookResult, InstanceId, Lifecycle, Obstacle, Outcome,
    TimerName, Trigger,
};
use crate::world::draft::{Draft, DraftOutcome, Resolution, resolve_alone};
use crate::world::group::state::{Held, Leaving};
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
        if !matches!(draft.action, Action::Release | Action::Remove) || request.past_hook {
            return None;
        }
        let group = self.world.fleet.instance(draft.id).group?;
        let hook = self.world.fleet.group(group).terminate_hook?;
        let answer = self.consult(request, draft.policy, |t| &t.holds, &draft.facts)?;
        (answer.says == HookFate::Waits).then_some((hook, answer))
    }

    /// Delays a member before it leaves. A second request does not restart the timeout.
    pub(in crate::world) fn hold(
        &mut self,
        request: &RequestContext,
        seq: u64,
        draft: &Draft,
        hook: Hook,
        reason: Reason,
    ) {
        let id = draft.id;
        if self.world.held.contains_key(&id) {
            return;
        }
        let before = self.world.fleet.instance(id).state;
        let item = RequestItem { reason: draft.reason, ..RequestItem::new(id, draft.action) };
        let requested = Some((*request, item, reason));
        let by = self.world.fleet.instance(id).stopped_by;
        self.world.fleet.set_state(id, Lifecycle::Removing, by);
        self.change(request, seq, Subject::Instance(id), What::State(before, Lifecycle::Removing));
        let (since, origin) = (self.now, request.origin.after(seq));
        let held = Held { requested, before, hook, since, beats: 0, approved: false, origin };
        self.world.held.insert(id, held);
        if let Some(group) = self.world.fleet.instance(id).group {
            self.world.leaving.entry(group).or_default().unapproved += 1;
        }
        self.future_events.set(Timer::Hook(id), self.now.after(hook.timeout));
    }

    /// Delays a new member before it goes into service.
    pub(in crate::world) fn hold_launch(&mut self, id: InstanceId, hook: Hook, origin: Origin) {
        let before = Lifecycle::Pending;
        let since = self.now;
        let held = Held { requested: None, before, hook, since, beats: 0, approved: false, origin };
        self.world.held.insert(id, held);
        self.future_events.set(Timer::Hook(id), self.now.after(hook.timeout));
    }

    /// Handles the timeout of a hook.
    pub(in crate::world) fn hook_step(&mut self, id: InstanceId) {
        let Some(held) = self.world.held.get(&id) else { return };
        let result = held.hook.result;
        let request = RequestContext::timer(
            TimerName::Hook,
            Trigger::Manual,
            Action::Start,
            Target::Instance(id),
        );
        self.end_hold_and_free(&request, id, result);
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
        self.apply_unjudged(&request, &ids, |step, _, id| {
            let world = &mut *step.world;
            let held = world.held.get_mut(&id).ok_or(Obstacle::NoHook)?;
            let first = !std::mem::replace(&mut held.approved, true);
            let group = world.fleet.instance(id).group.filter(|_| held.requested.is_some());
            let leaving = group.and_then(|group| world.leaving.get_mut(&group));
            if let Some(leaving) = leaving.filter(|_| first) {
                leaving.unapproved -= 1;
                leaving.approved.insert(id);
            }
            ready.push(id);
            Ok(())
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
        self.world.leaving.get(&group).is_none_or(|leaving| leaving.unapproved == 0)
    }

    /// Ends the delay of an instance without an effect; `None` if no hook delayed it.
    pub(in crate::world) fn forget_hold(&mut self, id: InstanceId) -> Option<Held> {
        let held = self.world.held.remove(&id)?;
        self.future_events.clear(Timer::Hook(id));
        let group = self.world.fleet.instance(id).group.filter(|_| held.requested.is_some());
        if let Some(leaving) = group.and_then(|group| self.world.leaving.get_mut(&group)) {
            leaving.unapproved -= u32::from(!held.approved);
            leaving.approved.remove(&id);
        }
        Some(held)
    }

    /// Ends the delay of a member, and of members that waited only for this one.
    fn end_hold_and_free(&mut self, request: &RequestContext, id: InstanceId, result: HookResult) {
        let group = self.world.fleet.instance(id).group;
        self.end_hold(request, id, result);
        let free = |leaving: &mut Leaving| {
            if leaving.unapproved == 0 {
                std::mem::take(&mut leaving.approved)
            } else {
                BTreeSet::new()
            }
        };
        let leaving = group.and_then(|group| self.world.leaving.get_mut(&group));
        for other in leaving.map(free).unwrap_or_default() {
            self.end_hold(request, other, HookResult::Continue);
        }
    }

    pub(in crate::world) fn heartbeat(&mut self, call: Call, targets: Targets) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        self.apply_unjudged(&request, &ids, |step, _, id| {
            let limits = step.book_of(id).policy.hooks.clone();
            let held = step.world.held.get_mut(&id).ok_or(Obstacle::NoHook)?;
            let most = limits.as_ref().map_or(0, |limits| limits.heartbeats);
            if held.beats >= most {
                return Err(Obstacle::NoMoreTime);
            }
            held.beats += 1;
            let last = limits.and_then(|limits| limits.in_all).map(|span| held.since.after(span));
            let until = step.now.after(held.hook.timeout);
            step.future_events.set(Timer::Hook(id), last.map_or(until, |last| until.min(last)));
            Ok(())
        });
    }

    /// Ends the delay of a member with the result of its hook.
    fn end_hold(&mut self, by: &RequestContext, id: InstanceId, result: HookResult) {
        let Some(held) = self.forget_hold(id) else { return };
        let Some((requested, item, reason)) = held.requested else {
            return self.end_launch(&by.following(held.origin), id, result);
        };
        let request =
            RequestContext { cause: by.cause, verb: by.verb, past_hook: true, ..requested };
        let request = RequestContext { target: Target::Instance(id), ..request };
        let request = request.following(held.origin);
        let open = self.open(&request, true);
        let Some(draft) = self.draft_alone(&request, item) else {
            return self.close(open, RequestTally::default());
        };
        let mut tally = RequestTally::default();
        let resolution = match (&draft.outcome, result) {
            (DraftOutcome::Applied(_), HookResult::RollBack) => Resolution {
                outcome: Outcome::Held,
                decided_by: DecidedBy::Other(DecidingFactor::Hook),
                rule: Some(reason.rule),
                basis: draft.basis.union(reason.basis),
            },
            _ => resolve_alone(&request, &draft),
        };
        self.carry_out(&request, open.seq, draft, resolution, &mut tally);
        let instance = self.world.fleet.instance(id);
        if instance.state == Lifecycle::Removing {
            let by = instance.stopped_by;
            self.world.fleet.set_state(id, held.before, by);
            let back = What::State(Lifecycle::Removing, held.before);
            self.change(&request, open.seq, Subject::Instance(id), back);
        }
        self.close(open, tally);
    }

    /// Ends a launch hook: the member goes into service, or is released.
    fn end_launch(&mut self, by: &RequestContext, id: InstanceId, result: HookResult) {
        let request =
            RequestContext { target: Target::Instance(id), payload: Payload::Nothing, ..*by };
        let open = self.open(&request, false);
        let mut tally = RequestTally::all(1);
        if self.world.fleet.instance(id).state == Lifecycle::Pending {
            match result {
                HookResult::Continue => self.move_to(&request, open.seq, id, Lifecycle::Running),
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
