//! The tables, and the few moves that keep them consistent.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::autoscale::{Autoscale, Series};
use crate::time::{SimSpan, SimTime, Term};
use crate::vocab::{
    AccountId, Billing, ClockKind, Eviction, GroupId, HealthCheck, HookResult, InstanceId,
    Lifecycle, Locks, Membership, ModelId, Orchestration, PolicyId, Process, ProtectionSet,
    Reclaim, Renewal, Repair, StoppedBy, Thing, Upgrade, Word, ZoneId, ZonePolicy,
};

/// What gets the bill.
#[derive(Debug, Clone)]
pub struct Account {
    /// The policy that its instances are under.
    pub policy: PolicyId,
    /// How long it is allowed to be in arrears before anything happens.
    pub grace: SimSpan,
    /// Its arrears, if it is in any; a cancelled account counts as one.
    pub arrears: Option<Arrears>,
    /// Its instances, in the order in which they came.
    pub instances: Vec<InstanceId>,
    /// How many of them have a release that waits for the account to settle.
    pub waiting: u32,
}

/// How far an account has come that owes, or that was cancelled.
#[derive(Debug, Clone, Copy)]
pub struct Arrears {
    /// The clock that runs: of a bill that is not paid, or of a cancellation.
    pub clock: ClockKind,
    /// When they began.
    pub since: SimTime,
    /// Whether that is known.
    pub since_known: bool,
    /// The steps of the billing clock that have been due: a bit for each, by its place.
    pub taken: u32,
}

impl Arrears {
    /// How many steps have been due.
    pub const fn steps(self) -> usize {
        self.taken.count_ones() as usize
    }
}

/// A scaling group or scale set.
#[derive(Debug, Clone)]
pub struct Group {
    /// Who pays for it.
    pub account: AccountId,
    /// Its bounds.
    pub min: u32,
    /// Its bounds.
    pub max: u32,
    /// The size that it is meant to have, if it was given one.
    pub desired: Option<u32>,
    /// How its members are kept.
    pub orchestration: Orchestration,
    /// The orders by which it shrinks, as places in its policy's list.
    pub orders: Vec<usize>,
    /// The zones that it spreads over, in the order in which it lists them.
    pub zones: Vec<ZoneId>,
    /// How it spreads.
    pub zone_policy: ZonePolicy,
    /// What it does with members that it no longer needs.
    pub reclaim: Reclaim,
    /// Whether its disks are kept by the provider.
    pub managed_disks: bool,
    /// How it looks after the health of its members.
    pub care: Care,
    /// How a new model reaches its members.
    pub upgrades: Upgrades,
    /// How long it rests after a member was added or removed, by whatever means.
    pub cooldown: SimSpan,
    /// Until when it rests; long past, if it does not.
    pub rests_until: SimTime,
    /// What it was told not to do by itself: a bit for each process, by its place.
    pub suspended: u8,
    /// What holds up a member that comes.
    pub launch_hook: Option<Hook>,
    /// What holds up a member that goes.
    pub terminate_hook: Option<Hook>,
    /// What makes it want another size.
    pub autoscale: Option<Box<Autoscale>>,
    /// What a member is like that it creates.
    pub newcomer: Instance,
    /// What belongs to such a member.
    pub newcomer_things: Vec<Property>,
    /// The number of the next member that it creates and that has no name yet.
    pub numbering: u32,
    /// The next members that it creates; they have names already.
    pub expected: VecDeque<InstanceId>,
    /// The protections that are set on it.
    pub on: ProtectionSet,
    /// The protections of which nobody knows whether they are set.
    pub unknown: ProtectionSet,
    /// Its members, in no order that means anything.
    pub members: Vec<InstanceId>,
    /// How many of them do not count: about to go, or put by for later.
    aside: u32,
    /// Whether it has been deleted.
    pub deleted: bool,
}

/// How a group looks after the health of its members.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    /// What it looks at.
    pub check: HealthCheck,
    /// What it does to a member that is unhealthy.
    pub repair: Repair,
    /// How long it waits first.
    pub grace: SimSpan,
}

/// How a new model reaches the members of a group.
#[derive(Debug, Clone, Copy)]
pub struct Upgrades {
    /// In which way.
    pub mode: Upgrade,
    /// The model that members are made from now.
    pub model: ModelId,
    /// The size of a batch, in percent of the members.
    pub batch_percent: u32,
    /// How long it waits between two batches.
    pub pause: SimSpan,
}

/// What holds up a member that comes or goes.
#[derive(Debug, Clone, Copy)]
pub struct Hook {
    /// For how long.
    pub timeout: SimSpan,
    /// What then becomes of it, if nobody says otherwise.
    pub result: HookResult,
}

impl Group {
    /// An empty group of which nothing is said.
    pub const fn new(account: AccountId, born: SimTime) -> Self {
        Self {
            account,
            min: 0,
            max: u32::MAX,
            desired: None,
            orchestration: Orchestration::Uniform,
            orders: Vec::new(),
            zones: Vec::new(),
            zone_policy: ZonePolicy::None,
            reclaim: Reclaim::Release,
            managed_disks: true,
            care: Care { check: HealthCheck::None, repair: Repair::Replace, grace: SimSpan::ZERO },
            upgrades: Upgrades {
                mode: Upgrade::Manual,
                model: ModelId(0),
                batch_percent: 100,
                pause: SimSpan::ZERO,
            },
            cooldown: SimSpan::ZERO,
            rests_until: born,
            suspended: 0,
            launch_hook: None,
            terminate_hook: None,
            autoscale: None,
            newcomer: Instance::new(account, born),
            newcomer_things: Vec::new(),
            numbering: 1,
            expected: VecDeque::new(),
            on: ProtectionSet::EMPTY,
            unknown: ProtectionSet::EMPTY,
            members: Vec::new(),
            aside: 0,
            deleted: false,
        }
    }

    /// How many of its members count: not about to go, and not put by for later.
    pub fn size(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX) - self.aside
    }

    /// Whether it was told not to do something by itself.
    pub fn is_suspended(&self, process: Process) -> bool {
        self.suspended >> process.index() & 1 == 1
    }
}

/// An instance. Kept small: a fleet has millions of them.
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    /// Who pays for it.
    pub account: AccountId,
    /// The group that it is in.
    pub group: Option<GroupId>,
    /// Its place among the group's members.
    slot: u32,
    /// The age of the configuration that it was made from; lower is older.
    pub configuration: u32,
    /// The zone that it is in.
    pub zone: Option<ZoneId>,
    /// The fault domain that it is in.
    pub fault_domain: u8,
    /// The model of its group that it was brought to last.
    pub model: ModelId,
    /// Whether it was reported unhealthy.
    pub unhealthy: bool,
    /// Whether what probes the health of its group's members sees it.
    pub probed: bool,
    /// What becomes of it if it is spot capacity and taken back.
    pub eviction: Eviction,
    /// When it was created.
    pub created: SimTime,
    /// When it joined its group.
    pub joined: SimTime,
    /// When its term ends; never, if it has none.
    pub expires: SimTime,
    /// When it is to be released; never, if no time is set.
    pub auto_release: SimTime,
    /// The protections that are set on it.
    pub on: ProtectionSet,
    /// The protections of which nobody knows whether they are set.
    pub unknown: ProtectionSet,
    /// How it is paid for.
    pub billing: Billing,
    /// Whether that is known; if not, it may be spot capacity.
    pub billing_known: bool,
    /// How it came into its group.
    pub membership: Membership,
    /// Whether that is known.
    pub membership_known: bool,
    /// Its state; changed by [`Fleet::set_state`] only.
    pub state: Lifecycle,
    /// What shut it down; changed by [`Fleet::set_state`] only.
    pub stopped_by: StoppedBy,
    /// What bars its owner from some calls, besides the clock of its account.
    pub locks: Locks,
    /// Whether that is known.
    pub lock_known: bool,
    /// Whether it is known if its release is scheduled.
    pub schedule_known: bool,
    /// Whether, if stopped, it pays nothing for compute.
    pub economical: bool,
    /// Whether its release was due and waits for the account to settle.
    pub waiting: bool,
    /// Whether its term has ended.
    pub expired: bool,
    /// Whether its subscription prolongs itself.
    pub renewal: Renewal,
    /// How many steps of the clock of its term have been taken.
    pub term_steps: u8,
    /// How many steps of the clock of its reclaim have been taken.
    pub reclaim_steps: u8,
    /// When that clock began; never, if it has not.
    pub reclaim_since: SimTime,
}

impl Instance {
    /// A running pay-as-you-go instance in no group.
    pub const fn new(account: AccountId, created: SimTime) -> Self {
        Self {
            account,
            group: None,
            slot: 0,
            configuration: u32::MAX,
            zone: None,
            fault_domain: 0,
            model: ModelId(0),
            unhealthy: false,
            probed: true,
            eviction: Eviction::Deallocate,
            created,
            joined: created,
            expires: SimTime::NEVER,
            auto_release: SimTime::NEVER,
            on: ProtectionSet::EMPTY,
            unknown: ProtectionSet::EMPTY,
            billing: Billing::PayAsYouGo,
            billing_known: true,
            membership: Membership::None,
            membership_known: true,
            state: Lifecycle::Running,
            stopped_by: StoppedBy::Nothing,
            locks: Locks::NONE,
            lock_known: true,
            schedule_known: true,
            economical: false,
            waiting: false,
            expired: false,
            renewal: Renewal::None,
            term_steps: 0,
            reclaim_steps: 0,
            reclaim_since: SimTime::NEVER,
        }
    }

    /// Whether its group does not count it: it is about to go, or put by for later.
    pub fn is_aside(&self) -> bool {
        self.state == Lifecycle::Removing || self.is_recycled()
    }

    /// Whether its group stopped it and may use it again.
    pub fn is_recycled(&self) -> bool {
        self.stopped_by == StoppedBy::Group && self.is_down()
    }

    /// Whether it is shut down.
    pub const fn is_down(&self) -> bool {
        matches!(self.state, Lifecycle::Stopped | Lifecycle::Reclaimed | Lifecycle::Deallocated)
    }

    /// Whether it is there: created, and not released.
    pub fn is_there(&self) -> bool {
        !matches!(self.state, Lifecycle::Absent | Lifecycle::Released)
    }
}

/// A thing that belongs to an instance and may be lost with it.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name, if somebody gave one.
    pub name: Option<Arc<str>>,
    /// What it is.
    pub thing: Thing,
    /// Its size, if it has one that is known, in GiB.
    pub gib: Option<u64>,
    /// Whether it is set to go with the instance; `None` where nobody says.
    pub with_instance: Option<bool>,
    /// The name of the disk that it is a snapshot of, if it is one and somebody said so.
    pub disk: Option<Arc<str>>,
}

/// What stands in a name between the group that created the member and its number.
pub const NEWCOMER: &str = "-new-";

/// Everything that exists, in dense tables.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    accounts: Vec<Account>,
    groups: Vec<Group>,
    instances: Vec<Instance>,
    /// What belongs to instances, for those of which anything is known.
    properties: FxHashMap<InstanceId, Vec<Property>>,
    /// How long subscriptions are prolonged for, where it is not a month.
    terms: FxHashMap<InstanceId, Term>,
    /// What autoscale looks at.
    pub metrics: Vec<Series>,
    /// The groups of instances that are still to be created.
    meant_for: FxHashMap<InstanceId, GroupId>,
}

impl Fleet {
    /// Adds an account.
    pub fn add_account(&mut self, account: Account) -> AccountId {
        self.accounts.push(account);
        AccountId::at(self.accounts.len() - 1)
    }

    /// Adds a group without members.
    pub fn add_group(&mut self, group: Group) -> GroupId {
        self.groups.push(group);
        GroupId::at(self.groups.len() - 1)
    }

    /// Adds an instance to its account and to the group that it names.
    pub fn add_instance(&mut self, instance: Instance) -> InstanceId {
        let id = InstanceId::at(self.instances.len());
        let group = instance.group;
        self.accounts[instance.account.index()].instances.push(id);
        self.instances.push(Instance { group: None, ..instance });
        match group {
            Some(group) if instance.is_there() => self.enter(id, group),
            Some(group) => {
                self.meant_for.insert(id, group);
            }
            None => {}
        }
        id
    }

    /// The account of that id.
    pub fn account(&self, id: AccountId) -> &Account {
        &self.accounts[id.index()]
    }

    /// The account of that id, to be changed.
    pub fn account_mut(&mut self, id: AccountId) -> &mut Account {
        &mut self.accounts[id.index()]
    }

    /// The group of that id.
    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.index()]
    }

    /// The group of that id, to be changed. Members come and go by
    /// [`Self::join`] and [`Self::leave`] only.
    pub fn group_mut(&mut self, id: GroupId) -> &mut Group {
        &mut self.groups[id.index()]
    }

    /// The instance of that id.
    pub fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id.index()]
    }

    /// The instance of that id, to be changed.
    pub fn instance_mut(&mut self, id: InstanceId) -> &mut Instance {
        &mut self.instances[id.index()]
    }

    /// Every account, in order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.accounts.iter().enumerate().map(|(at, account)| (AccountId::at(at), account))
    }

    /// Every group, in order.
    pub fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        self.groups.iter().enumerate().map(|(at, group)| (GroupId::at(at), group))
    }

    /// Every instance, in order.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &Instance)> {
        self.instances.iter().enumerate().map(|(at, instance)| (InstanceId::at(at), instance))
    }

    /// Takes an instance that has just been created into the group that it was
    /// meant for; gives the group and its new size.
    pub fn born_into(&mut self, id: InstanceId, now: SimTime) -> Option<(GroupId, u32)> {
        let group = self.meant_for.remove(&id)?;
        self.join(id, group, now);
        let size = self.groups[group.index()].members.len();
        Some((group, u32::try_from(size).unwrap_or(u32::MAX)))
    }

    /// Takes an instance into a group, whose cooldown begins.
    pub fn join(&mut self, id: InstanceId, group: GroupId, now: SimTime) {
        self.leave(id, now);
        self.enter(id, group);
        self.cool_down(group, now);
    }

    /// Has the cooldown of a group begin: a member was added or removed.
    pub fn cool_down(&mut self, group: GroupId, since: SimTime) {
        let group = &mut self.groups[group.index()];
        group.rests_until = group.rests_until.max(since.after(group.cooldown));
    }

    /// Puts an instance that is in no group at the end of a group's list.
    fn enter(&mut self, id: InstanceId, group: GroupId) {
        let members = &mut self.groups[group.index()].members;
        let slot = u32::try_from(members.len()).unwrap_or(u32::MAX);
        members.push(id);
        let instance = &mut self.instances[id.index()];
        instance.group = Some(group);
        instance.slot = slot;
        self.groups[group.index()].aside += u32::from(instance.is_aside());
    }

    /// Moves an instance to a state, and says what shut it down.
    pub fn set_state(&mut self, id: InstanceId, state: Lifecycle, stopped_by: StoppedBy) {
        let instance = &mut self.instances[id.index()];
        let before = instance.is_aside();
        instance.state = state;
        instance.stopped_by = stopped_by;
        if let Some(group) = instance.group {
            let aside = &mut self.groups[group.index()].aside;
            *aside = *aside + u32::from(instance.is_aside()) - u32::from(before);
        }
    }

    /// Takes an instance out of its group, if it is in one, and has the cooldown of the group
    /// begin; its membership ends.
    ///
    /// The last member takes the place that becomes free, so this costs the same
    /// in a group of any size.
    pub fn leave(&mut self, id: InstanceId, now: SimTime) {
        let Instance { group: Some(group), slot, .. } = self.instances[id.index()] else { return };
        let members = &mut self.groups[group.index()].members;
        // INVARIANT: a member's slot is its place in its group's list.
        debug_assert_eq!(members[slot as usize], id);
        members.swap_remove(slot as usize);
        if let Some(moved) = members.get(slot as usize).copied() {
            self.instances[moved.index()].slot = slot;
        }
        let instance = &mut self.instances[id.index()];
        instance.group = None;
        self.groups[group.index()].aside -= u32::from(instance.is_aside());
        self.cool_down(group, now);
    }

    /// What belongs to an instance, as far as it is known.
    pub fn properties(&self, id: InstanceId) -> &[Property] {
        self.properties.get(&id).map_or(&[], Vec::as_slice)
    }

    /// How long a subscription is prolonged for by itself: a month, where nobody says.
    pub fn term(&self, id: InstanceId) -> Term {
        self.terms.get(&id).copied().unwrap_or(Term::MONTH)
    }

    /// Says how long a subscription is prolonged for by itself.
    pub fn set_term(&mut self, id: InstanceId, term: Term) {
        self.terms.insert(id, term);
    }

    /// What belongs to an instance, to be changed.
    pub fn properties_mut(&mut self, id: InstanceId) -> &mut Vec<Property> {
        self.properties.entry(id).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SimTime = SimTime::from_seconds(1_000);

    fn fleet() -> (Fleet, GroupId, Vec<InstanceId>) {
        let mut fleet = Fleet::default();
        let account = fleet.add_account(Account {
            policy: PolicyId(0),
            grace: SimSpan::ZERO,
            arrears: None,
            instances: Vec::new(),
            waiting: 0,
        });
        let start = SimTime::from_seconds(0);
        let group = fleet.add_group(Group::new(account, start));
        let ids = (0..4).map(|_| {
            fleet.add_instance(Instance { group: Some(group), ..Instance::new(account, start) })
        });
        let ids = ids.collect();
        (fleet, group, ids)
    }

    #[test]
    fn members_come_and_go_in_any_order_and_slots_stay_right() {
        let (mut fleet, group, ids) = fleet();
        for leaver in [1, 3, 0] {
            fleet.leave(ids[leaver], NOW);
            fleet.leave(ids[leaver], NOW);
            assert_eq!(fleet.instance(ids[leaver]).group, None);
            for member in fleet.group(group).members.clone() {
                let slot = fleet.instance(member).slot as usize;
                assert_eq!(fleet.group(group).members[slot], member);
            }
        }
        assert_eq!(fleet.group(group).members, [ids[2]]);
        fleet.join(ids[0], group, NOW);
        assert_eq!(fleet.group(group).members, [ids[2], ids[0]]);
    }

    #[test]
    fn who_is_about_to_go_or_put_by_does_not_count() {
        let (mut fleet, group, ids) = fleet();
        fleet.set_state(ids[0], Lifecycle::Removing, StoppedBy::Nothing);
        fleet.set_state(ids[1], Lifecycle::Stopped, StoppedBy::Group);
        fleet.set_state(ids[2], Lifecycle::Stopped, StoppedBy::User);
        assert_eq!(fleet.group(group).size(), 2);
        fleet.leave(ids[0], NOW);
        fleet.set_state(ids[1], Lifecycle::Running, StoppedBy::Nothing);
        assert_eq!(fleet.group(group).size(), 3);
        fleet.set_state(ids[0], Lifecycle::Running, StoppedBy::Nothing);
        fleet.join(ids[0], group, NOW);
        assert_eq!(fleet.group(group).size(), 4);
    }

    #[test]
    fn a_group_rests_from_the_last_member_that_came_or_went() {
        let (mut fleet, group, ids) = fleet();
        fleet.group_mut(group).cooldown = SimSpan::from_seconds(300);
        let rests = |fleet: &Fleet| fleet.group(group).rests_until.seconds();
        assert_eq!(rests(&fleet), 0, "nothing has changed yet");
        fleet.leave(ids[0], NOW);
        assert_eq!(rests(&fleet), 1_300);
        fleet.leave(ids[0], SimTime::from_seconds(2_000));
        assert_eq!(rests(&fleet), 1_300, "who is in no group leaves none");
        fleet.join(ids[0], group, SimTime::from_seconds(2_000));
        assert_eq!(rests(&fleet), 2_300);
        fleet.cool_down(group, NOW);
        assert_eq!(rests(&fleet), 2_300, "what was earlier shortens nothing");
    }

    #[test]
    fn an_instance_stays_small() {
        assert!(size_of::<Instance>() <= 112, "{} bytes", size_of::<Instance>());
    }
}
