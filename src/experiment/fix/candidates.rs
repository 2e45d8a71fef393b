//! The changes that could close a way.

use super::change::FixChange;
use super::check::{Check, OpenWay};
use crate::plan::{Event, ReducedPlan, Resource, Surroundings, judges, verb};
use crate::policy::{CallPermission, Flags, Means, Needs};
use crate::search::TakenStep;
use crate::time::SimSpan;
use crate::words::{
    Act, ActorId, Channel, EventId, InstanceId, PolicyId, ProtectionId, ProtectionSet, SubjectKind,
    Trigger,
};
use crate::world::Branch;

/// The caller of a call; `None` if no caller is named.
struct Caller(Option<ActorId>);

/// One day.
const DAY: i64 = 86_400;

impl Check<'_> {
    /// The protections that can be switched on at the start: those of all instances together, and
    /// those of each group.
    pub fn protections(&self) -> Vec<FixChange> {
        let mut changes: Vec<FixChange> = Vec::new();
        let surroundings = Surroundings::new(&self.plan, &[]);
        for class in self.classes() {
            let Some(first) = class.first() else { continue };
            let instance = self.plan.fleet.instance(*first);
            let policy = self.plan.fleet.account(instance.account).policy;
            let part = surroundings.of(*first);
            let stated = &self.plan.header.rulebook(policy).policy.protections;
            for (protection, stated) in stated.iter().enumerate() {
                let protection = ProtectionId::from_index(protection);
                let Some(Caller(by)) = protects(&part, *first, protection) else { continue };
                match (stated.of, instance.group) {
                    (SubjectKind::Instance, _) => {
                        add_instances(&mut changes, policy, protection, by, &class);
                    }
                    (SubjectKind::Group, Some(group)) => {
                        let change = FixChange::ProtectGroup { policy, protection, group, by };
                        if !changes.contains(&change) {
                            changes.push(change);
                        }
                    }
                    (SubjectKind::Group, None) | (SubjectKind::Account, _) => {}
                }
            }
        }
        for change in &mut changes {
            if let FixChange::Protect { instances, .. } = change {
                instances.sort_unstable();
            }
        }
        changes.sort();
        changes
    }

    /// The changes that could close a way, besides protections.
    pub fn others(&self, open: &OpenWay) -> Vec<FixChange> {
        let mut changes = Vec::new();
        for step in &open.way.steps {
            self.deny(open, step, &mut changes);
        }
        let owes = |trigger| matches!(trigger, Trigger::BillingOverdue | Trigger::Cancellation);
        if open.replay.decisions.iter().any(|decision| owes(decision.trigger)) {
            changes.extend(self.grace(open));
        }
        if open.way.steps.is_empty() {
            self.acts(open, &mut changes);
        }
        changes.sort();
        changes.dedup();
        changes
    }

    /// Denials of the actions that a call needs.
    fn deny(&self, open: &OpenWay, step: &TakenStep, changes: &mut Vec<FixChange>) {
        let caller = step.caller(&open.hunt.callers);
        let (Some(caller), Some(principals)) = (caller, &self.plan.principals) else { return };
        let instance = self.plan.fleet.instance(open.target);
        let policy = self.plan.fleet.account(instance.account).policy;
        let Some(known) = &self.plan.header.rulebook(policy).policy.permissions else { return };
        let group = step.event.targets().group.or(instance.group);
        let named: [&[InstanceId]; 2] = [&[open.target], &[]];
        let may = |action: &usize| {
            named.iter().any(|instances| {
                let resource = Resource { instances, group, account: instance.account };
                principals.allows(caller, policy, *action, &resource)
            })
        };
        let flags = open.hunted.switched(&step.event, policy);
        let concerns = |row: &&CallPermission| {
            let switched = flags.on.union(flags.off);
            row.has(step.event.verb())
                && (row.protections.is_empty()
                    || !row.protections.intersection(switched).is_empty())
        };
        for row in known.calls.iter().filter(concerns) {
            let sets: Vec<Vec<usize>> = match &row.needs {
                Needs::All(actions) => actions.iter().map(|action| vec![*action]).collect(),
                Needs::OneOf(actions) => vec![actions.clone()],
                Needs::Nothing | Needs::Unavailable => Vec::new(),
            };
            for mut actions in sets {
                actions.retain(may);
                if !actions.is_empty() {
                    changes.push(FixChange::Deny { caller, policy, actions });
                }
            }
        }
    }

    /// A grace period in whole days that delays the loss enough; `None` if the scenario has a
    /// longer one, which has not helped.
    fn grace(&self, open: &OpenWay) -> Option<FixChange> {
        let account = self.plan.fleet.instance(open.target).account;
        let end = self.plan.header.start.after(open.hunt.within);
        let missing = end.since(open.way.lost).seconds();
        let days = missing.div_euclid(DAY).saturating_add(1);
        let given = self.plan.fleet.account(account).grace.seconds();
        let stated = self.question.plan.fleet.account(account).grace.seconds();
        let span = SimSpan::from_seconds(given.saturating_add(days.saturating_mul(DAY)));
        (given == stated).then_some(FixChange::Grace { account, span })
    }

    /// The acts that the policy proposes against a loss that no call causes.
    fn acts(&self, open: &OpenWay, changes: &mut Vec<FixChange>) {
        let mut instances = vec![open.target];
        instances.extend(&open.alike);
        instances.sort_unstable();
        let state = self.plan.fleet.instance(open.target);
        for remedy in open.replay.decisions.iter().filter_map(|decision| decision.remedy) {
            let (Some(Means::Do(act)), Some(at)) = (remedy.means, remedy.until) else { continue };
            if !act.saves_a_resource() && act != Act::CompleteHook {
                let at = at.max(self.plan.header.start);
                let (first, instances) = (remedy.first, instances.clone());
                let (account, group) = (state.account, state.group);
                changes.push(FixChange::Act { at, first, act, instances, account, group });
            }
        }
    }
}

/// Adds instances to the change that switches on a protection of theirs.
fn add_instances(
    changes: &mut Vec<FixChange>,
    policy: PolicyId,
    protection: ProtectionId,
    by: Option<ActorId>,
    added: &[InstanceId],
) {
    for change in changes.iter_mut() {
        if let FixChange::Protect { policy: of, protection: id, instances, .. } = change
            && (*of, *id) == (policy, protection)
        {
            return instances.extend(added);
        }
    }
    changes.push(FixChange::Protect { policy, protection, instances: added.to_vec(), by });
}

/// The caller who can switch on a protection of an instance or of its group; `None` if it is
/// already on, or if no call switches it on. Standby is not considered, because a member on standby
/// no longer serves.
fn protects(part: &ReducedPlan, id: InstanceId, protection: ProtectionId) -> Option<Caller> {
    let target = part.reduced(id)?;
    let instance = part.plan.fleet.instance(target);
    let policy = part.plan.fleet.account(instance.account).policy;
    let stated = &part.plan.header.rulebook(policy).policy.protections[protection.index()];
    if stated.standby {
        return None;
    }
    let group = match stated.of {
        SubjectKind::Instance => None,
        SubjectKind::Group => Some(instance.group?),
        SubjectKind::Account => return None,
    };
    let mut plan = part.plan.clone();
    let on = ProtectionSet::EMPTY.with(protection);
    let flags = plan.add_flags(policy, Flags { on, off: ProtectionSet::EMPTY });
    let instance = group.is_none().then(|| plan.add_targets(&[target]));
    let callers = crate::search::callers(&plan);
    let unnamed = plan.principals.is_some().then_some(None);
    let event = EventId::from_index(plan.header.events.len());
    let start = Branch::start(plan, [].into());
    let is_on = |branch: &Branch| {
        let fleet = branch.world().fleet();
        let state = fleet.instance(target);
        let set = group.map_or(state.protections.on, |group| fleet.group(group).protections.on);
        set.contains(protection)
    };
    if is_on(&start) {
        return None;
    }
    let mut all = callers.into_iter().chain(unnamed);
    all.find(|by| {
        let via = Some(Channel::Api);
        let set = verb::SetProtection { instance, group, flags, api_version: None, by: *by, via };
        let set = Event::SetProtection(set);
        if !judges(start.world().header().rulebook(policy), &set) {
            return false;
        }
        let mut tried = start.fork();
        tried.try_event(event, set);
        tried.halt().is_none() && is_on(&tried)
    })
    .map(Caller)
}
