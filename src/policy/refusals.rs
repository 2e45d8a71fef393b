//! The preconditions that may refuse an action, indexed by the words that they accept.
//!
//! A condition tests a few columns, and an action has up to dozens of preconditions. Instead of
//! testing one after the other, the index combines one mask for each column that any of them tests.
//! A test compares it with the conditions.

use super::edition::{FlagChange, Policy, Precondition};
use super::facts::{Column, Columns, Facts};
use crate::words::{Action, Lifecycle, RuleId, Word};

/// Number of preconditions of a mask.
const BLOCK: usize = 64;

/// The preconditions that may refuse one action in some settings, in their order.
#[derive(Debug, Clone)]
pub(super) struct Refusals {
    blocks: Vec<RefusalBlock>,
    /// The columns that they test.
    tested: Columns,
}

/// Up to 64 preconditions.
#[derive(Debug, Clone)]
struct RefusalBlock {
    /// Their indices in [`Policy::preconditions`].
    preconditions: Vec<usize>,
    /// The columns that they test, each with the index of its first mask.
    columns: Vec<(Column, usize)>,
    /// For each word of these columns, the preconditions that accept it, one bit for each.
    masks: Vec<u64>,
    /// Those that concern only instances that do not exist.
    of_absent: u64,
}

impl Refusals {
    /// The preconditions of a policy that may refuse an action.
    pub(super) fn new(policy: &Policy, settings: &[u8], action: Action) -> Self {
        let may = |refusal: &Precondition| {
            let asks = refusal.when.words(Column::Action);
            let is_asked = asks.is_none_or(|words| words >> action.index() & 1 == 1);
            is_asked && refusal.when.assumed(settings)
        };
        let all = policy.preconditions.iter().enumerate();
        let all: Vec<usize> = all.filter(|(_, r)| may(r)).map(|(index, _)| index).collect();
        let blocks = all.chunks(BLOCK).map(|some| RefusalBlock::new(policy, some));
        let blocks: Vec<RefusalBlock> = blocks.collect();
        let columns = blocks.iter().flat_map(|block| &block.columns).map(|(column, _)| *column);
        let tested = columns.fold(Columns::NONE, Columns::with);
        Self { blocks, tested }
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The columns that they test.
    pub(super) const fn tested(&self) -> Columns {
        self.tested
    }

    /// The first that refuses to set protections; `None` if none does.
    pub(super) fn first(
        &self,
        policy: &Policy,
        facts: &Facts,
        change: &FlagChange,
    ) -> Option<RuleId> {
        let mut blocks = self.blocks.iter();
        let found = blocks.find_map(|block| {
            let mut all = block.refusing(policy, facts, u64::MAX);
            all.find(|refusal| refusal.flags.matches(change))
        });
        found.map(|refusal| refusal.rule)
    }

    /// The first that refuses and concerns only instances that do not exist; `None` if none does.
    pub(super) fn first_of_absent(&self, policy: &Policy, facts: &Facts) -> Option<RuleId> {
        let mut blocks = self.blocks.iter();
        let found = blocks.find_map(|block| block.refusing(policy, facts, block.of_absent).next());
        found.map(|refusal| refusal.rule)
    }
}

impl RefusalBlock {
    fn new(policy: &Policy, preconditions: &[usize]) -> Self {
        let absent = 1 << Lifecycle::Absent.index() | 1 << Lifecycle::Released.index();
        let mut block = Self {
            preconditions: preconditions.to_vec(),
            columns: Vec::new(),
            masks: Vec::new(),
            of_absent: 0,
        };
        let conditions = || preconditions.iter().map(|index| &policy.preconditions[*index].when);
        let tested = conditions().fold(Columns::NONE, |all, when| all.union(when.tested()));
        for column in tested.iter() {
            block.columns.push((column, block.masks.len()));
            // A condition that does not test the column accepts all of its words.
            let words = conditions().map(|when| when.words(column).unwrap_or(u32::MAX));
            let words: Vec<u32> = words.collect();
            block.masks.extend((0..column.size()).map(|word| {
                let accepts =
                    (0_u32..).zip(&words).map(|(n, words)| u64::from(words >> word & 1) << n);
                accepts.fold(0, |mask, bit| mask | bit)
            }));
        }
        for (number, when) in (0_u32..).zip(conditions()) {
            let states = when.words(Column::State);
            let is_of_absent = states.is_some_and(|states| states & !absent == 0);
            block.of_absent |= u64::from(is_of_absent) << number;
        }
        block
    }

    /// Those among `some` that refuse a situation, apart from their tests of protections.
    fn refusing<'p>(
        &'p self,
        policy: &'p Policy,
        facts: &Facts,
        some: u64,
    ) -> impl Iterator<Item = &'p Precondition> {
        let facts = facts.words();
        let mut left = some & u64::MAX >> (BLOCK - self.preconditions.len());
        for (column, first) in &self.columns {
            left &= self.masks[first + usize::from(facts.of(*column))];
        }
        std::iter::from_fn(move || {
            let number = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            self.preconditions.get(number).map(|index| &policy.preconditions[*index])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{NoFiles, Problems, Sources};
    use crate::policy::{Catalog, Rulebook, load};
    use crate::words::{ProtectionId, ProtectionSet, SwitchSet};

    /// The index gives the same answers as the conditions, for every word of every column.
    #[test]
    fn the_index_equals_the_conditions() {
        let mut refused = 0;
        for name in Catalog::names() {
            let (mut sources, mut problems) = (Sources::default(), Problems::default());
            let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
            let settings = vec![0; policy.switches.len()];
            let book = Rulebook::new(policy, settings.clone(), SwitchSet::EMPTY);
            let policy = &book.policy;
            let first = ProtectionSet::EMPTY.with(ProtectionId(0));
            let changes = [ProtectionSet::EMPTY, first];
            let changes = changes.map(|off| FlagChange { off, ..FlagChange::default() });
            for action in Action::ALL.iter().copied() {
                let start = Facts { action, ..Facts::default() };
                let columns = book.refusal_columns(action);
                let situations = columns.iter().flat_map(|one| {
                    let others = columns.iter().flat_map(move |other| {
                        (0_u8..)
                            .take(other.size())
                            .filter_map(move |word| start.settled(other, word))
                    });
                    others.flat_map(move |facts| {
                        (0_u8..).take(one.size()).filter_map(move |word| facts.settled(one, word))
                    })
                });
                for facts in situations {
                    let absent = 1 << Lifecycle::Absent.index() | 1 << Lifecycle::Released.index();
                    let meets =
                        |r: &&Precondition| r.when.assumed(&settings) && r.when.meets(&facts);
                    let found = policy.preconditions.iter().filter(meets).find(|r| {
                        r.when.words(Column::State).is_some_and(|states| states & !absent == 0)
                    });
                    assert_eq!(book.refusal_of_absent(&facts), found.map(|r| r.rule), "{facts:?}");
                    for change in &changes {
                        let mut found = policy.preconditions.iter().filter(meets);
                        let found = found.find(|r| r.flags.matches(change)).map(|r| r.rule);
                        assert_eq!(book.refusal_to_set(&facts, change), found, "{facts:?}");
                        refused += usize::from(found.is_some());
                    }
                }
            }
        }
        assert!(refused > 1_000, "{refused}");
    }
}
