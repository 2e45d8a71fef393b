//! The audit trail of a provider: what it records, and how long an alert from it takes.

use serde::{Deserialize, Serialize};

use super::facts::Condition;
use crate::time::SimSpan;
use crate::words::{Confidence, Recording, RuleId, TrailEvent};

/// An audit trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trail {
    /// The provider's name of it.
    pub name: String,
    /// Shortest time from an event to an alert that is raised from it.
    pub shortest: SimSpan,
    /// Longest time.
    pub longest: SimSpan,
    /// Documents of these figures, as indices into [`Policy::sources`](super::Policy::sources).
    pub sources: Vec<usize>,
    /// Confidence of these figures.
    pub confidence: Confidence,
    /// What it records. For each kind of event one row applies in each position of the switches.
    pub rows: Vec<TrailRow>,
}

/// Whether an audit trail records some kinds of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrailRow {
    /// The rule of the row.
    pub rule: RuleId,
    /// The kinds of events.
    pub of: Vec<TrailEvent>,
    /// The positions of switches in which the row applies.
    pub when: Condition,
    /// Whether they are recorded.
    pub says: Recording,
}
