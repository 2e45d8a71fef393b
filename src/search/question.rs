//! What a search is asked.

use crate::time::SimSpan;
use crate::words::{ActorId, InstanceId};

/// What a search is about.
#[derive(Debug, Clone)]
pub struct Hunt {
    /// The instance.
    pub target: InstanceId,
    /// The time in which it is to be lost, from the start of the plan.
    pub within: SimSpan,
    /// The largest number of steps.
    pub most: usize,
    /// Whether the protections stay as they are.
    pub keep_flag: bool,
    /// Whether the platform causes something.
    pub causes: bool,
    /// The callers, at most 64; `None` stands for anybody.
    pub callers: Vec<Option<ActorId>>,
    /// The largest number of states.
    pub limit: u64,
    /// Whether states are compared, so that what is known is not searched again. Only tests search
    /// without.
    pub prunes: bool,
}
