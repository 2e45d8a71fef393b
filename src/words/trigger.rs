//! Causes of requests, and the channels they arrive by.

use super::word::words;

words! {
    /// The cause that asks for something to be done to an instance.
    Trigger: "a trigger" {
        /// A person or a program called for this very instance.
        Manual = "manual",
        /// The time set for its release has come.
        ScheduledRelease = "scheduled-release",
        /// The account has not paid.
        BillingOverdue = "billing-overdue",
        /// The term of a subscription has ended.
        Expiry = "expiry",
        /// The platform enforces its security rules.
        SecurityRelease = "security-release",
        /// The platform takes spot capacity back.
        SpotReclaim = "spot-reclaim",
        /// Its group shrinks and chooses a member.
        ScaleIn = "scale-in",
        /// Its group found it unhealthy.
        HealthCheck = "health-check",
        /// A call removes named members from their group.
        DeleteMembers = "delete-members",
        /// A call detaches named members from their group.
        Detach = "detach",
        /// Its whole group is deleted.
        GroupDelete = "group-delete",
        /// A call applies an operation to members of a group.
        GroupAction = "group-action",
        /// The model of its group has changed and reaches the members.
        ModelUpdate = "model-update",
        /// Its group evens out its zones.
        ZoneBalance = "zone-balance",
        /// The platform works on the host.
        Maintenance = "maintenance",
        /// The account was cancelled.
        Cancellation = "cancellation",
        /// The hook that held its launch up has ended, and the launch is given up.
        LaunchHook = "launch-hook",
    }
}

impl Trigger {
    /// Whether a group asks, and what it asks depends on how the member came in.
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

    /// Whether it reaches an instance because that is a member of a group.
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
    /// The way by which a call came in.
    Channel: "a channel" {
        /// The channel is not stated, or the event is no call.
        None = "unspecified",
        /// The provider's web console.
        Console = "console",
        /// The provider's API.
        Api = "api",
        /// The provider's command line.
        Cli = "cli",
    }
}
