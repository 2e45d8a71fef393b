//! Decision spaces, and the proof that a table covers its space.

use super::compiler::{Compiler, MOST_RULES};
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::policy::facts::{Column, Condition};
use crate::policy::file::PolicyFile;
use crate::policy::proof_messages::{self, TableContext};
use crate::policy::space::{Axis, MOST_CELLS, Space};
use crate::policy::table::{DecisionTable, TableRow};
use crate::policy::written_condition::Test;
use crate::policy::written_rule::WrittenRule;
use crate::words::SwitchId;

impl Compiler<'_> {
    pub(super) fn read_impossible(&mut self, file: &PolicyFile) {
        if let Some(node) = file.impossible.get(MOST_RULES) {
            let title = format!("a policy has at most {MOST_RULES} impossible cells");
            self.problems.add(Problem::at(Code::BadNumber, node.span, title, "one too many"));
        }
        for node in file.impossible.iter().take(MOST_RULES) {
            let mut start = node.span;
            start.end = start.start + 1;
            let id = Spanned::new("impossible".into(), start);
            let Some(part) = WrittenRule::read(id, node, &[], self.problems) else { continue };
            let mut when = Condition::default();
            for test in &part.when {
                self.demand_in_space(test.column, test.span);
                when.require(test.column, test.words);
            }
            let Some(because) = part.because else {
                if node.get("because").is_some() {
                    continue; // its mistake was reported
                }
                let title = "missing key `because` in an impossible cell";
                self.problems.add(Problem::at(Code::MissingKey, start, title, "no `because`"));
                continue;
            };
            self.impossible.push((when, because));
        }
    }

    pub(super) fn demand_in_space(&mut self, column: Column, span: Span) {
        if self.columns.iter().all(|(known, _)| *known != column) {
            let names: Vec<&str> = self.columns.iter().map(|(column, _)| column.name()).collect();
            let title = format!("the decision space has no column `{}`", column.name());
            let problem = Problem::at(Code::UnknownWord, span, title, "not in `space`");
            self.problems.add(problem.note(format!("columns of the space: {}", names.join(", "))));
        }
    }

    /// Requires that a rule on verdicts tests only columns and words of the decision space.
    pub(super) fn demand_words_in_space(&mut self, part: &WrittenRule) {
        for Test { column, span, words, negated } in part.when.iter().copied() {
            self.demand_in_space(column, span);
            let known = self.columns.iter().find(|(known, _)| *known == column);
            let Some((_, inside)) = known.filter(|_| !negated) else { continue };
            let inside: u32 = inside.iter().fold(0, |mask, word| mask | 1 << word);
            for word in (0_u8..32).filter(|word| (words & !inside) >> word & 1 == 1) {
                let word = column.words()[usize::from(word)];
                let title = format!("the decision space has no {} `{word}`", column.name());
                let problem = Problem::at(Code::UnknownWord, span, title, "not in `space`");
                self.problems.add(problem.help("add it to `space:`, or remove it from this rule"));
            }
        }
    }

    /// Whether each cell of a space can occur.
    pub(super) fn occurring(&self, space: &Space) -> Vec<bool> {
        space.occurring(self.impossible.iter().map(|(when, _)| when))
    }

    pub(super) fn space(&mut self, axes: Vec<Axis>, span: Span) -> Option<Space> {
        let space = Space::new(axes);
        if space.is_none() {
            let title = format!("this table would have more than {MOST_CELLS} cells");
            let problem = Problem::at(Code::BadNumber, span, title, "too many columns tested");
            self.problems.add(problem.help("test fewer columns in its rules"));
        }
        space
    }

    /// The number of positions of a switch.
    pub(super) fn switch_size(&self, switch: SwitchId) -> u8 {
        // INVARIANT: a switch has at most 32 positions.
        u8::try_from(self.switches[switch.index()].values.len()).unwrap_or(u8::MAX)
    }

    /// Proves that each possible cell has exactly one row, and reports the cells that do not. With
    /// `inert`, only cells that meet its condition need a row; the row of `inert` fills the others.
    pub(super) fn prove<C: Clone>(
        &mut self,
        (name, span): (&str, Span),
        axes: Vec<Axis>,
        rows: Vec<TableRow<C>>,
        parts: &[WrittenRule],
        inert: Option<(&Condition, TableRow<C>)>,
    ) -> DecisionTable<C> {
        let Some(space) = self.space(axes, span) else { return DecisionTable::empty() };
        let occurs = self.occurring(&space);
        let at_work = inert.as_ref().map(|(works, _)| {
            let mut at_work = vec![false; space.cells()];
            space.each(works, |cells| at_work[cells.clone()].copy_from_slice(&occurs[cells]));
            at_work
        });
        let possible = at_work.as_ref().unwrap_or(&occurs);
        match DecisionTable::prove(space, rows, possible) {
            Ok(mut table) => {
                if let Some((_, inert)) = inert {
                    table.fill(inert, &occurs);
                }
                table
            }
            Err(unproved) => {
                let context = TableContext { name, span, parts, switches: &self.switches };
                let problems = proof_messages::report(&unproved, &context, possible);
                problems.into_iter().for_each(|problem| self.problems.add(problem));
                DecisionTable::empty()
            }
        }
    }
}
