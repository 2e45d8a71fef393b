//! Accounts, and what they owe.

use crate::time::{SimSpan, SimTime};
use crate::words::{ClockKind, InstanceId, PolicyId};

/// What gets the bill.
#[derive(Debug, Clone)]
pub struct Account {
    /// The policy that its instances are under.
    pub policy: PolicyId,
    /// How long it is allowed to be in arrears before anything happens.
    pub grace: SimSpan,
    /// Its arrears, if it is in any; a cancelled account counts as one.
    pub arrears: Option<Arrears>,
    /// Its instances, in the order in which they came.
    pub instances: Vec<InstanceId>,
    /// How many of them have a release that waits for the account to settle.
    pub waiting: u32,
}

/// How far an account has come that owes, or that was cancelled.
#[derive(Debug, Clone, Copy)]
pub struct Arrears {
    /// The clock that runs: of a bill that is not paid, or of a cancellation.
    pub clock: ClockKind,
    /// When they began.
    pub since: SimTime,
    /// Whether that is known.
    pub since_known: bool,
    /// The steps of the billing clock that have been due: a bit for each, by its place.
    pub taken: u32,
}

impl Arrears {
    /// How many steps have been due.
    pub const fn steps(self) -> usize {
        self.taken.count_ones() as usize
    }
}
