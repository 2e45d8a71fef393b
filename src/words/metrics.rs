//! The metrics of a replication, and their units.

use super::word::words;

words! {
    /// The metrics of every replication, in the order of the columns of `replications.csv`.
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
        /// Total known size of lost disks.
        GibLost = "gib-lost",
        /// Number of lost disks of unknown size.
        LostOfUnknownSize = "lost-of-unknown-size",
        /// Time from the start to the first release of any instance; without a value if there is
        /// none.
        FirstLoss = "first-loss",
        /// Time from the start to the first release of any instance, or to the end if there is
        /// none.
        LossFree = "loss-free",
        /// Time from the start to the first release of a protected instance; without a value if
        /// there is none.
        FirstProtectedLoss = "first-protected-loss",
        /// Time from the start to the first release of a protected instance, or to the end if there
        /// is none.
        ProtectedLossFree = "protected-loss-free",
        /// The same, if all unknown protections were on: the lower bound.
        ProtectedLossFreeAtLeast = "protected-loss-free-at-least",
        /// The worth of the released instances, as far as it is stated.
        WorthLost = "worth-lost",
        /// The cost of resources that are left behind, from then to the end of the run, as far as
        /// prices are stated.
        BilledUntilEnd = "billed-until-end",
        /// Released instances whose worth is not stated; `worth-lost` does not include them.
        LostWithoutWorth = "lost-without-worth",
        /// Resources that are left behind and whose price is not stated; `billed-until-end` does
        /// not include them.
        BilledWithoutPrice = "billed-without-price",
    }
}

words! {
    /// The unit of a metric.
    Unit: "a unit" {
        /// A share of all replications.
        Share = "share",
        /// Instances.
        Instances = "instances",
        /// Decisions.
        Decisions = "decisions",
        /// Disks.
        Disks = "disks",
        /// Resources.
        Resources = "resources",
        /// Sizes in GiB.
        Gib = "GiB",
        /// Seconds.
        Seconds = "seconds",
        /// Amounts in the currency of the scenario.
        Money = "money",
    }
}

/// The name of a share is this before the name of a metric or count: the share of replications in
/// which it is not 0.
pub const SHARE: &str = "any-";

impl Metric {
    /// The number of metrics.
    pub const COUNT: usize = <Self as super::word::Word>::ALL.len();

    /// The unit of its values.
    pub const fn unit(self) -> Unit {
        match self {
            Self::ProtectedLost
            | Self::ProtectedLostAtMost
            | Self::Released
            | Self::LostWithoutWorth => Unit::Instances,
            Self::BilledWithoutPrice => Unit::Resources,
            Self::Held | Self::Overridden => Unit::Decisions,
            Self::GibLost => Unit::Gib,
            Self::LostOfUnknownSize => Unit::Disks,
            Self::FirstLoss
            | Self::LossFree
            | Self::FirstProtectedLoss
            | Self::ProtectedLossFree
            | Self::ProtectedLossFreeAtLeast => Unit::Seconds,
            Self::WorthLost | Self::BilledUntilEnd => Unit::Money,
        }
    }

    /// Whether a complete replication may have no value of it.
    pub const fn is_optional(self) -> bool {
        self.needs_currency() || matches!(self, Self::FirstLoss | Self::FirstProtectedLoss)
    }

    /// Whether only scenarios with a currency have it.
    pub const fn needs_currency(self) -> bool {
        matches!(
            self,
            Self::WorthLost
                | Self::BilledUntilEnd
                | Self::LostWithoutWorth
                | Self::BilledWithoutPrice
        )
    }

    /// Whether the share of replications with a value above 0 is reported as well.
    pub const fn has_share(self) -> bool {
        matches!(self, Self::ProtectedLost | Self::ProtectedLostAtMost | Self::Released)
    }

    /// The metric of which this one is the other bound; both are equal if no protection of a
    /// released instance is unknown. `None` for other metrics.
    pub fn bounds(self) -> Option<Self> {
        let bounds = [
            (Self::ProtectedLostAtMost, Self::ProtectedLost),
            (Self::ProtectedLossFreeAtLeast, Self::ProtectedLossFree),
        ];
        bounds.into_iter().find(|(bound, _)| *bound == self).map(|(_, other)| other)
    }
}
