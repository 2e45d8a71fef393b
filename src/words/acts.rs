//! What an owner can do against a loss before it happens.

use super::trigger::Trigger;
use super::word::words;

words! {
    /// What an owner can do against a loss, besides setting a protection.
    ///
    /// The words are verbs of a scenario, apart from the last two: a scenario writes `settle` to
    /// reactivate an account, and a fleet writes `with-instance: false` to keep a resource.
    Act: "an act" {
        /// Cancel the scheduled release.
        CancelSchedule = "cancel-scheduled-release",
        /// Settle the bill of the account.
        Settle = "settle",
        /// Renew the subscription.
        Renew = "renew",
        /// Detach the instance from its group.
        Detach = "detach",
        /// Complete the hook that holds the instance up with `continue`.
        CompleteHook = "complete-hook",
        /// Take a snapshot of the disk.
        Snapshot = "snapshot",
        /// Make a custom image of the instance.
        CreateImage = "create-image",
        /// Convert the static public address to one that outlives the instance.
        ConvertAddress = "convert-address",
        /// Reactivate the cancelled account.
        Reactivate = "reactivate",
        /// Set the resource to stay when the instance goes.
        Keep = "keep",
    }
}

impl Act {
    /// What it is called in a report, if the policy has no words of its own for it.
    pub const fn wording(self) -> &'static str {
        match self {
            Self::CancelSchedule => "cancel the schedule",
            Self::Settle => "settle the bill",
            Self::Renew => "renew it",
            Self::Detach => "detach it from its group",
            Self::CompleteHook => "complete the hook with `continue`",
            Self::Snapshot => "take a snapshot",
            Self::CreateImage => "make a custom image",
            Self::ConvertAddress => "convert the address to an EIP",
            Self::Reactivate => "reactivate the account",
            Self::Keep => "set it to stay when the instance goes",
        }
    }

    /// Whether it saves a resource and lets the instance go.
    pub const fn saves_a_resource(self) -> bool {
        match self {
            Self::Snapshot | Self::CreateImage | Self::ConvertAddress | Self::Keep => true,
            Self::CancelSchedule
            | Self::Settle
            | Self::Renew
            | Self::Detach
            | Self::CompleteHook
            | Self::Reactivate => false,
        }
    }

    /// Whether it may end a cause of losses.
    pub const fn may_end(self, trigger: Trigger) -> bool {
        match self {
            Self::CancelSchedule => matches!(trigger, Trigger::ScheduledRelease),
            Self::Settle => matches!(trigger, Trigger::BillingOverdue),
            Self::Reactivate => matches!(trigger, Trigger::Cancellation),
            // A subscription that has been renewed is not released by hand.
            Self::Renew => matches!(trigger, Trigger::Expiry | Trigger::Manual),
            Self::Detach => trigger.is_about_members(),
            Self::CompleteHook => matches!(trigger, Trigger::LaunchHook),
            Self::Snapshot | Self::CreateImage | Self::ConvertAddress | Self::Keep => false,
        }
    }
}
