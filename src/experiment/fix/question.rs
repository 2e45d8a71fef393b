//! The input of a search for changes.

use super::change::FixChange;
use crate::plan::Plan;
use crate::search::Hunt;
use crate::time::SimSpan;
use crate::words::InstanceId;

/// The bounds of a search for changes.
#[derive(Debug, Clone, Copy)]
pub struct FixQuestion<'q> {
    /// The plan without changes.
    pub plan: &'q Plan,
    /// The instances that are not to be lost.
    pub targets: &'q [InstanceId],
    /// The settings of the search for ways; the target in them is ignored.
    pub hunt: &'q Hunt,
    /// Only ways that take less time are to be closed; `None` for all ways.
    pub faster_than: Option<SimSpan>,
    /// Largest number of changes of a set.
    pub most_changes: usize,
}

/// Compiles the scenario with some changes; `None` if they cause a mistake.
pub type ChangedPlan<'c> = dyn FnMut(&[FixChange]) -> Option<Plan> + 'c;
