//! Origins of timers: which request has set each of them, and with which event its chain began.
//!
//! An entry exists only for what was set in the run, so a fleet whose schedules stand in its file
//! costs no memory here.

use rustc_hash::FxHashMap;

use crate::record::Origin;
use crate::time::SimTime;
use crate::words::{AccountId, GroupId, InstanceId, ProtectionId};

/// An origin, and since when it has been one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub origin: Origin,
    pub at: SimTime,
}

impl Since {
    /// Set by nothing in the run.
    pub(super) const EVER: Self =
        Self { origin: Origin::NONE, at: SimTime::from_seconds(i64::MIN) };
}

/// What of an instance a timer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// Its scheduled release.
    Schedule(InstanceId),
    /// The end of its term.
    Term(InstanceId),
    /// The reclaim of its capacity.
    Reclaim(InstanceId),
    /// What made it unhealthy.
    Health(InstanceId),
    /// The arrears or the cancellation of an account.
    Arrears(AccountId),
    /// The last change of a group's size.
    Size(GroupId),
    /// The removal of a protection of an instance.
    FlagOff(InstanceId, ProtectionId),
    /// The removal of a protection of a group.
    GroupFlagOff(GroupId, ProtectionId),
}

/// The origins of a run.
#[derive(Debug, Default)]
pub(super) struct Origins(FxHashMap<Of, Since>);

impl Origins {
    pub(super) fn of(&self, of: Of) -> Since {
        self.0.get(&of).copied().unwrap_or(Since::EVER)
    }

    pub(super) fn set(&mut self, of: Of, origin: Origin, at: SimTime) {
        self.0.insert(of, Since { origin, at });
    }

    pub(super) fn forget(&mut self, of: Of) {
        self.0.remove(&of);
    }
}
