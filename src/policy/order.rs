//! An order of members, in which a group shrinks.

use crate::words::{Criterion, Extreme};

/// An order by which a group may shrink.
#[derive(Debug, Clone)]
pub struct Order {
    /// The provider's word for it.
    pub name: String,
    /// What members are ordered by.
    pub by: Criterion,
    /// Which end goes first.
    pub first: Extreme,
    /// Whether the fullest fault domain of a zone goes before that.
    pub fault_domains: bool,
    /// Indices into the sources of the policy.
    pub sources: Vec<usize>,
}
