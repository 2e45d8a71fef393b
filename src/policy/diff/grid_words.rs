//! Words of an axis that no answer distinguishes, as one.

use super::grid::{Grid, MOST};
use crate::policy::edition::Policy;
use crate::policy::facts::{Column, Condition};
use crate::policy::space::{Axis, Over, Space};
use crate::words::SwitchId;

/// A test of an axis: its number, and a mask of indices into its words.
pub(super) type WordTest = (usize, u32);

impl Grid {
    /// Joins the words of each axis that none of these tests distinguishes.
    ///
    /// The differences stay the same if no answer depends on anything else: the first cell of any
    /// set that the tests define has the first word of a group on every axis, and a block that
    /// grows from it takes a word if and only if it takes all words of its group.
    #[must_use]
    pub(super) fn joined(mut self, tests: impl IntoIterator<Item = WordTest>) -> Self {
        let all = |words: &Vec<u8>| vec![words.iter().fold(0, |mask, _| mask << 1 | 1)];
        let mut groups: Vec<Vec<u32>> = self.words.iter().map(all).collect();
        for (axis, mask) in tests {
            let parts = groups[axis].iter().flat_map(|group| [group & mask, group & !mask]);
            groups[axis] = parts.filter(|part| *part != 0).collect();
        }
        groups.iter_mut().for_each(|groups| groups.sort_by_key(|group| group.trailing_zeros()));
        let axes = self.space.axes().iter().zip(&groups).zip(&self.words);
        let axes = axes.map(|((axis, groups), words)| Axis {
            over: axis.over,
            words: groups.iter().map(|group| words[group.trailing_zeros() as usize]).collect(),
        });
        // It has no more cells than before, so it cannot be too large.
        if let Some(space) = Space::up_to(MOST, axes.collect()) {
            (self.space, self.groups) = (space, groups);
        }
        self
    }

    /// The number of situations in each cell.
    pub(super) fn weights(&self) -> Vec<usize> {
        let mut weights = vec![1];
        for groups in &self.groups {
            let along = |weight: &usize| {
                let weight = *weight;
                groups.iter().map(move |group| weight * group.count_ones() as usize)
            };
            weights = weights.iter().flat_map(along).collect();
        }
        weights
    }

    /// The axis of a column, or of a switch or property; `None` if the grid does not have it.
    fn axis(&self, name: &str) -> Option<usize> {
        let over = if let Some(column) = Column::named(name) {
            Over::Column(column)
        } else {
            let at = self.questions.iter().position(|question| question.name == name)?;
            Over::Switch(SwitchId::from_index(at))
        };
        self.space.axes().iter().position(|axis| axis.over == over)
    }

    /// The test that a column, switch or property has one of the words for which `takes` is true;
    /// `None` if the grid does not have its axis.
    pub(super) fn test(&self, name: &str, takes: impl Fn(&str) -> bool) -> Option<WordTest> {
        let axis = self.axis(name)?;
        let takes = |word: u8| match self.space.axes()[axis].over {
            Over::Column(column) => takes(column.words()[usize::from(word)]),
            Over::Switch(switch) => {
                takes(&self.questions[switch.index()].positions[usize::from(word)])
            }
        };
        let words = (0..).zip(&self.words[axis]).filter(|(_, word)| takes(**word));
        Some((axis, words.fold(0, |mask: u32, (index, _)| mask | 1 << index)))
    }

    /// Whether a cell passes a test of an axis.
    pub(super) fn passes(&self, cell: usize, (axis, mask): WordTest) -> bool {
        let word = self.space.word(cell, axis);
        self.words[axis]
            .iter()
            .position(|known| *known == word)
            .is_some_and(|index| mask >> index & 1 == 1)
    }

    /// The tests of a condition of a policy. There are none if the grid lacks a column or a switch.
    pub(super) fn tests_of(&self, policy: &Policy, when: &Condition) -> Vec<WordTest> {
        let Some(when) = self.condition(policy, when) else { return Vec::new() };
        let axes = self.space.axes().iter().zip(&self.words).enumerate();
        let test = |(axis, (of, words)): (usize, (&Axis, &Vec<u8>))| {
            let mask = match of.over {
                Over::Column(column) => when.words(column)?,
                Over::Switch(switch) => {
                    when.switches().iter().find(|(known, _)| *known == switch)?.1
                }
            };
            let indices = (0_u32..).zip(words);
            Some((axis, indices.fold(0, |taken, (at, word)| taken | (mask >> word & 1) << at)))
        };
        axes.filter_map(test).collect()
    }

    /// The tests of all impossible cells of a policy.
    pub(super) fn tests_of_impossible(&self, policy: &Policy) -> Vec<WordTest> {
        let tests = policy.impossible.iter().flat_map(|(when, _)| self.tests_of(policy, when));
        tests.collect()
    }

    /// The tests that distinguish the cells of a space of a policy, of which each has a kind.
    pub(super) fn tests_of_space(
        &self,
        policy: &Policy,
        space: &Space,
        kinds: &[u16],
    ) -> Vec<WordTest> {
        let mut tests = Vec::new();
        for (number, words) in self.words.iter().enumerate() {
            let Some((own, steps)) = self.steps(policy, space, number, words) else { continue };
            let words = &space.axes()[own].words;
            let stride = words.get(1).and_then(|word| space.step(own, *word)).unwrap_or(1);
            let same = |one: &Option<usize>, other: &Option<usize>| match (*one, *other) {
                (Some(one), Some(other)) => {
                    let mut parts = kinds.chunks(stride * words.len());
                    parts.all(|part| part[one..one + stride] == part[other..other + stride])
                }
                (one, other) => one.is_none() && other.is_none(),
            };
            for (index, step) in steps.iter().enumerate() {
                if !steps[..index].iter().any(|known| same(known, step)) {
                    let alike = (0..).zip(&steps).filter(|(_, other)| same(step, other));
                    tests.push((number, alike.fold(0, |mask: u32, (at, _)| mask | 1 << at)));
                }
            }
        }
        tests
    }

    /// The axis of a space of a policy for an axis of the grid, and the offset of each of some
    /// words in its cells, if the space has the word; `None` if it does not have the axis.
    pub(super) fn steps(
        &self,
        policy: &Policy,
        space: &Space,
        axis: usize,
        words: &[u8],
    ) -> Option<(usize, Vec<Option<usize>>)> {
        let over = self.space.axes()[axis].over;
        let own = space.axes().iter().position(|own| match (own.over, over) {
            (Over::Column(a), Over::Column(b)) => a == b,
            (Over::Switch(a), Over::Switch(b)) => {
                policy.switches[a.index()].name == self.questions[b.index()].name
            }
            (Over::Column(_), Over::Switch(_)) | (Over::Switch(_), Over::Column(_)) => false,
        })?;
        let step = |word: u8| {
            let word = match (space.axes()[own].over, over) {
                (Over::Switch(a), Over::Switch(b)) => {
                    let position = &self.questions[b.index()].positions[usize::from(word)];
                    let values = &policy.switches[a.index()].values;
                    u8::try_from(values.iter().position(|value| value == position)?).ok()?
                }
                _ => word,
            };
            space.step(own, word)
        };
        Some((own, words.iter().map(|word| step(*word)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::diff::grid::{Axes, Grid};
    use crate::policy::facts::Column;

    /// Blocks of joined words are the blocks of the words, for sets that some tests define.
    #[test]
    fn joined_words_give_the_same_blocks() {
        let grid = || {
            let mut axes = Axes::default();
            axes.column(Column::Trigger, 0..5);
            axes.column(Column::Billing, 0..3);
            axes.column(Column::State, 0..4);
            Grid::new(axes).unwrap()
        };
        let tests: [[(usize, u32); 3]; 3] = [
            [(0, 0b01001), (1, 0b010), (2, 0b1111)],
            [(0, 0b00110), (1, 0b111), (2, 0b0101)],
            [(0, 0b10001), (1, 0b011), (2, 0b1010)],
        ];
        let (plain, joined) = (grid(), grid().joined(tests.concat()));
        assert!(joined.cells() < plain.cells());
        assert_eq!(joined.weights().iter().sum::<usize>(), plain.cells());
        for sets in 0_u32..1 << 6 {
            let has = |grid: &Grid, cell: usize, sets: u32| {
                let passes = |set: &[_; 3]| set.iter().all(|test| grid.passes(cell, *test));
                tests.iter().enumerate().any(|(at, set)| sets >> at & 1 == 1 && passes(set))
            };
            let blocks = |grid: &Grid| {
                let wanted = |cell| has(grid, cell, sets & 7);
                grid.space.blocks_in_brief(wanted, |cell| has(grid, cell, sets >> 3))
            };
            let words = |block: &Vec<u32>| {
                let groups = block.iter().zip(&joined.groups);
                let taken = groups.map(|(taken, groups)| {
                    let groups = (0..).zip(groups).filter(|(at, _)| taken >> at & 1 == 1);
                    groups.fold(0, |mask, (_, group)| mask | group)
                });
                taken.collect::<Vec<u32>>()
            };
            let expanded: Vec<_> = blocks(&joined).iter().map(words).collect();
            assert_eq!(expanded, blocks(&plain), "{sets:b}");
        }
    }
}
