//! What is counted of a run that is repeated, and in what.

use super::word::words;

words! {
    /// What is counted of every run, in the order of the columns of `replications.csv`.
    Metric: "a metric" {
        /// Instances released, protected or not.
        Released = "released",
        /// Instances released although a protection was on: the lower bound.
        ProtectedLost = "protected-lost",
        /// Instances released although a protection was on: the upper bound, which includes
        /// instances whose protections are unknown.
        ProtectedLostAtMost = "protected-lost-at-most",
        /// Decisions in which a protection held.
        Held = "held",
        /// Decisions that went ahead although a protection was in force.
        Overridden = "overridden",
        /// Known size of what was lost.
        GibLost = "gib-lost",
        /// Lost disks of unknown size.
        LostOfUnknownSize = "lost-of-unknown-size",
        /// From the start to the first release of any instance, if there is one.
        FirstLoss = "first-loss",
        /// From the start to that, or to the end if there is none.
        LossFree = "loss-free",
        /// From the start to the first release of a protected instance, if there is one.
        FirstProtectedLoss = "first-protected-loss",
        /// From the start to that, or to the end if there is none.
        ProtectedLossFree = "protected-loss-free",
    }
}

words! {
    /// What a metric is counted in.
    Unit: "a unit" {
        /// Shares of all replications.
        Share = "share",
        /// Instances.
        Instances = "instances",
        /// Decisions.
        Decisions = "decisions",
        /// Disks.
        Disks = "disks",
        /// Sizes in GiB.
        Gib = "GiB",
        /// Seconds.
        Seconds = "seconds",
    }
}

impl Metric {
    /// How many there are.
    pub const COUNT: usize = <Self as super::word::Word>::ALL.len();

    /// What it is counted in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::ProtectedLost | Self::ProtectedLostAtMost | Self::Released => Unit::Instances,
            Self::Held | Self::Overridden => Unit::Decisions,
            Self::GibLost => Unit::Gib,
            Self::LostOfUnknownSize => Unit::Disks,
            Self::FirstLoss
            | Self::LossFree
            | Self::FirstProtectedLoss
            | Self::ProtectedLossFree => Unit::Seconds,
        }
    }

    /// Whether a replication that gave an answer may have no value of it.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::FirstLoss | Self::FirstProtectedLoss)
    }

    /// Whether the share of replications with a value above 0 is reported as well.
    pub const fn has_share(self) -> bool {
        matches!(self, Self::ProtectedLost | Self::Released)
    }
}
