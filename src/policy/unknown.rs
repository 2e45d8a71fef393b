//! Unknown facts: the positions that they can have, and whether all lead to the same answer.

use smallvec::SmallVec;

use super::edition::{FlagChange, NO_SCHEDULE, UNDECIDED, Unknowns};
use super::facts::{Column, Columns, Facts};
use super::rulebook::{Answer, Basis, Rulebook};
use super::table::DecisionTable;
use crate::words::{
    Billing, Channel, Locks, Membership, Outcome, ProtectionId, RuleId, Word, YesNo,
};

/// An unknown fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The word of a column.
    Column(Column),
    /// Whether a protection is set.
    Protection(ProtectionId),
}

/// One position of unknown facts: a word for each of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(pub Vec<(Unknown, &'static str)>);

impl Position {
    /// The position with the words of `facts` in the columns `unknown`.
    pub fn new(unknown: Columns, facts: &Facts) -> Self {
        let word = |column: Column| {
            let index = usize::from(facts.word(column));
            (Unknown::Column(column), column.words().get(index).copied().unwrap_or_default())
        };
        Self(unknown.iter().map(word).collect())
    }

    /// Adds the word of another unknown fact.
    pub fn extend(&mut self, more: Option<(Unknown, &'static str)>) {
        self.0.extend(more);
    }
}

/// The result of a position, for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionOutcome {
    /// The answer, as a word.
    pub says: &'static str,
    /// The rule of the answer, if the message names it.
    pub rule: Option<RuleId>,
}

/// Why some facts have no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    /// The answer differs between positions of unknown facts.
    Differs(Vec<(Position, PositionOutcome)>),
    /// The policy states that the facts are impossible; the value is an index into its list.
    Impossible(usize),
    /// The decision space does not have the word of this column.
    Outside(Column),
    /// A step of the clock may be due at any time, because the start of the arrears is unknown.
    ArrearsSince,
    /// The groups of the run would create more members than the program allows.
    TooManyMembers,
}

impl Undecided {
    /// Positions with different answers, without facts that make no difference.
    pub fn differs(courses: Vec<(Position, PositionOutcome)>) -> Self {
        let mut unknowns: Vec<Unknown> = Vec::new();
        for (unknown, _) in courses.iter().flat_map(|(position, _)| &position.0) {
            if !unknowns.contains(unknown) {
                unknowns.push(*unknown);
            }
        }
        let mut courses = courses;
        for unknown in unknowns {
            let without = |position: &Position| {
                Position(
                    position.0.iter().filter(|(other, _)| *other != unknown).copied().collect(),
                )
            };
            let shorter: Vec<_> =
                courses.iter().map(|(position, course)| (without(position), course)).collect();
            let clash = shorter.iter().enumerate().any(|(index, (position, course))| {
                shorter[..index].iter().any(|(other, says)| other == position && says != course)
            });
            if clash {
                continue;
            }
            let mut kept: Vec<(Position, PositionOutcome)> = Vec::new();
            for (position, course) in shorter {
                if kept.iter().all(|(known, _)| *known != position) {
                    kept.push((position, course.clone()));
                }
            }
            courses = kept;
        }
        Self::Differs(courses)
    }
}

/// An iterator over the positions of a situation.
#[derive(Debug, Clone)]
pub struct Positions {
    facts: Facts,
    /// The unknown columns, each with its possible words as indices.
    columns: SmallVec<[(Column, SmallVec<[u8; 8]>); 2]>,
    next: usize,
    count: usize,
}

impl Iterator for Positions {
    type Item = Facts;

    fn next(&mut self) -> Option<Facts> {
        if self.next >= self.count {
            return None;
        }
        let mut left = self.next;
        self.next += 1;
        let mut facts = self.facts;
        for (column, words) in &self.columns {
            facts = facts.settled(*column, words[left % words.len()])?;
            left /= words.len();
        }
        Some(facts)
    }
}

impl Rulebook {
    /// All positions of a situation, and the basis for excluding others.
    pub fn positions(&self, facts: &Facts) -> (Positions, Basis) {
        let mut columns = SmallVec::new();
        let mut basis = Basis::NONE;
        let mut known = *facts;
        let mut count = 1;
        for column in facts.unknown.iter() {
            let (words, assumed) = self.left_open(column, facts);
            basis = basis.union(assumed);
            if words.is_empty() {
                // The policy does not use the column.
                known.unknown = known.unknown.without(column);
                continue;
            }
            count *= words.len();
            columns.push((column, words));
        }
        (Positions { facts: known, columns, next: 0, count }, basis)
    }

    /// The unknown columns of a situation that are neither in `tested` nor have a switch.
    const fn idle(facts: &Facts, tested: Columns) -> Columns {
        facts.unknown.difference(tested).difference(Unknowns::COLUMNS)
    }

    /// The situation in which unknown columns that are not in `tested` have the first word that
    /// they can have, so that they add no positions. Columns with a switch stay unknown, because
    /// that switch belongs to the basis of the answer.
    pub(super) fn reduced(&self, facts: &Facts, tested: Columns) -> Facts {
        Self::idle(facts, tested).iter().fold(*facts, |reduced, column| {
            let known =
                self.possible(column).first().and_then(|word| reduced.settled(column, *word));
            // A policy without words for the column does not use it.
            known.unwrap_or(Facts { unknown: reduced.unknown.without(column), ..reduced })
        })
    }

    /// The situation in which unknown columns with only one possible word are known.
    pub fn narrowed(&self, facts: &Facts) -> Facts {
        facts.unknown.iter().fold(*facts, |narrowed, column| {
            match self.left_open(column, facts).0.as_slice() {
                [one] => narrowed.settled(column, *one).unwrap_or(narrowed),
                _ => narrowed,
            }
        })
    }

    /// The possible words of an unknown column under the settings, as indices, and their basis.
    fn left_open(&self, column: Column, facts: &Facts) -> (SmallVec<[u8; 8]>, Basis) {
        let mut words = self.possible(column);
        let mut basis = Basis::NONE;
        if let Some(switch) = self.policy.unknown.switch_for(column) {
            let setting = self.setting(switch);
            // The switch about schedules has the position `none` instead of `false`.
            let setting = match (column, setting) {
                (Column::Scheduled, NO_SCHEDULE) => YesNo::No.word(),
                (_, setting) => setting,
            };
            let index = column.words().iter().position(|word| *word == setting);
            if let Some(index) = index.filter(|_| setting != UNDECIDED) {
                words = SmallVec::from_slice(&[u8::try_from(index).unwrap_or(0)]);
                basis = self.assumed(switch);
            }
        }
        if column == Column::Lock {
            // The known locks are in every position.
            let mut sets = SmallVec::new();
            for word in words.iter().filter_map(|word| Locks::ALL.get(usize::from(*word))) {
                let set = word.union(facts.lock).index();
                if !sets.contains(&set) {
                    sets.push(set);
                }
            }
            words = sets;
        }
        (words, basis)
    }

    /// The words that an unknown column may have, as indices into its words.
    fn possible(&self, column: Column) -> SmallVec<[u8; 8]> {
        let in_space = self.policy.domain.words(column);
        let all = (0_u8..).take(column.size());
        let in_space_too = |word: &u8| in_space.is_empty() || in_space.contains(word);
        if column == Column::Channel {
            // A call uses one of the policy's channels.
            let called = |word: &u8| *word != Channel::None.index();
            if !in_space.is_empty() {
                in_space.iter().copied().filter(called).collect()
            } else if self.policy.tests(column) {
                all.filter(called).collect()
            } else {
                SmallVec::new()
            }
        } else if column == Column::Membership {
            // A member of a group has one of the other memberships.
            all.filter(|word| *word != Membership::None.index()).filter(in_space_too).collect()
        } else if column == Column::Billing {
            // An unknown billing is either pay-as-you-go or spot.
            let words = [Billing::PayAsYouGo, Billing::Spot].map(Word::index);
            words.into_iter().filter(in_space_too).collect()
        } else {
            all.collect()
        }
    }

    /// The answer of a table in a situation, if it is the same in all positions of unknown facts.
    ///
    /// # Errors
    /// The answers of the positions, if they differ.
    pub fn ask_all<C: Word>(
        &self,
        table: &DecisionTable<C>,
        facts: &Facts,
    ) -> Result<Option<Answer<C>>, Undecided> {
        let course = |answer: &Option<Answer<C>>| PositionOutcome {
            says: answer.map_or("nothing", |answer| answer.says.word()),
            rule: answer.map(|answer| answer.rule),
        };
        let alike = |a: &Option<Answer<C>>, b: &Option<Answer<C>>| {
            a.map(|answer| answer.says) == b.map(|answer| answer.says)
        };
        let mut looked_at = *facts;
        for column in facts.unknown.iter().filter(|column| !table.space().tests(*column)) {
            looked_at.unknown = looked_at.unknown.without(column);
        }
        let found = self.in_all(&looked_at, |facts| self.answer(table, facts), alike, course)?;
        Ok(found
            .and_then(|(first, basis)| first.map(|a| Answer { basis: a.basis.union(basis), ..a })))
    }

    /// The precondition that refuses a situation in all of its positions, and its basis; `None` if
    /// it is refused in none.
    ///
    /// # Errors
    /// The result of each position, if only some of them are refused.
    pub fn refusal_in_all(
        &self,
        facts: &Facts,
        change: &FlagChange,
    ) -> Result<Option<(RuleId, Basis)>, Undecided> {
        let refusals = self.refusals(facts.action);
        if refusals.is_empty() {
            return Ok(None);
        }
        let unknown = facts.unknown.difference(Self::idle(facts, refusals.tested()));
        if unknown.is_empty() {
            let refusal = refusals.first(&self.policy, facts, change);
            return Ok(refusal.map(|rule| (rule, self.basis(rule))));
        }
        let facts = Facts { unknown, ..*facts };
        self.refused_in_all(&facts, |facts| self.refusal_to_set(facts, change))
    }

    /// The rule that refuses a situation in all of its positions; `None` if it is refused in none.
    ///
    /// # Errors
    /// The result of each position, if only some of them are refused.
    pub fn refused_in_all(
        &self,
        facts: &Facts,
        refusal: impl Fn(&Facts) -> Option<RuleId>,
    ) -> Result<Option<(RuleId, Basis)>, Undecided> {
        let course = |rule: &Option<RuleId>| PositionOutcome {
            says: if rule.is_some() { Outcome::Denied.word() } else { "accepted" },
            rule: *rule,
        };
        let alike = |a: &Option<RuleId>, b: &Option<RuleId>| a.is_some() == b.is_some();
        let found = self.in_all(facts, refusal, alike, course)?;
        Ok(found.and_then(|(rule, basis)| rule.map(|rule| (rule, basis.union(self.basis(rule))))))
    }

    /// Whether a property holds for a situation, if it holds in all of its positions or in none.
    /// `says` describes the result in either case, for the message.
    ///
    /// # Errors
    /// The result of each position, if the property holds only in some.
    pub fn agreed(
        &self,
        facts: &Facts,
        holds: impl Fn(&Facts) -> bool,
        says: [&'static str; 2],
    ) -> Result<(bool, Basis), Undecided> {
        let course =
            |holds: &bool| PositionOutcome { says: says[usize::from(!*holds)], rule: None };
        let found = self.in_all(facts, holds, |a, b| a == b, course)?;
        Ok(found.unwrap_or((false, Basis::NONE)))
    }

    /// The common answer of all positions; an error if they differ.
    fn in_all<T>(
        &self,
        facts: &Facts,
        of: impl Fn(&Facts) -> T,
        alike: impl Fn(&T, &T) -> bool,
        course: impl Fn(&T) -> PositionOutcome,
    ) -> Result<Option<(T, Basis)>, Undecided> {
        if facts.unknown.is_empty() {
            return Ok(Some((of(facts), Basis::NONE)));
        }
        let (positions, basis) = self.positions(facts);
        let all: SmallVec<[(Facts, T); 4]> = positions.map(|facts| (facts, of(&facts))).collect();
        let same = all.iter().all(|(_, found)| alike(found, &all[0].1));
        if same {
            return Ok(all.into_iter().next().map(|(_, found)| (found, basis)));
        }
        let courses =
            all.iter().map(|(at, found)| (Position::new(facts.unknown, at), course(found)));
        Err(Undecided::differs(courses.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{NoFiles, Problems, Sources};
    use crate::policy::{Catalog, InstanceCase, JudgedOutcome, Requested, load};
    use crate::words::{InstanceId, ProtectionSet, SwitchSet};

    /// Pseudo-random numbers below a bound.
    fn draws() -> impl FnMut(usize) -> usize {
        let mut state = 7_u64;
        move |bound| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % bound.max(1)
        }
    }

    fn is_applied(outcome: &JudgedOutcome) -> bool {
        matches!(outcome, JudgedOutcome::Goes(_))
    }

    /// Columns that an answer does not test are left out of its positions. Every answer is compared
    /// with the answers of all positions.
    #[test]
    fn a_reduced_situation_has_the_answers_of_all_its_positions() {
        let mut draw = draws();
        let (mut refused, mut applied, mut kept, mut unlike) = (0, 0, 0, 0_usize);
        for name in Catalog::names() {
            let (mut sources, mut problems) = (Sources::default(), Problems::default());
            let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
            let books = (0..20).map(|_| {
                let switches = policy.switches.iter();
                let settings = switches.map(|one| u8::try_from(draw(one.values.len())).unwrap());
                Rulebook::new(policy.clone(), settings.collect(), SwitchSet::EMPTY)
            });
            let books: Vec<Rulebook> = books.collect();
            for book in (0..1_500).map(|number| &books[number % books.len()]) {
                let mut facts = Facts::default();
                for column in Column::ALL {
                    let all: Vec<u8> = (0..).take(column.size()).collect();
                    let words = Some(policy.words(*column)).filter(|words| !words.is_empty());
                    let words = words.unwrap_or(&all);
                    facts = facts.settled(*column, words[draw(words.len())]).unwrap();
                }
                let open = [
                    Column::Channel,
                    Column::Lock,
                    Column::LatestModel,
                    Column::SnapshotsSuspended,
                ];
                for column in open {
                    facts.unknown = facts.unknown.with_if(column, draw(3) > 0);
                }
                let on = (0..policy.protections.len()).map(ProtectionId::from_index);
                let on: ProtectionSet = on.filter(|_| draw(2) == 0).collect();

                let change = FlagChange { on, after: on, ..FlagChange::default() };
                let all = book.refused_in_all(&facts, |facts| book.refusal_to_set(facts, &change));
                refused += usize::from(matches!(all, Ok(Some(_))));
                assert_eq!(book.refusal_in_all(&facts, &change), all, "{name}: {facts:?}");

                let requested = Requested::This(facts.action);
                let (instance, unknown) = (InstanceId::from_index(0), ProtectionSet::EMPTY);
                let case = InstanceCase { instance, facts, requested, on, unknown };
                let (positions, basis) = book.positions(&facts);
                let judged = positions.map(|facts| book.judge(&InstanceCase { facts, ..case }));
                let judged: Vec<_> = judged.filter_map(Result::ok).collect();
                match book.judge(&case) {
                    Ok(found) => {
                        let goes = is_applied(&found.outcome);
                        assert!(judged.iter().all(|one| is_applied(&one.outcome) == goes));
                        let bases = judged.iter().map(|one| one.basis);
                        assert_eq!(found.basis, bases.fold(basis, Basis::union));
                        assert_eq!(found.facts.unknown, facts.unknown);
                        (applied, kept) = (applied + usize::from(goes), kept + usize::from(!goes));
                    }
                    Err(Undecided::Differs(_)) => {
                        assert!(judged.iter().any(|one| is_applied(&one.outcome)));
                        assert!(judged.iter().any(|one| !is_applied(&one.outcome)));
                        unlike += 1;
                    }
                    Err(_) => assert!(judged.is_empty(), "{name}: {facts:?}"),
                }
            }
        }
        assert!(refused.min(applied).min(kept) > 100 && unlike > 2, "{refused} {applied} {unlike}");
    }
}
