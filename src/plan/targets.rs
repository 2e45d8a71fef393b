//! The targets of events: instances, an account, a group, and protections.

use crate::time::SimSpan;
use crate::words::{AccountId, ActorId, GroupId, InstanceId};

/// Instances, as a range of [`Plan::targets`](super::Plan::targets).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// Index of the first.
    pub start: u32,
    /// Number of instances.
    pub len: u32,
}

impl Targets {
    /// The instances, from the list of the plan.
    pub fn of(self, list: &[InstanceId]) -> &[InstanceId] {
        &list[self.start as usize..(self.start + self.len) as usize]
    }
}

/// The targets that an event names; `None` for those that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventTargets {
    /// The instances.
    pub instances: Option<Targets>,
    /// The account.
    pub account: Option<AccountId>,
    /// The group.
    pub group: Option<GroupId>,
    /// The caller.
    pub caller: Option<ActorId>,
    /// The span by which times of the event are moved.
    pub later: SimSpan,
}

/// [`Flags`](crate::policy::Flags) for each policy of a plan: the index of the first in
/// [`Plan::flags`](super::Plan::flags).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlagsRef(pub u32);
