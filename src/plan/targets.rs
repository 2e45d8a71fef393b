//! Which instances, account, group and protections an event is about.

use crate::time::SimSpan;
use crate::words::{AccountId, GroupId, InstanceId, ProtectionSet};

/// Some instances: a stretch of the plan's list of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// The first.
    pub start: u32,
    /// How many.
    pub len: u32,
}

impl Targets {
    /// The instances, in the list that they are a stretch of.
    pub fn of(self, list: &[InstanceId]) -> &[InstanceId] {
        &list[self.start as usize..(self.start + self.len) as usize]
    }
}

/// What an order is about, as far as it names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventTargets {
    /// The instances.
    pub instances: Option<Targets>,
    /// The account.
    pub account: Option<AccountId>,
    /// The group.
    pub group: Option<GroupId>,
    /// How much later than written its times are meant.
    pub later: SimSpan,
}

/// Protections to switch, by the ids of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Those to switch on.
    pub on: ProtectionSet,
    /// Those to switch off.
    pub off: ProtectionSet,
}

/// Flags for each policy of a plan: a stretch of the plan's list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlagsRef(pub u32);
