//! State of groups between two events: members that hooks delay, and rolling upgrades.

use std::collections::{BTreeSet, VecDeque};

use crate::fleet::Hook;
use crate::record::Origin;
use crate::time::SimTime;
use crate::words::{InstanceId, Lifecycle};
use crate::world::request::{Reason, RequestContext, RequestItem};

/// A request to a member that leaves, delayed by a hook, with its rule.
pub(in crate::world) type DelayedRequest = (RequestContext, RequestItem, Reason);

/// A member that a lifecycle hook delays.
#[derive(Debug, Clone)]
pub(in crate::world) struct Held {
    /// The requests to a member that leaves, in order, each with the origin of what follows from
    /// it; empty for a new member.
    pub requested: Vec<DelayedRequest>,
    /// Its state after the delay, if it stays: whether it runs, or who or what stopped it.
    pub then: Lifecycle,
    pub hook: Hook,
    pub since: SimTime,
    /// Number of heartbeats so far.
    pub beats: u32,
    /// Whether the hook is completed, and the member waits for other members.
    pub approved: bool,
    /// The origin of the records that follow from the start of the delay.
    pub origin: Origin,
}

/// The members of a group that hooks delay.
#[derive(Debug, Clone, Default)]
pub(in crate::world) struct Delayed {
    /// Number of new members.
    pub starting: u32,
    /// Number of members that leave and whose hooks are not completed.
    pub unapproved: u32,
    /// Members that leave and whose hooks are completed.
    pub approved: BTreeSet<InstanceId>,
}

impl Delayed {
    /// Whether there is no such member.
    pub(in crate::world) fn is_empty(&self) -> bool {
        self.starting == 0 && self.unapproved == 0 && self.approved.is_empty()
    }
}

/// A rolling upgrade: one request about all members of a group, carried out in batches.
#[derive(Debug, Clone)]
pub(in crate::world) struct Rolling {
    /// The request, and its number.
    pub request: RequestContext,
    pub seq: u64,
    /// Members of later batches, in their order.
    pub left: VecDeque<InstanceId>,
    /// Number of members in a batch.
    pub batch: usize,
}
