//! The instances of the initial fleet that a changed verdict affects.

use crate::policy::{Column, Difference, Part};
use crate::run_header::RunHeader;
use crate::words::{Billing, Membership, PolicyId, Word};
use crate::world::World;

/// Names of the instances that have the protection of `difference` set, or may have it, and whose
/// billing, membership and switches may be those of the difference.
pub fn affected_instances(difference: &Difference, world: &World) -> Vec<String> {
    if difference.part != Part::Protection || difference.cells == 0 {
        return Vec::new();
    }
    let header: &RunHeader = world.header();
    let has_word = |column: Column, word: &str| {
        let tested = difference.situation.iter().find(|tested| tested.name == column.name());
        tested.is_none_or(|tested| tested.words.iter().any(|known| known == word))
    };
    let has_positions = |policy: PolicyId| {
        let book = &header.rulebooks[policy.index()];
        difference.situation.iter().all(|tested| {
            let switch = book.policy.switch(&tested.name);
            switch
                .is_none_or(|switch| tested.words.iter().any(|known| known == book.setting(switch)))
        })
    };
    let affected = world.fleet().instances().filter(|(id, instance)| {
        let policy = world.policy_of(*id);
        let (on, unknown) = world.protections(*id);
        let set = on.union(unknown);
        let named = header.protections(policy, set).contains(&difference.subject.as_str());
        let membership = instance.membership;
        // An unknown membership may be any membership.
        let in_membership =
            !instance.membership_known || has_word(Column::Membership, membership.word());
        let grouped = membership != Membership::None || !from_group(difference);
        // Unknown billing may be spot capacity.
        let in_billing = has_word(Column::Billing, instance.billing.word())
            || !instance.billing_known && has_word(Column::Billing, Billing::Spot.word());
        named && in_membership && grouped && has_positions(policy) && in_billing
    });
    affected.map(|(id, _)| header.instance(id).to_owned()).collect()
}

/// Whether all triggers of a difference come from a group.
fn from_group(difference: &Difference) -> bool {
    let trigger = difference.situation.iter().find(|t| t.name == Column::Trigger.name());
    trigger.is_some_and(|tested| {
        let all = tested.words.iter().map(|word| crate::words::Trigger::spelled(word));
        all.flatten().all(crate::words::Trigger::is_from_group)
    })
}
