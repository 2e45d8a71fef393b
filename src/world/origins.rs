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
pub(super) struct Origins {
    /// Those of scheduled releases, by instance: there can be as many as instances.
    schedules: Pages,
    others: FxHashMap<OriginKey, DatedOrigin>,
}

impl Origins {
    pub(super) fn get(&self, key: OriginKey) -> DatedOrigin {
        if let OriginKey::Schedule(id) = key {
            return self.schedules.get(id.index());
        }
        self.others.get(&key).copied().unwrap_or(DatedOrigin::NONE)
    }

    pub(super) fn set(&mut self, key: OriginKey, origin: Origin, at: SimTime) {
        if let OriginKey::Schedule(id) = key {
            // Written from registers: a copy in memory would first wait for all earlier writes.
            *self.schedules.get_mut(id.index()) = DatedOrigin { origin, at };
            return;
        }
        self.others.insert(key, DatedOrigin { origin, at });
    }

    pub(super) fn forget(&mut self, key: OriginKey) {
        if let OriginKey::Schedule(id) = key {
            return self.schedules.forget(id.index());
        }
        self.others.remove(&key);
    }
}

/// Number of rows of a page.
const PAGE: usize = 32;

/// Origins by index. A page takes memory from its first entry on, so that a replication that sets
/// few timers stays small.
#[derive(Debug, Clone, Default)]
struct Pages(Vec<Option<Box<[DatedOrigin; PAGE]>>>);

impl Pages {
    fn get(&self, index: usize) -> DatedOrigin {
        let page = self.0.get(index / PAGE).and_then(Option::as_ref);
        page.map_or(DatedOrigin::NONE, |page| page[index % PAGE])
    }

    fn get_mut(&mut self, index: usize) -> &mut DatedOrigin {
        let number = index / PAGE;
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        let page = self.0[number].get_or_insert_with(|| Box::new([DatedOrigin::NONE; PAGE]));
        &mut page[index % PAGE]
    }

    fn forget(&mut self, index: usize) {
        if let Some(Some(page)) = self.0.get_mut(index / PAGE) {
            page[index % PAGE] = DatedOrigin::NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::EventId;

    #[test]
    fn an_origin_is_that_of_its_key_until_it_is_forgotten() {
        let mut origins = Origins::default();
        let keys = [0, 31, 32, 1_000].map(|id| OriginKey::Schedule(InstanceId(id)));
        let term = OriginKey::Term(InstanceId(31));
        let event = |origins: &Origins, key| origins.get(key).origin.event().map(|id| id.0);
        for (number, key) in (0..).zip(keys.into_iter().chain([term])) {
            assert_eq!(event(&origins, key), None);
            origins.set(key, Origin::of_call(EventId(number), None), SimTime::from_seconds(1));
        }
        origins.forget(keys[1]);
        origins.forget(OriginKey::Schedule(InstanceId(5_000)));
        let found = keys.map(|key| event(&origins, key));
        assert_eq!(found, [Some(0), None, Some(2), Some(3)]);
        assert_eq!(event(&origins, term), Some(4), "another timer of the same instance");
    }
}
