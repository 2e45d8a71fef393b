//! Members of a group: attach, detach, delete, standby, and deletion of the group.

use crate::plan::{Targets, verb};
use crate::policy::Facts;
use crate::record::{Refusal, Subject, Target, What};
use crate::words::{
    Action, Capacity, DesiredAfterAttach, GroupId, InstanceId, Lifecycle, Membership, Obstacle,
    ProtectionSet, Trigger, YesNo,
};
use crate::world::facts::add_group;
use crate::world::harmless::Harmless;
use crate::world::origins::OriginKey;
use crate::world::request::{Call, Payload, RequestContext, RequestItem, RequestTally, count};
use crate::world::step::Step;

/// Proof that a group can get members: it is not being deleted. Made by [`Step::open_group`] only.
#[derive(Debug, Clone, Copy)]
pub(in crate::world) struct OpenGroup(GroupId);

impl OpenGroup {
    /// The group.
    pub(in crate::world) const fn id(self) -> GroupId {
        self.0
    }
}

impl Step<'_> {
    /// Checks that a group can get members.
    ///
    /// # Errors
    /// If it has been deleted or is being deleted.
    pub(in crate::world) fn open_group(&self, group: GroupId) -> Result<OpenGroup, Refusal> {
        if self.world.fleet.group(group).deleting {
            return Err(Refusal::Obstacle(Obstacle::GroupDeleted));
        }
        Ok(OpenGroup(group))
    }

    /// Adds an instance that is in no group to a group. Every member that joins in a run is added
    /// here.
    pub(in crate::world) fn enter_group(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        OpenGroup(group): OpenGroup,
    ) {
        self.world.fleet.join(id, group, self.now, request.cooldown());
        let size = count(self.world.fleet.group(group).members.len());
        self.change(request, seq, Subject::Group(group), What::Size(size - 1, size));
        self.set_origin(OriginKey::Size(group), request.origin.after(seq));
        self.review_health(request, seq, id);
    }

    /// The facts of a group in a request about the group as a whole.
    pub(in crate::world) fn group_facts(&self, request: &RequestContext, group: GroupId) -> Facts {
        self.world.situation_of_group(group, self.now, request.columns(request.action))
    }

    /// Checks a request about a group as a whole.
    ///
    /// # Errors
    /// If the caller lacks a permission, or a precondition refuses the request.
    pub(in crate::world) fn group_refusal(
        &mut self,
        request: &RequestContext,
        group: GroupId,
    ) -> Result<(), Refusal> {
        let facts = self.group_facts(request, group);
        self.permit_group(request, group, &facts)?;
        if request.action == Action::ScaleOut {
            self.open_group(group)?;
        }
        let state = self.world.fleet.group(group);
        if state.deleted {
            return Err(Refusal::Obstacle(Obstacle::GroupDeleted));
        }
        let on = state.protections.on;
        self.refusal_in(request, self.world.policy_of_group(group), on, &facts)
    }

    /// The members of a group, in the order of their ids.
    pub(in crate::world) fn members_of(&self, group: GroupId) -> Vec<InstanceId> {
        let mut members = self.world.fleet.group(group).members.to_vec();
        members.sort_unstable();
        members
    }

    /// The members of a group that count, in the order of their ids.
    pub(in crate::world) fn counted_members(&self, group: GroupId) -> Vec<InstanceId> {
        let mut members: Vec<InstanceId> = self.world.fleet.counted_members(group).collect();
        members.sort_unstable();
        members
    }

    /// The members that a request names, or all of them.
    ///
    /// # Errors
    /// If one of the named instances is not a member.
    pub(in crate::world) fn named_or_all(
        &mut self,
        request: &RequestContext,
        group: GroupId,
        named: Option<Targets>,
    ) -> Result<Vec<InstanceId>, Refusal> {
        let Some(named) = named else { return Ok(self.members_of(group)) };
        let ids = self.instances_of(named);
        let is_no_member = |id: &&InstanceId| self.world.fleet.instance(**id).group != Some(group);
        let Some(other) = ids.iter().find(is_no_member) else { return Ok(ids.into_vec()) };
        let state = self.world.power_state(*other);
        let facts = Facts { state, ..self.group_facts(request, group) };
        let policy = self.world.policy_of_group(group);
        Err(self.refusal_of_absent(policy, &facts, Obstacle::NotAMember))
    }

    pub(in crate::world) fn delete_members(&mut self, call: Call, event: verb::DeleteMembers) {
        let request = RequestContext::call(call, Action::DeleteMembers, Target::Group(event.group));
        self.named_members(request.as_cause(Trigger::DeleteMembers), event.group, event.instance);
    }

    pub(in crate::world) fn detach(&mut self, call: Call, event: verb::Detach) {
        let request = RequestContext::call(call, Action::Detach, Target::Group(event.group));
        self.named_members(request.as_cause(Trigger::Detach), event.group, event.instance);
    }

    /// Handles a request to a group that names members.
    fn named_members(&mut self, mut request: RequestContext, group: GroupId, targets: Targets) {
        let open = self.open_judged(&request);
        let state = self.world.fleet.group(group);
        let wanted = targets.len;
        // Members that leave already are not counted.
        let counts = |id: &&InstanceId| {
            let member = self.world.fleet.instance(**id);
            member.group == Some(group) && !member.is_aside()
        };
        let named = targets.of(&self.world.targets).iter().filter(counts).count();
        let left = state.size() - count(named);
        request.facts.capacity =
            if left < state.min { Capacity::BelowMin } else { Capacity::Within };
        request.facts.named = YesNo::Yes;
        request.named = Some(targets);
        if let Err(why) = self.group_refusal(&request, group) {
            return self.refuse(open, wanted, why);
        }
        let ids = match self.named_or_all(&request, group, Some(targets)) {
            Ok(ids) => ids,
            Err(why) => return self.refuse(open, wanted, why),
        };
        let items: Vec<RequestItem> = ids.iter().copied().map(RequestItem::of_member).collect();
        let tally = self.decide(&request, open.seq, &items);
        self.close(open, tally);
    }

    pub(in crate::world) fn delete_group(&mut self, call: Call, event: verb::DeleteGroup) {
        let group = event.group;
        let request = RequestContext::call(call, Action::DeleteGroup, Target::Group(group));
        let mut request = request.as_cause(Trigger::GroupDelete);
        request.facts.force = YesNo::from(event.force.unwrap_or(false));
        let open = self.open_judged(&request);
        let members = self.members_of(group);
        if let Err(why) = self.group_refusal(&request, group) {
            return self.refuse(open, count(members.len()), why);
        }
        if let Some(why) = self.guarded(&request, group).filter(|_| members.is_empty()) {
            return self.refuse(open, 1, why);
        }
        let items: Vec<RequestItem> = members.iter().copied().map(RequestItem::of_member).collect();
        let tally = self.decide(&request, open.seq, &items);
        if self.world.halt.is_none() {
            let deleting = tally.got == tally.wanted;
            self.world.fleet.group_mut(group).deleting = deleting;
            if deleting {
                self.end_rolling(group);
            }
            self.delete_if_empty(&request, open.seq, group);
        }
        self.close(open, tally);
    }

    /// Deletes a group that is being deleted, once its last member has left: hooks can delay some.
    pub(in crate::world) fn delete_if_empty(
        &mut self,
        request: &RequestContext,
        seq: u64,
        group: GroupId,
    ) {
        let state = self.world.fleet.group(group);
        if state.deleting && state.members.is_empty() && !state.deleted {
            self.world.fleet.group_mut(group).deleted = true;
            self.change(request, seq, Subject::Group(group), What::Deleted);
        }
    }

    /// The protection of a group that holds each of its members in every situation; it also holds
    /// an empty group.
    fn guarded(&mut self, request: &RequestContext, group: GroupId) -> Option<Refusal> {
        let policy = self.world.policy_of_group(group);
        let book = self.world.header.rulebook(policy);
        let rule =
            book.guards(request.trigger, self.world.fleet.group(group).protections.on)?.rule?;
        let basis = book.basis(rule);
        self.rely(policy, basis);
        Some(Refusal::Rule(policy, rule))
    }

    pub(in crate::world) fn attach(&mut self, call: Call, event: verb::Attach) {
        let ids = self.instances_of(event.instance);
        let mut request = RequestContext::call(call, Action::Attach, Target::Group(event.group));
        request.named = Some(event.instance);
        let open = self.open(&request);
        let facts = self.group_facts(&request, event.group);
        if let Err(why) = self.permit_group(&request, event.group, &facts) {
            return self.refuse(open, count(ids.len()), why);
        }
        let membership = if event.entrusted.unwrap_or(false) {
            Membership::Entrusted
        } else {
            Membership::Attached
        };
        let mut tally = RequestTally { wanted: count(ids.len()), ..RequestTally::default() };
        for id in ids {
            match self.attachable(&request, id, event.group, membership) {
                Ok(group) => {
                    self.join_group(&request, open.seq, id, group, membership);
                    tally.got += 1;
                }
                Err(why) => tally.refuse(why),
            }
        }
        self.resize_for_attached(&request, event.group, tally.got);
        self.close(open, tally);
    }

    /// Changes the desired size of a group to which instances were attached, as the policy states.
    fn resize_for_attached(&mut self, request: &RequestContext, group: GroupId, attached: u32) {
        if attached == 0 || self.world.fleet.group(group).desired.is_none() {
            return;
        }
        let facts = self.group_facts(request, group);
        let policy = self.world.policy_of_group(group);
        let answer = self.consult(request, policy, |t| &t.attachments, &facts);
        if answer.is_some_and(|answer| answer.says == DesiredAfterAttach::Larger) {
            let state = self.world.fleet.group_mut(group);
            let larger = |desired: u32| desired.saturating_add(attached).min(state.max);
            state.desired = state.desired.map(larger);
        }
    }

    /// Changes the desired size of the group that a created instance has joined, as an attachment
    /// or a scale-out does.
    pub(in crate::world) fn resize_for_created(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
    ) {
        let instance = self.world.fleet.instance(id);
        let Some(group) = instance.group else { return };
        if instance.membership != Membership::AutoCreated {
            return self.resize_for_attached(request, group, 1);
        }
        if self.sets_desired(Action::ScaleOut, group) {
            let state = self.world.fleet.group_mut(group);
            state.desired = Some(state.size());
        }
    }

    /// The group that an instance joins when a call creates it; `None` if it joins none.
    ///
    /// # Errors
    /// If the group is being deleted or full, or the instance could not be attached to it.
    pub(in crate::world) fn intended_group(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
    ) -> Result<Option<OpenGroup>, Refusal> {
        let Some(group) = self.world.fleet.intended_group(id) else { return Ok(None) };
        let open = self.open_group(group)?;
        let membership = self.world.fleet.instance(id).membership;
        if membership == Membership::AutoCreated {
            let extent = self.extent_of_growing(request, Action::ScaleOut, group, 1)?;
            return extent.limit.map_or(Ok(Some(open)), Err);
        }
        self.may_attach(request, id, group, membership)?;
        Ok(Some(open))
    }

    /// Checks whether an instance can be attached, with the membership that it would have. An
    /// instance that is in a group already is refused.
    fn attachable(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
        group: GroupId,
        membership: Membership,
    ) -> Result<OpenGroup, Refusal> {
        let open = self.open_group(group)?;
        let instance = self.world.fleet.instance(id);
        if !instance.exists() {
            return Err(Refusal::Obstacle(Obstacle::NotThere));
        }
        if instance.group.is_some() {
            return Err(Refusal::Obstacle(Obstacle::InAGroup));
        }
        self.may_attach(request, id, group, membership)?;
        Ok(open)
    }

    /// Checks the preconditions of an attachment. An instance that is being created counts as
    /// running.
    fn may_attach(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
        group: GroupId,
        membership: Membership,
    ) -> Result<(), Refusal> {
        let mut facts = self.facts(request, id, Action::Attach);
        if facts.state == Lifecycle::Absent {
            facts.state = Lifecycle::Running;
        }
        let state = self.world.fleet.group(group);
        add_group(state, &mut facts);
        facts.capacity = if state.room() == 0 { Capacity::AboveMax } else { Capacity::Within };
        facts.activity = YesNo::from(self.world.is_active(group));
        facts.membership = membership;
        self.refusal_in(request, self.world.policy_of(id), ProtectionSet::EMPTY, &facts)
    }

    fn join_group(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        group: OpenGroup,
        membership: Membership,
    ) {
        let instance = self.world.fleet.instance_mut(id);
        instance.membership = membership;
        instance.membership_known = true;
        instance.joined = self.now;
        // An attached instance has no configuration of the group.
        instance.configuration = u32::MAX;
        self.change(request, seq, Subject::Instance(id), What::Group(None, Some(group.0)));
        self.enter_group(request, seq, id, group);
    }

    /// Handles `enter-standby` and `exit-standby`, which set the policy's standby protection.
    pub(in crate::world) fn standby(
        &mut self,
        call: Call,
        group: GroupId,
        instances: Targets,
        enters: bool,
    ) {
        let request = RequestContext::call(call, Action::SetProtection, Target::Group(group));
        let mut request = request.with_payload(Payload::Standby(enters));
        request.named = Some(instances);
        let open = self.open(&request);
        let facts = self.group_facts(&request, group);
        if let Err(why) = self.permit_group(&request, group, &facts) {
            return self.refuse(open, instances.len, why);
        }
        let ids = match self.named_or_all(&request, group, Some(instances)) {
            Ok(ids) => ids,
            Err(why) => return self.refuse(open, instances.len, why),
        };
        let tally = self.apply_or_refuse(open.seq, Harmless::SetProtection, &ids, |_, _| request);
        self.close(open, tally);
    }

    /// Handles `suspend` and `resume` of the processes of a group.
    pub(in crate::world) fn suspend(
        &mut self,
        call: Call,
        group: GroupId,
        processes: u8,
        suspended: bool,
    ) {
        let request = RequestContext::call(call, Action::SetProtection, Target::Group(group));
        let open = self.open(&request);
        let facts = self.group_facts(&request, group);
        if let Err(why) = self.permit_group(&request, group, &facts) {
            return self.refuse(open, 1, why);
        }
        if self.world.fleet.group(group).deleted {
            return self.refuse(open, 1, Refusal::Obstacle(Obstacle::GroupDeleted));
        }
        let state = self.world.fleet.group_mut(group);
        let from = state.suspended;
        state.suspended = if suspended { from | processes } else { from & !processes };
        let to = state.suspended;
        if from != to {
            self.change(&request, open.seq, Subject::Group(group), What::Suspended(from, to));
            self.resume_refill(group);
        }
        self.close(open, RequestTally::all(1));
    }
}
