//! Finds the differences of two policies that caused a changed decision.
//!
//! A difference causes a change directly if it states the deciding rule of either side, or the
//! clock, schedule or table that made the request. Any other change of a decision follows from the
//! state that earlier changes of the run left, so it has their causes: of changed decisions, of
//! calls that only one side refused, and of changes of state that only one side has, such as a stop
//! by a clock. A rule that neither side used in the run caused nothing. Causes name every
//! difference that can have led to the change: a changed decision is accepted only with all of
//! them.

use std::collections::{BTreeMap, BTreeSet};

use super::course::{ChangedCourse, StateChange};
use super::decision_diff::{Changed, DecisionRow};
use super::refused_call::ChangedRefusal;
use crate::policy::{Class, Column, Comparison, Difference, Part};
use crate::words::{Outcome, Trigger, Word};

/// The columns of a decision that a situation may test.
const TESTED: [Column; 5] =
    [Column::Trigger, Column::Action, Column::Channel, Column::Billing, Column::Membership];

/// Sets the causes of changed decisions: the keys of differences. `courses` are the other
/// differences of the runs.
pub fn find_causes(comparison: &Comparison, courses: &[ChangedCourse], changed: &mut [Changed]) {
    let keys: Vec<String> = comparison.differences.iter().map(Difference::key).collect();
    let mut of_run: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, change) in changed.iter().enumerate() {
        of_run.entry(change.row().run()).or_default().push(index);
    }
    for (run, mut order) in of_run {
        let course = courses.iter().find(|course| course.run == run);
        let suspects = Suspects::new(&comparison.differences, course);
        let refusals = course.map_or(&[][..], |course| &course.refusals);
        let states = course.map_or(&[][..], |course| &course.states);
        let mut earlier: Vec<Consequence> = suspects.consequences(states);
        order.sort_by_key(|index| (changed[*index].row().seconds(), *index));
        for index in order {
            let change = ChangedDecision::new(&changed[index]);
            let refused = refusals
                .iter()
                .filter(|one| one.call.seconds <= change.seconds && change.can_follow(one));
            let refused = refused.flat_map(|one| suspects.refusing(one)).copied().collect();
            let causes = change.causes(&suspects, &earlier, refused);
            changed[index].causes = causes.iter().map(|cause| keys[*cause].clone()).collect();
            if changed[index].class.changes_result() {
                let ChangedDecision { seconds, subjects, .. } = change;
                earlier.push(Consequence { seconds, subjects, of_state: None, causes });
            }
        }
    }
}

/// The differences, by what they can cause. A change has few of them, and most are of other rules.
struct Suspects<'d> {
    all: &'d [Difference],
    /// The differences that state a rule for the old side or the new side (`true`).
    of_rule: BTreeMap<(bool, &'d str), Vec<usize>>,
    /// The differences of other parts than rules, apart from those whose rules were not used.
    others: Vec<usize>,
}

impl<'d> Suspects<'d> {
    /// The differences that can be causes in a run with this course.
    fn new(all: &'d [Difference], course: Option<&ChangedCourse>) -> Self {
        let mut of_rule: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, difference) in all.iter().enumerate() {
            for is_new in [false, true] {
                if let Some(rule) = rule_of(difference, is_new) {
                    of_rule.entry((is_new, rule)).or_default().push(index);
                }
            }
        }
        let is_other = |difference: &Difference| {
            !matches!(difference.part, Part::Protection | Part::Effect | Part::Rule)
                && course.is_none_or(|course| is_used(difference, course))
        };
        let others = (0..all.len()).filter(|index| is_other(&all[*index])).collect();
        Self { all, of_rule, others }
    }

    /// The differences that state the rule which refused a call.
    fn refusing<'s>(&'s self, refusal: &'s ChangedRefusal) -> &'s [usize] {
        let stated = self.of_rule.get(&(refusal.is_new, refusal.call.rule.as_str()));
        stated.map(Vec::as_slice).unwrap_or_default()
    }

    /// The changes of state that only one side has, in the order of their times, with their causes.
    /// One without causes of its own follows from earlier ones, which are in the list.
    fn consequences(&self, states: &[StateChange]) -> Vec<Consequence> {
        let mut all: Vec<Consequence> = Vec::new();
        for state in states {
            let follows = all.iter().any(|earlier| earlier.subjects.contains(&state.subject));
            let causes = self.causes_of_state(state, follows);
            if !causes.is_empty() {
                all.push(Consequence {
                    seconds: state.seconds,
                    subjects: vec![state.subject.clone()],
                    of_state: Some(state.cause.clone()),
                    causes,
                });
            }
        }
        all
    }

    /// The differences that made a change of state: those of its clock, else, unless it can follow
    /// from an earlier one, those of tables with another result.
    fn causes_of_state(&self, state: &StateChange, follows: bool) -> BTreeSet<usize> {
        let of_clock = |d: &Difference| is_of_clock(d, &state.cause, state.verb);
        let of_table = |d: &Difference| matches!(d.part, Part::Table | Part::Schedule);
        let fitting = |is: &dyn Fn(&Difference) -> bool| -> BTreeSet<usize> {
            let fits = |index: &usize| {
                let difference = &self.all[*index];
                difference.class.changes_result() && is(difference)
            };
            self.others.iter().copied().filter(fits).collect()
        };
        let causes = fitting(&of_clock);
        if causes.is_empty() && !follows { fitting(&of_table) } else { causes }
    }
}

/// Whether a side used the rule that it states in a difference. A difference without a rule can
/// always be a cause.
fn is_used(difference: &Difference, course: &ChangedCourse) -> bool {
    let rules = [false, true].map(|is_new| rule_of(difference, is_new));
    let used = rules
        .iter()
        .zip(&course.rules)
        .any(|(rule, used)| rule.is_some_and(|rule| used.contains(rule)));
    used || rules == [None, None]
}

/// Whether a difference is about this action of the clock that is the cause.
fn is_of_clock(difference: &Difference, cause: &str, action: &str) -> bool {
    let Some(timer) = cause.strip_prefix("timer:") else { return false };
    let subject = difference.subject.as_str();
    // `CLOCK: ACTION`, or `CLOCK: ACTION as TRIGGER` if it makes the action by several triggers.
    let (clock, of) = subject.split_once(": ").unwrap_or((subject, ""));
    let of = of.split(' ').next().unwrap_or_default();
    difference.part == Part::Clock && timer == clock && (of.is_empty() || action == of)
}

/// The rule that a difference states for a side.
fn rule_of(difference: &Difference, is_new: bool) -> Option<&str> {
    let statement = if is_new { &difference.new } else { &difference.old };
    statement.rule.as_ref().map(|rule| rule.id.as_str())
}

/// A changed decision or state that later decisions can follow from.
struct Consequence {
    seconds: i64,
    subjects: Vec<String>,
    /// Of a change of state: its event or timer.
    of_state: Option<String>,
    causes: BTreeSet<usize>,
}

/// The facts about a changed decision that the search uses.
struct ChangedDecision {
    seconds: i64,
    class: Class,
    sides: Vec<Side>,
    /// Whether the decision occurs on both sides.
    is_paired: bool,
    /// Whether it was made at the same time and with the same settings of the instance.
    same_state: bool,
    /// The instance, and the groups and accounts of both sides.
    subjects: Vec<String>,
}

/// One side of a changed decision.
struct Side {
    is_new: bool,
    tested: [String; TESTED.len()],
    event: String,
    rule: String,
    decided_by: String,
    is_denied: bool,
    /// The switches that the decision depends on, with their positions.
    switches: Vec<(String, String)>,
}

impl Side {
    fn new(row: &DecisionRow, is_new: bool) -> Self {
        let text = |column: &str| row.get(column).to_owned();
        let switches = row.get("assumptions").split(';').filter_map(|one| one.split_once('='));
        Self {
            is_new,
            tested: TESTED.map(|column| text(column.name())),
            event: text("event"),
            rule: text("rule"),
            decided_by: text("decided_by"),
            is_denied: Outcome::spelled(row.get("outcome")) == Some(Outcome::Denied),
            switches: switches.map(|(name, at)| (name.to_owned(), at.to_owned())).collect(),
        }
    }

    /// Whether a situation of a difference can be the situation of the decision. A column that the
    /// row does not have, or whose value is unknown, fits every word.
    fn is_in(&self, difference: &Difference) -> bool {
        difference.situation.iter().all(|tested| {
            let has = |value: &str| tested.words.iter().any(|word| word == value);
            if let Some(at) = TESTED.iter().position(|column| column.name() == tested.name) {
                let value = self.tested[at].as_str();
                return matches!(value, "" | "unknown") || has(value);
            }
            let known = self.switches.iter().find(|(name, _)| *name == tested.name);
            known.map_or(!difference.off_default.contains(&tested.name), |(_, at)| has(at))
        })
    }

    fn uses(&self, switch: &str) -> bool {
        self.switches.iter().any(|(name, _)| name == switch)
    }

    /// Whether the rule of a difference decided; `None` if another part of the policy decided,
    /// because the rule then shows nothing.
    fn is_decided_by(&self, difference: &Difference) -> Option<bool> {
        let rule = rule_of(difference, self.is_new)?;
        let same_kind = match difference.part {
            Part::Protection => self.decided_by == difference.subject,
            Part::Refusal => self.is_denied,
            Part::Title
            | Part::Space
            | Part::Clock
            | Part::Schedule
            | Part::Table
            | Part::Effect
            | Part::Order
            | Part::Default
            | Part::Switch
            | Part::Source
            | Part::Note
            | Part::Rule => false,
        };
        if self.rule == rule { Some(true) } else { same_kind.then_some(false) }
    }

    /// Whether a difference is about the clock, schedule or switch that made or judged the request.
    fn comes_from(&self, difference: &Difference) -> bool {
        match difference.part {
            Part::Clock => is_of_clock(difference, &self.event, &self.tested[1]),
            Part::Schedule => self.event == "timer:scheduled-release",
            Part::Switch => self.uses(&difference.subject),
            Part::Title
            | Part::Space
            | Part::Protection
            | Part::Refusal
            | Part::Table
            | Part::Effect
            | Part::Order
            | Part::Default
            | Part::Source
            | Part::Note
            | Part::Rule => false,
        }
    }

    /// Whether a table or an order with another result can have made the decision.
    fn can_come_from(&self, difference: &Difference) -> bool {
        let trigger = || Trigger::spelled(&self.tested[0]);
        let by_trigger = || difference.situation.iter().any(|t| t.name == Column::Trigger.name());
        match difference.part {
            // If a table does not test the trigger, only another result of it can cause the
            // decision.
            Part::Table => difference.class.changes_result() || by_trigger(),
            Part::Order => trigger().is_some_and(Trigger::is_from_group),
            Part::Title
            | Part::Space
            | Part::Protection
            | Part::Refusal
            | Part::Clock
            | Part::Schedule
            | Part::Effect
            | Part::Default
            | Part::Switch
            | Part::Source
            | Part::Note
            | Part::Rule => false,
        }
    }
}

impl ChangedDecision {
    fn new(changed: &Changed) -> Self {
        let sides = [(&changed.old, false), (&changed.new, true)];
        let rows = sides.iter().filter_map(|(row, is_new)| Some((row.as_ref()?, *is_new)));
        let mut subjects = Vec::new();
        for (row, _) in rows.clone() {
            for column in ["instance", "group", "account"] {
                let subject = format!("{column} {}", row.get(column));
                if !row.get(column).is_empty() && !subjects.contains(&subject) {
                    subjects.push(subject);
                }
            }
        }
        let mut sides: Vec<Side> = rows.map(|(row, is_new)| Side::new(row, is_new)).collect();
        // A switch that only one of the policies has counts as set to the same position on both
        // sides.
        let switches: Vec<_> = sides.iter().flat_map(|side| side.switches.clone()).collect();
        sides.iter_mut().for_each(|side| side.switches.clone_from(&switches));
        let paired = changed.old.as_ref().zip(changed.new.as_ref());
        Self {
            seconds: changed.row().seconds(),
            class: changed.class,
            sides,
            is_paired: paired.is_some(),
            same_state: paired.is_some_and(|(old, new)| {
                old.get("at") == new.get("at") && old.has_settings_of(new)
            }),
            subjects,
        }
    }

    /// Whether the change can follow from an earlier one. A change of state at the same instant is
    /// earlier unless it has the same event or timer.
    fn follows(&self, earlier: &Consequence) -> bool {
        let is_earlier = match &earlier.of_state {
            None => true,
            Some(_) if earlier.seconds != self.seconds => earlier.seconds < self.seconds,
            Some(cause) => self.sides.iter().all(|side| side.event != *cause),
        };
        is_earlier && earlier.subjects.iter().any(|subject| self.subjects.contains(subject))
    }

    /// Whether the change can follow from a call that only one side refused.
    fn can_follow(&self, refusal: &ChangedRefusal) -> bool {
        refusal.call.subject.as_ref().is_none_or(|subject| self.subjects.contains(subject))
    }

    /// The indices of the differences that caused the change. `refused`: those because of which an
    /// earlier call was refused on one side.
    fn causes(
        &self,
        suspects: &Suspects<'_>,
        earlier: &[Consequence],
        mut refused: BTreeSet<usize>,
    ) -> BTreeSet<usize> {
        let fits = |index: usize, is: &dyn Fn(&Difference) -> bool| {
            suspects.all.get(index).is_some_and(|d| is(d) && self.is_explained_by(d))
        };
        let fitting = |is: &dyn Fn(&Difference) -> bool| -> BTreeSet<usize> {
            suspects.others.iter().copied().filter(|index| fits(*index, is)).collect()
        };
        let mut causes = BTreeSet::new();
        if self.is_paired && self.class != Class::Timing {
            // Only a difference that states the rule of a side can have decided.
            let rules = self.sides.iter().map(|side| (side.is_new, side.rule.as_str()));
            let stated = rules.filter_map(|rule| suspects.of_rule.get(&rule)).flatten();
            let decided = stated.filter(|index| fits(**index, &|d| self.is_decided_by(d)));
            causes = decided.copied().collect();
        }
        if self.same_state && !causes.is_empty() {
            return causes;
        }
        causes.append(&mut fitting(&|d| self.any_side(d, Side::comes_from)));
        if causes.is_empty() {
            causes = fitting(&|d| self.any_side(d, Side::can_come_from));
        }
        if self.class.changes_result() {
            causes.append(&mut refused);
        }
        for one in earlier.iter().filter(|one| self.follows(one)) {
            if one.causes.is_empty() {
                // The decision may follow from a change that no difference explains.
                return BTreeSet::new();
            }
            causes.extend(&one.causes);
        }
        if causes.is_empty() && self.class.changes_result() {
            // Calls and defaults can leave a different state before the first decision differs.
            causes = fitting(&|d| matches!(d.part, Part::Default | Part::Refusal));
        }
        causes
    }

    /// Whether a difference can have caused this change, by the classes of both.
    fn is_explained_by(&self, difference: &Difference) -> bool {
        difference.class.changes_result()
            || !self.class.changes_result()
                && (difference.class == self.class || difference.aspects().contains(&self.class))
            || self.class == Class::Confidence && difference.part == Part::Switch
    }

    fn any_side(&self, difference: &Difference, is: fn(&Side, &Difference) -> bool) -> bool {
        // Most differences are of another part, which is known at once.
        self.sides.iter().any(|side| is(side, difference) && side.is_in(difference))
    }

    /// Whether the rule of the difference decided on at least one side, and no other rule decided
    /// on the other side.
    fn is_decided_by(&self, difference: &Difference) -> bool {
        let mut decided = self.sides.iter().map(|side| side.is_decided_by(difference));
        !decided.clone().any(|decided| decided == Some(false))
            && decided.any(|decided| decided == Some(true))
            && self.sides.iter().any(|side| side.is_in(difference))
    }
}
