//! House rules with ids in place of names.

use std::sync::Arc;

use super::members::Members;
use crate::time::SimSpan;
use crate::words::{ProtectionSet, RuleSeverity, Trigger};

/// A house rule.
#[derive(Debug, Clone)]
pub struct HouseRule {
    /// The name of the rule.
    pub name: Arc<str>,
    /// How serious it is to break the rule.
    pub severity: RuleSeverity,
    /// The instances to which the rule applies.
    pub instances: Members,
    /// The demand on these instances.
    pub demand: HouseDemand,
}

/// The demand of a house rule.
#[derive(Debug, Clone)]
pub enum HouseDemand {
    /// Against each of the triggers, at least one of the protections holds. The list has a set of
    /// protections for each policy.
    InForce(Vec<ProtectionSet>, Vec<Trigger>),
    /// No principal can both switch off a protection that holds and release the instance.
    TwoToRelease,
    /// The release of a protected instance is scheduled by two people.
    TwoToSchedule,
    /// A release needs a snapshot that is at most this old.
    SnapshotWithin(SimSpan),
    /// An alert comes at most this long after a protection is switched off.
    AlertWithin(SimSpan),
}

impl HouseDemand {
    /// Whether it is judged from calls and triggers that may come, not only from what occurs.
    pub const fn judges_possible_calls(&self) -> bool {
        match self {
            Self::InForce(..) | Self::TwoToRelease | Self::TwoToSchedule | Self::AlertWithin(_) => {
                true
            }
            Self::SnapshotWithin(_) => false,
        }
    }
}
