//! What a search for changes is asked.

use super::change::FixChange;
use crate::plan::Plan;
use crate::search::Hunt;
use crate::time::SimSpan;
use crate::words::InstanceId;

/// Which changes are searched.
#[derive(Debug, Clone, Copy)]
pub struct FixQuestion<'q> {
    /// The plan without changes.
    pub plan: &'q Plan,
    /// The instances that are not to be lost.
    pub targets: &'q [InstanceId],
    /// The search of the ways; its target is not read.
    pub hunt: &'q Hunt,
    /// Only ways that take less time are to be closed; `None` for all ways.
    pub faster_than: Option<SimSpan>,
    /// Most changes of a set.
    pub most_changes: usize,
}

/// Compiles the scenario with some changes; `None` if it has a mistake then.
pub type Changed<'c> = dyn FnMut(&[FixChange]) -> Option<Plan> + 'c;
