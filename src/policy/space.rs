//! A finite space of situations: its axes, its cells, and sets of cells as blocks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::facts::{Column, Columns, Condition, Facts};
use crate::words::SwitchId;

/// Most cells of a space.
pub const MOST_CELLS: usize = 1 << 18;

/// The column or switch of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    /// The words of a column.
    Column(Column),
    /// The positions of a switch.
    Switch(SwitchId),
}

/// One axis of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Its column or switch.
    pub over: Over,
    /// Its words, as indices into the words of the column or the positions of the switch.
    pub words: Vec<u8>,
}

/// The product of some axes. A cell is an index below [`Space::cells`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<Axis>", try_from = "Vec<Axis>")]
pub struct Space {
    axes: Vec<Axis>,
    strides: Vec<usize>,
    /// For each axis, the index of each word along it, or [`OUTSIDE`].
    indices: Vec<[u8; 32]>,
    cells: usize,
}

impl From<Space> for Vec<Axis> {
    fn from(space: Space) -> Self {
        space.axes
    }
}

impl TryFrom<Vec<Axis>> for Space {
    type Error = &'static str;

    fn try_from(axes: Vec<Axis>) -> Result<Self, Self::Error> {
        Self::new(axes).ok_or("a space with too many cells")
    }
}

const OUTSIDE: u8 = u8::MAX;

/// A set of cells that is a product: for each axis a mask of indices along it.
pub type Block = Vec<u32>;

impl Space {
    /// The product of `axes`; `None` if it has more than `MOST_CELLS` cells.
    pub fn new(axes: Vec<Axis>) -> Option<Self> {
        Self::up_to(MOST_CELLS, axes)
    }

    /// The product of `axes`; `None` if it has more than `most` cells, or an axis of more words
    /// than a block can hold.
    pub fn up_to(most: usize, axes: Vec<Axis>) -> Option<Self> {
        if axes.iter().any(|axis| axis.words.iter().any(|word| *word >= 32)) {
            return None;
        }
        let mut strides = vec![0; axes.len()];
        let mut indices = vec![[OUTSIDE; 32]; axes.len()];
        let mut cells = 1_usize;
        for (number, axis) in axes.iter().enumerate().rev() {
            strides[number] = cells;
            cells = cells.checked_mul(axis.words.len()).filter(|cells| *cells <= most)?;
            for (index, word) in (0_u8..).zip(&axis.words) {
                indices[number][usize::from(*word)] = index;
            }
        }
        Some(Self { axes, strides, indices, cells })
    }

    /// The space without axes: one cell.
    pub const fn nothing() -> Self {
        Self { axes: Vec::new(), strides: Vec::new(), indices: Vec::new(), cells: 1 }
    }

    /// Its axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The columns that have an axis.
    pub fn columns(&self) -> Columns {
        let columns = self.axes.iter().filter_map(|axis| match axis.over {
            Over::Column(column) => Some(column),
            Over::Switch(_) => None,
        });
        columns.fold(Columns::NONE, Columns::with)
    }

    /// Whether it has an axis for a column.
    pub fn tests(&self, column: Column) -> bool {
        self.axes.iter().any(|axis| axis.over == Over::Column(column))
    }

    /// Number of cells.
    pub const fn cells(&self) -> usize {
        self.cells
    }

    /// The cell of a situation; `None` if a fact is outside the space.
    ///
    /// Switches count as being at their first position.
    pub fn cell(&self, facts: &Facts) -> Option<usize> {
        let facts = facts.words();
        let mut cell = 0;
        for ((axis, stride), indices) in self.axes.iter().zip(&self.strides).zip(&self.indices) {
            if let Over::Column(column) = axis.over {
                let index = *indices.get(usize::from(facts.of(column)))?;
                if index == OUTSIDE {
                    return None;
                }
                cell += usize::from(index) * stride;
            }
        }
        Some(cell)
    }

    /// The offset of a word of an axis in the cell index; `None` if the axis has no such word.
    pub fn step(&self, axis: usize, word: u8) -> Option<usize> {
        let index = *self.indices[axis].get(usize::from(word))?;
        (index != OUTSIDE).then(|| usize::from(index) * self.strides[axis])
    }

    /// The word of a cell along an axis.
    pub fn word(&self, cell: usize, axis: usize) -> u8 {
        let words = &self.axes[axis].words;
        words[cell / self.strides[axis] % words.len()]
    }

    /// Whether a cell meets a condition. Columns without an axis are ignored.
    pub fn meets(&self, condition: &Condition, cell: usize) -> bool {
        (0..self.axes.len())
            .all(|axis| self.mask(condition, axis) >> self.word(cell, axis) & 1 == 1)
    }

    /// Whether it has an axis for every column that a condition tests.
    fn has_all(&self, condition: &Condition) -> bool {
        condition.columns().all(|column| self.tests(column))
    }

    /// Whether each cell can occur: a cell cannot if it meets one of the conditions. Conditions
    /// that test a column without an axis are ignored.
    pub fn occurring<'c>(&self, impossible: impl Iterator<Item = &'c Condition>) -> Vec<bool> {
        let mut occurs = vec![true; self.cells];
        for when in impossible.filter(|when| self.has_all(when)) {
            self.each(when, |stretch| occurs[stretch].fill(false));
        }
        occurs
    }

    /// Visits the cells that meet a condition, in order, as ranges of adjacent cells.
    pub fn each(&self, condition: &Condition, mut visit: impl FnMut(Range<usize>)) {
        let taken: Block = (0..self.axes.len()).map(|axis| self.taken(condition, axis)).collect();
        self.visit_while(&taken, |cells| {
            visit(cells);
            true
        });
    }

    /// Visits the cells of a block, in order, as ranges of adjacent cells, until `visit` is false.
    /// Whether it was true for all of them.
    fn visit_while(&self, block: &[u32], mut visit: impl FnMut(Range<usize>) -> bool) -> bool {
        // Trailing axes that are contained as a whole form ranges of adjacent cells.
        let whole = |axis: &usize| self.is_whole(block, *axis);
        let heads = block.len() - (0..block.len()).rev().take_while(whole).count();
        if heads == 0 {
            return visit(0..self.cells);
        }
        self.visit_axes(&block[..heads], 0, 0, &mut visit)
    }

    /// The same for the axes of a block from `axis` on; `first` is the cell of the earlier ones.
    fn visit_axes(
        &self,
        block: &[u32],
        axis: usize,
        first: usize,
        visit: &mut impl FnMut(Range<usize>) -> bool,
    ) -> bool {
        let cell = |index: u32| first + index as usize * self.strides[axis];
        let mut left = u64::from(block[axis]);
        while left != 0 {
            let start = left.trailing_zeros();
            let continues = if axis + 1 < block.len() {
                left &= left - 1;
                self.visit_axes(block, axis + 1, cell(start), visit)
            } else {
                let end = start + (left >> start).trailing_ones();
                left = left >> end << end;
                visit(cell(start)..cell(end))
            };
            if !continues {
                return false;
            }
        }
        true
    }

    /// The indices along an axis that a condition matches, as a mask.
    fn taken(&self, condition: &Condition, axis: usize) -> u32 {
        let mask = self.mask(condition, axis);
        let words = (0_u32..).zip(&self.axes[axis].words);
        words.fold(0, |taken, (index, word)| taken | (mask >> word & 1) << index)
    }

    /// The words of an axis that a condition matches, as a mask.
    fn mask(&self, condition: &Condition, axis: usize) -> u32 {
        let words = match self.axes[axis].over {
            Over::Column(column) => condition.words(column),
            Over::Switch(switch) => {
                condition.switches().iter().find(|(s, _)| *s == switch).map(|(_, v)| *v)
            }
        };
        words.unwrap_or(u32::MAX)
    }

    /// The cells for which `has` is true, as blocks. A greedy search keeps their number small: each
    /// block grows from the first cell that is not covered, axis by axis, inside the set.
    pub fn blocks(&self, has: impl Fn(usize) -> bool) -> Vec<Block> {
        self.blocks_over(has, |_| false)
    }

    /// As [`Space::blocks`], but a block may also contain cells for which `free` is true, such as
    /// cells that cannot occur.
    pub fn blocks_over(
        &self,
        has: impl Fn(usize) -> bool,
        free: impl Fn(usize) -> bool,
    ) -> Vec<Block> {
        self.blocks_up_to(usize::MAX, has, free)
    }

    /// As [`Space::blocks_over`], but at most `most` blocks.
    pub fn blocks_up_to(
        &self,
        most: usize,
        has: impl Fn(usize) -> bool,
        free: impl Fn(usize) -> bool,
    ) -> Vec<Block> {
        self.search(most, false, has, free)
    }

    /// As [`Space::blocks_over`], but a block first grows over whole axes, so that its description
    /// is short.
    pub fn blocks_in_brief(
        &self,
        has: impl Fn(usize) -> bool,
        free: impl Fn(usize) -> bool,
    ) -> Vec<Block> {
        self.search(usize::MAX, true, has, free)
    }

    fn search(
        &self,
        most: usize,
        brief: bool,
        has: impl Fn(usize) -> bool,
        free: impl Fn(usize) -> bool,
    ) -> Vec<Block> {
        // Bytes, which are compared and searched many at a time.
        let mut open: Vec<u8> = (0..self.cells).map(|cell| has(cell).into()).collect();
        let inside = open.iter().enumerate();
        let inside: Vec<u8> =
            inside.map(|(cell, wanted)| (*wanted == 1 || free(cell)).into()).collect();
        let fits = |block: &Block| self.visit_while(block, |cells| !inside[cells].contains(&0));
        let mut blocks = Vec::new();
        let mut first = 0;
        while let Some(distance) = memchr::memchr(1, &open[first..]) {
            let seed = first + distance;
            first = seed + 1;
            let mut block: Block = (0..self.axes.len())
                .map(|axis| 1 << (seed / self.strides[axis] % self.axes[axis].words.len()))
                .collect();
            // The block so far fits, so that only further words are tried.
            for axis in (0..self.axes.len()).rev().filter(|_| brief) {
                let before = block[axis];
                let whole = u32::MAX >> (32 - self.axes[axis].words.len());
                block[axis] = whole & !before;
                block[axis] = if fits(&block) { whole } else { before };
            }
            // Growing along later axes first keeps descriptions short.
            for axis in (0..self.axes.len()).rev() {
                for index in 0..self.axes[axis].words.len() {
                    let before = block[axis];
                    if before >> index & 1 == 1 {
                        continue;
                    }
                    block[axis] = 1 << index;
                    block[axis] = if fits(&block) { before | 1 << index } else { before };
                }
            }
            self.visit_while(&block, |cells| {
                open[cells].fill(0);
                true
            });
            blocks.push(block);
            if blocks.len() >= most {
                break;
            }
        }
        blocks
    }

    /// The cells of a block, in order.
    pub fn members(&self, block: &Block) -> impl Iterator<Item = usize> + use<> {
        let mut members = Vec::new();
        self.visit_while(block, |cells| {
            members.extend(cells);
            true
        });
        members.into_iter()
    }

    /// Whether a block contains every word of an axis.
    pub fn is_whole(&self, block: &[u32], axis: usize) -> bool {
        block[axis].count_ones() as usize == self.axes[axis].words.len()
    }

    /// The words of a block along an axis, as indices into the words of the column.
    pub fn words_of<'b>(&'b self, block: &'b Block, axis: usize) -> impl Iterator<Item = u8> + 'b {
        let words = self.axes[axis].words.iter().enumerate();
        words.filter(move |(index, _)| block[axis] >> index & 1 == 1).map(|(_, word)| *word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Billing, Trigger, Word};

    fn space() -> Space {
        let over = |column, words| Axis { over: Over::Column(column), words };
        Space::new(vec![
            over(Column::Trigger, vec![Trigger::Manual.index(), Trigger::ScaleIn.index()]),
            over(Column::Billing, vec![0, 1, 2]),
        ])
        .unwrap()
    }

    #[test]
    fn a_situation_has_one_cell_with_its_words() {
        let space = space();
        let facts = Facts { trigger: Trigger::ScaleIn, billing: Billing::Spot, ..Facts::default() };
        let cell = space.cell(&facts).unwrap();
        assert_eq!(space.word(cell, 0), Trigger::ScaleIn.index());
        assert_eq!(space.word(cell, 1), Billing::Spot.index());
        let outside = Facts { trigger: Trigger::Expiry, ..facts };
        assert_eq!(space.cell(&outside), None);
    }

    #[test]
    fn a_set_of_cells_has_few_blocks() {
        let space = space();
        assert_eq!(space.blocks(|_| true), [vec![0b11, 0b111]]);
        // All of manual, and the last of scale-in: an L of two blocks.
        let blocks = space.blocks(|cell| cell < 3 || cell == 5);
        assert_eq!(blocks.len(), 2);
        let mut cells: Vec<_> = blocks.iter().flat_map(|b| space.members(b)).collect();
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells, [0, 1, 2, 5]);
    }

    #[test]
    fn each_visits_the_cells_that_meet_the_condition() {
        let axis =
            |column, words: u8| Axis { over: Over::Column(column), words: (0..words).collect() };
        let columns = [(Column::Trigger, 3), (Column::Billing, 3), (Column::State, 4)];
        let space = Space::new(columns.map(|(column, words)| axis(column, words)).into()).unwrap();
        for masks in 0..1_u32 << 10 {
            let mut when = Condition::default();
            when.require(Column::Trigger, masks & 7);
            when.require(Column::Billing, masks >> 3 & 7);
            when.require(Column::State, masks >> 6);
            let mut visited = Vec::new();
            space.each(&when, |stretch| visited.extend(stretch));
            let taken = (0..space.cells()).filter(|cell| space.meets(&when, *cell));
            assert_eq!(visited, taken.collect::<Vec<_>>(), "{masks:b}");
        }
    }

    #[test]
    fn a_space_that_is_too_large_is_refused() {
        let axis = Axis { over: Over::Column(Column::Action), words: (0..20).collect() };
        assert!(Space::new(vec![axis; 5]).is_none());
    }
}
