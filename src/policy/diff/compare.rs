//! The comparison of two editions, part by part.

use super::difference::{Comparison, Difference, Tested};
use super::found::Found;
use super::pair::Pair;
use crate::policy::edition::Policy;

/// The switches whose default, in both editions, does not match the situation. A switch without a
/// default matches every situation.
fn off_default(pair: &Pair<'_>, situation: &[Tested]) -> Vec<String> {
    let off = |tested: &&Tested| {
        let policies = [pair.old, pair.new].into_iter();
        let mut switches = policies
            .filter_map(|policy| Some(&policy.switches[policy.switch(&tested.name)?.index()]));
        let meets = |switch: &crate::policy::edition::Switch| {
            let default = switch.default.map(|at| &switch.values[usize::from(at)]);
            default.is_none_or(|default| tested.words.contains(default))
        };
        let known = crate::policy::facts::Column::named(&tested.name).is_none();
        known && switches.clone().next().is_some() && !switches.any(meets)
    };
    situation.iter().filter(off).map(|tested| tested.name.clone()).collect()
}

pub(super) fn compare_parts(pair: &Pair<'_>, found: &mut Found<'_>) {
    super::tables::protections(pair, found);
    super::refusals::refusals(pair, found);
    super::clocks::clocks(pair, found);
    super::tables::others(pair, found);
    super::lists::lists(pair, found);
}

/// Compares two editions.
pub fn compare(old: &Policy, new: &Policy) -> Comparison {
    let pair = Pair::new(old, new);
    let mut found = Found::default();
    compare_parts(&pair, &mut found);
    let mut differences = found.differences;
    for difference in &mut differences {
        difference.off_default = off_default(&pair, &difference.situation);
    }
    differences.sort_by(|a, b| {
        let rank = |d: &Difference| (d.is_off_default(), d.part, d.class, d.direction);
        rank(a).cmp(&rank(b))
    });
    Comparison {
        old: old.name.clone(),
        new: new.name.clone(),
        cells: found.cells,
        differences,
        accepted: Vec::new(),
    }
}
