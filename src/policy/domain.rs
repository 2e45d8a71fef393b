//! The decision space: the situations that a policy covers, and those that cannot occur.

use serde::{Deserialize, Serialize};

use super::facts::{Column, Condition, Facts};
use super::space::{Axis, Over, Space};
use crate::words::{Action, Trigger, Word};

/// The status of a situation in the decision space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SituationStatus {
    /// It can occur; the index of its cell.
    Occurs(usize),
    /// It cannot occur; the index of the entry under `impossible`.
    Impossible(usize),
    /// The space does not have its word in this column.
    Outside(Column),
}

/// The decision space with every impossible cell marked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Domain {
    space: Space,
    /// For each cell 0, or 1 plus the index of the entry under `impossible` that contains it.
    #[serde(with = "super::runs")]
    lines: Vec<u16>,
}

impl Domain {
    /// The space of some columns; `None` if it has too many cells.
    pub fn new(columns: &[(Column, Vec<u8>)], impossible: &[(Condition, String)]) -> Option<Self> {
        let mut columns = columns.to_vec();
        columns.sort_unstable_by_key(|(column, _)| *column);
        let axes =
            columns.into_iter().map(|(column, words)| Axis { over: Over::Column(column), words });
        let space = Space::new(axes.collect())?;
        let mut lines = vec![0; space.cells()];
        for ((when, _), line) in impossible.iter().zip(1_u16..) {
            space.each(when, |cells| {
                lines[cells]
                    .iter_mut()
                    .filter(|known| **known == 0)
                    .for_each(|known| *known = line);
            });
        }
        Some(Self { space, lines })
    }

    /// A space of one cell, for a policy that could not be read.
    pub fn nothing() -> Self {
        Self { space: Space::nothing(), lines: vec![0] }
    }

    /// The status of a situation.
    pub fn status(&self, facts: &Facts) -> SituationStatus {
        match self.space.cell(facts) {
            Some(cell) => match self.lines[cell].checked_sub(1) {
                None => SituationStatus::Occurs(cell),
                Some(line) => SituationStatus::Impossible(line.into()),
            },
            None => SituationStatus::Outside(self.outside(facts)),
        }
    }

    /// The first column in which the space lacks the word of a situation.
    fn outside(&self, facts: &Facts) -> Column {
        let mut axes = self.space.axes().iter().filter_map(|axis| match axis.over {
            Over::Column(column) => Some((column, &axis.words)),
            Over::Switch(_) => None,
        });
        let lacks = |(column, words): &(Column, &Vec<u8>)| !words.contains(&facts.word(*column));
        axes.find(lacks).map_or(Column::Trigger, |(column, _)| column)
    }

    /// The words that the space has in a column; empty if it has no such column.
    pub fn words(&self, column: Column) -> &[u8] {
        let axis = self.space.axes().iter().find(|axis| axis.over == Over::Column(column));
        axis.map(|axis| axis.words.as_slice()).unwrap_or_default()
    }

    /// Whether a trigger and an action can occur in at least one situation that meets a condition.
    pub fn allows(&self, trigger: Trigger, action: Action, when: &Condition) -> bool {
        let when = when.with(Column::Trigger, 1 << trigger.index());
        let when = when.with(Column::Action, 1 << action.index());
        let mut any = false;
        self.space.each(&when, |cells| any |= self.lines[cells].contains(&0));
        any
    }
}
