//! The situation of an instance as its policy sees it: facts read off the fleet.

use super::World;
use crate::policy::Facts;
use crate::time::{SimSpan, SimTime};
use crate::vocab::{
    ClockAction, ClockKind, InstanceId, Lifecycle, Lock, PolicyId, ProtectionSet, Thing, YesNo,
};

impl World {
    /// The situation of an instance; `asked` has the columns that a request fills.
    pub(super) fn situation(&self, id: InstanceId, asked: Facts) -> Facts {
        let instance = self.fleet.instance(id);
        let account = self.fleet.account(instance.account);
        let things = self.fleet.properties(id);
        let local = things.iter().any(|property| property.thing == Thing::LocalDisk);
        let facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
            state: instance.state,
            stopped_by: instance.stopped_by,
            expired: YesNo::from(instance.expired),
            overdue: YesNo::from(account.arrears.is_some()),
            grace: YesNo::from(account.grace > SimSpan::ZERO),
            scheduled: YesNo::from(instance.auto_release < SimTime::NEVER),
            economical: YesNo::from(instance.economical),
            local_disk: YesNo::from(local),
            lock: instance.lock,
            renewal: instance.renewal,
            ..asked
        };
        if facts.lock == Lock::None && self.is_stopped_for_arrears(id, &facts) {
            return Facts { lock: Lock::Financial, ..facts };
        }
        facts
    }

    /// What bars an instance's owner from some calls.
    pub fn lock(&self, id: InstanceId) -> Lock {
        self.situation(id, Facts::default()).lock
    }

    /// Whether the clock of its account's arrears has come to a stop that concerns an
    /// instance. It need not be what stopped it: who was down already is locked too.
    fn is_stopped_for_arrears(&self, id: InstanceId, facts: &Facts) -> bool {
        let instance = self.fleet.instance(id);
        let Some(arrears) = self.fleet.account(instance.account).arrears else { return false };
        let book = self.book(instance.account);
        let clock = book.policy.clock(ClockKind::PaymentOverdue);
        let steps = clock.map(|clock| clock.steps.as_slice()).unwrap_or_default();
        steps.iter().enumerate().any(|(number, step)| {
            arrears.taken >> number & 1 == 1
                && step.action == ClockAction::Stop
                && book.assumes(&step.when)
                && step.when.meets(facts)
        })
    }

    /// The protections that are set on an instance and on its group, and those of
    /// which nobody knows.
    pub fn protections(&self, id: InstanceId) -> (ProtectionSet, ProtectionSet) {
        let instance = self.fleet.instance(id);
        let Some(group) = instance.group else { return (instance.on, instance.unknown) };
        let group = self.fleet.group(group);
        (instance.on.and(group.on), instance.unknown.and(group.unknown))
    }

    /// The policy of an instance.
    pub fn policy_of(&self, id: InstanceId) -> PolicyId {
        self.fleet.account(self.fleet.instance(id).account).policy
    }

    /// Whether an instance works, as its group sees it.
    pub(super) fn serves(&self, id: InstanceId) -> bool {
        matches!(self.fleet.instance(id).state, Lifecycle::Running | Lifecycle::Pending)
    }
}
