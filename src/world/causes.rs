//! What a step notes and asks about origins: who set a timer, who removed a protection.

use super::origins::{Of, Since};
use super::step::Step;
use crate::policy::Facts;
use crate::record::Origin;
use crate::words::{InstanceId, PolicyId, ProtectionId, ProtectionSet};

impl Step<'_> {
    /// The origin of a timer that is due.
    pub(super) fn origin(&self, of: Of) -> Origin {
        self.world.origins.of(of).origin
    }

    /// Notes that a request with this origin has set a timer, or changed what it is about.
    pub(super) fn set_origin(&mut self, of: Of, origin: Origin) {
        self.world.origins.set(of, origin, self.now);
    }

    /// Forgets the origin of a timer that has been cleared.
    pub(super) fn forget_origin(&mut self, of: Of) {
        self.world.origins.forget(of);
    }

    /// The removal of a protection that would have held in a situation: the last one of its
    /// instance or of its group. [`Origin::NONE`] if no such protection was removed.
    pub(super) fn removal(&self, policy: PolicyId, id: InstanceId, facts: &Facts) -> Origin {
        let book = self.world.header.rulebook(policy);
        let (on, _) = self.world.protections(id);
        let group = self.world.fleet.instance(id).group;
        let mut last = Since::EVER;
        for protection in (0..book.policy.protections.len()).map(ProtectionId::at) {
            let of_group = group.map(|group| Of::GroupFlagOff(group, protection));
            for of in [Some(Of::FlagOff(id, protection)), of_group].into_iter().flatten() {
                let since = self.world.origins.of(of);
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
        of: impl Fn(ProtectionId) -> Of,
    ) {
        for protection in off.iter() {
            self.set_origin(of(protection), origin);
        }
    }
}
