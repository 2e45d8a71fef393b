//! The target and the limits of a search.

use crate::time::SimSpan;
use crate::words::{ActorId, InstanceId};

/// The target and the limits of a search.
#[derive(Debug, Clone)]
pub struct Hunt {
    /// The instance.
    pub target: InstanceId,
    /// The time after the start of the plan within which a loss counts.
    pub within: SimSpan,
    /// The largest number of steps.
    pub most: usize,
    /// Whether steps that change protections are left out.
    pub keep_flag: bool,
    /// Whether steps include events of the platform.
    pub causes: bool,
    /// The callers, at most 64; `None` stands for anybody.
    pub callers: Vec<Option<ActorId>>,
    /// The largest number of states.
    pub limit: u64,
    /// Whether states that were reached before are not searched again. Only tests turn this off.
    pub prunes: bool,
}
