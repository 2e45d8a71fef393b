//! Effects of actions on the fleet.
//!
//! An action that can take an instance, its data, its address or its membership needs a
//! [`Permit`]; every other action is [`Harmless`].

use super::harmless::Harmless;
use super::origins::OriginKey;
use super::request::{Payload, RequestContext, count};
use super::step::{LostMembers, Step};
use super::timer::Timer;
use crate::fleet::Instance;
use crate::policy::{Column, Facts, Permit};
use crate::record::{Subject, What};
use crate::words::{
    Action, EconomicalStop, Effect, FlagFate, InstanceId, Lifecycle, Membership, ProtectionSet,
    StoppedBy,
};

impl Step<'_> {
    /// Applies a permitted action and returns its effect on the instance.
    pub(super) fn apply(&mut self, request: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let (id, action) = (permit.instance(), permit.action());
        if let Some(harmless) = Harmless::of(action) {
            return self.apply_harmless(request, seq, id, harmless);
        }
        match action {
            Action::Release => self.release(request, seq, permit),
            Action::Remove => self.remove(request, seq, permit),
            Action::Stop => self.shut_down(request, seq, permit),
            Action::Recycle => {
                if let Some(group) = self.world.fleet.instance(id).group {
                    self.world.fleet.cool_down(group, self.now, request.cooldown());
                }
                let request = request.with_payload(Payload::StoppedBy(StoppedBy::Group));
                self.shut_down(&request, seq, permit)
            }
            Action::Reclaim => {
                self.move_to(request, seq, id, Lifecycle::Reclaimed);
                self.renew_parts(request, seq, permit)
            }
            Action::Deallocate => self.go_down(request, seq, permit, Lifecycle::Deallocated),
            Action::Upgrade => self.bring_to_model(request, seq, permit),
            Action::Restart => {
                let id = permit.instance();
                let effect = self.renew_parts(request, seq, permit);
                if self.world.power_state(id).is_down() {
                    self.bring_up(request, seq, id);
                }
                effect
            }
            Action::Redeploy | Action::Maintain | Action::Reimage | Action::ReimageAll => {
                self.renew_parts(request, seq, permit)
            }
            // Actions on groups are applied in `group`; the rest is harmless.
            Action::Start
            | Action::SetProtection
            | Action::ScheduleRelease
            | Action::CancelScheduledRelease
            | Action::ConvertBilling
            | Action::Renew
            | Action::Snapshot
            | Action::CreateImage
            | Action::ConvertAddress
            | Action::Create
            | Action::Attach
            | Action::ScaleIn
            | Action::DeleteMembers
            | Action::Detach
            | Action::ScaleOut
            | Action::SetCapacity
            | Action::UpdateModel
            | Action::DeleteGroup => Effect::None,
        }
    }

    /// Releases an instance. No other function sets [`Lifecycle::Released`].
    fn release(&mut self, request: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        let effect = self.lose(request, seq, &permit);
        self.leave(request, seq, &permit);
        self.stop_waiting(id);
        self.forget_origin(OriginKey::Schedule(id));
        for timer in [Timer::TermStep(id), Timer::ReclaimStep(id), Timer::ScheduledRelease(id)] {
            self.future_events.clear(timer);
        }
        let stopped_by = self.world.fleet.instance(id).stopped_by;
        self.set_state(request, seq, id, Lifecycle::Released, stopped_by);
        drop(permit);
        effect
    }

    /// Removes an instance from its group without releasing it.
    fn remove(&mut self, request: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        // A member that a hook delays has the state that it would have after the delay.
        let then = self.world.held.get(&id).map(|held| held.then);
        let cleared = self.cleared_by_leaving(request, id);
        self.leave(request, seq, &permit);
        self.clear_protections(request, seq, id, cleared);
        if let Some(then) = then {
            self.move_to(request, seq, id, then);
        }
        let effect = permit.action().effect();
        drop(permit);
        effect
    }

    /// The protections that an instance loses when it leaves its group: by the policy, those that
    /// have an effect on members only.
    fn cleared_by_leaving(&mut self, request: &RequestContext, id: InstanceId) -> ProtectionSet {
        let facts = self.facts(request, id, Action::Remove);
        let policy = self.world.policy_of(id);
        let answer = self.consult(request, policy, |t| &t.departures, &facts);
        if answer.is_none_or(|answer| answer.says == FlagFate::Kept) {
            return ProtectionSet::EMPTY;
        }
        let book = self.world.header.rulebook(policy);
        let instance = self.world.fleet.instance(id);
        let set = instance.protections.possible();
        let outside = Facts {
            membership: Membership::None,
            unknown: facts.unknown.without(Column::Membership),
            ..facts
        };
        book.inert(&outside, set).difference(book.inert(&facts, set))
    }

    /// Removes an instance from its group; does nothing if it is in no group.
    fn leave(&mut self, request: &RequestContext, seq: u64, permit: &Permit) {
        let id = permit.instance();
        let Some(group) = self.world.fleet.instance(id).group else { return };
        // A hook of the group no longer delays the instance, and no other member waits for it.
        if self.forget_hold(id).is_some() {
            self.world.freed.push_back(group);
        }
        let before = self.world.fleet.group(group).members.len();
        self.world.fleet.leave(id, self.now, request.cooldown());
        let instance = self.world.fleet.instance_mut(id);
        instance.membership = Membership::None;
        instance.membership_known = true;
        instance.probed = true;
        self.change(request, seq, Subject::Instance(id), What::Group(Some(group), None));
        let sizes = What::Size(count(before), count(before - 1));
        self.change(request, seq, Subject::Group(group), sizes);
        self.set_origin(OriginKey::Size(group), request.origin.after(seq));
        self.delete_if_empty(request, seq, group);
        let (trigger, origin) = (request.trigger, request.origin.after(seq));
        let lost_members = self.world.lost_members.entry(group).or_default();
        match lost_members.last_mut() {
            Some(last) if last.trigger == trigger => last.lost += 1,
            _ => lost_members.push(LostMembers { trigger, lost: 1, origin }),
        }
        self.future_events.set(Timer::Refill(group), self.now);
    }

    /// Sets the state of an instance, and the cause of its shutdown, and reviews its health check.
    ///
    /// No other function of the world sets a state.
    pub(super) fn set_state(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: Lifecycle,
        by: StoppedBy,
    ) {
        let Instance { state: from, stopped_by: cause, .. } = *self.world.fleet.instance(id);
        let was_unhealthy = self.world.is_unhealthy(id);
        self.world.fleet.set_state(id, to, by);
        if from != to {
            self.change(request, seq, Subject::Instance(id), What::State(from, to));
        }
        if was_unhealthy != self.world.is_unhealthy(id) || cause != by {
            self.review_health(request, seq, id);
        }
    }

    /// Sets the state of an instance; if a hook delays it, the state that it has after the delay.
    pub(super) fn move_to(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: Lifecycle,
    ) {
        self.move_by(request, seq, id, to, self.world.fleet.instance(id).stopped_by);
    }

    /// Sets the state of an instance, and the cause of its shutdown.
    fn move_by(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        mut to: Lifecycle,
        by: StoppedBy,
    ) {
        if let Some(held) = self.world.held.get_mut(&id) {
            // A member that a hook delays keeps its state until the delay ends.
            held.then = std::mem::replace(&mut to, self.world.fleet.instance(id).state);
        }
        self.set_state(request, seq, id, to, by);
    }

    /// Shuts an instance down: `to` is stopped or deallocated.
    fn go_down(
        &mut self,
        request: &RequestContext,
        seq: u64,
        permit: Permit,
        to: Lifecycle,
    ) -> Effect {
        let id = permit.instance();
        let by = match request.payload {
            // A clock does not change the cause of an earlier shutdown.
            Payload::StoppedBy(StoppedBy::Arrears | StoppedBy::Expiry)
                if self.world.power_state(id).is_down() =>
            {
                self.world.fleet.instance(id).stopped_by
            }
            Payload::StoppedBy(by) => by,
            Payload::Nothing
            | Payload::Time(_)
            | Payload::Flags(..)
            | Payload::Billing(..)
            | Payload::Term(_)
            | Payload::Economical(_)
            | Payload::Standby(_)
            | Payload::Cooldown(_) => StoppedBy::User,
        };
        self.move_by(request, seq, id, to, by);
        self.renew_parts(request, seq, permit)
    }

    /// Gives a member the current model of its group.
    fn bring_to_model(&mut self, request: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        let Some(group) = self.world.fleet.instance(id).group else { return Effect::None };
        let to = self.world.fleet.group(group).upgrades.model;
        self.set_model(request, seq, id, to);
        self.probe(request, seq, id, true);
        self.renew_parts(request, seq, permit)
    }

    /// Applies an action that changes neither state nor membership, but can take resources.
    fn renew_parts(&mut self, request: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let effect = self.lose(request, seq, &permit);
        drop(permit);
        effect
    }

    fn shut_down(&mut self, request: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        let frees = request.payload.is_economical(permit.action()) && {
            let facts = self.facts(request, id, Action::Stop);
            let policy = self.world.policy_of(id);
            let answer = self.consult(request, policy, |t| &t.economical, &facts);
            answer.is_some_and(|answer| answer.says == EconomicalStop::Frees)
        };
        // A further stop of an instance does not give it back the compute that it has freed.
        let was_down = self.world.power_state(id).is_down();
        let instance = self.world.fleet.instance_mut(id);
        instance.economical = frees || was_down && instance.economical;
        self.go_down(request, seq, permit, Lifecycle::Stopped)
    }

    /// Starts an instance that was shut down.
    pub(super) fn bring_up(&mut self, request: &RequestContext, seq: u64, id: InstanceId) {
        self.world.fleet.instance_mut(id).economical = false;
        self.move_by(request, seq, id, Lifecycle::Running, StoppedBy::Nothing);
    }
}
