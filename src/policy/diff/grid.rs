//! The union of two spaces, and what two editions say in each of its cells.

use std::borrow::Cow;

use super::difference::{Class, Difference, Direction, Part, Statement, Tested};
use super::found::Found;
use super::pair::{Pair, statement};
use crate::policy::edition::Policy;
use crate::policy::facts::Column;
use crate::policy::space::{Axis, Block, Over, Space};
use crate::words::{RuleId, SwitchId};

/// The most cells that a union may have: more than any proved table, so that two of them fit.
const MOST: usize = 1 << 22;

/// A switch of either edition, or a property of a request that is either there or not.
pub(super) struct Question {
    pub(super) name: String,
    pub(super) positions: Vec<String>,
}

/// The axes of two spaces, each with the words of both.
#[derive(Default)]
pub(super) struct Axes {
    pub(super) columns: Vec<(Column, Vec<u8>)>,
    pub(super) questions: Vec<Question>,
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
            self.questions.push(Question { name: name.to_owned(), positions: Vec::new() });
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

/// What an edition says in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CellAnswer {
    /// A conclusion.
    Stated(Stated),
    /// It says that this cannot occur.
    Never,
    /// It does not know this at all.
    Unknown,
}

/// A conclusion: in words, by which rule, how good it is for the owner, and whether something
/// is lost by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stated {
    pub(super) word: Cow<'static, str>,
    pub(super) rule: Option<RuleId>,
    pub(super) good: i64,
    pub(super) loses: bool,
}

impl CellAnswer {
    fn is_silent(&self) -> bool {
        !matches!(self, Self::Stated(_))
    }

    fn state(&self, policy: &Policy) -> Statement {
        match self {
            Self::Stated(said) => statement(policy, &said.word, said.rule),
            Self::Never => statement(policy, "cannot occur", None),
            Self::Unknown => statement(policy, "not known", None),
        }
    }

    const fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Stated(said) => said.rule,
            Self::Never | Self::Unknown => None,
        }
    }
}

/// A union of two spaces.
pub(super) struct Grid {
    space: Space,
    questions: Vec<Question>,
}

/// What a grid is about.
pub(super) struct About<'a> {
    pub(super) part: Part,
    pub(super) subject: &'a str,
    /// The class of a difference in what is said.
    pub(super) class: Class,
}

impl Grid {
    /// The product of some axes; `None` if it is beyond all reason.
    pub(super) fn new(mut axes: Axes) -> Option<Self> {
        // By name, so that nothing depends on the order in which either edition writes them.
        axes.columns.sort_unstable_by_key(|(column, _)| *column);
        axes.questions.sort_by(|a, b| a.name.cmp(&b.name));
        axes.questions.iter_mut().for_each(|question| question.positions.sort_unstable());
        let columns = axes.columns.into_iter();
        let columns = columns.map(|(column, words)| Axis { over: Over::Column(column), words });
        let questions = axes.questions.iter().enumerate().map(|(at, question)| Axis {
            over: Over::Switch(SwitchId::at(at)),
            words: (0_u8..).take(question.positions.len()).collect(),
        });
        let space = Space::up_to(MOST, columns.chain(questions).collect())?;
        Some(Self { space, questions: axes.questions })
    }

    /// How many cells it has.
    pub(super) const fn cells(&self) -> usize {
        self.space.cells()
    }

    /// The word that a cell has for an axis of a policy's own; `None` if the policy has no such
    /// position. A cell has a word for every column of either edition.
    pub(super) fn word(&self, cell: usize, policy: &Policy, over: Over) -> Option<u8> {
        match over {
            Over::Column(column) => self.column(cell, column),
            Over::Switch(switch) => {
                let switch = &policy.switches[switch.index()];
                let position = self.answer(cell, &switch.name)?;
                let at = switch.values.iter().position(|value| value == position)?;
                u8::try_from(at).ok()
            }
        }
    }

    /// The word that a cell has in a column, if the grid has that column.
    pub(super) fn column(&self, cell: usize, column: Column) -> Option<u8> {
        let axes = self.space.axes();
        let axis = axes.iter().position(|axis| axis.over == Over::Column(column))?;
        Some(self.space.word(cell, axis))
    }

    /// The position that a cell has on a question.
    pub(super) fn answer(&self, cell: usize, name: &str) -> Option<&str> {
        let at = self.questions.iter().position(|question| question.name == name)?;
        let over = Over::Switch(SwitchId::at(at));
        let axis = self.space.axes().iter().position(|axis| axis.over == over)?;
        let position = usize::from(self.space.word(cell, axis));
        self.questions[at].positions.get(position).map(String::as_str)
    }

    /// For each cell of the union the cell of a policy's own space that it falls into; what that
    /// space does not look at makes no difference, and a word that it does not have is outside.
    pub(super) fn project(&self, policy: &Policy, space: &Space) -> Vec<Option<usize>> {
        let mut cells = vec![Some(0)];
        for axis in self.space.axes() {
            let own = space.axes().iter().position(|own| match (own.over, axis.over) {
                (Over::Column(a), Over::Column(b)) => a == b,
                (Over::Switch(a), Over::Switch(b)) => {
                    policy.switches[a.index()].name == self.questions[b.index()].name
                }
                (Over::Column(_), Over::Switch(_)) | (Over::Switch(_), Over::Column(_)) => false,
            });
            let step = |word: u8| {
                let Some(own) = own else { return Some(0) };
                let word = match (space.axes()[own].over, axis.over) {
                    (Over::Switch(a), Over::Switch(b)) => {
                        let position = &self.questions[b.index()].positions[usize::from(word)];
                        let values = &policy.switches[a.index()].values;
                        u8::try_from(values.iter().position(|value| value == position)?).ok()?
                    }
                    _ => word,
                };
                space.step(own, word)
            };
            let steps: Vec<Option<usize>> = axis.words.iter().map(|word| step(*word)).collect();
            let further = |cell: Option<usize>| {
                steps.iter().map(move |step| Some(cell? + (*step)?)).collect::<Vec<_>>()
            };
            cells = cells.into_iter().flat_map(further).collect();
        }
        cells
    }

    /// Whether a condition takes a cell: every column that it tests is one of the grid's.
    pub(super) fn takes(
        &self,
        cell: usize,
        policy: &Policy,
        when: &crate::policy::facts::Condition,
    ) -> bool {
        let columns = when.columns().all(|column| {
            let word = self.column(cell, column);
            word.zip(when.words(column)).is_some_and(|(word, words)| words >> word & 1 == 1)
        });
        columns
            && when.switches().iter().all(|(switch, values)| {
                let word = self.word(cell, policy, Over::Switch(*switch));
                word.is_some_and(|word| values >> word & 1 == 1)
            })
    }

    /// Compares what both say in every cell.
    pub(super) fn compare(
        &self,
        pair: &Pair<'_>,
        about: &About<'_>,
        answer_in: impl Fn(usize) -> (CellAnswer, CellAnswer),
        found: &mut Found<'_>,
    ) {
        self.compare_over(pair, about, answer_in, |_, _| false, found);
    }

    /// The same, where the blocks of a difference, which has the given conclusions, may also
    /// take in cells for which `free` is true.
    pub(super) fn compare_over(
        &self,
        pair: &Pair<'_>,
        about: &About<'_>,
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
            // Neighbours mostly say the same, so that the search ends where it begins.
            let last = cells.last().copied().filter(|last| answers[*last] == both);
            let kind = last.or_else(|| answers.iter().position(|known| *known == both));
            cells.push(kind.unwrap_or_else(|| {
                answers.push(both);
                answers.len() - 1
            }));
        }
        let silent: Vec<bool> =
            answers.iter().map(|(a, b)| a.is_silent() && b.is_silent()).collect();
        found.cells += cells.iter().filter(|kind| !silent[**kind]).count();
        for (kind, (a, b)) in answers.iter().enumerate() {
            let Some((class, direction)) = classify(pair, about, a, b) else { continue };
            found.occurs |= a == &CellAnswer::Never || b == &CellAnswer::Never;
            found.changed += cells.iter().filter(|known| **known == kind).count();
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
                    cells: inside.len(),
                    off_default: Vec::new(),
                });
            }
        }
    }

    /// The words of a block along each axis of which it does not take all.
    fn situation(&self, block: &Block, inside: &[usize]) -> Vec<Tested> {
        let axes = self.space.axes().iter().enumerate();
        let tested = axes.filter(|(at, _)| !self.space.is_whole(block, *at)).map(|(at, axis)| {
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
            let taken: Vec<u8> = self.space.words_of(block, at).collect();
            let has = |word: &u8| inside.iter().any(|cell| self.space.word(*cell, at) == *word);
            Tested {
                name: name.to_owned(),
                words: describe(taken.iter().copied().filter(has).collect()),
                except: describe(
                    axis.words.iter().copied().filter(|w| !taken.contains(w)).collect(),
                ),
            }
        });
        tested.collect()
    }
}

/// What kind of difference two conclusions make, if they make any.
fn classify(
    pair: &Pair<'_>,
    about: &About<'_>,
    old: &CellAnswer,
    new: &CellAnswer,
) -> Option<(Class, Direction)> {
    let (a, b) = match (old, new) {
        (CellAnswer::Stated(a), CellAnswer::Stated(b)) => (a, b),
        // That a case is not known keeps nobody, so to know it is neither better nor worse.
        (CellAnswer::Stated(_), CellAnswer::Unknown) => {
            return Some((Class::Presence, Direction::Uncovered));
        }
        (CellAnswer::Unknown, CellAnswer::Stated(_)) => {
            return Some((Class::Presence, Direction::Covered));
        }
        (CellAnswer::Stated(lost), CellAnswer::Never) => {
            return Some((Class::Presence, appears(lost, Direction::Better)));
        }
        (CellAnswer::Never, CellAnswer::Stated(gained)) => {
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

/// A new way to lose an instance is worse for its owner; a new way in which it is kept is not.
const fn appears(said: &Stated, loss: Direction) -> Direction {
    if said.loses { loss } else { Direction::Neutral }
}
