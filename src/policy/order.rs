//! The orders in which a scale-in selects members.

use serde::{Deserialize, Serialize};

use crate::words::{Criterion, Extreme};

/// An order in which a scale-in selects members.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The provider's name.
    pub name: String,
    /// The property by which members are ordered.
    pub by: Criterion,
    /// The end of the order that is selected first.
    pub first: Extreme,
    /// Whether members of the fullest fault domain of a zone are selected first.
    pub fault_domains: bool,
    /// Indices into the sources of the policy.
    pub sources: Vec<usize>,
}
