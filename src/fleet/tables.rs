//! The tables of the fleet, and the operations that keep them consistent.

use super::account::Account;
use super::copy_on_write::{CowMap, CowTable};
use super::group::Group;
use super::instance::{Instance, Prices, Property};
use super::metric::Series;
use crate::time::{SimSpan, SimTime, Term};
use crate::words::{AccountId, GroupId, InstanceId, Lifecycle, ProtectionSet, StoppedBy};
use std::sync::Arc;

/// The fleet in dense tables.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    accounts: CowTable<Account>,
    groups: CowTable<Group>,
    instances: CowTable<Instance>,
    /// Resources of instances; an instance without known resources has no entry.
    properties: CowMap<InstanceId, Vec<Property>>,
    /// Terms of automatic renewals; an instance without an entry has a term of one month.
    terms: CowMap<InstanceId, Term>,
    /// The prices of instances, for those that have any.
    prices: CowMap<InstanceId, Prices>,
    /// The metrics of autoscale rules.
    pub metrics: Arc<[Series]>,
    /// The groups that instances join when they are created.
    intended_groups: CowMap<InstanceId, GroupId>,
}

impl Fleet {
    /// Lets copies of this fleet share the rows that they do not change.
    pub fn share(&mut self) {
        self.accounts.share();
        self.groups.share();
        self.instances.share();
    }

    /// Adds an account.
    pub fn add_account(&mut self, account: Account) -> AccountId {
        self.accounts.push(account);
        AccountId::from_index(self.accounts.len() - 1)
    }

    /// Adds a group without members.
    pub fn add_group(&mut self, group: Group) -> GroupId {
        self.groups.push(group);
        GroupId::from_index(self.groups.len() - 1)
    }

    /// Adds an instance to its account and to the group that it names.
    pub fn add_instance(&mut self, instance: Instance) -> InstanceId {
        let id = InstanceId::from_index(self.instances.len());
        let group = instance.group;
        let account = self.account_mut(instance.account);
        Arc::make_mut(&mut account.instances).push(id);
        if instance.is_affected() {
            Arc::make_mut(&mut account.affected).insert(id);
        }
        if instance.waiting {
            Arc::make_mut(&mut account.waiting).insert(id);
        }
        self.instances.push(Instance { group: None, ..instance });
        match group {
            Some(group) if instance.exists() => self.enter(id, group),
            Some(group) => {
                self.intended_groups.insert(id, group);
            }
            None => {}
        }
        id
    }

    /// The account with this id.
    #[inline]
    pub fn account(&self, id: AccountId) -> &Account {
        self.accounts.get(id.index())
    }

    /// The account with this id, mutably.
    #[inline]
    pub fn account_mut(&mut self, id: AccountId) -> &mut Account {
        self.accounts.get_mut(id.index())
    }

    /// The group with this id.
    #[inline]
    pub fn group(&self, id: GroupId) -> &Group {
        self.groups.get(id.index())
    }

    /// The group with this id, mutably. Members are added and removed by [`Self::join`] and
    /// [`Self::leave`] only.
    #[inline]
    pub fn group_mut(&mut self, id: GroupId) -> &mut Group {
        self.groups.get_mut(id.index())
    }

    /// The instance with this id.
    #[inline]
    pub fn instance(&self, id: InstanceId) -> &Instance {
        self.instances.get(id.index())
    }

    /// The instance with this id, mutably.
    #[inline]
    pub fn instance_mut(&mut self, id: InstanceId) -> &mut Instance {
        self.instances.get_mut(id.index())
    }

    /// The protections of an instance that are on, and those whose setting is unknown: its own, and
    /// those of a group, which is usually its own one. `None` stands for no group.
    #[inline]
    pub fn protections(
        &self,
        id: InstanceId,
        group: Option<GroupId>,
    ) -> (ProtectionSet, ProtectionSet) {
        let own = self.instance(id).protections;
        let Some(group) = group else { return (own.on, own.unknown) };
        let of_group = self.group(group).protections;
        (own.on.union(of_group.on), own.unknown.union(of_group.unknown))
    }

    /// Every account, in order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.accounts.iter().enumerate().map(|(i, account)| (AccountId::from_index(i), account))
    }

    /// Every group, in order.
    pub fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        self.groups.iter().enumerate().map(|(i, group)| (GroupId::from_index(i), group))
    }

    /// Every instance, in order.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &Instance)> {
        self.instances.iter().enumerate().map(|(i, instance)| (InstanceId::from_index(i), instance))
    }

    /// The group that an instance joins when it is created; `None` if there is none, or if it has
    /// been created.
    pub fn intended_group(&self, id: InstanceId) -> Option<GroupId> {
        self.intended_groups.get(id).copied()
    }

    /// Adds an instance that is in no group to a group, and starts the cooldown of the group.
    pub fn join(
        &mut self,
        id: InstanceId,
        group: GroupId,
        now: SimTime,
        cooldown: Option<SimSpan>,
    ) {
        // A member that leaves its group needs a permit.
        debug_assert!(self.instance(id).group.is_none(), "it is in a group already");
        self.intended_groups.remove(id);
        self.enter(id, group);
        self.cool_down(group, now, cooldown);
    }

    /// Starts the cooldown of a group, after a member was added or removed. `cooldown` is that of
    /// the rule that requested it; `None` for the group's own.
    pub fn cool_down(&mut self, group: GroupId, since: SimTime, cooldown: Option<SimSpan>) {
        let group = self.groups.get_mut(group.index());
        let until = since.after(cooldown.unwrap_or(group.cooldown));
        group.rests_until = group.rests_until.max(until);
    }

    /// Adds an instance that is in no group to the end of a group's list.
    fn enter(&mut self, id: InstanceId, group: GroupId) {
        let members = Arc::make_mut(&mut self.groups.get_mut(group.index()).members);
        let slot = u32::try_from(members.len()).unwrap_or(u32::MAX);
        members.push(id);
        let instance = self.instances.get_mut(id.index());
        instance.group = Some(group);
        instance.slot = slot;
        let aside = u32::from(instance.is_aside());
        let group = self.groups.get_mut(group.index());
        group.aside += aside;
        group.note(id);
    }

    /// The members of a group that count, in arbitrary order: those that neither leave nor are
    /// reclaimed.
    pub fn counted_members(&self, group: GroupId) -> impl Iterator<Item = InstanceId> {
        let members = self.group(group).members.iter().copied();
        members.filter(|id| !self.instance(*id).is_aside())
    }

    /// The members of a group that joined, left, or changed whether they count since the last call;
    /// some may occur twice. `None` if changes were not recorded; they are from now on.
    pub fn moved_members(&mut self, group: GroupId) -> Option<Vec<InstanceId>> {
        self.group_mut(group).moved.replace(Vec::new())
    }

    /// Sets the state of an instance, and the cause of its shutdown.
    pub fn set_state(&mut self, id: InstanceId, state: Lifecycle, stopped_by: StoppedBy) {
        let instance = self.instances.get_mut(id.index());
        let before = instance.is_aside();
        instance.state = state;
        instance.stopped_by = stopped_by;
        if stopped_by == StoppedBy::Arrears {
            let account = self.accounts.get_mut(instance.account.index());
            Arc::make_mut(&mut account.affected).insert(id);
        }
        if let Some(group) = instance.group {
            let group = self.groups.get_mut(group.index());
            group.aside = group.aside + u32::from(instance.is_aside()) - u32::from(before);
            if instance.is_aside() != before {
                group.note(id);
            }
        }
    }

    /// Sets whether the release of an instance waits for its account to settle.
    pub fn set_waiting(&mut self, id: InstanceId, waits: bool) {
        if self.instance(id).waiting == waits {
            return;
        }
        let instance = self.instances.get_mut(id.index());
        instance.waiting = waits;
        let account = self.accounts.get_mut(instance.account.index());
        let waiting = Arc::make_mut(&mut account.waiting);
        if waits {
            waiting.insert(id);
        } else {
            waiting.remove(&id);
        }
    }

    /// The instances of an account that its arrears have stopped or locked, in order.
    pub fn affected(&mut self, account: AccountId) -> Vec<InstanceId> {
        let affected = Arc::clone(&self.account(account).affected);
        let is_affected =
            |instance: &Instance| instance.is_affected() && instance.state != Lifecycle::Released;
        let still = affected.iter().copied().filter(|id| is_affected(self.instance(*id)));
        let still: Vec<InstanceId> = still.collect();
        if still.len() < affected.len() {
            self.account_mut(account).affected = Arc::new(still.iter().copied().collect());
        }
        still
    }

    /// Removes an instance from its group, if it is in one, and starts the cooldown of the group.
    ///
    /// The last member moves to the free index, so the cost does not depend on the size of the
    /// group.
    pub fn leave(&mut self, id: InstanceId, now: SimTime, cooldown: Option<SimSpan>) {
        let Instance { group: Some(group), slot, .. } = *self.instance(id) else { return };
        let members = Arc::make_mut(&mut self.groups.get_mut(group.index()).members);
        // INVARIANT: a member's slot is its index in its group's list.
        debug_assert_eq!(members[slot as usize], id);
        members.swap_remove(slot as usize);
        if let Some(moved) = members.get(slot as usize).copied() {
            self.instances.get_mut(moved.index()).slot = slot;
        }
        let instance = self.instances.get_mut(id.index());
        instance.group = None;
        let aside = u32::from(instance.is_aside());
        let state = self.groups.get_mut(group.index());
        state.aside -= aside;
        state.note(id);
        self.cool_down(group, now, cooldown);
    }

    /// The known resources of an instance.
    #[inline]
    pub fn properties(&self, id: InstanceId) -> &[Property] {
        self.properties.get(id).map_or(&[], Vec::as_slice)
    }

    /// The term of an automatic renewal; one month if none is stated.
    pub fn term(&self, id: InstanceId) -> Term {
        self.terms.get(id).copied().unwrap_or(Term::MONTH)
    }

    /// Sets the term of an automatic renewal.
    pub fn set_term(&mut self, id: InstanceId, term: Term) {
        self.terms.insert(id, term);
    }

    /// The prices of an instance.
    pub fn prices(&self, id: InstanceId) -> Prices {
        self.prices.get(id).copied().unwrap_or(Prices::NONE)
    }

    /// Sets the prices of an instance.
    pub fn set_prices(&mut self, id: InstanceId, prices: Prices) {
        if prices != Prices::NONE {
            self.prices.insert(id, prices);
        }
    }

    /// The known resources of an instance, mutably.
    pub fn properties_mut(&mut self, id: InstanceId) -> &mut Vec<Property> {
        self.properties.get_mut(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Lock, Locks, PolicyId};

    const NOW: SimTime = SimTime::from_seconds(1_000);

    fn fleet() -> (Fleet, GroupId, Vec<InstanceId>) {
        let mut fleet = Fleet::default();
        let account = fleet.add_account(Account::new(PolicyId(0), SimSpan::ZERO, None));
        let start = SimTime::from_seconds(0);
        let group = fleet.add_group(Group::new(account, start));
        let ids = (0..4).map(|_| {
            fleet.add_instance(Instance { group: Some(group), ..Instance::new(account, start) })
        });
        let ids = ids.collect();
        (fleet, group, ids)
    }

    #[test]
    fn slots_stay_right_whatever_the_order_in_which_members_join_and_leave() {
        let (mut fleet, group, ids) = fleet();
        for leaver in [1, 3, 0] {
            fleet.leave(ids[leaver], NOW, None);
            fleet.leave(ids[leaver], NOW, None);
            assert_eq!(fleet.instance(ids[leaver]).group, None);
            for member in fleet.group(group).members.iter().copied() {
                let slot = fleet.instance(member).slot as usize;
                assert_eq!(fleet.group(group).members[slot], member);
            }
        }
        assert_eq!(**fleet.group(group).members, [ids[2]]);
        fleet.join(ids[0], group, NOW, None);
        assert_eq!(**fleet.group(group).members, [ids[2], ids[0]]);
    }

    #[test]
    fn leaving_and_recycled_members_do_not_count() {
        let (mut fleet, group, ids) = fleet();
        fleet.set_state(ids[0], Lifecycle::Removing, StoppedBy::Nothing);
        fleet.set_state(ids[1], Lifecycle::Stopped, StoppedBy::Group);
        fleet.set_state(ids[2], Lifecycle::Stopped, StoppedBy::User);
        assert_eq!(fleet.group(group).size(), 2);
        fleet.leave(ids[0], NOW, None);
        fleet.set_state(ids[1], Lifecycle::Running, StoppedBy::Nothing);
        assert_eq!(fleet.group(group).size(), 3);
        fleet.set_state(ids[0], Lifecycle::Running, StoppedBy::Nothing);
        fleet.join(ids[0], group, NOW, None);
        assert_eq!(fleet.group(group).size(), 4);
    }

    #[test]
    fn a_cooldown_starts_with_the_last_member_that_joined_or_left() {
        let (mut fleet, group, ids) = fleet();
        fleet.group_mut(group).cooldown = SimSpan::from_seconds(300);
        let rests = |fleet: &Fleet| fleet.group(group).rests_until.seconds();
        assert_eq!(rests(&fleet), 0, "nothing has changed yet");
        fleet.leave(ids[0], NOW, None);
        assert_eq!(rests(&fleet), 1_300);
        fleet.leave(ids[0], SimTime::from_seconds(2_000), None);
        assert_eq!(rests(&fleet), 1_300, "an instance in no group leaves none");
        fleet.join(ids[0], group, SimTime::from_seconds(2_000), None);
        assert_eq!(rests(&fleet), 2_300);
        fleet.cool_down(group, NOW, None);
        assert_eq!(rests(&fleet), 2_300, "an earlier start does not shorten the cooldown");
        fleet.cool_down(group, SimTime::from_seconds(2_290), Some(SimSpan::from_seconds(60)));
        assert_eq!(rests(&fleet), 2_350, "a rule has its own cooldown");
    }

    #[test]
    fn a_release_that_waits_is_known_to_its_account() {
        let (mut fleet, group, ids) = fleet();
        let account = fleet.group(group).account;
        fleet.set_waiting(ids[2], true);
        fleet.set_waiting(ids[2], true);
        assert!(fleet.account(account).waiting().iter().eq([&ids[2]]));
        let part = fleet.restricted(&ids[1..], &std::collections::BTreeSet::new());
        assert!(part.account(account).waiting().iter().eq([&ids[1]]), "it has another id there");
        fleet.set_waiting(ids[2], false);
        assert!(fleet.account(account).waiting().is_empty());
    }

    #[test]
    fn settling_finds_what_arrears_have_stopped_or_locked() {
        let (mut fleet, group, ids) = fleet();
        let account = fleet.group(group).account;
        let locked =
            Instance { locks: Locks::NONE.with(Lock::Financial), ..*fleet.instance(ids[0]) };
        let locked = fleet.add_instance(Instance { group: None, ..locked });
        assert_eq!(fleet.affected(account), [locked]);
        for stopped in [ids[3], ids[0], ids[2]] {
            fleet.set_state(stopped, Lifecycle::Stopped, StoppedBy::Arrears);
        }
        assert_eq!(fleet.affected(account), [ids[0], ids[2], ids[3], locked], "in order");
        fleet.set_state(ids[0], Lifecycle::Running, StoppedBy::Nothing);
        fleet.set_state(ids[2], Lifecycle::Released, StoppedBy::Arrears);
        fleet.instance_mut(locked).locks = Locks::NONE;
        assert_eq!(fleet.affected(account), [ids[3]]);
        fleet.set_state(ids[0], Lifecycle::Reclaimed, StoppedBy::Arrears);
        assert_eq!(fleet.affected(account), [ids[0], ids[3]]);
    }

    #[test]
    fn an_instance_stays_small() {
        assert!(size_of::<Instance>() <= 88, "{} bytes", size_of::<Instance>());
    }
}
