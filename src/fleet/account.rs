//! Accounts and their arrears.

use crate::time::{SimSpan, SimTime};
use crate::words::{ClockKind, InstanceId, PolicyId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An account, which pays for instances and groups.
#[derive(Debug, Clone)]
pub struct Account {
    /// The policy of its instances.
    pub policy: PolicyId,
    /// The time from the start of arrears to the first step of their clock.
    pub grace: SimSpan,
    /// Its arrears or its cancellation; `None` if it has neither.
    pub arrears: Option<Arrears>,
    /// Its instances, in the order in which they were added.
    pub instances: Arc<Vec<InstanceId>>,
    /// Its instances with a release that waits; changed by [`super::Fleet::set_waiting`] only.
    pub(super) waiting: Arc<BTreeSet<InstanceId>>,
    /// Its instances that its arrears have stopped or locked; some may have changed since.
    pub(super) affected: Arc<BTreeSet<InstanceId>>,
}

impl Account {
    /// An account without instances.
    pub fn new(policy: PolicyId, grace: SimSpan, arrears: Option<Arrears>) -> Self {
        let (instances, waiting, affected) = <(Arc<_>, Arc<_>, Arc<_>)>::default();
        Self { policy, grace, arrears, instances, waiting, affected }
    }

    /// Its instances with a release that waits for the account to settle.
    pub const fn waiting(&self) -> &Arc<BTreeSet<InstanceId>> {
        &self.waiting
    }

    /// The same account without instances.
    pub(super) fn without_instances(&self) -> Self {
        Self::new(self.policy, self.grace, self.arrears)
    }
}

/// The clock of an account in arrears, or of a cancelled account.
#[derive(Debug, Clone, Copy)]
pub struct Arrears {
    /// Kind of the clock: an unpaid bill or a cancellation.
    pub clock: ClockKind,
    /// The start of the arrears; `None` if it is unknown.
    pub since: Option<SimTime>,
    /// The steps that have been taken: a mask with one bit for each index in the clock's list.
    pub taken: u32,
}

impl Arrears {
    /// Number of steps that have been taken.
    pub const fn steps(self) -> usize {
        self.taken.count_ones() as usize
    }
}
