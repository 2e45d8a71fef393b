//! Causes of requests, and the channels of calls.

use super::acts::Act;
use super::group::Initiator;
use super::word::words;

words! {
    /// The cause of a request.
    Trigger: "a trigger" {
        /// A person or a program made a call that names the instance.
        Manual = "manual",
        /// The scheduled release of the instance is due.
        ScheduledRelease = "scheduled-release",
        /// The account has not paid.
        BillingOverdue = "billing-overdue",
        /// The term of a subscription has ended.
        Expiry = "expiry",
        /// The platform enforces its security rules.
        SecurityRelease = "security-release",
        /// The provider reclaims a spot instance.
        SpotReclaim = "spot-reclaim",
        /// The group scales in and chooses the member.
        ScaleIn = "scale-in",
        /// The health check of the group found the member unhealthy.
        HealthCheck = "health-check",
        /// A call removes named members from their group.
        DeleteMembers = "delete-members",
        /// A call detaches named members from their group.
        Detach = "detach",
        /// The whole group is deleted.
        GroupDelete = "group-delete",
        /// A call applies an operation to members of a group.
        GroupAction = "group-action",
        /// A new model of the group is rolled out to its members.
        ModelUpdate = "model-update",
        /// The group rebalances its zones.
        ZoneBalance = "zone-balance",
        /// The platform maintains the host.
        Maintenance = "maintenance",
        /// The account was cancelled.
        Cancellation = "cancellation",
        /// The hook for which the launch waited has ended, and the launch is cancelled.
        LaunchHook = "launch-hook",
    }
}

impl Trigger {
    /// Whether the group makes the request and the action depends on how the member joined it.
    pub const fn is_from_group(self) -> bool {
        match self {
            Self::ScaleIn
            | Self::HealthCheck
            | Self::DeleteMembers
            | Self::Detach
            | Self::ZoneBalance
            | Self::GroupDelete => true,
            Self::Manual
            | Self::ScheduledRelease
            | Self::BillingOverdue
            | Self::Expiry
            | Self::SecurityRelease
            | Self::SpotReclaim
            | Self::GroupAction
            | Self::ModelUpdate
            | Self::Maintenance
            | Self::Cancellation
            | Self::LaunchHook => false,
        }
    }

    /// Whether the request is a call. A scale-in is a call if a user started it.
    pub const fn is_call(self, initiator: Initiator) -> bool {
        match self {
            Self::Manual
            | Self::DeleteMembers
            | Self::Detach
            | Self::GroupDelete
            | Self::GroupAction
            | Self::ModelUpdate => true,
            Self::ScaleIn => matches!(initiator, Initiator::User),
            Self::ScheduledRelease
            | Self::BillingOverdue
            | Self::Expiry
            | Self::SecurityRelease
            | Self::SpotReclaim
            | Self::HealthCheck
            | Self::ZoneBalance
            | Self::Maintenance
            | Self::LaunchHook
            | Self::Cancellation => false,
        }
    }

    /// The act that removes the cause of the request; `None` if no act does.
    pub const fn ended_by(self) -> Option<Act> {
        match self {
            Self::ScheduledRelease => Some(Act::CancelSchedule),
            Self::BillingOverdue => Some(Act::Settle),
            Self::Cancellation => Some(Act::Reactivate),
            Self::Expiry => Some(Act::Renew),
            Self::LaunchHook => Some(Act::CompleteHook),
            Self::Manual
            | Self::SecurityRelease
            | Self::SpotReclaim
            | Self::ScaleIn
            | Self::HealthCheck
            | Self::DeleteMembers
            | Self::Detach
            | Self::GroupDelete
            | Self::GroupAction
            | Self::ModelUpdate
            | Self::ZoneBalance
            | Self::Maintenance => None,
        }
    }

    /// Whether an act may prevent losses by this trigger: it removes the cause, or it makes the
    /// request fail.
    pub fn may_be_ended_by(self, act: Act) -> bool {
        self.ended_by() == Some(act)
            || act == Act::Detach && self.is_about_members()
            // A renewed subscription refuses a manual release.
            || act == Act::Renew && self == Self::Manual
    }

    /// Whether it concerns an instance because the instance is a member of a group.
    pub const fn is_about_members(self) -> bool {
        match self {
            Self::ScaleIn
            | Self::HealthCheck
            | Self::DeleteMembers
            | Self::GroupDelete
            | Self::GroupAction
            | Self::ModelUpdate
            | Self::ZoneBalance => true,
            Self::Manual
            | Self::ScheduledRelease
            | Self::BillingOverdue
            | Self::Expiry
            | Self::SecurityRelease
            | Self::SpotReclaim
            | Self::Detach
            | Self::Maintenance
            | Self::LaunchHook
            | Self::Cancellation => false,
        }
    }
}

words! {
    /// The channel of a call.
    Channel: "a channel" {
        /// The channel is not stated, or the event is not a call.
        None = "unspecified",
        /// The provider's web console.
        Console = "console",
        /// The provider's API.
        Api = "api",
        /// The provider's command line.
        Cli = "cli",
    }
}
