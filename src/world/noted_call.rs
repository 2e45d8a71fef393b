//! Calls of people, noted for alerts.

use crate::words::{InstanceId, PolicyId, RuleId};

/// A call of a person about an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotedCall {
    /// Number of its request.
    pub seq: u64,
    /// Policy of the account.
    pub policy: PolicyId,
    /// The row of the permissions that has its names in the audit trail.
    pub row: RuleId,
    /// The instance: one that the call names, or one of the group or the account that it names.
    pub instance: InstanceId,
}
