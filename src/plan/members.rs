//! A set of instances, some of which may not exist yet.

use std::collections::BTreeSet;

use globset::GlobSet;

use crate::run_header::RunHeader;
use crate::words::InstanceId;

/// Instances of a selector: those of the plan by their ids, those that groups create in the run by
/// their names.
#[derive(Debug, Clone, Default)]
pub struct Members {
    /// Instances of the plan.
    pub(super) ids: BTreeSet<InstanceId>,
    /// Number of instances of the plan.
    pub(super) known: usize,
    /// Whether every later instance is a member.
    pub(super) all_later: bool,
    /// Globs of the names of later instances.
    pub(super) later: Vec<GlobSet>,
}

impl Members {
    /// Whether an instance is a member.
    pub fn contains(&self, id: InstanceId, header: &RunHeader) -> bool {
        if id.index() < self.known {
            return self.ids.contains(&id);
        }
        let name = header.instance(id);
        self.all_later || self.later.iter().any(|glob| glob.is_match(name))
    }

    /// The members among the instances of the plan, in the order of their ids.
    pub fn at_start(&self) -> impl Iterator<Item = InstanceId> {
        self.ids.iter().copied()
    }
}

/// Exactly these instances: no later instance is a member.
impl FromIterator<InstanceId> for Members {
    fn from_iter<I: IntoIterator<Item = InstanceId>>(ids: I) -> Self {
        Self { ids: ids.into_iter().collect(), known: usize::MAX, ..Self::default() }
    }
}
