//! Decision tables: rules over a space, proved complete, compiled to a dense array.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::facts::{Column, Condition, Facts};
use super::space::{Axis, Over, Space};
use crate::words::RuleId;

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow<C> {
    /// The rule that states it.
    pub rule: RuleId,
    /// The condition.
    pub when: Condition,
    /// The conclusion.
    pub says: C,
}

/// The faults of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableFault {
    /// Cells that no row covers.
    Open(Vec<usize>),
    /// Cells that two rows cover: indices of the rows, and the cells.
    Twice(usize, usize, Vec<usize>),
    /// Index of a row that covers no cell.
    Dead(usize),
}

/// A table that failed its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproved<C> {
    /// All faults.
    pub faults: Vec<TableFault>,
    /// Its space.
    pub space: Space,
    /// Its rows.
    pub rows: Vec<TableRow<C>>,
}

/// A proved table: every possible cell of its space has exactly one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionTable<C> {
    /// Its space, which a table without switches shares with the tables of all settings.
    #[serde(with = "super::shared::one")]
    space: Arc<Space>,
    /// The rows, which the tables of all settings share.
    #[serde(
        with = "super::shared",
        bound(serialize = "C: Serialize", deserialize = "C: Deserialize<'de>")
    )]
    rows: Arc<[TableRow<C>]>,
    /// For each cell the index of its row, or [`NO_ROW`].
    #[serde(with = "super::runs")]
    cells: Arc<[u16]>,
}

/// Marks cells that cannot occur.
const NO_ROW: u16 = u16::MAX;

impl<C: Clone> DecisionTable<C> {
    /// Proves that `rows` cover every cell that is `possible` exactly once.
    ///
    /// # Errors
    /// All faults.
    pub fn prove(
        space: Space,
        rows: Vec<TableRow<C>>,
        possible: &[bool],
    ) -> Result<Self, Box<Unproved<C>>> {
        let mut cells = vec![NO_ROW; space.cells()];
        let mut alive = vec![false; rows.len()];
        let mut twice: Vec<TableFault> = Vec::new();
        // O(number of covered cells), because each row visits only the cells that it covers.
        for (row, number) in rows.iter().zip(0_u16..) {
            space.each(&row.when, |range| {
                for cell in range.filter(|cell| possible[*cell]) {
                    alive[usize::from(number)] = true;
                    match cells[cell] {
                        NO_ROW => cells[cell] = number,
                        first => note_twice(&mut twice, first.into(), number.into(), cell),
                    }
                }
            });
        }
        let open: Vec<usize> =
            (0..space.cells()).filter(|cell| possible[*cell] && cells[*cell] == NO_ROW).collect();
        let dead = (0..rows.len()).filter(|row| !alive[*row]).map(TableFault::Dead);
        let open = (!open.is_empty()).then_some(TableFault::Open(open));
        let faults: Vec<_> = open.into_iter().chain(twice).chain(dead).collect();
        if faults.is_empty() {
            Ok(Self { space: space.into(), rows: rows.into(), cells: cells.into() })
        } else {
            Err(Box::new(Unproved { faults, space, rows }))
        }
    }

    /// A table without rows, which never has an answer.
    pub fn empty() -> Self {
        let space = Space::nothing();
        Self { cells: vec![NO_ROW; space.cells()].into(), space: space.into(), rows: [].into() }
    }

    /// Replaces the conclusion of a rule.
    pub fn set_conclusion(&mut self, rule: RuleId, says: &C) {
        if !self.rows.iter().any(|row| row.rule == rule) {
            return;
        }
        let rows = Arc::make_mut(&mut self.rows);
        for row in rows.iter_mut().filter(|row| row.rule == rule) {
            row.says.clone_from(says);
        }
    }

    /// Adds a row for the `possible` cells that have none.
    pub fn fill(&mut self, row: TableRow<C>, possible: &[bool]) {
        let index = u16::try_from(self.rows.len()).unwrap_or(NO_ROW);
        self.rows = self.rows.iter().cloned().chain([row]).collect();
        for (cell, possible) in Arc::make_mut(&mut self.cells).iter_mut().zip(possible) {
            if *cell == NO_ROW && *possible {
                *cell = index;
            }
        }
    }

    /// The row of a situation; `None` if the situation cannot occur.
    pub fn decide(&self, facts: &Facts) -> Option<&TableRow<C>> {
        self.row(self.space.cell(facts)?)
    }

    /// The row of a cell; `None` if the cell cannot occur.
    pub fn row(&self, cell: usize) -> Option<&TableRow<C>> {
        self.rows.get(usize::from(self.cells[cell]))
    }

    /// For each cell, the index of its row; `None` if the cell cannot occur.
    pub fn row_numbers(&self) -> impl Iterator<Item = Option<u16>> {
        self.cells.iter().map(|row| (*row != NO_ROW).then_some(*row))
    }

    /// Its space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Its rows, in the order written.
    pub fn rows(&self) -> &[TableRow<C>] {
        &self.rows
    }

    /// The table with every switch settled, without switch axes. `known` is the table under other
    /// settings, which is shared if its switches have the same positions there.
    #[must_use]
    pub fn under(&self, settings: &[u8], known: Option<(&Self, &[u8])>) -> Self {
        if self.space.axes().iter().all(is_column) {
            return self.clone();
        }
        if let Some((table, others)) = known
            && self.switches().all(|switch| settings[switch] == others[switch])
        {
            return table.clone();
        }
        let axes: Vec<Axis> = self.space.axes().iter().filter(|a| is_column(a)).cloned().collect();
        // Switches are the last axes, so the cells of one setting have a constant distance.
        let (mut first, mut distance) = (0, 1);
        for axis in &self.space.axes()[axes.len()..] {
            if let Over::Switch(switch) = axis.over {
                first = first * axis.words.len() + usize::from(settings[switch.index()]);
                distance *= axis.words.len();
            }
        }
        let cells = self.cells.chunks_exact(distance).map(|setting| setting[first]).collect();
        // It has fewer axes than the existing space, so it cannot be too large.
        let space = Space::new(axes).map_or_else(|| Arc::clone(&self.space), Arc::new);
        Self { space, rows: Arc::clone(&self.rows), cells }
    }
}

impl<C> DecisionTable<C> {
    /// The indices of the switches that it has an axis for.
    fn switches(&self) -> impl Iterator<Item = usize> {
        self.space.axes().iter().filter_map(|axis| match axis.over {
            Over::Switch(switch) => Some(switch.index()),
            Over::Column(_) => None,
        })
    }
}

const fn is_column(axis: &Axis) -> bool {
    matches!(axis.over, Over::Column(_))
}

fn note_twice(twice: &mut Vec<TableFault>, first: usize, second: usize, cell: usize) {
    for fault in twice.iter_mut() {
        if let TableFault::Twice(a, b, cells) = fault
            && (*a, *b) == (first, second)
        {
            cells.push(cell);
            return;
        }
    }
    twice.push(TableFault::Twice(first, second, vec![cell]));
}

/// The axes that some conditions test: the columns in order, then the switches. A column has all of
/// its words, or those that `fixed` contains.
pub fn axes_of<'c>(
    conditions: impl Iterator<Item = &'c Condition>,
    fixed: &[(Column, Vec<u8>)],
    switch_values: impl Fn(crate::words::SwitchId) -> u8,
) -> Vec<Axis> {
    let mut columns: Vec<Column> = fixed.iter().map(|(column, _)| *column).collect();
    let mut switches = Vec::new();
    for condition in conditions {
        columns.extend(condition.columns());
        switches.extend(condition.switches().iter().map(|(switch, _)| *switch));
    }
    columns.sort_unstable();
    columns.dedup();
    switches.sort_unstable();
    switches.dedup();
    let all = |column: Column| (0_u8..).take(column.words().len()).collect();
    let column_axes = columns.into_iter().map(|column| {
        let words = fixed.iter().find(|(c, _)| *c == column).map(|(_, words)| words.clone());
        Axis { over: Over::Column(column), words: words.unwrap_or_else(|| all(column)) }
    });
    let switch_axes = switches.into_iter().map(|switch| Axis {
        over: Over::Switch(switch),
        words: (0..switch_values(switch)).collect(),
    });
    column_axes.chain(switch_axes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Billing, SwitchId, Word};

    fn when(column: Column, words: u32) -> Condition {
        let mut condition = Condition::default();
        condition.require(column, words);
        condition
    }

    fn billing_space() -> Space {
        Space::new(vec![Axis { over: Over::Column(Column::Billing), words: vec![0, 1, 2] }])
            .unwrap()
    }

    fn prove(masks: &[u32]) -> Result<DecisionTable<char>, Vec<TableFault>> {
        let rows = masks.iter().zip('a'..).enumerate();
        let rows = rows
            .map(|(n, (mask, says))| TableRow {
                rule: RuleId::from_index(n),
                when: when(Column::Billing, *mask),
                says,
            })
            .collect();
        DecisionTable::prove(billing_space(), rows, &[true; 3]).map_err(|unproved| unproved.faults)
    }

    #[test]
    fn a_table_needs_exactly_one_row_for_each_cell() {
        assert!(prove(&[0b001, 0b110]).is_ok());
        assert_eq!(prove(&[0b001, 0b100]), Err(vec![TableFault::Open(vec![1])]));
        assert_eq!(prove(&[0b011, 0b110]), Err(vec![TableFault::Twice(0, 1, vec![1])]));
        assert_eq!(prove(&[0b111, 0b000]), Err(vec![TableFault::Dead(1)]));
    }

    #[test]
    fn the_dense_table_has_the_answers_of_the_rows() {
        let table = prove(&[0b001, 0b110]).unwrap();
        for (billing, says) in
            [(Billing::PayAsYouGo, 'a'), (Billing::Subscription, 'b'), (Billing::Spot, 'b')]
        {
            let facts = Facts { billing, ..Facts::default() };
            assert_eq!(table.decide(&facts).map(|row| row.says), Some(says), "{}", billing.word());
        }
    }

    #[test]
    fn a_settled_switch_selects_the_rows_of_its_position() {
        let switch = SwitchId(0);
        let rows: Vec<TableRow<char>> = [(0b01, 'a'), (0b10, 'b')]
            .into_iter()
            .map(|(values, says)| {
                let mut when = Condition::default();
                when.assume(switch, values);
                TableRow { rule: RuleId(0), when, says }
            })
            .collect();
        let axes = axes_of(rows.iter().map(|row| &row.when), &[], |_| 2);
        let table = DecisionTable::prove(Space::new(axes).unwrap(), rows, &[true; 2]).unwrap();
        for (setting, says) in [(0, 'a'), (1, 'b')] {
            let settled = table.under(&[setting], None);
            assert_eq!(settled.decide(&Facts::default()).map(|row| row.says), Some(says));
        }
    }
}
