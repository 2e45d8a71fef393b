//! Actions on an instance, and their effects.

use super::billing::ClockAction;
use super::word::words;

words! {
    /// The action of a request.
    Action: "an action" {
        /// Release the instance permanently.
        Release = "release",
        /// Remove it from its group; the instance itself stays.
        Remove = "remove",
        /// Create an instance.
        Create = "create",
        /// Shut the instance down.
        Stop = "stop",
        /// Start the instance.
        Start = "start",
        /// Stop the instance and start it again.
        Restart = "restart",
        /// Take back the compute of a stopped instance; its disks stay.
        Reclaim = "reclaim",
        /// Switch protections of the instance on or off.
        SetProtection = "set-protection",
        /// Schedule the release of the instance.
        ScheduleRelease = "schedule-release",
        /// Cancel the scheduled release of the instance.
        CancelScheduledRelease = "cancel-scheduled-release",
        /// Convert the instance to another way of billing.
        ConvertBilling = "convert-billing",
        /// Renew the subscription of the instance.
        Renew = "renew",
        /// Take a snapshot of a disk.
        Snapshot = "snapshot",
        /// Make a custom image of the instance.
        CreateImage = "create-image",
        /// Convert the static public address to one that outlives the instance.
        ConvertAddress = "convert-address",
        /// Attach the instance to a group.
        Attach = "attach",
        /// Remove members that the group chooses.
        ScaleIn = "scale-in",
        /// Remove named members of a group.
        DeleteMembers = "delete-members",
        /// Detach named members from their group; the instances stay.
        Detach = "detach",
        /// Delete the group.
        DeleteGroup = "delete-group",
        /// Replace the system disk by a fresh one.
        Reimage = "reimage",
        /// Replace all disks by fresh ones.
        ReimageAll = "reimage-all",
        /// Shut the instance down and free its compute; its disks stay.
        Deallocate = "deallocate",
        /// Move the instance to another host.
        Redeploy = "redeploy",
        /// Stop the instance and keep it, so that its group can start it again.
        Recycle = "recycle",
        /// Upgrade the instance to the latest model of its group.
        Upgrade = "upgrade",
        /// Maintain the host of the instance.
        Maintain = "maintain",
        /// Add members to the group.
        ScaleOut = "scale-out",
        /// Set the desired capacity of the group.
        SetCapacity = "set-capacity",
        /// Replace the model of the group.
        UpdateModel = "update-model",
    }
}

impl Action {
    /// Whether the action always takes an instance, its data, or its membership in a group. Other
    /// actions may do so under some policies.
    pub const fn always_loses(self) -> bool {
        match self {
            Self::Release
            | Self::Remove
            | Self::Recycle
            | Self::Reimage
            | Self::ReimageAll
            | Self::Deallocate
            | Self::Upgrade => true,
            Self::Stop
            | Self::Reclaim
            | Self::Restart
            | Self::Redeploy
            | Self::Maintain
            | Self::Create
            | Self::Start
            | Self::SetProtection
            | Self::ScheduleRelease
            | Self::CancelScheduledRelease
            | Self::ConvertBilling
            | Self::Renew
            | Self::Snapshot
            | Self::CreateImage
            | Self::ConvertAddress
            | Self::Attach
            | Self::ScaleIn
            | Self::DeleteMembers
            | Self::Detach
            | Self::DeleteGroup
            | Self::ScaleOut
            | Self::SetCapacity
            | Self::UpdateModel => false,
        }
    }

    /// The effect on an instance where the action is carried out.
    pub const fn effect(self) -> Effect {
        match self {
            Self::Release => Effect::Released,
            Self::Remove => Effect::Removed,
            Self::Stop | Self::Recycle => Effect::Stopped,
            Self::Reclaim => Effect::Reclaimed,
            Self::Start => Effect::Started,
            Self::Restart => Effect::Restarted,
            Self::Deallocate => Effect::Deallocated,
            Self::Upgrade => Effect::Upgraded,
            Self::Redeploy => Effect::Redeployed,
            Self::Maintain => Effect::Maintained,
            Self::Reimage => Effect::Reimaged,
            Self::ReimageAll => Effect::ReimagedAll,
            Self::Create
            | Self::SetProtection
            | Self::ScheduleRelease
            | Self::CancelScheduledRelease
            | Self::ConvertBilling
            | Self::Renew
            | Self::Snapshot
            | Self::CreateImage
            | Self::ConvertAddress
            | Self::Attach
            | Self::ScaleIn
            | Self::DeleteMembers
            | Self::Detach
            | Self::DeleteGroup
            | Self::ScaleOut
            | Self::SetCapacity
            | Self::UpdateModel => Effect::None,
        }
    }
}

words! {
    /// The effect of an action on an instance.
    Effect: "an effect" {
        /// The instance did not change.
        None = "none",
        /// The instance was released permanently.
        Released = "released",
        /// The instance left its group and still exists.
        Removed = "removed",
        /// The instance was shut down.
        Stopped = "stopped",
        /// The provider took back the compute; the disks still exist.
        Reclaimed = "reclaimed",
        /// The instance was shut down and its compute was freed; the disks still exist.
        Deallocated = "deallocated",
        /// The instance got a fresh system disk.
        Reimaged = "reimaged",
        /// All disks of the instance were replaced by fresh ones.
        ReimagedAll = "reimaged-all",
        /// The instance got the latest model of its group.
        Upgraded = "upgraded",
        /// The instance was started.
        Started = "started",
        /// The instance was stopped and started again.
        Restarted = "restarted",
        /// The instance was moved to another host.
        Redeployed = "redeployed",
        /// The host of the instance was maintained.
        Maintained = "maintained",
    }
}

impl Effect {
    /// Whether only the power state changes: nothing is lost, and the instance stays in its group.
    pub const fn is_power_state(self) -> bool {
        match self {
            Self::Stopped | Self::Started | Self::Restarted => true,
            Self::None
            | Self::Removed
            | Self::Released
            | Self::Reclaimed
            | Self::Deallocated
            | Self::Reimaged
            | Self::ReimagedAll
            | Self::Upgraded
            | Self::Redeployed
            | Self::Maintained => false,
        }
    }

    /// Whether the instance, its compute or its data is lost.
    pub const fn takes_the_instance(self) -> bool {
        match self {
            Self::Released
            | Self::Reclaimed
            | Self::Deallocated
            | Self::Reimaged
            | Self::ReimagedAll => true,
            Self::None
            | Self::Removed
            | Self::Stopped
            | Self::Upgraded
            | Self::Started
            | Self::Restarted
            | Self::Redeployed
            | Self::Maintained => false,
        }
    }
}

impl From<ClockAction> for Action {
    fn from(action: ClockAction) -> Self {
        match action {
            ClockAction::Stop => Self::Stop,
            ClockAction::Reclaim => Self::Reclaim,
            ClockAction::Deallocate => Self::Deallocate,
            ClockAction::Release => Self::Release,
            ClockAction::Renew => Self::Renew,
            ClockAction::SuspendSnapshots => Self::Snapshot,
        }
    }
}
