//! The decision space: the situations that a policy covers, and those that cannot occur.

use serde::{Deserialize, Serialize};

use super::facts::{Column, Columns, Condition, Facts};
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
    /// For each action, a mask of the triggers with which it occurs in some situation.
    triggers: Vec<u32>,
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
        let mut domain = Self { space, lines, triggers: Vec::new() };
        domain.triggers = Action::ALL.iter().map(|action| domain.triggers_of(*action)).collect();
        Some(domain)
    }

    /// A space of one cell, for a policy that could not be read.
    pub fn nothing() -> Self {
        Self {
            space: Space::nothing(),
            lines: vec![0],
            triggers: vec![u32::MAX; Action::ALL.len()],
        }
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

    /// The columns of the space.
    pub fn columns(&self) -> Columns {
        self.space.columns()
    }

    /// The words that the space has in a column; empty if it has no such column.
    pub fn words(&self, column: Column) -> &[u8] {
        let axis = self.space.axes().iter().find(|axis| axis.over == Over::Column(column));
        axis.map(|axis| axis.words.as_slice()).unwrap_or_default()
    }

    /// A mask of the triggers with which an action occurs in some situation.
    fn triggers_of(&self, action: Action) -> u32 {
        let occurs =
            |trigger: &&Trigger| self.occurs_when(**trigger, action, &Condition::default());
        let triggers = Trigger::ALL.iter().filter(occurs);
        triggers.fold(0, |mask, trigger| mask | 1 << trigger.index())
    }

    /// Whether a trigger and an action occur in at least one situation.
    pub fn occurs(&self, trigger: Trigger, action: Action) -> bool {
        self.triggers[usize::from(action.index())] >> trigger.index() & 1 == 1
    }

    /// Whether a trigger and an action occur in at least one situation that meets a condition.
    pub fn occurs_when(&self, trigger: Trigger, action: Action, when: &Condition) -> bool {
        let when = when.with(Column::Trigger, 1 << trigger.index());
        let when = when.with(Column::Action, 1 << action.index());
        let mut any = false;
        self.space.each(&when, |cells| any |= self.lines[cells].contains(&0));
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{NoFiles, Problems, Sources};
    use crate::policy::{Catalog, load};

    #[test]
    fn a_pair_occurs_if_one_of_its_cells_does() {
        for name in Catalog::names() {
            let (mut sources, mut problems) = (Sources::default(), Problems::default());
            let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
            let mut count = 0;
            for trigger in Trigger::ALL.iter().copied() {
                for action in Action::ALL.iter().copied() {
                    let anywhere = Condition::default();
                    let occurs = policy.domain.occurs_when(trigger, action, &anywhere);
                    assert_eq!(policy.domain.occurs(trigger, action), occurs, "{name}");
                    count += usize::from(occurs);
                }
            }
            assert!(count > 0, "{name}");
        }
    }
}
