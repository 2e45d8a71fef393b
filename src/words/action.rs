//! What can be done to an instance, and what it has for an effect.

use super::billing::ClockAction;
use super::word::words;

words! {
    /// What is asked to be done.
    Action: "an action" {
        /// Give the instance up for good.
        Release = "release",
        /// Take it out of its group and leave it alone.
        Remove = "remove",
        /// Create it.
        Create = "create",
        /// Shut it down.
        Stop = "stop",
        /// Start it.
        Start = "start",
        /// Stop and start it.
        Restart = "restart",
        /// Take back the compute of a stopped instance; its disks stay.
        Reclaim = "reclaim",
        /// Switch its protections.
        SetProtection = "set-protection",
        /// Set the time of its release.
        ScheduleRelease = "schedule-release",
        /// Take that time away.
        CancelScheduledRelease = "cancel-scheduled-release",
        /// Pay for it in another way.
        ConvertBilling = "convert-billing",
        /// Prolong its term.
        Renew = "renew",
        /// Copy its disks into a snapshot.
        Snapshot = "snapshot",
        /// Make a custom image of it.
        CreateImage = "create-image",
        /// Turn its static public address into one that outlives it.
        ConvertAddress = "convert-address",
        /// Take it into a group.
        Attach = "attach",
        /// Have its group shrink.
        ScaleIn = "scale-in",
        /// Have its group remove named members.
        DeleteMembers = "delete-members",
        /// Have its group let named members go.
        Detach = "detach",
        /// Delete its group.
        DeleteGroup = "delete-group",
        /// Put a fresh system disk in place of its own.
        Reimage = "reimage",
        /// Put fresh disks in place of all of its own.
        ReimageAll = "reimage-all",
        /// Shut it down and give its compute back; its disks stay.
        Deallocate = "deallocate",
        /// Move it to another host.
        Redeploy = "redeploy",
        /// Stop it, and keep it for its group to use again.
        Recycle = "recycle",
        /// Bring it to the latest model of its group.
        Upgrade = "upgrade",
        /// Work on its host.
        Maintain = "maintain",
        /// Have its group grow.
        ScaleOut = "scale-out",
        /// Give its group another size.
        SetCapacity = "set-capacity",
        /// Give its group another model.
        UpdateModel = "update-model",
    }
}

impl Action {
    /// Whether it takes an instance, its data or its place in a group, whatever the policy says.
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

    /// What it does to an instance.
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
    /// What happened to an instance.
    Effect: "an effect" {
        /// Nothing.
        None = "none",
        /// It was given up for good.
        Released = "released",
        /// It left its group and lives on.
        Removed = "removed",
        /// It was shut down.
        Stopped = "stopped",
        /// Its compute was taken back; its disks are still there.
        Reclaimed = "reclaimed",
        /// It was shut down and its compute given back; its disks are still there.
        Deallocated = "deallocated",
        /// It has a fresh system disk.
        Reimaged = "reimaged",
        /// It has fresh disks altogether.
        ReimagedAll = "reimaged-all",
        /// It has the latest model of its group.
        Upgraded = "upgraded",
        /// It was started.
        Started = "started",
        /// It was stopped and started.
        Restarted = "restarted",
        /// It was moved to another host.
        Redeployed = "redeployed",
        /// Its host was worked on.
        Maintained = "maintained",
    }
}

impl Effect {
    /// Whether only the power state changes: nothing is lost, and the instance keeps its group.
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

    /// Whether the instance or its data is gone.
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
