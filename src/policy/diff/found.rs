//! What a comparison has found so far.

use std::collections::BTreeSet;

use super::difference::Difference;
use super::probe::Probe;
use crate::words::RuleId;

/// What has been found so far.
#[derive(Default)]
pub(super) struct Found<'k> {
    pub(super) differences: Vec<Difference>,
    pub(super) cells: usize,
    pub(super) changed: usize,
    /// The rules that some difference shows.
    pub(super) shown: [BTreeSet<RuleId>; 2],
    /// Whether a cell that cannot occur in one edition can in the other.
    pub(super) occurs: bool,
    /// If one edition is asked about changes, and not two about differences.
    pub(super) probe: Option<Probe<'k>>,
}
