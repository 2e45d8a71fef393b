//! The union of two spaces, and the comparison of two editions in each of its cells.

use std::borrow::Cow;

use super::difference::{Absence, Class, Difference, Direction, Part, Statement, Tested};
use super::found::Found;
use super::pair::{Pair, cited};
use crate::policy::edition::Policy;
use crate::policy::facts::{Column, Condition};
use crate::policy::space::{Axis, Block, Over, Space};
use crate::words::{RuleId, SwitchId};

/// Most cells of a union. It is larger than the limit of a table, so that two tables fit.
pub(super) const MOST: usize = 1 << 22;

/// Most words of an axis: a block has a bit for each.
const MOST_WORDS: usize = 32;

/// A switch of either edition, or a property of a request with the positions `no` and `yes`.
pub(super) struct QuestionAxis {
    pub(super) name: String,
    pub(super) positions: Vec<String>,
}

/// The axes of two spaces, each with the words of both.
#[derive(Default)]
pub(super) struct Axes {
    pub(super) columns: Vec<(Column, Vec<u8>)>,
    pub(super) questions: Vec<QuestionAxis>,
}

impl Axes {
    pub(super) fn column(&mut self, column: Column, words: impl IntoIterator<Item = u8>) {
        let at = self.columns.iter().position(|(known, _)| *known == column);
        let at = at.unwrap_or_else(|| {
            self.columns.push((column, Vec::new()));
            self.columns.len() - 1
        });
        let known = &mut self.columns[at].1;
        known.extend(words);
        known.sort_unstable();
        known.dedup();
    }

    pub(super) fn question<'s>(&mut self, name: &str, positions: impl Iterator<Item = &'s str>) {
        let at = self.questions.iter().position(|known| known.name == name);
        let at = at.unwrap_or_else(|| {
            self.questions.push(QuestionAxis { name: name.to_owned(), positions: Vec::new() });
            self.questions.len() - 1
        });
        for position in positions {
            if !self.questions[at].positions.iter().any(|known| known == position) {
                self.questions[at].positions.push(position.to_owned());
            }
        }
    }

    pub(super) fn switch(&mut self, policy: &Policy, switch: SwitchId) {
        let switch = &policy.switches[switch.index()];
        self.question(&switch.name, switch.values.iter().map(String::as_str));
    }

    /// All axes of a table of a policy.
    pub(super) fn space(&mut self, policy: &Policy, space: &Space) {
        for axis in space.axes() {
            match axis.over {
                Over::Column(column) => self.column(column, axis.words.iter().copied()),
                Over::Switch(switch) => self.switch(policy, switch),
            }
        }
    }
}

/// The statement of an edition in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CellAnswer {
    /// A conclusion.
    Conclusion(Conclusion),
    /// The edition marks the cell as impossible.
    Never,
    /// The cell is outside the space of the edition.
    Unknown,
}

/// The statement about an impossible cell.
pub(super) const CANNOT_OCCUR: &str = "cannot occur";

/// A conclusion of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conclusion {
    pub(super) word: Cow<'static, str>,
    /// Its rule; `None` if the conclusion is that the edition has none.
    pub(super) rule: Option<RuleId>,
    /// Value for the owner; higher is better.
    pub(super) good: i64,
    /// Whether the owner has a loss.
    pub(super) loses: bool,
}

impl Conclusion {
    fn state(&self, policy: &Policy) -> Statement {
        let rule = self.rule.map(|rule| cited(policy, rule));
        Statement { says: self.word.to_string(), is_absence: rule.is_none(), rule }
    }
}

impl CellAnswer {
    fn is_silent(&self) -> bool {
        !matches!(self, Self::Conclusion(_))
    }

    fn state(&self, policy: &Policy) -> Statement {
        match self {
            Self::Conclusion(conclusion) => conclusion.state(policy),
            Self::Never => CANNOT_OCCUR.into(),
            Self::Unknown => Absence::Situation.into(),
        }
    }

    const fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Conclusion(conclusion) => conclusion.rule,
            Self::Never | Self::Unknown => None,
        }
    }
}

/// A union of two spaces. Words of an axis that no answer distinguishes are one, so that few cells
/// stand for all.
pub(super) struct Grid {
    /// Each axis has the first word of every group.
    pub(super) space: Space,
    /// For each axis, all words.
    pub(super) words: Vec<Vec<u8>>,
    /// For each axis, the groups of words as masks of indices into `words`, in the order of their
    /// first words.
    pub(super) groups: Vec<Vec<u32>>,
    pub(super) questions: Vec<QuestionAxis>,
}

/// The part and subject that a grid compares.
pub(super) struct GridSubject<'a> {
    pub(super) part: Part,
    pub(super) subject: &'a str,
    /// The class of a difference between conclusions.
    pub(super) class: Class,
}

impl Grid {
    /// The product of some axes.
    ///
    /// # Errors
    /// The reason, if it has too many cells, or a switch has too many positions.
    pub(super) fn new(mut axes: Axes) -> Result<Self, String> {
        if let Some(question) = axes.questions.iter().find(|one| one.positions.len() > MOST_WORDS) {
            let name = &question.name;
            return Err(format!("`{name}` has more than {MOST_WORDS} positions in both together"));
        }
        // Sorted, so that the order in the files has no effect.
        axes.columns.sort_unstable_by_key(|(column, _)| *column);
        axes.questions.sort_by(|a, b| a.name.cmp(&b.name));
        axes.questions.iter_mut().for_each(|question| question.positions.sort_unstable());
        let columns = axes.columns.into_iter();
        let columns = columns.map(|(column, words)| Axis { over: Over::Column(column), words });
        let questions = axes.questions.iter().enumerate().map(|(at, question)| Axis {
            over: Over::Switch(SwitchId::from_index(at)),
            words: (0_u8..).take(question.positions.len()).collect(),
        });
        let space = Space::up_to(MOST, columns.chain(questions).collect())
            .ok_or("both spaces together have too many cells")?;
        let words: Vec<Vec<u8>> = space.axes().iter().map(|axis| axis.words.clone()).collect();
        let single = |words: &Vec<u8>| (0..words.len()).map(|index| 1 << index).collect();
        let groups = words.iter().map(single).collect();
        Ok(Self { space, words, groups, questions: axes.questions })
    }

    /// Number of cells.
    pub(super) const fn cells(&self) -> usize {
        self.space.cells()
    }

    /// For each cell of the union, the cell of the space of a policy that contains it; `None` if
    /// the space lacks a word. Axes that the space does not have are ignored.
    pub(super) fn project(&self, policy: &Policy, space: &Space) -> Vec<Option<usize>> {
        let mut cells = vec![Some(0)];
        for (number, axis) in self.space.axes().iter().enumerate() {
            // An axis that the space does not have changes nothing.
            let Some((_, steps)) = self.steps(policy, space, number, &axis.words) else {
                let repeat = |cell: &Option<usize>| std::iter::repeat_n(*cell, axis.words.len());
                cells = cells.iter().flat_map(repeat).collect();
                continue;
            };
            let further = |cell: &Option<usize>| {
                let cell = *cell;
                steps.iter().map(move |step| Some(cell? + (*step)?))
            };
            cells = cells.iter().flat_map(further).collect();
        }
        cells
    }

    /// Whether each cell meets a condition of a policy. No cell does if the grid lacks a column or
    /// a switch that the condition tests.
    pub(super) fn meeting(&self, policy: &Policy, when: &Condition) -> Vec<bool> {
        let mut meets = vec![false; self.cells()];
        self.mark(policy, when, &mut meets);
        meets
    }

    /// Whether a policy marks each cell as impossible.
    pub(super) fn impossible(&self, policy: &Policy) -> Vec<bool> {
        let mut impossible = vec![false; self.cells()];
        for (when, _) in policy.impossible.iter().filter(|(when, _)| when.columns().count() > 0) {
            self.mark(policy, when, &mut impossible);
        }
        impossible
    }

    /// Sets the cells that meet a condition of a policy.
    fn mark(&self, policy: &Policy, when: &Condition, set: &mut [bool]) {
        if let Some(when) = self.condition(policy, when) {
            self.space.each(&when, |cells| set[cells].fill(true));
        }
    }

    /// A condition of a policy with the switches of the grid; `None` if the grid lacks a column or
    /// a switch.
    pub(super) fn condition(&self, policy: &Policy, when: &Condition) -> Option<Condition> {
        let mut own = Condition::default();
        for column in when.columns() {
            let words = when.words(column).filter(|_| self.space.tests(column))?;
            own.require(column, words);
        }
        for (switch, values) in when.switches() {
            let switch = &policy.switches[switch.index()];
            let at = self.questions.iter().position(|question| question.name == switch.name)?;
            let taken = |position: &String| {
                let value = switch.values.iter().position(|value| value == position);
                value.is_some_and(|value| values >> value & 1 == 1)
            };
            let positions = self.questions[at].positions.iter().enumerate();
            let positions = positions.filter(|(_, position)| taken(position));
            own.assume(
                SwitchId::from_index(at),
                positions.fold(0, |mask, (index, _)| mask | 1 << index),
            );
        }
        Some(own)
    }

    /// Whether each cell has the position `yes` of a property of a request.
    pub(super) fn having(&self, property: &str) -> Vec<bool> {
        let test = self.test(property, |word| word == "yes");
        (0..self.cells()).map(|cell| test.is_some_and(|test| self.passes(cell, test))).collect()
    }

    /// Compares both editions in every cell.
    pub(super) fn compare(
        &self,
        pair: &Pair<'_>,
        about: &GridSubject<'_>,
        answer_in: impl Fn(usize) -> (CellAnswer, CellAnswer),
        found: &mut Found<'_>,
    ) {
        self.compare_over(pair, about, answer_in, |_, _| false, found);
    }

    /// As [`Grid::compare`]; blocks of a difference between two rules may also contain cells for
    /// which `free` is true.
    pub(super) fn compare_over(
        &self,
        pair: &Pair<'_>,
        about: &GridSubject<'_>,
        answer_in: impl Fn(usize) -> (CellAnswer, CellAnswer),
        free: impl Fn(usize, [Option<RuleId>; 2]) -> bool,
        found: &mut Found<'_>,
    ) {
        if let Some(probe) = &mut found.probe {
            return probe.grid(self, pair, about, &answer_in);
        }
        let mut answers: Vec<(CellAnswer, CellAnswer)> = Vec::new();
        let mut cells: Vec<usize> = Vec::with_capacity(self.space.cells());
        for cell in 0..self.space.cells() {
            let both = answer_in(cell);
            // Adjacent cells usually have the same answers, so the last one is tried first.
            let last = cells.last().copied().filter(|last| answers[*last] == both);
            let kind = last.or_else(|| answers.iter().position(|known| *known == both));
            cells.push(kind.unwrap_or_else(|| {
                answers.push(both);
                answers.len() - 1
            }));
        }
        let silent: Vec<bool> =
            answers.iter().map(|(a, b)| a.is_silent() && b.is_silent()).collect();
        let weights = self.weights();
        let spoken = cells.iter().zip(&weights).filter(|(kind, _)| !silent[**kind]);
        found.cells += spoken.map(|(_, weight)| weight).sum::<usize>();
        // Blocks of one kind may overlap; a cell is counted in the first of them.
        let mut counted = vec![false; cells.len()];
        for (kind, (a, b)) in answers.iter().enumerate() {
            let Some((class, direction)) = classify(pair, about, a, b) else { continue };
            found.occurs |= a == &CellAnswer::Never || b == &CellAnswer::Never;
            found.shown[0].extend(a.rule());
            found.shown[1].extend(b.rule());
            let blocks = self.space.blocks_in_brief(
                |cell| cells[cell] == kind,
                |cell| silent[cells[cell]] || free(cell, [a.rule(), b.rule()]),
            );
            for block in blocks {
                let members = self.space.members(&block);
                let inside: Vec<usize> = members.filter(|cell| cells[*cell] == kind).collect();
                found.differences.push(Difference {
                    part: about.part,
                    subject: about.subject.to_owned(),
                    situation: self.situation(&block, &inside),
                    old: a.state(pair.old),
                    new: b.state(pair.new),
                    class,
                    direction,
                    cells: inside
                        .iter()
                        .filter(|cell| !std::mem::replace(&mut counted[**cell], true))
                        .map(|cell| weights[*cell])
                        .sum(),
                    off_default: Vec::new(),
                });
            }
        }
    }

    /// The words of a block along each axis, without the axes of which it contains every word.
    fn situation(&self, block: &Block, inside: &[usize]) -> Vec<Tested> {
        let axes = self.space.axes().iter().enumerate();
        let tested =
            axes.filter(|(index, _)| !self.space.is_whole(block, *index)).map(|(index, axis)| {
                let describe = |words: Vec<u8>| match axis.over {
                    Over::Column(column) => column.describe(words.into_iter()),
                    Over::Switch(switch) => {
                        let all = &self.questions[switch.index()].positions;
                        words.into_iter().map(|word| all[usize::from(word)].clone()).collect()
                    }
                };
                let name = match axis.over {
                    Over::Column(column) => column.name(),
                    Over::Switch(switch) => &self.questions[switch.index()].name,
                };
                let words = |groups: u32| {
                    let known = (0..).zip(&self.groups[index]);
                    let known = known.filter(|(at, _)| groups >> at & 1 == 1);
                    let mask = known.fold(0, |mask, (_, group)| mask | group);
                    let all = (0_u32..).zip(&self.words[index]);
                    all.filter(|(at, _)| mask >> at & 1 == 1).map(|(_, word)| *word).collect()
                };
                let has =
                    |word: u8| inside.iter().any(|cell| self.space.word(*cell, index) == word);
                let present = (0..).zip(&axis.words).filter(|(_, word)| has(**word));
                let present = present.fold(0, |mask: u32, (at, _)| mask | 1 << at);
                Tested {
                    name: name.to_owned(),
                    words: describe(words(block[index] & present)),
                    except: describe(words(!block[index])),
                }
            });
        tested.collect()
    }
}

/// The class and direction of a difference between two answers; `None` if they do not differ.
fn classify(
    pair: &Pair<'_>,
    about: &GridSubject<'_>,
    old: &CellAnswer,
    new: &CellAnswer,
) -> Option<(Class, Direction)> {
    let (a, b) = match (old, new) {
        (CellAnswer::Conclusion(a), CellAnswer::Conclusion(b)) => (a, b),
        // Coverage alone is neither better nor worse for the owner.
        (CellAnswer::Conclusion(_), CellAnswer::Unknown) => {
            return Some((Class::Presence, Direction::Uncovered));
        }
        (CellAnswer::Unknown, CellAnswer::Conclusion(_)) => {
            return Some((Class::Presence, Direction::Covered));
        }
        (CellAnswer::Conclusion(lost), CellAnswer::Never) => {
            return Some((Class::Presence, appears(lost, Direction::Better)));
        }
        (CellAnswer::Never, CellAnswer::Conclusion(gained)) => {
            return Some((Class::Presence, appears(gained, Direction::Worse)));
        }
        _ => return None,
    };
    if a.word != b.word {
        let direction = match b.good.cmp(&a.good) {
            std::cmp::Ordering::Less => Direction::Worse,
            std::cmp::Ordering::Equal => Direction::Neutral,
            std::cmp::Ordering::Greater => Direction::Better,
        };
        return Some((about.class, direction));
    }
    let class = pair.rules_differ(a.rule?, b.rule?)?;
    Some((class, Direction::Neutral))
}

/// The direction of a situation that only one edition allows: `loss` if the owner has a loss in it.
const fn appears(conclusion: &Conclusion, loss: Direction) -> Direction {
    if conclusion.loses { loss } else { Direction::Neutral }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_with_too_many_positions_in_both_editions_is_named() {
        let positions = |from: usize, to: usize| -> Vec<String> {
            (from..to).map(|number| format!("position-{number}")).collect()
        };
        let grid = |most: usize| {
            let mut axes = Axes::default();
            for positions in [positions(0, 20), positions(20, most)] {
                axes.question("open", positions.iter().map(String::as_str));
            }
            Grid::new(axes).map(|grid| grid.cells())
        };
        assert_eq!(grid(MOST_WORDS), Ok(MOST_WORDS));
        let why = "`open` has more than 32 positions in both together";
        assert_eq!(grid(MOST_WORDS + 1), Err(why.to_owned()));
    }
}
