//! Hooks: what holds up a member that comes or goes, until somebody says that all is
//! done or the time is out.

use std::collections::BTreeSet;

use crate::fleet::Hook;
use crate::plan::Targets;
use crate::policy::Answer;
use crate::record::{DecidedBy, Subject, Target, What};
use crate::time::SimTime;
use crate::words::{
    Action, DecidingFactor, HookFate, HookResult, InstanceId, Lifecycle, Obstacle, Outcome, Trigger,
};
use crate::world::decide::{Draft, Fate, Item, Word, alone};
use crate::world::request::{Call, Ids, Payload, Reason, RequestContext, Tally};
use crate::world::step::{Step, Timer};

/// What a hook holds up.
#[derive(Debug, Clone, Copy)]
pub(in crate::world) struct Held {
    /// What was asked of a member that is to go; `None` for one that has just come.
    asked: Option<(RequestContext, Item, Reason)>,
    /// The state that it was in.
    was: Lifecycle,
    hook: Hook,
    since: SimTime,
    /// How often it was prolonged.
    beats: u32,
    /// Whether it may go on as soon as its neighbours may.
    approved: bool,
}

/// The members of a group that are held up on their way out.
#[derive(Debug, Default)]
pub(in crate::world) struct Leaving {
    /// How many of them may not go on yet.
    unapproved: u32,
    /// Those that may, as soon as all may.
    approved: BTreeSet<InstanceId>,
}

impl Step<'_> {
    /// Whether a hook holds up what was decided, and the rule that says so.
    pub(in crate::world) fn hook_of(
        &mut self,
        ask: &RequestContext,
        draft: &Draft,
    ) -> Option<(Hook, Answer<HookFate>)> {
        if !matches!(draft.action, Action::Release | Action::Remove) || ask.past_hook {
            return None;
        }
        let group = self.world.fleet.instance(draft.id).group?;
        let hook = self.world.fleet.group(group).terminate_hook?;
        let answer = self.consult(ask, draft.policy, |t| &t.hooks, &draft.facts)?;
        (answer.says == HookFate::Waits).then_some((hook, answer))
    }

    /// Holds up a member that is to go. Who asks again changes nothing: the time runs.
    pub(in crate::world) fn hold(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        draft: &Draft,
        hook: Hook,
        ground: Reason,
    ) {
        let id = draft.id;
        if self.world.held.contains_key(&id) {
            return;
        }
        let was = self.world.fleet.instance(id).state;
        let item = Item { ground: draft.ground, ..Item::new(id, draft.action) };
        let asked = Some((*ask, item, ground));
        let by = self.world.fleet.instance(id).stopped_by;
        self.world.fleet.set_state(id, Lifecycle::Removing, by);
        self.change(ask, seq, Subject::Instance(id), What::State(was, Lifecycle::Removing));
        let held = Held { asked, was, hook, since: self.now, beats: 0, approved: false };
        self.world.held.insert(id, held);
        if let Some(group) = self.world.fleet.instance(id).group {
            self.world.leaving.entry(group).or_default().unapproved += 1;
        }
        self.future_events.set(Timer::Hook(id), self.now.after(hook.timeout));
    }

    /// Holds up a member that has just come.
    pub(in crate::world) fn hold_launch(&mut self, id: InstanceId, hook: Hook) {
        let was = Lifecycle::Pending;
        let held = Held { asked: None, was, hook, since: self.now, beats: 0, approved: false };
        self.world.held.insert(id, held);
        self.future_events.set(Timer::Hook(id), self.now.after(hook.timeout));
    }

    /// The time of a hook is out.
    pub(in crate::world) fn hook_step(&mut self, id: InstanceId) {
        let Some(held) = self.world.held.get(&id) else { return };
        let result = held.hook.result;
        let ask =
            RequestContext::timer("hook", Trigger::Manual, Action::Start, Target::Instance(id));
        self.end_hold_and_free(&ask, id, result);
    }

    pub(in crate::world) fn complete_hook(
        &mut self,
        call: Call,
        targets: Targets,
        result: HookResult,
    ) {
        let ids = self.of(targets);
        let ask = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        let mut ready = Ids::new();
        self.tell(&ask, &ids, |step, _, id| {
            let world = &mut *step.world;
            let held = world.held.get_mut(&id).ok_or(Obstacle::NoHook)?;
            let first = !std::mem::replace(&mut held.approved, true);
            let of = world.fleet.instance(id).group.filter(|_| held.asked.is_some());
            let leaving = of.and_then(|group| world.leaving.get_mut(&group));
            if let Some(leaving) = leaving.filter(|_| first) {
                leaving.unapproved -= 1;
                leaving.approved.insert(id);
            }
            ready.push(id);
            Ok(())
        });
        for id in ready {
            if result != HookResult::Continue || self.may_go_on(id) {
                self.end_hold_and_free(&ask, id, result);
            }
        }
    }

    /// Whether a member that may go on has to wait for neighbours that may not yet.
    fn may_go_on(&self, id: InstanceId) -> bool {
        let Some(group) = self.world.fleet.instance(id).group else { return true };
        let book = self.world.header.rulebook(self.world.policy_of_group(group));
        if !book.policy.hooks.as_ref().is_some_and(|hooks| hooks.together) {
            return true;
        }
        self.world.leaving.get(&group).is_none_or(|leaving| leaving.unapproved == 0)
    }

    /// An instance is no longer held up.
    pub(in crate::world) fn forget_hold(&mut self, id: InstanceId) -> Option<Held> {
        let held = self.world.held.remove(&id)?;
        self.future_events.clear(Timer::Hook(id));
        let of = self.world.fleet.instance(id).group.filter(|_| held.asked.is_some());
        if let Some(leaving) = of.and_then(|group| self.world.leaving.get_mut(&group)) {
            leaving.unapproved -= u32::from(!held.approved);
            leaving.approved.remove(&id);
        }
        Some(held)
    }

    /// Ends the hold on a member, and on those that waited for it alone.
    fn end_hold_and_free(&mut self, ask: &RequestContext, id: InstanceId, result: HookResult) {
        let group = self.world.fleet.instance(id).group;
        self.end_hold(ask, id, result);
        let free = |leaving: &mut Leaving| {
            if leaving.unapproved == 0 {
                std::mem::take(&mut leaving.approved)
            } else {
                BTreeSet::new()
            }
        };
        let leaving = group.and_then(|group| self.world.leaving.get_mut(&group));
        for other in leaving.map(free).unwrap_or_default() {
            self.end_hold(ask, other, HookResult::Continue);
        }
    }

    pub(in crate::world) fn heartbeat(&mut self, call: Call, targets: Targets) {
        let ids = self.of(targets);
        let ask = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        self.tell(&ask, &ids, |step, _, id| {
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

    /// Ends the hold on a member, one way or the other.
    fn end_hold(&mut self, by: &RequestContext, id: InstanceId, result: HookResult) {
        let Some(held) = self.forget_hold(id) else { return };
        let Some((asked, item, ground)) = held.asked else {
            return self.end_launch(by, id, result);
        };
        let ask = RequestContext { cause: by.cause, verb: by.verb, past_hook: true, ..asked };
        let ask = RequestContext { target: Target::Instance(id), ..ask };
        let open = self.open(&ask, true);
        let Some(draft) = self.draft_alone(&ask, item) else {
            return self.close(open, Tally::default());
        };
        let mut tally = Tally::default();
        let word = match (&draft.fate, result) {
            (Fate::Goes(_), HookResult::RollBack) => Word {
                outcome: Outcome::Held,
                decided_by: DecidedBy::Other(DecidingFactor::Hook),
                rule: Some(ground.rule),
                basis: draft.basis.union(ground.basis),
            },
            _ => alone(&ask, &draft),
        };
        self.carry_out(&ask, open.seq, draft, word, &mut tally);
        let instance = self.world.fleet.instance(id);
        if instance.state == Lifecycle::Removing {
            let by = instance.stopped_by;
            self.world.fleet.set_state(id, held.was, by);
            let back = What::State(Lifecycle::Removing, held.was);
            self.change(&ask, open.seq, Subject::Instance(id), back);
        }
        self.close(open, tally);
    }

    /// A member that has just come goes into service, or is given up again.
    fn end_launch(&mut self, by: &RequestContext, id: InstanceId, result: HookResult) {
        let ask = RequestContext { target: Target::Instance(id), with: Payload::Nothing, ..*by };
        let open = self.open(&ask, false);
        let mut tally = Tally::all(1);
        if self.world.fleet.instance(id).state == Lifecycle::Pending {
            match result {
                HookResult::Continue => self.move_to(&ask, open.seq, id, Lifecycle::Running),
                HookResult::Abandon | HookResult::RollBack => {
                    let ask = RequestContext { action: Action::Release, past_hook: true, ..ask };
                    let ask = ask.as_cause(Trigger::LaunchHook);
                    tally = self.decide(&ask, open.seq, &[Item::new(id, Action::Release)]);
                }
            }
        }
        self.close(open.as_cause(Trigger::LaunchHook), tally);
    }
}
