//! The words about groups: how members come in, and how a group grows, shrinks, spreads,
//! upgrades and repairs them.

use super::action::Action;
use super::word::words;

words! {
    /// How an instance came into its group.
    Membership: "a membership" {
        /// It is in no group.
        None = "none",
        /// The group created it.
        AutoCreated = "auto-created",
        /// It was attached, and the group manages its life.
        Entrusted = "entrusted",
        /// It was attached and stays its owner's.
        Attached = "attached",
    }
}

words! {
    /// Where a request would leave the size of its group.
    Capacity: "a capacity" {
        /// Between the group's bounds, or no group is concerned.
        Within = "within",
        /// Below its minimum.
        BelowMin = "below-min",
        /// Above its maximum.
        AboveMax = "above-max",
    }
}

words! {
    /// What becomes of a request that would take a group across one of its bounds.
    BoundFate: "an answer to a bound" {
        /// It is carried out as far as the bound.
        Clipped = "clipped",
        /// It is refused.
        Refused = "refused",
        /// It is carried out: the bound does not concern it.
        NotBounded = "not-bounded",
    }
}

words! {
    /// What a group is meant to have after a scale-in that protection cut short.
    DesiredAfter: "an answer to a scale-in that was cut short" {
        /// What was asked for.
        AsAsked = "as-asked",
        /// What it has.
        RealSize = "real-size",
    }
}

words! {
    /// How a group watches its members.
    HealthCheck: "a health check" {
        /// Not at all.
        None = "none",
        /// A member that does not run is unhealthy.
        Instance = "instance",
        /// A member that is reported so is unhealthy.
        Application = "application",
    }
}

words! {
    /// What a health check does to a member that does not run.
    HealthFate: "an answer of a health check" {
        /// It is taken for unhealthy and removed.
        Removes = "removes",
        /// It is left alone.
        Ignores = "ignores",
    }
}

words! {
    /// What a scale-in does when too few members may go.
    Shortfall: "an answer to a shortfall" {
        /// Those that may go, go.
        Partial = "partial",
        /// None goes.
        Refused = "refused",
    }
}

words! {
    /// Which of several equal members a scale-in takes.
    TieBreak: "a tie-break" {
        /// The one whose name comes first.
        ByName = "by-name",
        /// Any of them: drawn from the group's own random stream.
        AtRandom = "at-random",
    }
}

words! {
    /// What a group orders its members by when it shrinks.
    Criterion: "a criterion" {
        /// When the member joined the group.
        Joined = "joined",
        /// When the instance was created.
        Created = "created",
        /// The age of the configuration it was made from.
        Configuration = "configuration",
        /// The number at the end of its name.
        Number = "number",
    }
}

words! {
    /// How the members of a group are numbered, so that the number at the end of a name counts.
    Numbering: "a numbering" {
        /// By decimal numbers.
        Decimal = "decimal",
        /// By numbers whose digits are 0 to 9 and a to z.
        Base36 = "base-36",
        /// Not at all: names are random.
        None = "none",
        /// Not at all, and their age counts instead: the oldest member counts as the highest.
        Age = "age",
    }
}

words! {
    /// What the name of a member looks like at its end.
    NameForm: "a form of names" {
        /// It ends in six letters and digits, of which the first is 0.
        Padded = "padded",
        /// In any other way.
        Plain = "plain",
    }
}

words! {
    /// What setting a protection does to an instance besides, where the protection is a part of
    /// the instance's own model.
    FlagEffect: "an effect of setting protections" {
        /// Nothing.
        Nothing = "nothing",
        /// The instance has a model of its own from then on, and not the latest of its group.
        LeavesModel = "leaves-model",
        /// The same, and what probes the health of members no longer sees it.
        LosesProbe = "leaves-model-and-probe",
    }
}

words! {
    /// Which end of that order goes first.
    Extreme: "an end of an order" {
        /// The lowest: the oldest.
        Lowest = "lowest",
        /// The highest: the newest.
        Highest = "highest",
    }
}

words! {
    /// What zones have to do with the order by which a group shrinks.
    ZoneRule: "a rule on zones" {
        /// The order runs over all members alike.
        Ignored = "ignored",
        /// The order runs over the members of the fullest zones.
        Fullest = "fullest",
        /// Members without a zone go first; then the order runs over those of the fullest zones.
        ZonelessThenFullest = "zoneless-then-fullest",
        /// The order runs over the members of the zone that the group names first, then the next.
        AsListed = "as-listed",
    }
}

words! {
    /// How a group spreads its members over zones.
    ZonePolicy: "a zone policy" {
        /// It does not say.
        None = "none",
        /// By the order in which it lists them.
        Priority = "priority",
        /// Evenly.
        Balance = "balance",
    }
}

words! {
    /// What a scale-in does when every member of the zone it would take from is protected.
    ZoneHeld: "an answer to a zone that is held" {
        /// It goes on to the next zone.
        NextZone = "next-zone",
        /// It stops.
        Stops = "stops",
    }
}

words! {
    /// How the members of a group are kept.
    Orchestration: "an orchestration" {
        /// All alike, as parts of the group.
        Uniform = "uniform",
        /// As instances of their own.
        Flexible = "flexible",
    }
}

words! {
    /// How a new model reaches the members of a group.
    Upgrade: "a way of upgrading" {
        /// A call upgrades members, by name or all of them.
        Manual = "manual",
        /// To all of them at once.
        Automatic = "automatic",
        /// To one batch after the other, in place.
        Rolling = "rolling",
        /// To one batch after the other: new members come first, and old ones go.
        Surge = "surge",
        /// The platform brings a new image of the system to one batch after the other.
        OsImage = "os-image",
    }
}

words! {
    /// How members get what their group's new model says.
    RollOut: "a roll-out" {
        /// They do not change until they are upgraded by a call.
        Waits = "waits",
        /// All of them at once.
        AtOnce = "at-once",
        /// A batch after the other.
        InBatches = "in-batches",
        /// A batch after the other, by new members in place of old ones.
        Replaces = "replaces",
    }
}

words! {
    /// Who or what has a group grow or shrink.
    Initiator: "an initiator" {
        /// A person, or a program that calls for one.
        User = "user",
        /// A rule on a metric.
        Alarm = "alarm",
        /// A task or a profile that was due.
        Schedule = "schedule",
        /// A bound that the size was outside of.
        Bounds = "bounds",
    }
}

words! {
    /// A process that a group runs by itself, and that can be suspended.
    Process: "a process" {
        /// To shrink.
        ScaleIn = "scale-in",
        /// To grow.
        ScaleOut = "scale-out",
        /// To look after the health of members.
        HealthCheck = "health-check",
        /// To heed rules on metrics.
        Alarm = "alarm",
        /// To heed scheduled tasks.
        Schedule = "schedule",
    }
}

words! {
    /// How a group repairs a member that is unhealthy.
    Repair: "a repair" {
        /// It puts a new one in its place.
        Replace = "replace",
        /// It gives it a fresh system disk.
        Reimage = "reimage",
        /// It restarts it.
        Restart = "restart",
    }
}

words! {
    /// What a group does with members that it no longer needs.
    Reclaim: "a way of giving members up" {
        /// It releases them.
        Release = "release",
        /// It stops them, pays nothing for compute, and starts them again when it grows.
        Recycle = "recycle",
    }
}

words! {
    /// How a group makes up for members that have gone.
    Refill: "a refill" {
        /// It does not.
        None = "none",
        /// Up to the size that it is meant to have, or else to its minimum.
        ToSize = "to-size",
        /// One for each.
        OneForOne = "one-for-one",
    }
}

words! {
    /// What becomes of spot capacity that is taken back.
    Eviction: "an eviction" {
        /// It is shut down; its disks stay.
        Deallocate = "deallocate",
        /// It is given up for good.
        Delete = "delete",
    }
}

words! {
    /// What a hook makes of what it held up.
    HookResult: "a result of a hook" {
        /// What was held up goes on.
        Continue = "continue",
        /// What was held up goes on at once, whatever other hooks there are; a launch is given up.
        Abandon = "abandon",
        /// What was held up is undone: a member that was to go stays.
        RollBack = "roll-back",
    }
}

words! {
    /// Whether a member that is to come or to go waits for its group's hook.
    HookFate: "an answer of a hook" {
        /// It waits.
        Waits = "waits",
        /// It does not.
        AtOnce = "at-once",
    }
}

words! {
    /// What is reported of a member's health.
    Health: "a state of health" {
        /// It serves as it should.
        Healthy = "healthy",
        /// It does not.
        Unhealthy = "unhealthy",
    }
}

words! {
    /// An operation of a group on its members.
    GroupOperation: "an operation of a group" {
        /// Give them fresh system disks.
        Reimage = "reimage",
        /// Give them fresh disks altogether.
        ReimageAll = "reimage-all",
        /// Shut them down and give their compute back.
        Deallocate = "deallocate",
        /// Shut them down.
        Stop = "stop",
        /// Start them.
        Start = "start",
        /// Stop and start them.
        Restart = "restart",
        /// Move them to other hosts.
        Redeploy = "redeploy",
        /// Have the work on their hosts done now.
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
    /// How a rule compares a metric with a level.
    Comparison: "a comparison" {
        /// The metric is higher.
        Above = "above",
        /// The metric is as high, or higher.
        AtLeast = "at-least",
        /// The metric is lower.
        Below = "below",
        /// The metric is as low, or lower.
        AtMost = "at-most",
    }
}

words! {
    /// What a rule makes of the past of a metric.
    Statistic: "a statistic" {
        /// The average over time.
        Average = "average",
        /// The lowest level.
        Minimum = "minimum",
        /// The highest level.
        Maximum = "maximum",
        /// The latest level.
        Last = "last",
        /// The levels of all samples together.
        Sum = "sum",
        /// The number of samples.
        Count = "count",
    }
}

words! {
    /// A day of the week.
    Weekday: "a day of the week" {
        /// The first.
        Monday = "monday",
        /// The second.
        Tuesday = "tuesday",
        /// The third.
        Wednesday = "wednesday",
        /// The fourth.
        Thursday = "thursday",
        /// The fifth.
        Friday = "friday",
        /// The sixth.
        Saturday = "saturday",
        /// The last.
        Sunday = "sunday",
    }
}
