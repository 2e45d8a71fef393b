//! The steps that a search tries: calls of people and events of the platform, with a finite set of
//! values for each key.
//!
//! It leaves out verbs that only add or prolong (`create`, `renew`, `snapshot`, `create-image`,
//! `convert-address`, `heartbeat`, `enter-standby` of the instance itself) and `suspend`, which
//! only stops automatic actions of a group. A schedule is set to the earliest permitted time, and a
//! term to a week or a month. One step sets a protection of all other members of the group, so that
//! a scale-in skips them; they are not released or stopped one by one.

use std::num::NonZero;

use super::question::Hunt;
use crate::plan::{Event, FlagsRef, Plan, Targets, judges, verb};
use crate::policy::{Column, Flags, Policy, Protection};
use crate::time::{CalendarSpan, SimTime, Term};
use crate::words::{
    ActorId, Billing, Channel, GroupId, GroupOperation, Health, HookResult, InstanceId, ModelId,
    PolicyId, Process, ProtectionId, ProtectionSet, SubjectKind, Trigger, Verdict, Word,
};
use crate::world::World;

/// The identity of a step: its verb, its subject, and the protections that it switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StepKind {
    verb: &'static str,
    subject: u32,
    detail: u16,
}

/// The data that the steps of a search need, prepared before it begins.
pub(super) struct Repertoire {
    target: Targets,
    id: InstanceId,
    policy: PolicyId,
    /// For each protection, the flags that switch it off and on.
    switches: Vec<[FlagsRef; 2]>,
    /// For each group, the members beside the target at the start.
    others: Vec<Option<Targets>>,
    /// A model that no group has.
    model: ModelId,
    keep_flag: bool,
}

impl Repertoire {
    /// The repertoire for the target of a search; adds the targets and flags of the steps to the
    /// plan.
    pub(super) fn new(plan: &mut Plan, hunt: &Hunt) -> Self {
        let id = hunt.target;
        let account = plan.fleet.instance(id).account;
        let policy = plan.fleet.account(account).policy;
        let count = plan.header.rulebook(policy).policy.protections.len();
        let all = (0..count).map(ProtectionId::from_index);
        let switches = all.map(|protection| {
            let set = ProtectionSet::EMPTY.with(protection);
            let none = ProtectionSet::EMPTY;
            let [off, on] = [Flags { on: none, off: set }, Flags { on: set, off: none }];
            [plan.add_flags(policy, off), plan.add_flags(policy, on)]
        });
        let switches = switches.collect();
        let groups: Vec<Vec<InstanceId>> = plan
            .fleet
            .groups()
            .map(|(_, group)| {
                let mut others = group.members.to_vec();
                others.retain(|member| *member != id);
                others.sort_unstable();
                others
            })
            .collect();
        let others = groups.iter().map(|ids| (!ids.is_empty()).then(|| plan.add_targets(ids)));
        let others = others.collect();
        let model = ModelId::from_index(plan.header.models.len());
        plan.header.models.push(NEW_MODEL);
        let target = plan.add_targets(&[id]);
        Self { target, id, policy, switches, others, model, keep_flag: hunt.keep_flag }
    }

    /// Whether a step has switched off a protection of the instance or of its group.
    pub(super) fn lifts(&self, before: &World, after: &World) -> bool {
        let group = before.fleet().instance(self.id).group;
        let set = |world: &World| world.fleet().protections(self.id, group).0;
        !set(before).difference(set(after)).is_empty()
    }

    /// The calls that `by` can make.
    pub(super) fn calls(
        &self,
        world: &World,
        now: SimTime,
        by: Option<ActorId>,
        mut add: impl FnMut(Event, StepKind),
    ) {
        let policy = &world.header().rulebook(self.policy).policy;
        let [api, console] = [Some(Channel::Api), Some(Channel::Console)];
        let channels = if policy.tests(Column::Channel) { vec![api, console] } else { vec![api] };
        for via in channels {
            let mut calls = Calls { all: self, world, policy, now, by, via, add: &mut add };
            calls.about_the_instance();
            calls.about_protections();
            calls.about_the_group();
            calls.about_other_groups();
        }
    }

    /// The events of the platform.
    pub(super) fn causes(&self, world: &World, mut add: impl FnMut(Event, StepKind)) {
        let book = world.header().rulebook(self.policy);
        let instance = world.fleet().instance(self.id);
        let account = instance.account;
        let target = self.target;
        let mut cause = |event: Event, subject: u32| {
            if judges(book, &event) {
                add(event, StepKind { verb: event.verb(), subject, detail: 0 });
            }
        };
        cause(Event::Overdue(verb::Overdue { account }), account.0);
        cause(Event::Cancel(verb::Cancel { account }), account.0);
        cause(Event::SecurityLock(verb::SecurityLock { instance: target }), 0);
        cause(Event::SecurityRelease(verb::SecurityRelease { instance: target }), 0);
        cause(Event::SpotReclaim(verb::SpotReclaim { instance: target }), 0);
        cause(Event::Maintenance(verb::Maintenance { instance: target }), 0);
        if let Some(group) = instance.group {
            let health = Health::Unhealthy;
            cause(Event::SetHealth(verb::SetHealth { instance: target, health }), 0);
            cause(Event::BalanceZones(verb::BalanceZones { group }), group.number());
        }
    }
}

/// The name of the model that `update-model` sets.
pub(super) const NEW_MODEL: &str = "another-model";

/// The calls of one caller through one channel, in one state.
struct Calls<'s, F> {
    all: &'s Repertoire,
    world: &'s World,
    policy: &'s Policy,
    now: SimTime,
    by: Option<ActorId>,
    via: Option<Channel>,
    add: F,
}

impl<F: FnMut(Event, StepKind)> Calls<'_, F> {
    /// Adds a call, if the policy can judge it.
    fn add(&mut self, event: Event, subject: u32, detail: impl Into<u16>) {
        if judges(self.world.header().rulebook(self.all.policy), &event) {
            (self.add)(event, StepKind { verb: event.verb(), subject, detail: detail.into() });
        }
    }

    fn about_the_instance(&mut self) {
        let (instance, by, via) = (self.all.target, self.by, self.via);
        let state = *self.world.fleet().instance(self.all.id);
        for (force, terminate_subscription) in
            [(None, None), (Some(true), None), (None, Some(true)), (Some(true), Some(true))]
        {
            let release = verb::Release { instance, force, terminate_subscription, by, via };
            self.add(Event::Release(release), 0, 0_u16);
        }
        for economical in [None, Some(true)] {
            let stop = verb::Stop { instance, economical, by, via };
            self.add(Event::Stop(stop), 0, 0_u16);
        }
        self.add(Event::Start(verb::Start { instance, by, via }), 0, 0_u16);
        self.add(Event::Restart(verb::Restart { instance, by, via }), 0, 0_u16);
        self.add(Event::Redeploy(verb::Redeploy { instance, by, via }), 0, 0_u16);
        self.add(Event::Deallocate(verb::Deallocate { instance, by, via }), 0, 0_u16);
        for all_disks in [None, Some(true)] {
            let reimage = verb::Reimage { instance, all_disks, by, via };
            self.add(Event::Reimage(reimage), 0, 0_u16);
        }
        let earliest = self.policy.schedule.earliest.unwrap_or_default();
        let time = self.now.after_on_calendar(earliest, self.policy.calendar);
        let schedule = verb::ScheduleRelease { instance, time, by, via };
        self.add(Event::ScheduleRelease(schedule), 0, 0_u16);
        if state.auto_release < SimTime::NEVER {
            let cancel = verb::CancelScheduledRelease { instance, by, via };
            self.add(Event::CancelScheduledRelease(cancel), 0, 0_u16);
        }
        for to in Billing::ALL.iter().copied().filter(|to| *to != state.billing) {
            if !self.policy.knows(Column::Billing, to) {
                continue;
            }
            let terms: &[Option<Term>] = match to {
                Billing::Subscription => &[Term::new(CalendarSpan::from_days(7)), None],
                Billing::PayAsYouGo | Billing::Spot => &[None],
            };
            for term in terms {
                let convert = verb::ConvertBilling { instance, to, term: *term, by, via };
                self.add(Event::ConvertBilling(convert), 0, u16::from(to.index()));
            }
        }
        let account = state.account;
        if self.world.fleet().account(account).arrears.is_some() {
            self.add(Event::Settle(verb::Settle { account, by, via }), account.0, 0_u16);
        }
        for result in HookResult::ALL.iter().copied() {
            let offered = self.policy.hooks.as_ref().is_some_and(|h| h.results.contains(&result));
            if offered && self.world.is_delayed(self.all.id) {
                let result = Some(result);
                let complete = verb::CompleteHook { instance, result, by, via };
                self.add(Event::CompleteHook(complete), 0, 0_u16);
            }
        }
    }

    /// Each protection of the instance and of its group is switched off by a separate call.
    fn about_protections(&mut self) {
        if self.all.keep_flag {
            return;
        }
        let state = *self.world.fleet().instance(self.all.id);
        let (by, via) = (self.by, self.via);
        let of_group = state.group.map(|group| (group, self.world.fleet().group(group)));
        for (index, protection) in self.policy.protections.iter().enumerate() {
            let id = ProtectionId::from_index(index);
            let [off, _] = self.all.switches[index];
            let set = |instance, group| {
                let flags = off;
                Event::SetProtection(verb::SetProtection {
                    instance,
                    group,
                    flags,
                    api_version: None,
                    by,
                    via,
                })
            };
            let detail = u16::from(id.0);
            let is_set = state.protections.possible().contains(id);
            if is_set && !protection.standby && protection.of == SubjectKind::Instance {
                self.add(set(Some(self.all.target), None), 0, detail);
            }
            if let Some((group, settings)) = of_group
                && settings.protections.possible().contains(id)
            {
                self.add(set(None, Some(group)), group.number() + 1, detail);
            }
            if let Some(group) = state.group.filter(|_| is_set && protection.standby) {
                let instance = self.all.target;
                let exit = verb::ExitStandby { group, instance, by, via };
                self.add(Event::ExitStandby(exit), group.number(), detail);
            }
        }
    }

    /// The calls to the group of the instance.
    fn about_the_group(&mut self) {
        let Some(group) = self.world.fleet().instance(self.all.id).group else { return };
        let settings = self.world.fleet().group(group);
        let (instance, by, via, subject) = (self.all.target, self.by, self.via, group.number());
        let delete = verb::DeleteMembers { group, instance, by, via };
        self.add(Event::DeleteMembers(delete), subject, 0_u16);
        self.add(Event::Detach(verb::Detach { group, instance, by, via }), subject, 0_u16);
        for force in [None, Some(true)] {
            let delete = verb::DeleteGroup { group, force, by, via };
            self.add(Event::DeleteGroup(delete), subject, 0_u16);
        }
        for operation in GroupOperation::ALL.iter().copied() {
            for instance in [Some(instance), None] {
                let act = verb::GroupAction { group, operation, instance, by, via };
                let detail = u16::from(operation.index());
                self.add(Event::GroupAction(act), subject, detail);
            }
        }
        if settings.upgrades.model != self.all.model {
            let update = verb::UpdateModel { group, to: self.all.model, by, via };
            self.add(Event::UpdateModel(update), subject, 0_u16);
        }
        for (instance, os_image) in [(Some(instance), None), (None, None), (None, Some(true))] {
            if os_image.is_some() && !self.policy.knows(Column::Upgrade, OS_IMAGE) {
                continue;
            }
            let upgrade = verb::Upgrade { group, instance, os_image, by, via };
            self.add(Event::Upgrade(upgrade), subject, u16::from(os_image.is_some()));
        }
        for process in Process::ALL.iter().copied().filter(|one| settings.is_suspended(*one)) {
            let resume = verb::Resume { group, process: 1 << process.index(), by, via };
            self.add(Event::Resume(resume), subject, u16::from(process.index()));
        }
        self.about_sizes(group);
        self.about_neighbours(group);
    }

    /// Scale-in, scale-out and the capacity of a group.
    fn about_sizes(&mut self, group: GroupId) {
        let settings = self.world.fleet().group(group);
        let (size, min, max) = (settings.size(), settings.min, settings.max);
        let (by, via, subject, initiator) = (self.by, self.via, group.number(), None);
        for remove in amounts(size, size.saturating_sub(min)) {
            let scale_in = verb::ScaleIn { group, remove, initiator, by, via };
            self.add(Event::ScaleIn(scale_in), subject, 0_u16);
        }
        let room = max.saturating_sub(size).min(MOST_NEW);
        for add in [NonZero::new(room.min(1)), NonZero::new(room)].into_iter().flatten() {
            let scale_out = verb::ScaleOut { group, add, initiator, by, via };
            self.add(Event::ScaleOut(scale_out), subject, 0_u16);
        }
        let mut sizes = vec![0, min, size.saturating_sub(1), size + room];
        sizes.sort_unstable();
        sizes.dedup();
        for to in sizes.into_iter().filter(|to| *to != size) {
            let set = verb::SetCapacity { group, to, initiator, by, via };
            self.add(Event::SetCapacity(set), subject, u16::from(to > size));
        }
    }

    /// All other members get a protection that a scale-in respects.
    fn about_neighbours(&mut self, group: GroupId) {
        let Some(others) = self.all.others[group.index()] else { return };
        let (by, via) = (self.by, self.via);
        for (index, protection) in self.policy.protections.iter().enumerate() {
            if protection.of != SubjectKind::Instance || !holds_at_scale_in(protection) {
                continue;
            }
            let detail = u16::try_from(index).unwrap_or(u16::MAX);
            let event = if protection.standby {
                Event::EnterStandby(verb::EnterStandby { group, instance: others, by, via })
            } else {
                let [_, flags] = self.all.switches[index];
                Event::SetProtection(verb::SetProtection {
                    instance: Some(others),
                    group: None,
                    flags,
                    api_version: None,
                    by,
                    via,
                })
            };
            self.add(event, OTHERS, detail);
        }
    }

    /// The groups that the instance can be attached to.
    fn about_other_groups(&mut self) {
        let state = self.world.fleet().instance(self.all.id);
        if state.group.is_some() {
            return;
        }
        let (instance, by, via) = (self.all.target, self.by, self.via);
        let account = state.account;
        for (group, settings) in self.world.fleet().groups() {
            if settings.account != account || settings.deleted {
                continue;
            }
            for entrusted in [None, Some(true)] {
                let attach = verb::Attach { instance, group, entrusted, by, via };
                self.add(Event::Attach(attach), group.number(), u16::from(entrusted.is_some()));
            }
        }
    }
}

/// The subject of steps about all other members of a group.
const OTHERS: u32 = u32::MAX;

/// Most members that a step adds to a group.
const MOST_NEW: u32 = 16;

/// An upgrade of the image by the platform.
const OS_IMAGE: crate::words::Upgrade = crate::words::Upgrade::OsImage;

/// Numbers of members to remove: each up to 8, then doubled, the number down to the minimum, and
/// all.
fn amounts(size: u32, to_min: u32) -> impl Iterator<Item = NonZero<u32>> {
    let doubled = std::iter::successors(Some(16_u32), |n| n.checked_mul(2));
    let mut all: Vec<u32> = (1..=8).chain(doubled).filter(|n| *n < size).collect();
    all.extend([to_min, size]);
    all.sort_unstable();
    all.dedup();
    all.into_iter().filter_map(NonZero::new)
}

/// Whether a protection can hold a member at a scale-in.
fn holds_at_scale_in(protection: &Protection) -> bool {
    protection.table.rows().iter().any(|row| {
        let triggers = row.when.words(Column::Trigger).unwrap_or(u32::MAX);
        row.says == Verdict::Held && triggers >> Trigger::ScaleIn.index() & 1 == 1
    })
}
