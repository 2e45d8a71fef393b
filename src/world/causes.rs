//! The origins that a step records and looks up: of timers, and of the removal of protections.

use super::origins::{DatedOrigin, OriginKey};
use super::step::{Step, World};
use crate::policy::Facts;
use crate::record::Origin;
use crate::words::{InstanceId, PolicyId, ProtectionId, ProtectionSet};

impl World {
    /// The request that last set the scheduled release of an instance; `None` if none of this run
    /// did.
    pub fn scheduled_by(&self, id: InstanceId) -> Option<u64> {
        self.origins.get(OriginKey::Schedule(id)).origin.seq()
    }
}

impl Step<'_> {
    /// The origin of a timer that is due.
    pub(super) fn origin(&self, key: OriginKey) -> Origin {
        self.world.origins.get(key).origin
    }

    /// Notes that a request with this origin has set a timer, or changed its subject.
    pub(super) fn set_origin(&mut self, key: OriginKey, origin: Origin) {
        self.world.origins.set(key, origin, self.now);
    }

    /// Removes the origin of a timer that has been cleared.
    pub(super) fn forget_origin(&mut self, key: OriginKey) {
        self.world.origins.forget(key);
    }

    /// The origin of the last request that removed, from the instance or its group, a protection
    /// that would have held in this situation. [`Origin::NONE`] if no such protection was removed.
    pub(super) fn removal(&self, policy: PolicyId, id: InstanceId, facts: &Facts) -> Origin {
        let book = self.world.header.rulebook(policy);
        let (on, _) = self.world.protections(id);
        let group = self.world.fleet.instance(id).group;
        let mut last = DatedOrigin::NONE;
        for protection in (0..book.policy.protections.len()).map(ProtectionId::from_index) {
            let of_group = group.map(|group| OriginKey::GroupFlagOff(group, protection));
            for key in [Some(OriginKey::FlagOff(id, protection)), of_group].into_iter().flatten() {
                let since = self.world.origins.get(key);
                if since.at > last.at && !on.contains(protection) && book.holds(protection, facts) {
                    last = since;
                }
            }
        }
        last.origin
    }

    /// Notes which protections of an instance or a group a request has removed.
    pub(super) fn note_removals(
        &mut self,
        off: ProtectionSet,
        origin: Origin,
        key: impl Fn(ProtectionId) -> OriginKey,
    ) {
        for protection in off.iter() {
            self.world.removed_at = Some(self.now);
            self.set_origin(key(protection), origin);
        }
    }
}
