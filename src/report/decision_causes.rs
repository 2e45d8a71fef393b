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

/// The differences of two policies, by what they can cause. A decision has few of them as causes,
/// and most are of other rules and parts.
pub struct Suspects<'d> {
    all: &'d [Difference],
    keys: Vec<String>,
    /// The differences that state a rule for the old side or the new side (`true`).
    of_rule: BTreeMap<(bool, &'d str), Vec<usize>>,
    of_part: BTreeMap<Part, Vec<usize>>,
}

impl<'d> Suspects<'d> {
    /// The differences of a comparison.
    pub fn new(comparison: &'d Comparison) -> Self {
        let all = comparison.differences.as_slice();
        let mut of_rule: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut of_part: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, difference) in all.iter().enumerate() {
            of_part.entry(difference.part).or_default().push(index);
            for is_new in [false, true] {
                if let Some(rule) = rule_of(difference, is_new) {
                    of_rule.entry((is_new, rule)).or_default().push(index);
                }
            }
        }
        Self { all, keys: all.iter().map(Difference::key).collect(), of_rule, of_part }
    }

    /// Sets the causes of the changed decisions of one run: the keys of differences. `course` are
    /// the other differences of the run.
    pub fn find_causes(&self, course: &ChangedCourse<'_>, changed: &mut [Changed]) {
        let mut past = Past::new(self, course);
        let mut order: Vec<usize> = (0..changed.len()).collect();
        order.sort_by_cached_key(|index| changed[*index].row().seconds());
        for index in order {
            let change = ChangedDecision::new(&changed[index]);
            past.advance(change.seconds);
            let causes = change.causes(&past);
            if change.class.changes_result() {
                past.add(change.subjects, &causes);
            }
            changed[index].causes = causes.iter().map(|cause| self.keys[*cause].clone()).collect();
        }
    }

    /// The differences of these parts, apart from those whose rules were not used.
    fn fitting(
        &self,
        parts: &[Part],
        course: &ChangedCourse<'_>,
        is: impl Fn(&Difference) -> bool,
    ) -> BTreeSet<usize> {
        let of_parts = parts.iter().filter_map(|part| self.of_part.get(part)).flatten().copied();
        let fits = |index: &usize| {
            let difference = &self.all[*index];
            is(difference) && is_used(difference, course)
        };
        of_parts.filter(fits).collect()
    }

    /// The differences that made a change of state: those of its clock, else, unless it can follow
    /// from an earlier one, those of tables with another result.
    fn causes_of_state(
        &self,
        state: &StateChange,
        follows: bool,
        course: &ChangedCourse<'_>,
    ) -> BTreeSet<usize> {
        let of_clock =
            |d: &Difference| d.class.changes_result() && is_of_clock(d, &state.cause, state.verb);
        let causes = self.fitting(&[Part::Clock], course, of_clock);
        if !causes.is_empty() || follows {
            return causes;
        }
        self.fitting(&[Part::Table, Part::Schedule], course, |d| d.class.changes_result())
    }
}

/// What happened in a run up to an instant and can have consequences.
struct Past<'p> {
    suspects: &'p Suspects<'p>,
    course: &'p ChangedCourse<'p>,
    /// The calls that only one side refused and the changes of state that only one side has, each
    /// in the order of their times, from the first later one on.
    refusals: &'p [ChangedRefusal],
    states: &'p [StateChange],
    of_subject: BTreeMap<String, SubjectPast<'p>>,
    /// The differences because of which a call about several instances was refused on one side.
    refused: BTreeSet<usize>,
}

/// The part of a past that is about one subject.
#[derive(Default)]
struct SubjectPast<'p> {
    /// Causes of changed decisions, and of changes of state before `instant`.
    causes: BTreeSet<usize>,
    /// Whether no difference explains one of these decisions.
    is_unexplained: bool,
    /// The time of the last change of state.
    instant: i64,
    /// Causes of the changes of state at this time, each with the event or timer of the changes;
    /// `None` if there were several.
    at_instant: BTreeMap<usize, Option<&'p str>>,
    /// Whether there was a change of state with causes.
    has_changed: bool,
    /// The differences because of which a call was refused on one side.
    refused: BTreeSet<usize>,
}

impl<'p> Past<'p> {
    /// The past of a run before its start.
    fn new(suspects: &'p Suspects<'p>, course: &'p ChangedCourse<'p>) -> Self {
        let ChangedCourse { refusals, states, .. } = course;
        let (of_subject, refused) = (BTreeMap::new(), BTreeSet::new());
        Self { suspects, course, refusals, states, of_subject, refused }
    }

    /// Adds what happened up to a time, inclusive, apart from decisions.
    fn advance(&mut self, seconds: i64) {
        while let Some((refusal, later)) = self.refusals.split_first()
            && refusal.call.seconds <= seconds
        {
            self.refusals = later;
            let stated = (refusal.is_new, refusal.call.rule.as_str());
            let stated = self.suspects.of_rule.get(&stated).into_iter().flatten();
            match &refusal.call.subject {
                Some(subject) => self.about(subject).refused.extend(stated),
                None => self.refused.extend(stated),
            }
        }
        while let Some((state, later)) = self.states.split_first()
            && state.seconds <= seconds
        {
            self.states = later;
            self.change_state(state);
        }
    }

    /// Adds a change of state. One without causes of its own follows from earlier ones, which were
    /// added.
    fn change_state(&mut self, state: &'p StateChange) {
        let (suspects, course) = (self.suspects, self.course);
        let past = self.about(&state.subject);
        let causes = suspects.causes_of_state(state, past.has_changed, course);
        if causes.is_empty() {
            return;
        }
        past.has_changed = true;
        if past.instant != state.seconds {
            past.causes.extend(std::mem::take(&mut past.at_instant).into_keys());
            past.instant = state.seconds;
        }
        for cause in causes {
            let of = past.at_instant.entry(cause).or_insert(Some(&state.cause));
            *of = of.filter(|of| *of == state.cause);
        }
    }

    /// Adds a changed decision about these subjects.
    fn add(&mut self, subjects: Vec<String>, causes: &BTreeSet<usize>) {
        for subject in subjects {
            let past = self.of_subject.entry(subject).or_default();
            past.is_unexplained |= causes.is_empty();
            past.causes.extend(causes);
        }
    }

    fn about(&mut self, subject: &str) -> &mut SubjectPast<'p> {
        self.of_subject.entry(subject.to_owned()).or_default()
    }
}

/// Whether a side used the rule that it states in a difference. A difference without a rule can
/// always be a cause.
fn is_used(difference: &Difference, course: &ChangedCourse<'_>) -> bool {
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

/// The facts about a changed decision that the search uses.
struct ChangedDecision<'r> {
    seconds: i64,
    class: Class,
    /// The same on both sides, because decisions are paired by it.
    event: &'r str,
    sides: Vec<Side<'r>>,
    /// Whether the decision occurs on both sides.
    is_paired: bool,
    /// Whether it was made at the same time and with the same settings of the instance.
    same_state: bool,
    /// The instance, and the groups and accounts of both sides.
    subjects: Vec<String>,
}

/// One side of a changed decision.
struct Side<'r> {
    is_new: bool,
    tested: [&'r str; TESTED.len()],
    event: &'r str,
    rule: &'r str,
    decided_by: &'r str,
    is_denied: bool,
    /// The switches that the decision depends on, with their positions.
    switches: Vec<(&'r str, &'r str)>,
}

impl<'r> Side<'r> {
    fn new(row: &'r DecisionRow, is_new: bool) -> Self {
        let switches = row.get("assumptions").split(';').filter_map(|one| one.split_once('='));
        Self {
            is_new,
            tested: TESTED.map(|column| row.get(column.name())),
            event: row.get("event"),
            rule: row.get("rule"),
            decided_by: row.get("decided_by"),
            is_denied: Outcome::spelled(row.get("outcome")) == Some(Outcome::Denied),
            switches: switches.collect(),
        }
    }

    /// Whether a situation of a difference can be the situation of the decision. A column that the
    /// row does not have, or whose value is unknown, fits every word.
    fn is_in(&self, difference: &Difference) -> bool {
        difference.situation.iter().all(|tested| {
            let has = |value: &str| tested.words.iter().any(|word| word == value);
            if let Some(at) = TESTED.iter().position(|column| column.name() == tested.name) {
                let value = self.tested[at];
                return matches!(value, "" | "unknown") || has(value);
            }
            let known = self.switches.iter().find(|(name, _)| *name == tested.name);
            known.map_or(!difference.off_default.contains(&tested.name), |(_, at)| has(at))
        })
    }

    fn uses(&self, switch: &str) -> bool {
        self.switches.iter().any(|(name, _)| *name == switch)
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
            Part::Clock => is_of_clock(difference, self.event, self.tested[1]),
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
        let trigger = || Trigger::spelled(self.tested[0]);
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

impl<'r> ChangedDecision<'r> {
    fn new(changed: &'r Changed) -> Self {
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
        let mut sides: Vec<Side<'_>> = rows.map(|(row, is_new)| Side::new(row, is_new)).collect();
        // A switch that only one of the policies has counts as set to the same position on both
        // sides.
        let switches: Vec<_> = sides.iter().flat_map(|side| side.switches.clone()).collect();
        sides.iter_mut().for_each(|side| side.switches.clone_from(&switches));
        let paired = changed.old.as_ref().zip(changed.new.as_ref());
        Self {
            seconds: changed.row().seconds(),
            class: changed.class,
            event: changed.row().get("event"),
            sides,
            is_paired: paired.is_some(),
            same_state: paired.is_some_and(|(old, new)| {
                old.get("at") == new.get("at") && old.has_settings_of(new)
            }),
            subjects,
        }
    }

    /// The causes of what the change can follow from; `None` if no difference explains a part of
    /// it. A change of state at the same instant is earlier unless it has the same event or timer.
    fn earlier(&self, past: &Past<'_>) -> Option<BTreeSet<usize>> {
        let mut causes = BTreeSet::new();
        for about in self.subjects.iter().filter_map(|subject| past.of_subject.get(subject)) {
            if about.is_unexplained {
                return None;
            }
            causes.extend(&about.causes);
            let same = |of: Option<&str>| about.instant == self.seconds && of == Some(self.event);
            let at_instant = about.at_instant.iter().filter(|(_, of)| !same(**of));
            causes.extend(at_instant.map(|(cause, _)| *cause));
        }
        Some(causes)
    }

    /// The differences because of which an earlier call was refused on one side.
    fn refused(&self, past: &Past<'_>) -> BTreeSet<usize> {
        let about = self.subjects.iter().filter_map(|subject| past.of_subject.get(subject));
        about.flat_map(|about| &about.refused).chain(&past.refused).copied().collect()
    }

    /// The indices of the differences that caused the change.
    fn causes(&self, past: &Past<'_>) -> BTreeSet<usize> {
        let suspects = past.suspects;
        let fitting = |parts: &[Part], is: &dyn Fn(&Difference) -> bool| {
            suspects.fitting(parts, past.course, |d| is(d) && self.is_explained_by(d))
        };
        let mut causes = BTreeSet::new();
        if self.is_paired && self.class != Class::Timing {
            // Only a difference that states the rule of a side can have decided.
            let rules = self.sides.iter().map(|side| (side.is_new, side.rule));
            let stated = rules.filter_map(|rule| suspects.of_rule.get(&rule)).flatten();
            let decided = stated.filter(|index| {
                let difference = &suspects.all[**index];
                self.is_decided_by(difference) && self.is_explained_by(difference)
            });
            causes = decided.copied().collect();
        }
        if self.same_state && !causes.is_empty() {
            return causes;
        }
        causes.append(&mut fitting(&[Part::Clock, Part::Schedule, Part::Switch], &|d| {
            self.any_side(d, Side::comes_from)
        }));
        if causes.is_empty() {
            causes =
                fitting(&[Part::Table, Part::Order], &|d| self.any_side(d, Side::can_come_from));
        }
        if self.class.changes_result() {
            causes.append(&mut self.refused(past));
        }
        // The decision may follow from a change that no difference explains.
        let Some(mut earlier) = self.earlier(past) else { return BTreeSet::new() };
        causes.append(&mut earlier);
        if causes.is_empty() && self.class.changes_result() {
            // Calls and defaults can leave a different state before the first decision differs.
            causes = fitting(&[Part::Default, Part::Refusal], &|_| true);
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

    fn any_side(&self, difference: &Difference, is: fn(&Side<'r>, &Difference) -> bool) -> bool {
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
