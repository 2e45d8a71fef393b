//! The changes that could close a way.

use super::change::FixChange;
use super::check::{Check, OpenWay};
use crate::plan::{Event, Resource, judges, verb};
use crate::policy::{CallPermission, Flags, Means, Needs};
use crate::search::TakenStep;
use crate::time::SimSpan;
use crate::words::{
    Act, ActorId, Channel, EventId, InstanceId, ProtectionId, ProtectionSet, SubjectKind, Trigger,
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
        for class in self.classes() {
            let Some(first) = class.first() else { continue };
            let account = self.plan.fleet.instance(*first).account;
            let policy = self.plan.fleet.account(account).policy;
            let count = self.plan.header.rulebook(policy).policy.protections.len();
            for protection in (0..count).map(ProtectionId::from_index) {
                if let Some(Caller(by)) = self.protects(*first, protection, None) {
                    let known = changes.iter_mut().find_map(|change| {
                        let FixChange::Protect { policy: of, protection: id, instances, .. } =
                            change
                        else {
                            return None;
                        };
                        (*of == policy && *id == protection).then_some(instances)
                    });
                    let instances = class.clone();
                    match known {
                        Some(all) => all.extend(instances),
                        None => {
                            changes.push(FixChange::Protect { policy, protection, instances, by });
                        }
                    }
                }
                let Some(group) = self.plan.fleet.instance(*first).group else { continue };
                if let Some(Caller(by)) =
                    self.protects(*first, protection, Some(SubjectKind::Group))
                {
                    let change = FixChange::ProtectGroup { policy, protection, group, by };
                    if !changes.contains(&change) {
                        changes.push(change);
                    }
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

    /// The caller who can switch on a protection of an instance or of its group; `None` if it is
    /// already on, or if no call switches it on. Standby is not considered, because a member on
    /// standby no longer serves.
    fn protects(
        &self,
        id: InstanceId,
        protection: ProtectionId,
        of: Option<SubjectKind>,
    ) -> Option<Caller> {
        let part = self.plan.around(&[], id);
        let target = part.reduced(id)?;
        let mut plan = part.plan;
        let account = plan.fleet.instance(target).account;
        let policy = plan.fleet.account(account).policy;
        let stated = &plan.header.rulebook(policy).policy.protections[protection.index()];
        if stated.standby || (stated.of == SubjectKind::Group) != of.is_some() {
            return None;
        }
        let group = plan.fleet.instance(target).group.filter(|_| of.is_some());
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
            let set = group.map_or(state.on, |group| fleet.group(group).on);
            set.contains(protection)
        };
        if is_on(&start) {
            return None;
        }
        let mut all = callers.into_iter().chain(unnamed);
        all.find(|by| {
            let via = Some(Channel::Api);
            let set =
                verb::SetProtection { instance, group, flags, api_version: None, by: *by, via };
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
