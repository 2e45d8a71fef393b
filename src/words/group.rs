//! Words about groups: how instances join a group, and how it scales, upgrades and repairs its
//! members.

use super::action::Action;
use super::word::{Word, words};

words! {
    /// How an instance joined its group.
    Membership: "a membership" {
        /// The instance is in no group.
        None = "none",
        /// The group created the instance.
        AutoCreated = "auto-created",
        /// The instance was attached, and the group manages its lifecycle.
        Entrusted = "entrusted",
        /// The instance was attached, and its owner manages its lifecycle.
        Attached = "attached",
    }
}

words! {
    /// The size that a request would leave its group with, compared with the group's bounds.
    Capacity: "a capacity" {
        /// The size is within the bounds, or the request concerns no group.
        Within = "within",
        /// The size is below the minimum.
        BelowMin = "below-min",
        /// The size is above the maximum.
        AboveMax = "above-max",
    }
}

words! {
    /// The result of a request that would take a group's size across one of its bounds.
    BoundFate: "an effect of a bound" {
        /// The request is carried out as far as the bound.
        Clipped = "clipped",
        /// The request is refused.
        Refused = "refused",
        /// The request is carried out: the bound does not apply to it.
        NotBounded = "not-bounded",
    }
}

words! {
    /// The desired capacity of a group after a scale-in that removed fewer members than requested.
    DesiredAfter: "a desired capacity after a partial scale-in" {
        /// The capacity that was requested.
        AsAsked = "as-asked",
        /// The number of members that the group has.
        RealSize = "real-size",
    }
}

words! {
    /// How a group checks the health of its members.
    HealthCheck: "a health check" {
        /// The group has no health check.
        None = "none",
        /// A member that does not run is unhealthy.
        Instance = "instance",
        /// A member that is reported unhealthy is unhealthy.
        Application = "application",
    }
}

words! {
    /// The reaction of a health check to a member that does not run.
    HealthFate: "a result of a health check" {
        /// The member counts as unhealthy and is removed.
        Removes = "removes",
        /// The member stays.
        Ignores = "ignores",
    }
}

words! {
    /// The result of a scale-in if fewer members may be removed than requested.
    Shortfall: "a result of a shortfall" {
        /// The members that may be removed are removed.
        Partial = "partial",
        /// No member is removed.
        Refused = "refused",
    }
}

words! {
    /// Which of several members with equal rank a scale-in removes first.
    TieBreak: "a tie-break" {
        /// The member whose name comes first.
        ByName = "by-name",
        /// A member that is drawn from the random stream of the group.
        AtRandom = "at-random",
    }
}

words! {
    /// The property by which a scale-in orders the members of a group.
    Criterion: "a criterion" {
        /// The time at which the member joined the group.
        Joined = "joined",
        /// The time at which the instance was created.
        Created = "created",
        /// The age of the configuration that the member was created from.
        Configuration = "configuration",
        /// The number at the end of the member's name.
        Number = "number",
    }
}

words! {
    /// How the names of members are numbered, for a scale-in that orders members by number.
    Numbering: "a numbering" {
        /// Names end in decimal numbers.
        Decimal = "decimal",
        /// Names end in numbers whose digits are 0 to 9 and a to z.
        Base36 = "base-36",
        /// Names are random and have no number.
        None = "none",
        /// Names have no number; members are ordered by age, and the oldest counts as the highest.
        Age = "age",
    }
}

words! {
    /// The form of the end of a member's name.
    NameForm: "a form of names" {
        /// The name ends in six letters and digits, of which the first is 0.
        Padded = "padded",
        /// The name has any other form.
        Plain = "plain",
    }
}

words! {
    /// A further effect of setting a protection, where the protection is a part of the instance's
    /// own model.
    FlagEffect: "an effect of setting protections" {
        /// There is no further effect.
        Nothing = "nothing",
        /// From then on the instance has its own model instead of the latest model of its group.
        LeavesModel = "leaves-model",
        /// As `leaves-model`, and the health probe of the group no longer reaches the instance.
        LosesProbe = "leaves-model-and-probe",
    }
}

words! {
    /// Which end of the order of members a scale-in removes first.
    Extreme: "an end of an order" {
        /// The lowest, which is the oldest.
        Lowest = "lowest",
        /// The highest, which is the newest.
        Highest = "highest",
    }
}

words! {
    /// How zones affect the order in which a scale-in removes members.
    ZoneRule: "a treatment of zones" {
        /// All members form one order, whatever their zones.
        Ignored = "ignored",
        /// Only the members of the fullest zones are ordered.
        Fullest = "fullest",
        /// Members without a zone are removed first, then members of the fullest zones.
        ZonelessThenFullest = "zoneless-then-fullest",
        /// Members are removed zone by zone, in the order in which the group lists its zones.
        AsListed = "as-listed",
    }
}

words! {
    /// How a group spreads its members over zones.
    ZonePolicy: "a zone policy" {
        /// The group does not set a zone policy.
        None = "none",
        /// The group prefers zones in the order in which it lists them.
        Priority = "priority",
        /// The group spreads its members evenly.
        Balance = "balance",
    }
}

words! {
    /// The reaction of a scale-in if all members of the zone to shrink are protected.
    ZoneHeld: "a result of a protected zone" {
        /// The scale-in continues with the next zone.
        NextZone = "next-zone",
        /// The scale-in ends.
        Stops = "stops",
    }
}

words! {
    /// The part of a new member that waits for its hook in a scale-in.
    PendingFate: "a fate of a new member" {
        /// It can be chosen like any other member.
        Chosen = "chosen",
        /// It is skipped.
        Skipped = "skipped",
    }
}

words! {
    /// How a group manages its members.
    Orchestration: "an orchestration" {
        /// Members are identical parts of the group.
        Uniform = "uniform",
        /// Members are standalone instances.
        Flexible = "flexible",
    }
}

words! {
    /// How a new model reaches the members of a group.
    Upgrade: "a way of upgrading" {
        /// A call upgrades all members or those that it names.
        Manual = "manual",
        /// All members are upgraded at once.
        Automatic = "automatic",
        /// Members are upgraded in place, one batch after the other.
        Rolling = "rolling",
        /// Members are replaced one batch after the other: new members are created before old ones
        /// are removed.
        Surge = "surge",
        /// The platform upgrades the OS image of one batch after the other.
        OsImage = "os-image",
    }
}

words! {
    /// How a new model of a group is rolled out to its members.
    RollOut: "a roll-out" {
        /// Members do not change until a call upgrades them.
        Waits = "waits",
        /// All members change at once.
        AtOnce = "at-once",
        /// Members change one batch after the other.
        InBatches = "in-batches",
        /// New members replace old ones, one batch after the other.
        Replaces = "replaces",
    }
}

words! {
    /// The initiator of a scaling request.
    Initiator: "an initiator" {
        /// A person, or a program that calls on behalf of a person.
        User = "user",
        /// A scaling rule on a metric.
        Alarm = "alarm",
        /// A scheduled task or an autoscale profile.
        Schedule = "schedule",
        /// The minimum or maximum of the group, because the size was outside of it.
        Bounds = "bounds",
    }
}

words! {
    /// A process of a group that can be suspended.
    Process: "a process" {
        /// Scaling in.
        ScaleIn = "scale-in",
        /// Scaling out.
        ScaleOut = "scale-out",
        /// Checking the health of members.
        HealthCheck = "health-check",
        /// Running scaling rules on metrics.
        Alarm = "alarm",
        /// Running scheduled tasks.
        Schedule = "schedule",
    }
}

words! {
    /// How a group repairs an unhealthy member.
    Repair: "a repair" {
        /// The group replaces the member by a new one.
        Replace = "replace",
        /// The group replaces the member's system disk by a fresh one.
        Reimage = "reimage",
        /// The group restarts the member.
        Restart = "restart",
    }
}

words! {
    /// Whether a group releases or stops the members that it removes.
    Reclaim: "a reclaim mode" {
        /// The group releases the members.
        Release = "release",
        /// The group stops the members, without charge for compute, and starts them again when it
        /// scales out.
        Recycle = "recycle",
    }
}

words! {
    /// The desired capacity of a group after an instance was attached.
    DesiredAfterAttach: "a desired capacity after an attachment" {
        /// It increases by the number of attached instances.
        Larger = "larger",
        /// It stays.
        Same = "same",
    }
}

words! {
    /// How a group replaces members that left it.
    Refill: "a refill" {
        /// The group does not replace them; its desired capacity stays.
        None = "none",
        /// The group does not replace them; its desired capacity decreases by their number.
        Smaller = "smaller",
        /// The group grows to its desired capacity, or to its minimum if it has none.
        ToSize = "to-size",
        /// The group creates one member for each that left.
        OneForOne = "one-for-one",
        /// The question is asked again when the group's process is resumed, and when its account
        /// settles.
        Later = "later",
    }
}

words! {
    /// The effect of a reclaim on a spot instance.
    Eviction: "an eviction" {
        /// The instance is shut down; its disks stay.
        Deallocate = "deallocate",
        /// The instance is released permanently.
        Delete = "delete",
    }
}

words! {
    /// The result of a lifecycle hook.
    HookResult: "a result of a hook" {
        /// The waiting launch or removal proceeds.
        Continue = "continue",
        /// A waiting removal proceeds at once, without waiting for other hooks; a waiting launch is
        /// cancelled.
        Abandon = "abandon",
        /// The waiting removal is undone: the member stays.
        RollBack = "roll-back",
    }
}

words! {
    /// Whether a launch or removal waits for a hook of the group.
    HookFate: "an effect of a hook" {
        /// The launch or removal waits.
        Waits = "waits",
        /// The launch or removal does not wait.
        AtOnce = "at-once",
    }
}

words! {
    /// The reported health of a member.
    Health: "a state of health" {
        /// The member works.
        Healthy = "healthy",
        /// The member does not work.
        Unhealthy = "unhealthy",
    }
}

words! {
    /// An operation of a group on its members.
    GroupOperation: "an operation of a group" {
        /// Replace the system disks by fresh ones.
        Reimage = "reimage",
        /// Replace all disks by fresh ones.
        ReimageAll = "reimage-all",
        /// Shut the members down and free their compute.
        Deallocate = "deallocate",
        /// Shut the members down.
        Stop = "stop",
        /// Start the members.
        Start = "start",
        /// Stop the members and start them again.
        Restart = "restart",
        /// Move the members to other hosts.
        Redeploy = "redeploy",
        /// Run pending maintenance of the hosts now.
        Maintain = "maintain",
    }
}

impl From<GroupOperation> for Action {
    fn from(operation: GroupOperation) -> Self {
        match operation {
            GroupOperation::Reimage => Self::Reimage,
            GroupOperation::ReimageAll => Self::ReimageAll,
            GroupOperation::Deallocate => Self::Deallocate,
            GroupOperation::Stop => Self::Stop,
            GroupOperation::Start => Self::Start,
            GroupOperation::Restart => Self::Restart,
            GroupOperation::Redeploy => Self::Redeploy,
            GroupOperation::Maintain => Self::Maintain,
        }
    }
}

words! {
    /// How a scaling rule compares a metric with its threshold.
    Comparison: "a comparison" {
        /// The metric is greater than the threshold.
        Above = "above",
        /// The metric is greater than or equal to the threshold.
        AtLeast = "at-least",
        /// The metric is less than the threshold.
        Below = "below",
        /// The metric is less than or equal to the threshold.
        AtMost = "at-most",
    }
}

words! {
    /// The statistic of a metric, over the window of a scaling rule.
    Statistic: "a statistic" {
        /// The average over time.
        Average = "average",
        /// The lowest value.
        Minimum = "minimum",
        /// The highest value.
        Maximum = "maximum",
        /// The latest value.
        Last = "last",
        /// The sum of all samples.
        Sum = "sum",
        /// The number of samples.
        Count = "count",
    }
}

words! {
    /// A day of the week.
    Weekday: "a day of the week" {
        /// Monday, the first day.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday, the last day.
        Sunday = "sunday",
    }
}

impl Process {
    /// The processes in a mask with one bit for each index in [`Word::ALL`].
    pub fn in_mask(mask: u8) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |process| mask >> process.index() & 1 == 1)
    }
}
