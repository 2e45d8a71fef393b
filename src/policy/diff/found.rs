//! The state of a comparison.

use std::collections::BTreeSet;

use super::difference::Difference;
use super::probe::AcceptedProbe;
use crate::words::RuleId;

/// The differences that were found so far.
#[derive(Default)]
pub(super) struct Found<'k> {
    pub(super) differences: Vec<Difference>,
    pub(super) cells: usize,
    /// The rules of the old and the new edition that a difference shows.
    pub(super) shown: [BTreeSet<RuleId>; 2],
    /// Whether a cell that cannot occur in one edition can occur in the other.
    pub(super) occurs: bool,
    /// The accepted changes to search for in one edition; `None` when two editions are compared.
    pub(super) probe: Option<AcceptedProbe<'k>>,
}
