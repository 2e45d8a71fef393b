//! The timers of the model: the entries that the world itself puts on the future event list.

use crate::kernel::{Priority, TimerId};
use crate::words::{AccountId, GroupId, InstanceId, SourceId};

/// A timer of the world, identified by its kind and the object it belongs to.
///
/// Each timer has at most one due time. At one instant, all events of the script happen first, in
/// the order of the script; then the timers that are due fire in the order of these variants, and
/// timers of one kind in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The next event of a random source.
    RandomSource(SourceId),
    /// The next step of an account's arrears.
    BillingStep(AccountId),
    /// The next step of a subscription whose term ends.
    TermStep(InstanceId),
    /// The next step of the reclaim of a spot instance.
    ReclaimStep(InstanceId),
    /// The scheduled release of an instance.
    ScheduledRelease(InstanceId),
    /// The timeout of a lifecycle hook that delays an instance.
    Hook(InstanceId),
    /// The health check of a member, after the grace period of its group.
    HealthCheck(InstanceId),
    /// The refill of a group that has lost members.
    Refill(GroupId),
    /// The next batch of a group's rolling upgrade.
    UpgradeBatch(GroupId),
    /// The next evaluation of a group's autoscale rules.
    Autoscale(GroupId),
}

impl TimerId for Timer {
    const PRIORITIES: u8 = 10;

    fn priority(&self) -> Priority {
        Priority(match self {
            Self::RandomSource(_) => 0,
            Self::BillingStep(_) => 1,
            Self::TermStep(_) => 2,
            Self::ReclaimStep(_) => 3,
            Self::ScheduledRelease(_) => 4,
            Self::Hook(_) => 5,
            Self::HealthCheck(_) => 6,
            Self::Refill(_) => 7,
            Self::UpgradeBatch(_) => 8,
            Self::Autoscale(_) => 9,
        })
    }

    fn index(&self) -> u32 {
        match self {
            Self::RandomSource(source) => source.0,
            Self::BillingStep(account) => account.0,
            Self::TermStep(instance)
            | Self::ReclaimStep(instance)
            | Self::ScheduledRelease(instance)
            | Self::Hook(instance)
            | Self::HealthCheck(instance) => instance.0,
            Self::Refill(group) | Self::UpgradeBatch(group) | Self::Autoscale(group) => {
                group.number()
            }
        }
    }
}
