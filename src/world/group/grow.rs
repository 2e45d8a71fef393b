//! Growth of groups: new members, their names and zones, and the refill of lost members.

use crate::plan::verb;
use crate::policy::Undecided;
use crate::record::Target;
use crate::words::{
    Action, Capacity, GroupId, Initiator, InstanceId, Lifecycle, LimitedBy, Membership, Refill,
    TimerName, Trigger, ZoneId,
};
use crate::world::group::members::OpenGroup;
use crate::world::request::{Call, RequestContext, RequestTally, count};
use crate::world::step::{LostMembers, Step};
use crate::world::timer::Timer;

/// The most members that groups create in a run, so that an error in a file cannot exhaust the
/// memory. The run stops before it creates more.
const MOST_CREATED: u32 = 1_000_000;

/// Numbers of members in the zones of a group.
pub(in crate::world) struct ZoneSizes {
    /// The zones in which the group creates members: those of its list, in its order; if it lists
    /// none, those of its members.
    pub open: Vec<(ZoneId, u32)>,
    /// The other zones of its members.
    pub others: Vec<(ZoneId, u32)>,
}

impl Step<'_> {
    pub(in crate::world) fn scale_out(&mut self, call: Call, event: verb::ScaleOut) {
        let mut request = RequestContext::call(call, Action::ScaleOut, Target::Group(event.group));
        request.facts.initiator = event.initiator.unwrap_or(Initiator::User);
        self.grow(&request, Action::ScaleOut, event.group, event.add.get());
    }

    /// Creates members in a group, limited as the policy states for its maximum. `requested` is the
    /// action that the request names.
    pub(in crate::world) fn grow(
        &mut self,
        request: &RequestContext,
        requested: Action,
        group: GroupId,
        add: u32,
    ) {
        let open = self.open(request);
        if let Err(why) = self.group_refusal(request, group) {
            return self.refuse(open, add, why);
        }
        let extent = match self.extent_of_growing(request, requested, group, add) {
            Ok(extent) => extent,
            Err(why) => return self.refuse_at_bound(open, add, why),
        };
        let got = self.grow_by(request, open.seq, group, extent.by);
        if self.sets_desired(requested, group) {
            let state = self.world.fleet.group_mut(group);
            state.desired = Some(state.size());
        }
        let limited_by = Some(LimitedBy::Bound);
        let refusal = extent.limit;
        self.close(
            open,
            RequestTally { wanted: add, got, refusal, limited_by, ..RequestTally::default() },
        );
    }

    pub(in crate::world) fn set_capacity(&mut self, call: Call, event: verb::SetCapacity) {
        let (group, to) = (event.group, event.to);
        let state = self.world.fleet.group(group);
        let size = state.size();
        let capacity = match to {
            _ if to < state.min => Capacity::BelowMin,
            _ if to > state.max => Capacity::AboveMax,
            _ => Capacity::Within,
        };
        let mut request = RequestContext::call(call, Action::SetCapacity, Target::Group(group));
        request.facts.initiator = event.initiator.unwrap_or(Initiator::User);
        request.facts.capacity = capacity;
        let wanted = to.abs_diff(size);
        if let Err(why) = self.group_refusal(&request, group) {
            let open = self.open(&request);
            return self.refuse(open, wanted, why);
        }
        if capacity != Capacity::Within
            && let Err(why) = self.bound(&request, Action::SetCapacity, group, capacity)
        {
            let open = self.open(&request);
            return self.refuse_at_bound(open, wanted, why);
        }
        if to < size {
            let request =
                RequestContext { action: Action::ScaleIn, ..request.as_cause(Trigger::ScaleIn) };
            self.shrink(&request, Action::SetCapacity, group, size - to);
        } else {
            let request = RequestContext { action: Action::ScaleOut, ..request };
            self.grow(&request, Action::SetCapacity, group, to - size);
        }
    }

    /// Adds `add` members: stopped ones start again first, the others are created. Returns the
    /// number added: none if the group is being deleted. At the limit of the program, none is added
    /// and the run stops.
    pub(in crate::world) fn grow_by(
        &mut self,
        request: &RequestContext,
        seq: u64,
        group: GroupId,
        add: u32,
    ) -> u32 {
        let Ok(open) = self.open_group(group) else { return 0 };
        // Reclaimed members start again first.
        let reclaimed: Vec<InstanceId> = self
            .members_of(group)
            .into_iter()
            .filter(|id| self.world.fleet.instance(*id).is_recycled())
            .take(add as usize)
            .collect();
        let back = count(reclaimed.len());
        let new = add - back;
        if new > MOST_CREATED - self.world.created {
            let policy = self.world.policy_of_group(group);
            self.halt(request, Target::Group(group), policy, Undecided::TooManyMembers);
            return 0;
        }
        self.world.created += new;
        for id in &reclaimed {
            self.bring_up(request, seq, *id);
            self.world.fleet.cool_down(group, self.now, request.cooldown());
        }
        let mut sizes = self.zone_sizes(group).open;
        for _ in 0..new {
            // The zone with the fewest members gets the next one; of equals the first in the list.
            let emptiest = sizes.iter_mut().min_by_key(|(_, size)| *size);
            let zone = emptiest.map(|(zone, size)| {
                *size += 1;
                *zone
            });
            self.create_member(request, seq, open, zone);
        }
        back + new
    }

    /// Number of members that count in each zone of a group.
    pub(in crate::world) fn zone_sizes(&self, group: GroupId) -> ZoneSizes {
        let state = self.world.fleet.group(group);
        let mut open: Vec<(ZoneId, u32)> = state.zones.iter().map(|zone| (*zone, 0)).collect();
        let mut others = Vec::new();
        let counted = self.world.fleet.counted_members(group);
        let zones = counted.filter_map(|id| self.world.fleet.instance(id).zone);
        let mut of_members: Vec<ZoneId> = zones.collect();
        of_members.sort_unstable();
        for same in of_members.chunk_by(PartialEq::eq) {
            match open.iter_mut().find(|(zone, _)| *zone == same[0]) {
                Some((_, size)) => *size = count(same.len()),
                None => others.push((same[0], count(same.len()))),
            }
        }
        if open.is_empty() {
            open = std::mem::take(&mut others);
        }
        ZoneSizes { open, others }
    }

    /// Creates a member.
    fn create_member(
        &mut self,
        request: &RequestContext,
        seq: u64,
        open: OpenGroup,
        zone: Option<ZoneId>,
    ) {
        let group = open.id();
        let id = match self.world.fleet.group_mut(group).expected.pop_front() {
            Some(id) => id,
            None => self.world.add_member(group),
        };
        let state = self.world.fleet.group(group);
        let (model, hook, resources) =
            (state.upgrades.model, state.launch_hook, state.member_resources.clone());
        let to = if hook.is_some() { Lifecycle::Pending } else { Lifecycle::Running };
        let instance = self.world.fleet.instance_mut(id);
        instance.membership = Membership::AutoCreated;
        instance.membership_known = true;
        instance.model = model;
        instance.zone = instance.zone.or(zone);
        if !resources.is_empty() {
            *self.world.fleet.properties_mut(id) = resources;
        }
        self.begin_existence(request, seq, id, to, Some(open));
        if let Some(hook) = hook {
            self.hold_launch(id, hook, request.origin.after(seq));
        }
    }

    /// Asks again about the members that a group may replace later, after the suspension of its
    /// process or the arrears of its account have ended.
    pub(in crate::world) fn resume_refill(&mut self, group: GroupId) {
        if self.world.lost_members.contains_key(&group) {
            self.future_events.set(Timer::Refill(group), self.now);
        }
    }

    /// Handles the refill of a group that has lost members.
    pub(in crate::world) fn refill(&mut self, group: GroupId) {
        for lost_members in self.world.lost_members.remove(&group).unwrap_or_default() {
            if self.world.halt.is_none() {
                self.replace_lost(group, lost_members);
            }
        }
    }

    /// Replaces lost members, as the policy states for the trigger.
    fn replace_lost(&mut self, group: GroupId, lost_members: LostMembers) {
        let LostMembers { trigger, lost, origin } = lost_members;
        let request = RequestContext::timer(
            TimerName::Refill,
            trigger,
            Action::ScaleOut,
            Target::Group(group),
        )
        .following(origin);
        let facts = self.group_facts(&request, group);
        let policy = self.world.policy_of_group(group);
        let Some(answer) = self.consult(&request, policy, |t| &t.refills, &facts) else { return };
        let state = self.world.fleet.group(group);
        if state.deleting {
            return;
        }
        let size = self.world.fleet.group(group).size();
        let lacks = match answer.says {
            Refill::None => 0,
            Refill::Later => {
                self.world.add_lost(group, LostMembers { trigger, lost, origin });
                0
            }
            Refill::Smaller => {
                let state = self.world.fleet.group_mut(group);
                state.desired = state.desired.map(|desired| desired.saturating_sub(lost));
                0
            }
            Refill::ToSize => state.desired.unwrap_or(0).max(state.min).saturating_sub(size),
            Refill::OneForOne => lost,
        };
        if lacks > 0 {
            let open = self.open(&request);
            let got = self.grow_by(&request, open.seq, group, lacks);
            self.close(open, RequestTally::all(got));
        }
    }
}

impl crate::world::step::World {
    /// Notes members that a group may replace later.
    fn add_lost(&mut self, group: GroupId, more: LostMembers) {
        let all = self.lost_members.entry(group).or_default();
        match all.iter_mut().find(|lost| lost.trigger == more.trigger) {
            Some(lost) => lost.lost += more.lost,
            None => all.push(more),
        }
    }

    /// Adds an unnamed instance to the fleet, as a new member of a group.
    fn add_member(&mut self, group: GroupId) -> InstanceId {
        let state = self.fleet.group_mut(group);
        let member_template = state.member_template;
        let number = state.numbering;
        state.numbering += 1;
        let name = format!("{}{}{number}", self.header.group(group), crate::fleet::MEMBER_TEMPLATE);
        self.header.instances.push(&name);
        let prices = state.member_prices;
        let id = self.fleet.add_instance(member_template);
        self.fleet.set_prices(id, prices);
        id
    }
}
