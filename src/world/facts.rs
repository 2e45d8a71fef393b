//! The facts of an instance or a group, read from the fleet.

use super::step::World;
use crate::fleet::{Account, Arrears, Group, Instance};
use crate::policy::{Column, Columns, Facts};
use crate::time::{SimSpan, SimTime};
use crate::words::{
    Action, ClockAction, ClockKind, GroupId, Initiator, InstanceId, Lifecycle, Lock, ModelId,
    PolicyId, Process, ProtectionSet, ResourceKind, Trigger, YesNo,
};

impl World {
    /// The facts of an instance; `requested` has the columns that a request fills.
    pub(super) fn situation(&self, id: InstanceId, requested: Facts) -> Facts {
        let mut facts = requested;
        self.add_instance(id, &mut facts);
        facts
    }

    /// Adds the facts of an instance to those that a request fills.
    pub(super) fn add_instance(&self, id: InstanceId, facts: &mut Facts) {
        let instance = self.fleet.instance(id);
        let account = self.fleet.account(instance.account);
        let resources = self.fleet.properties(id);
        let local = resources.iter().any(|property| property.resource == ResourceKind::LocalDisk);
        facts.billing = instance.billing;
        facts.membership = instance.membership;
        facts.state = self.power_state(id);
        facts.stopped_by = instance.stopped_by;
        facts.expired = YesNo::from(instance.expired);
        facts.overdue = owes(account);
        facts.grace = YesNo::from(account.grace > SimSpan::ZERO);
        facts.scheduled = YesNo::from(instance.auto_release < SimTime::NEVER);
        facts.economical = YesNo::from(instance.economical);
        facts.local_disk = YesNo::from(local);
        facts.lock = instance.locks;
        facts.renewal = instance.renewal;
        facts.eviction = instance.eviction;
        facts.unknown = unknown(instance, facts);
        if let Some(group) = instance.group {
            facts.activity = YesNo::from(self.is_active(group));
            let group = self.fleet.group(group);
            facts.latest_model = YesNo::from(instance.model == group.upgrades.model);
            add_group(group, facts);
        }
        if let Some(arrears) = account.arrears {
            self.add_steps(account.policy, arrears, facts);
        }
    }

    /// The facts of a group at an instant; `requested` has the columns that a request fills.
    pub(super) fn situation_of_group(&self, id: GroupId, now: SimTime, requested: Facts) -> Facts {
        let group = self.fleet.group(id);
        let account = self.fleet.account(group.account);
        let process = if requested.action == Action::ScaleOut {
            Process::ScaleOut
        } else if requested.trigger == Trigger::HealthCheck {
            Process::HealthCheck
        } else {
            Process::ScaleIn
        };
        let initiated = match requested.initiator {
            Initiator::Alarm => group.is_suspended(Process::Alarm),
            Initiator::Schedule => group.is_suspended(Process::Schedule),
            Initiator::User | Initiator::Bounds => false,
        };
        let mut facts = requested;
        add_group(group, &mut facts);
        facts.overdue = owes(account);
        facts.members = YesNo::from(!group.members.is_empty());
        facts.cooling = YesNo::from(group.rests_until > now);
        facts.activity = YesNo::from(self.is_active(id));
        facts.suspended = YesNo::from(initiated || group.is_suspended(process));
        if let Some(arrears) = account.arrears {
            self.add_steps(account.policy, arrears, &mut facts);
        }
        facts
    }

    /// The facts of an instance without a request.
    pub fn facts_without_request(&self, id: InstanceId) -> Facts {
        let book = self.header.rulebook(self.policy_of(id));
        book.narrowed(&self.situation(id, Facts::default()))
    }

    /// Adds the effects of the steps of an account's clock that were taken in these arrears and
    /// concern the facts: a stop locks the instance, even if it was stopped already, and snapshots
    /// may be suspended.
    pub(super) fn add_steps(&self, policy: PolicyId, arrears: Arrears, facts: &mut Facts) {
        let book = self.header.rulebook(policy);
        let clock = book.policy.clock(arrears.clock);
        let steps = clock.map(|clock| clock.steps.as_slice()).unwrap_or_default();
        let (mut shut, mut suspended, mut left) = (false, false, arrears.taken);
        while let Some(step) = steps.get(left.trailing_zeros() as usize) {
            left &= left - 1;
            let concerned = || book.assumes(&step.when) && step.when.meets(facts);
            match step.action {
                ClockAction::Stop | ClockAction::Deallocate => shut = shut || concerned(),
                ClockAction::SuspendSnapshots => suspended = suspended || concerned(),
                ClockAction::Reclaim | ClockAction::Release | ClockAction::Renew => {}
            }
        }
        if shut {
            facts.lock = facts.lock.with(Lock::Financial);
        }
        // If the start of the arrears is unknown, it is unknown whether that step has been taken.
        let unclear = arrears.since.is_none()
            && steps.iter().any(|step| step.action == ClockAction::SuspendSnapshots);
        facts.unknown = facts.unknown.with_if(Column::SnapshotsSuspended, unclear);
        facts.snapshots_suspended = YesNo::from(suspended);
    }

    /// Protections that are on for an instance, on itself or on its group, and those whose setting
    /// is unknown.
    pub fn protections(&self, id: InstanceId) -> (ProtectionSet, ProtectionSet) {
        self.fleet.protections(id, self.fleet.instance(id).group)
    }

    /// Whether a hook delays a member of a group.
    pub(super) fn is_active(&self, group: GroupId) -> bool {
        self.delayed.get(&group).is_some_and(|delayed| !delayed.is_empty())
    }

    /// The policy of an instance.
    #[inline]
    pub fn policy_of(&self, id: InstanceId) -> PolicyId {
        self.fleet.account(self.fleet.instance(id).account).policy
    }

    /// The policy of a group.
    pub fn policy_of_group(&self, id: GroupId) -> PolicyId {
        self.fleet.account(self.fleet.group(id).account).policy
    }

    /// Whether an instance is running or starts.
    pub(super) fn serves(&self, id: InstanceId) -> bool {
        matches!(self.fleet.instance(id).state, Lifecycle::Running | Lifecycle::Pending)
    }

    /// The state of an instance; if a hook delays it, the state of the machine itself, which it
    /// also has after the delay. Calls and clocks are judged by this state.
    pub(super) fn power_state(&self, id: InstanceId) -> Lifecycle {
        let state = self.fleet.instance(id).state;
        if matches!(state, Lifecycle::Pending | Lifecycle::Removing) {
            self.held.get(&id).map_or(state, |held| held.then)
        } else {
            state
        }
    }
}

/// Unknown columns of an instance, and those of the request.
fn unknown(instance: &Instance, requested: &Facts) -> Columns {
    // Only a request that rolls out a new model tests the model.
    let of_model = requested.trigger == Trigger::ModelUpdate && instance.model == ModelId::UNKNOWN;
    requested
        .unknown
        .with_if(Column::LatestModel, of_model)
        .with_if(Column::Membership, !instance.membership_known && instance.group.is_some())
        .with_if(Column::Billing, !instance.billing_known)
        .with_if(Column::Lock, !instance.lock_known)
        .with_if(Column::Scheduled, !instance.schedule_known)
        .with_if(Column::Renewal, !instance.renewal_known && instance.expires < SimTime::NEVER)
}

/// Whether an account is in arrears; a cancelled account is not.
fn owes(account: &Account) -> YesNo {
    YesNo::from(account.arrears.is_some_and(|a| a.clock == ClockKind::PaymentOverdue))
}

/// Adds the facts that a group gives.
pub(super) fn add_group(group: &Group, facts: &mut Facts) {
    facts.orchestration = group.orchestration;
    facts.repair = group.care.repair;
    facts.health_check = group.care.check;
    facts.reclaim = group.reclaim;
    facts.managed_disks = YesNo::from(group.managed_disks);
    facts.zone_policy = group.zone_policy;
}
