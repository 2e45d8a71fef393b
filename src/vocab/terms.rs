//! The words themselves.

use super::words;

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
        /// Somebody told its group to remove this very member.
        DeleteMembers = "delete-members",
        /// Somebody told its group to let this very member go.
        Detach = "detach",
        /// Its whole group is deleted.
        GroupDelete = "group-delete",
        /// Somebody told its group to do this to its members.
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
    /// How an instance is paid for.
    Billing: "a way of billing" {
        /// By use, after the fact.
        PayAsYouGo = "pay-as-you-go",
        /// For a term, ahead.
        Subscription = "subscription",
        /// By use, at a price at which it may be taken back.
        Spot = "spot",
    }
}

words! {
    /// The state of an instance.
    Lifecycle: "a state" {
        /// Not created yet.
        Absent = "absent",
        /// Being created.
        Pending = "pending",
        /// At work.
        Running = "running",
        /// Shut down; everything of it is still there.
        Stopped = "stopped",
        /// Shut down, and its compute was taken back; its disks are still there.
        Reclaimed = "reclaimed",
        /// Shut down, and its compute was given back; its disks are still there.
        Deallocated = "deallocated",
        /// About to go: a hook has the last word.
        Removing = "removing",
        /// Given up for good.
        Released = "released",
    }
}

words! {
    /// What shut an instance down.
    StoppedBy: "a cause of a stop" {
        /// It is not stopped.
        Nothing = "nothing",
        /// A call.
        User = "user",
        /// An unpaid bill.
        Arrears = "arrears",
        /// The end of its term.
        Expiry = "expiry",
        /// The platform, for security.
        Security = "security",
        /// Its group, which may use it again.
        Group = "group",
    }
}

words! {
    /// What bars an instance's owner from some calls. An instance may be under several.
    Lock: "a lock" {
        /// Nothing does.
        None = "none",
        /// It was stopped for an unpaid bill.
        Financial = "financial",
        /// The platform suspects a breach of its rules.
        Security = "security",
        /// Its spot capacity is being taken back.
        Recycling = "recycling",
    }
}

words! {
    /// The way by which a call came in.
    Channel: "a channel" {
        /// The event does not say, or nobody called.
        None = "none",
        /// The provider's web console.
        Console = "console",
        /// The provider's API.
        Api = "api",
        /// The provider's command line.
        Cli = "cli",
    }
}

words! {
    /// An answer to a plain question.
    YesNo: "a yes or no" {
        /// No.
        No = "false",
        /// Yes.
        Yes = "true",
    }
}

impl From<bool> for YesNo {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

words! {
    /// How far ahead a scheduled release is set, by the provider's limits.
    Lead: "a lead" {
        /// Nothing is being scheduled.
        None = "none",
        /// Sooner than the provider takes.
        TooSoon = "too-soon",
        /// Within the limits.
        Within = "within",
        /// Later than the provider takes.
        TooLate = "too-late",
    }
}

words! {
    /// How the instances of one request hang together.
    Batch: "a batch mode" {
        /// Each has its own fate.
        Each = "each",
        /// One that is held keeps all the others.
        AllOrNothing = "all-or-nothing",
        /// Protected ones are passed over without an error; if all are, it is refused.
        SkipProtected = "skip-protected",
    }
}

words! {
    /// What became of one protection in one decision.
    Verdict: "a verdict" {
        /// The protection stopped it.
        Held = "held",
        /// The protection was in force and it went ahead.
        Overridden = "overridden",
        /// The protection was on and plays no part here.
        NotConsulted = "not-consulted",
    }
}

words! {
    /// What became of one instance in one request.
    Outcome: "an outcome" {
        /// Kept, because at least one protection held.
        Held = "held",
        /// Went ahead although at least one protection was in force.
        Overridden = "overridden",
        /// Went ahead; no protection was in force against it.
        Unprotected = "unprotected",
        /// Went ahead either way; whether a protection was in force against it is not known.
        Undetermined = "undetermined",
        /// Refused for another reason: term not ended, permission, wrong state.
        Denied = "denied",
        /// Accepted and waiting, or due and waiting.
        Deferred = "deferred",
        /// Passed over without an error.
        Skipped = "skipped",
        /// Kept only because a neighbour in the same request was protected.
        Spared = "spared",
        /// Nothing to do: already released.
        NoOp = "no-op",
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

words! {
    /// What has the last word in a decision, if it is no protection.
    LastWord: "a last word" {
        /// A refusal that is no protection.
        Precondition = "precondition",
        /// The step of a clock that asked for it; nothing stood against it.
        Clock = "clock",
        /// The rule on schedules.
        Schedule = "schedule",
        /// The health check that asked for it; nothing stood against it.
        HealthCheck = "health-check",
        /// How the instance came into its group; nothing stood against what that means.
        Membership = "membership",
        /// What stood against a neighbour in the same request.
        Neighbour = "neighbour",
        /// The state of the instance: released already, or never there.
        State = "state",
        /// A hook that the group runs before a member goes.
        Hook = "hook",
    }
}

words! {
    /// Why a request cannot be met, whoever the provider is.
    Obstacle: "an obstacle" {
        /// The instance does not exist, not yet or no longer.
        NotThere = "not-there",
        /// The instance is in a group already.
        InAGroup = "in-a-group",
        /// An instance that the request names is not a member of the group.
        NotAMember = "not-a-member",
        /// The instance is not spot capacity.
        NotSpot = "not-spot",
        /// The group has been deleted.
        GroupDeleted = "group-deleted",
        /// The instance is in no group.
        NotInAGroup = "not-in-a-group",
        /// No hook holds the instance up.
        NoHook = "no-hook",
        /// The hook has been prolonged as often as it can be.
        NoMoreTime = "no-more-time",
        /// The group has no more members.
        Empty = "empty",
        /// The groups of a run have created as many members as this program lets them.
        TooMany = "too-many",
    }
}

words! {
    /// What became of a request.
    RequestResult: "a result" {
        /// Everything asked was done, or waits to be done.
        Accepted = "accepted",
        /// Nothing was done.
        Refused = "refused",
        /// Some of it was done.
        Partial = "partial",
    }
}

words! {
    /// How well a statement is founded, strongest first.
    Confidence: "a confidence" {
        /// The provider's documents say so.
        Documented = "documented",
        /// Somebody saw it happen and said so in public.
        Observed = "observed",
        /// It follows from what is documented.
        Inferred = "inferred",
        /// Nobody says; the value is an assumption.
        Unconfirmed = "unconfirmed",
        /// A rule of somebody's own, or a what-if: nobody claims that it is so.
        Assumed = "assumed",
    }
}

words! {
    /// A thing that belongs to an instance and may be lost with it.
    Thing: "a thing" {
        /// The disk it boots from.
        SystemDisk = "system-disk",
        /// A further disk.
        DataDisk = "data-disk",
        /// A disk inside its host.
        LocalDisk = "local-disk",
        /// A snapshot that a schedule made.
        AutoSnapshot = "auto-snapshot",
        /// A snapshot that somebody made.
        Snapshot = "snapshot",
        /// A custom image.
        Image = "image",
        /// A public address that came with it.
        StaticIp = "static-ip",
        /// A public address with a life of its own.
        Eip = "eip",
    }
}

impl Thing {
    /// Whether things of this kind have a size.
    pub const fn has_size(self) -> bool {
        match self {
            Self::SystemDisk | Self::DataDisk | Self::LocalDisk => true,
            Self::AutoSnapshot | Self::Snapshot | Self::Image | Self::StaticIp | Self::Eip => false,
        }
    }
}

words! {
    /// What becomes of such a thing.
    Fate: "a fate" {
        /// Gone for good.
        Lost = "lost",
        /// Still there, and free of charge.
        Kept = "kept",
        /// Still there, and still billed.
        KeptBilled = "kept-billed",
    }
}

words! {
    /// Whether a subscription prolongs itself.
    Renewal: "a renewal" {
        /// It ends unless somebody renews it.
        None = "none",
        /// It renews itself at its end.
        Automatic = "automatic",
        /// It tries to, and the payment fails.
        Failing = "failing",
    }
}

words! {
    /// What becomes of a scheduled release that is due, or that has waited.
    ScheduleFate: "a fate of a schedule" {
        /// It asks for the release now.
        Fires = "fires",
        /// It waits until the account has settled.
        Waits = "waits",
        /// It is forgotten.
        Dropped = "dropped",
    }
}

words! {
    /// What settling a bill does to an instance that the arrears had stopped.
    AfterSettling: "a consequence of settling" {
        /// It is started again.
        Restarts = "restarts",
        /// It stays as it is.
        Stays = "stays",
    }
}

words! {
    /// What a conversion of the billing does to the protections that are on.
    FlagFate: "a fate of a flag" {
        /// They stay on, in force or not.
        Kept = "kept",
        /// They are switched off.
        Cleared = "cleared",
    }
}

words! {
    /// Which of two reasons against a request counts.
    CheckedFirst: "a first check" {
        /// A protection that holds.
        Protection = "protection",
        /// A refusal that is no protection.
        Refusal = "refusal",
    }
}

words! {
    /// What a stop that is to save money does.
    EconomicalStop: "an answer to an economical stop" {
        /// Compute is freed and no longer billed.
        Frees = "frees",
        /// The instance stops as it always does.
        Ignored = "ignored",
    }
}

words! {
    /// From when a renewed term counts.
    TermFrom: "a beginning of a term" {
        /// From the end of the old one.
        Expiry = "expiry",
        /// From the renewal.
        Renewal = "renewal",
    }
}

words! {
    /// The spans of a provider's that run by themselves once begun.
    ClockKind: "a clock" {
        /// Of an account that has not paid. Settling stops it.
        PaymentOverdue = "payment-overdue",
        /// Of a subscription whose term has ended. Renewing stops it.
        Expiry = "expiry",
        /// Of a spot instance that is being taken back. Nothing stops it.
        SpotReclaim = "spot-reclaim",
        /// Of an account that was cancelled. Settling stops it.
        Cancellation = "cancellation",
    }
}

words! {
    /// What a step of a clock may ask.
    ClockAction: "a step of a clock" {
        /// Shut the instance down.
        Stop = "stop",
        /// Take back its compute.
        Reclaim = "reclaim",
        /// Shut it down and give its compute back.
        Deallocate = "deallocate",
        /// Give it up for good.
        Release = "release",
        /// Prolong its term.
        Renew = "renew",
        /// Make no more snapshots for the account; no instance is touched.
        SuspendSnapshots = "suspend-snapshots",
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

words! {
    /// When in the life of an instance a protection can be switched.
    Occasion: "an occasion" {
        /// With its creation.
        Create = "create",
        /// At any time after.
        Later = "later",
    }
}

words! {
    /// What a change of state is about.
    Subject: "a subject" {
        /// An account.
        Account = "account",
        /// A group.
        Group = "group",
        /// An instance.
        Instance = "instance",
    }
}
