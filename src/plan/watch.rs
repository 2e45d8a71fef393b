//! Watches with ids in place of names.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::members::Members;
use crate::time::SimSpan;
use crate::words::{PolicyId, RuleId, WatchedChange};

/// A watch.
#[derive(Debug, Clone)]
pub struct Watcher {
    /// Its name.
    pub name: Arc<str>,
    /// The instances.
    pub instances: Members,
    /// For each policy, the rows of the permissions whose calls it names. A call that the trail can
    /// contain under several names is watched only if all of these names are listed.
    pub rows: Vec<BTreeSet<RuleId>>,
    /// The changes.
    pub changes: Vec<WatchedChange>,
    /// The time from a call to the alert; `None` for that of the policy.
    pub after: Option<SimSpan>,
}

impl Watcher {
    /// Whether it names the calls of a row.
    pub fn names(&self, policy: PolicyId, row: RuleId) -> bool {
        self.rows.get(policy.index()).is_some_and(|rows| rows.contains(&row))
    }
}
