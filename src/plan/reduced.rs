//! The part of a plan that can affect one instance.
//!
//! The state of an instance depends on itself, on its account (whose clock is the same for all of
//! its instances), on its group with all members, and on the groups that it can be attached to.
//! Another instance can affect it in only two ways. First, a request can name both. Second, a step
//! of their account's clock can concern both, under a policy by which one held instance keeps the
//! others. The part contains the instances that can affect the first one, then those that can
//! affect any of these, until none is added. All others are left out, because no fact about the
//! instance, its group or its account depends on them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::compiled::Plan;
use super::events::Event;
use super::script::Scripted;
use super::targets::{EventTargets, FlagsRef, Targets};
use crate::fleet::Fleet;
use crate::policy::{Column, Flags};
use crate::run_header::RunHeader;
use crate::words::{AccountId, Batch, GroupId, InstanceId, Labels, PolicyId, Trigger, Word};

/// A part of a plan, with the script of that part.
#[derive(Debug, Clone)]
pub struct ReducedPlan {
    /// The part: without random sources and expectations.
    pub plan: Plan,
    /// The events that have a target in the part.
    pub script: Vec<Scripted>,
    /// The id in the whole plan of each instance, in ascending order.
    pub originals: Vec<InstanceId>,
}

impl ReducedPlan {
    /// The id in the part of an instance of the whole plan; `None` if it is left out.
    pub fn reduced(&self, original: InstanceId) -> Option<InstanceId> {
        self.originals.binary_search(&original).ok().map(InstanceId::from_index)
    }
}

/// Finds the parts of a plan. What is the same for every instance is collected once.
pub struct Surroundings<'p> {
    plan: &'p Plan,
    script: &'p [Scripted],
    /// For each instance, the events that name it beside others.
    beside: FxHashMap<InstanceId, Vec<Targets>>,
    /// For each group, the instances that are to be created in it.
    intended: FxHashMap<GroupId, Vec<InstanceId>>,
    /// For each account, the groups that its instances can be attached to.
    attachable: FxHashMap<AccountId, Vec<GroupId>>,
}

impl<'p> Surroundings<'p> {
    /// `script` is the whole script of `plan`.
    pub fn new(plan: &'p Plan, script: &'p [Scripted]) -> Self {
        let mut beside: FxHashMap<InstanceId, Vec<Targets>> = FxHashMap::default();
        let lists = script.iter().filter_map(|event| event.event.targets().instances);
        for list in lists.filter(|list| list.len > 1) {
            list.of(&plan.targets).iter().for_each(|id| beside.entry(*id).or_default().push(list));
        }
        let mut intended: FxHashMap<GroupId, Vec<InstanceId>> = FxHashMap::default();
        for (id, _) in plan.fleet.instances() {
            if let Some(group) = plan.fleet.intended_group(id) {
                intended.entry(group).or_default().push(id);
            }
        }
        Self { plan, script, beside, intended, attachable: attachable(plan) }
    }

    /// The part that can affect an instance.
    pub fn of(&self, instance: InstanceId) -> ReducedPlan {
        let whole = self.plan;
        let (keep, groups) = Concerned::by(self, instance);
        let originals: Vec<InstanceId> = keep.into_iter().collect();
        let header = RunHeader {
            instances: originals.iter().map(|id| whole.header.instance(*id)).collect(),
            tags: Labels::default(),
            imported_from: Labels::default(),
            ..whole.header.clone()
        };
        let plan = Plan {
            header,
            fleet: whole.fleet.restricted(&originals, &groups),
            targets: (0..originals.len()).map(InstanceId::from_index).collect(),
            flags: whole.flags.clone(),
            defaults: whole.defaults.clone(),
            principals: whole.principals.as_ref().map(|all| Arc::new(all.reduced_to(&originals))),
            assumptions: whole.assumptions.clone(),
            ..whole.without_content()
        };
        let mut part = ReducedPlan { plan, script: Vec::new(), originals };
        for event in self.script {
            if let Some(restricted) = part.restricted_event(whole, &groups, event.event) {
                part.script.push(Scripted { event: restricted, ..*event });
            }
        }
        part
    }
}

impl Plan {
    /// A plan of the same scenario without fleet, events and expectations.
    fn without_content(&self) -> Self {
        Self {
            header: self.header.clone(),
            fleet: Fleet::default(),
            script: super::script::Script::Listed([].into()),
            random: Vec::new(),
            targets: Vec::new(),
            flags: Vec::new(),
            principals: self.principals.clone(),
            house: [].into(),
            watch: [].into(),
            expectations: Arc::default(),
            counts: Vec::new(),
            defaults: BTreeSet::new(),
            assumptions: Vec::new(),
            values: Vec::new(),
            event_spans: Vec::new(),
        }
    }
}

impl ReducedPlan {
    /// The event with only its targets in the part; `None` if it has none there.
    fn restricted_event(
        &mut self,
        whole: &Plan,
        groups: &BTreeSet<GroupId>,
        event: Event,
    ) -> Option<Event> {
        if let Event::Create(create) = event {
            let instance = self.reduced(create.instance)?;
            return Some(Event::Create(super::verb::Create { instance, ..create }));
        }
        let named = event.targets();
        if named.group.is_some_and(|group| !groups.contains(&group)) {
            return None;
        }
        let Some(targets) = named.instances else { return Some(event) };
        let ids = targets.of(&whole.targets).iter().filter_map(|id| self.reduced(*id));
        let ids: Vec<InstanceId> = ids.collect();
        if ids.is_empty() {
            return None;
        }
        let instances = Some(self.plan.add_targets(&ids));
        Some(event.retargeted(&EventTargets { instances, ..EventTargets::default() }))
    }
}

impl Plan {
    /// Adds a list of targets. A single instance needs no addition: it has a range of its own
    /// already.
    pub fn add_targets(&mut self, ids: &[InstanceId]) -> Targets {
        let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        if let [one] = ids {
            return Targets { start: one.0, len: 1 };
        }
        let start = index(self.targets.len());
        self.targets.extend_from_slice(ids);
        Targets { start, len: index(ids.len()) }
    }
}

impl Plan {
    /// Adds protections of one policy to switch.
    pub fn add_flags(&mut self, policy: PolicyId, flags: Flags) -> FlagsRef {
        let mut list = vec![Flags::default(); self.header.rulebooks.len()];
        list[policy.index()] = flags;
        self.add_flag_list(&list)
    }

    /// Adds protections to switch, with one element for each policy.
    pub fn add_flag_list(&mut self, flags: &[Flags]) -> FlagsRef {
        let start = self.flags.len();
        self.flags.extend_from_slice(flags);
        FlagsRef(u32::try_from(start).unwrap_or(u32::MAX))
    }
}

/// The instances and groups that can affect an instance.
struct Concerned<'s> {
    of: &'s Surroundings<'s>,
    instances: BTreeSet<InstanceId>,
    groups: BTreeSet<GroupId>,
    /// Instances that were added last.
    new: Vec<InstanceId>,
}

impl<'s> Concerned<'s> {
    fn by(
        of: &'s Surroundings<'s>,
        instance: InstanceId,
    ) -> (BTreeSet<InstanceId>, BTreeSet<GroupId>) {
        let plan = of.plan;
        let mut concerned =
            Self { of, instances: BTreeSet::new(), groups: BTreeSet::new(), new: Vec::new() };
        concerned.add(instance);
        let account = plan.fleet.instance(instance).account;
        for group in of.attachable.get(&account).into_iter().flatten() {
            concerned.add_group(*group);
        }
        while let Some(id) = concerned.new.pop() {
            let state = plan.fleet.instance(id);
            if let Some(group) = state.group.or(plan.fleet.intended_group(id)) {
                concerned.add_group(group);
            }
            if all_or_nothing_by_clock(plan, id) {
                let account = plan.fleet.account(state.account);
                account.instances.iter().for_each(|other| concerned.add(*other));
            }
            for list in of.beside.get(&id).into_iter().flatten() {
                list.of(&plan.targets).iter().for_each(|other| concerned.add(*other));
            }
        }
        (concerned.instances, concerned.groups)
    }

    fn add(&mut self, id: InstanceId) {
        if self.instances.insert(id) {
            self.new.push(id);
        }
    }

    fn add_group(&mut self, id: GroupId) {
        if self.groups.insert(id) {
            let group = self.of.plan.fleet.group(id);
            let to_come = self.of.intended.get(&id).into_iter().flatten();
            let all = group.members.iter().chain(&group.expected).chain(to_come);
            all.for_each(|member| self.add(*member));
        }
    }
}

/// Whether a step of the clock of an instance's account keeps all of its instances if one is held.
fn all_or_nothing_by_clock(plan: &Plan, id: InstanceId) -> bool {
    let account = plan.fleet.account(plan.fleet.instance(id).account);
    let mut rows = plan.header.rulebook(account.policy).policy.tables.batches.rows().iter();
    rows.any(|row| {
        let triggers = row.when.words(Column::Trigger).unwrap_or(u32::MAX);
        let by = |trigger: Trigger| triggers >> trigger.index() & 1 == 1;
        row.says == Batch::AllOrNothing
            && (by(Trigger::BillingOverdue) || by(Trigger::Cancellation))
    })
}

/// For each account, the groups that its instances can be attached to. Of several groups with the
/// same settings, for which each principal has the same permissions, the list has only the one with
/// the fewest members, which has the most room.
fn attachable(plan: &Plan) -> FxHashMap<AccountId, Vec<GroupId>> {
    let mut kinds: FxHashMap<AccountId, Vec<_>> = FxHashMap::default();
    for (id, group) in plan.fleet.groups().filter(|(_, group)| !group.deleted) {
        let size = (group.members.len(), id);
        let scopes = plan.principals.as_ref().map(|principals| principals.scopes_of_group(id));
        let kind = (group.settings(), scopes);
        let kinds = kinds.entry(group.account).or_default();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, least)) => *least = size.min(*least),
            None => kinds.push((kind, size)),
        }
    }
    let ids = |kinds: Vec<(_, (usize, GroupId))>| kinds.into_iter().map(|(_, (_, id))| id);
    kinds.into_iter().map(|(account, kinds)| (account, ids(kinds).collect())).collect()
}
