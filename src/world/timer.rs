//! The timers of the model: what the world itself puts on the future event list.

use crate::kernel::{Priority, TimerId};
use crate::words::{AccountId, GroupId, InstanceId, SourceId};

/// What the world schedules itself, named by what it is about.
///
/// At one instant they fire in the order written here, and among each other by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// What a random source does next: a deed like an event of the script, so it comes
    /// before what falls due.
    RandomSource(SourceId),
    /// The next step of an account's arrears.
    BillingStep(AccountId),
    /// The next step of a subscription whose term ends.
    TermStep(InstanceId),
    /// The next step of a spot instance that is being taken back.
    ReclaimStep(InstanceId),
    /// The release for which a time was set.
    ScheduledRelease(InstanceId),
    /// The time-out of a hook that holds an instance up.
    Hook(InstanceId),
    /// A group looks at a member that it has found unhealthy.
    HealthCheck(InstanceId),
    /// The next batch of a group's upgrade.
    UpgradeBatch(GroupId),
    /// Autoscale looks at a group again.
    Autoscale(GroupId),
}

impl TimerId for Timer {
    const RANKS: u8 = 9;

    fn priority(&self) -> Priority {
        Priority(match self {
            Self::RandomSource(_) => 0,
            Self::BillingStep(_) => 1,
            Self::TermStep(_) => 2,
            Self::ReclaimStep(_) => 3,
            Self::ScheduledRelease(_) => 4,
            Self::Hook(_) => 5,
            Self::HealthCheck(_) => 6,
            Self::UpgradeBatch(_) => 7,
            Self::Autoscale(_) => 8,
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
            Self::UpgradeBatch(group) | Self::Autoscale(group) => group.0,
        }
    }
}
