//! Whom a changed verdict touches: the instances of a fleet that it is about, before anything
//! has happened to them.

use crate::policy::{Column, Difference, Part};
use crate::run_header::RunHeader;
use crate::words::{Billing, Membership, PolicyId, Word};
use crate::world::World;

/// The instances that have the protection set and stand where a difference applies, as far as
/// their standing can be seen: their billing, and how they came into their group.
pub fn affected_instances(difference: &Difference, world: &World) -> Vec<String> {
    if difference.part != Part::Protection || difference.cells == 0 {
        return Vec::new();
    }
    let header: &RunHeader = world.header();
    let is = |column: Column, word: &str| {
        let tested = difference.situation.iter().find(|tested| tested.name == column.name());
        tested.is_none_or(|tested| tested.words.iter().any(|known| known == word))
    };
    let assumed = |policy: PolicyId| {
        let book = &header.rulebooks[policy.index()];
        difference.situation.iter().all(|tested| {
            let switch = book.policy.switch(&tested.name);
            switch
                .is_none_or(|switch| tested.words.iter().any(|known| known == book.setting(switch)))
        })
    };
    let concerned = world.fleet().instances().filter(|(id, instance)| {
        let policy = world.policy_of(*id);
        let (on, unknown) = world.protections(*id);
        let set = on.union(unknown);
        let named = header.protections(policy, set).contains(&difference.subject.as_str());
        let membership = instance.membership;
        // Of whom nobody knows how it came in may have come in like that.
        let here = !instance.membership_known || is(Column::Membership, membership.word());
        let grouped = membership != Membership::None || !from_group(difference);
        // Of whose way of paying nobody knows may be spot capacity.
        let paid = is(Column::Billing, instance.billing.word())
            || !instance.billing_known && is(Column::Billing, Billing::Spot.word());
        named && here && grouped && assumed(policy) && paid
    });
    concerned.map(|(id, _)| header.instance(id).to_owned()).collect()
}

/// Whether a difference is only about what a group asks of its members.
fn from_group(difference: &Difference) -> bool {
    let trigger = difference.situation.iter().find(|t| t.name == Column::Trigger.name());
    trigger.is_some_and(|tested| {
        let all = tested.words.iter().map(|word| crate::words::Trigger::spelled(word));
        all.flatten().all(crate::words::Trigger::is_from_group)
    })
}
