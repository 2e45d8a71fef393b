//! The state of the fleet at the start of a run, as records.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::compiled::Plan;
use crate::record::{Cause, Change, Origin, Start, Subject, What};
use crate::time::SimTime;
use crate::words::{
    Billing, ClockKind, InstanceId, Lifecycle, Locks, Orchestration, SetProtections,
};

/// The values of many instances at the start of a run, in a few bytes for each: values that are
/// equal, apart from the instance and the time of its creation, are kept once.
#[derive(Debug, Default)]
pub struct Starts {
    kinds: Vec<Start>,
    /// The kind of each instance.
    kind_of: Vec<u32>,
}

impl Starts {
    /// The values of an instance; `None` if it has none. `created` is when it was created, which
    /// does not change.
    pub fn of(&self, instance: InstanceId, created: SimTime) -> Option<Start> {
        let kind = *self.kinds.get(*self.kind_of.get(instance.index())? as usize)?;
        let is_absent = kind.state == Lifecycle::Absent;
        let created = if is_absent { SimTime::NEVER } else { created };
        Some(Start { instance, created, ..kind })
    }
}

impl FromIterator<Start> for Starts {
    /// Collects the values of instances in the order of their ids, from the first.
    fn from_iter<I: IntoIterator<Item = Start>>(starts: I) -> Self {
        let mut all = Self::default();
        let mut known: HashTable<u32> = HashTable::new();
        let hash = |kind: &Start| FxBuildHasher.hash_one(kind);
        for start in starts {
            let kinds = &mut all.kinds;
            let kind = Start { instance: InstanceId(0), created: SimTime::NEVER, ..start };
            let found = known.entry(
                hash(&kind),
                |known| kinds.get(*known as usize) == Some(&kind),
                |known| kinds.get(*known as usize).map_or(0, hash),
            );
            // A kind takes more memory than an id, so their number fits.
            let next = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
            let entry = found.or_insert(next);
            let found = *entry.get();
            if found == next {
                kinds.push(kind);
            }
            all.kind_of.push(found);
        }
        all
    }
}

impl Plan {
    /// Every instance of the fleet, including those that an event creates.
    pub fn starting_values(&self) -> impl Iterator<Item = Start> {
        self.fleet.instances().map(|(id, instance)| {
            let (on, unknown) = self.fleet.protections(id, instance.group);
            Start {
                instance: id,
                account: instance.account,
                policy: self.fleet.account(instance.account).policy,
                group: instance.group.or_else(|| self.fleet.intended_group(id)),
                zone: instance.zone,
                billing: instance.billing_known.then_some(instance.billing),
                membership: instance.membership_known.then_some(instance.membership),
                state: instance.state,
                on,
                unknown,
                created: if instance.state == Lifecycle::Absent {
                    SimTime::NEVER
                } else {
                    instance.created
                },
            }
        })
    }

    /// The orchestration mode of the group of an instance; `None` if it is in no group yet.
    pub fn orchestration(&self, start: &Start) -> Option<Orchestration> {
        let group = self.fleet.instance(start.instance).group?;
        Some(self.fleet.group(group).orchestration)
    }

    /// The settings of the fleet that differ from the defaults: states, schedules, terms, locks and
    /// protections of instances, protections of groups, arrears of accounts.
    pub fn starting_changes(&self) -> impl Iterator<Item = Change> {
        let accounts = self.fleet.accounts().filter_map(|(id, account)| {
            let cancelled = account.arrears?.clock == ClockKind::Cancellation;
            let what = if cancelled { What::Cancelled } else { What::Arrears };
            Some((Subject::Account(id), what(true)))
        });
        let groups = self.fleet.groups().filter_map(|(id, group)| {
            let set = group.protections;
            let policy = self.fleet.account(group.account).policy;
            let what = What::Protections(policy, SetProtections::NONE, set);
            (set != SetProtections::NONE).then_some((Subject::Group(id), what))
        });
        let instances = self.fleet.instances().filter(|(_, instance)| instance.exists());
        let instances = instances.flat_map(|(id, _)| {
            self.settings_of(id)
                .into_iter()
                .flatten()
                .map(move |what| (Subject::Instance(id), what))
        });
        accounts.chain(groups).chain(instances).map(|(subject, what)| Change {
            seq: 0,
            at: self.header.start,
            subject,
            what,
            cause: Cause::Start,
            origin: Origin::NONE,
        })
    }

    /// The settings of an instance that differ from the defaults.
    fn settings_of(&self, id: InstanceId) -> [Option<What>; 5] {
        let instance = self.fleet.instance(id);
        let set = |is_set: bool, what: What| is_set.then_some(what);
        let (state, release, locks) = (instance.state, instance.auto_release, instance.locks);
        let policy = self.fleet.account(instance.account).policy;
        let on = instance.protections;
        let none = SetProtections::NONE;
        let has_term =
            instance.billing == Billing::Subscription && instance.expires < SimTime::NEVER;
        [
            set(state != Lifecycle::Running, What::State(Lifecycle::Absent, state)),
            set(release < SimTime::NEVER, What::Schedule(SimTime::NEVER, release)),
            set(has_term, What::Term(SimTime::NEVER, instance.expires)),
            set(locks != Locks::NONE, What::Lock(Locks::NONE, locks)),
            set(on != none, What::Protections(policy, none, on)),
        ]
    }
}
