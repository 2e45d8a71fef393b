//! What the world remembers of groups between two events: members that hooks hold up, and
//! rolling upgrades.

use std::collections::{BTreeSet, VecDeque};

use crate::fleet::Hook;
use crate::time::SimTime;
use crate::words::{InstanceId, Lifecycle};
use crate::world::request::{Item, Reason, RequestContext};

/// What a hook holds up.
#[derive(Debug, Clone, Copy)]
pub(in crate::world) struct Held {
    /// What was asked of a member that is to go; `None` for one that has just come.
    pub asked: Option<(RequestContext, Item, Reason)>,
    /// The state that it was in.
    pub was: Lifecycle,
    pub hook: Hook,
    pub since: SimTime,
    /// How often it was prolonged.
    pub beats: u32,
    /// Whether it may go on as soon as its neighbours may.
    pub approved: bool,
}

/// The members of a group that are held up on their way out.
#[derive(Debug, Default)]
pub(in crate::world) struct Leaving {
    /// How many of them may not go on yet.
    pub unapproved: u32,
    /// Those that may, as soon as all may.
    pub approved: BTreeSet<InstanceId>,
}

/// A new model on its way to the members of a group, batch by batch: one request over all of them.
#[derive(Debug)]
pub(in crate::world) struct Rolling {
    /// What was asked, and the number of that request.
    pub request: RequestContext,
    pub seq: u64,
    /// Who has not been asked yet.
    pub left: VecDeque<InstanceId>,
    /// How many are asked at a time.
    pub batch: usize,
}
