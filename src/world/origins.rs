//! Origins of timers and of removed protections: the request that set or removed each of them, and
//! the first event of its chain.
//!
//! Only changes during the run have an entry, so that schedules of the fleet file need no memory
//! here.

use rustc_hash::FxHashMap;

use crate::record::Origin;
use crate::time::SimTime;
use crate::words::{AccountId, GroupId, InstanceId, ProtectionId};

/// An origin with its instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct DatedOrigin {
    pub origin: Origin,
    pub at: SimTime,
}

impl DatedOrigin {
    /// No event of the run; its instant is before every other.
    pub(super) const NONE: Self =
        Self { origin: Origin::NONE, at: SimTime::from_seconds(i64::MIN) };
}

/// The timer or protection that an origin belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum OriginKey {
    /// Its scheduled release.
    Schedule(InstanceId),
    /// The end of its term.
    Term(InstanceId),
    /// The reclaim of its capacity.
    Reclaim(InstanceId),
    /// The change that made it unhealthy.
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
#[derive(Debug, Clone, Default)]
pub(super) struct Origins(FxHashMap<OriginKey, DatedOrigin>);

impl Origins {
    pub(super) fn get(&self, key: OriginKey) -> DatedOrigin {
        self.0.get(&key).copied().unwrap_or(DatedOrigin::NONE)
    }

    pub(super) fn set(&mut self, key: OriginKey, origin: Origin, at: SimTime) {
        self.0.insert(key, DatedOrigin { origin, at });
    }

    pub(super) fn forget(&mut self, key: OriginKey) {
        self.0.remove(&key);
    }
}
