//! Acts by which an owner can prevent a loss.

use super::word::words;

words! {
    /// An act by which an owner can prevent a loss, besides setting a protection.
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
        /// Complete the hook for which the instance waits, with the result `continue`.
        CompleteHook = "complete-hook",
        /// Take a snapshot of the disk.
        Snapshot = "snapshot",
        /// Make a custom image of the instance.
        CreateImage = "create-image",
        /// Convert the static public address to one that outlives the instance.
        ConvertAddress = "convert-address",
        /// Reactivate the cancelled account.
        Reactivate = "reactivate",
        /// Set the resource to be kept when the instance is released.
        Keep = "keep",
    }
}

impl Act {
    /// The wording in reports, unless the policy has its own.
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
            Self::Keep => "set it to be kept when the instance is released",
        }
    }

    /// Whether it saves a resource but not the instance.
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
}
