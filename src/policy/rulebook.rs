//! A policy with all switches set, and its answers for known facts.

use std::sync::{Arc, OnceLock};

use super::edition::{DecisionTables, FlagChange, Policy, Protection, Rule};
use super::facts::{Column, Columns, Facts};
use super::permission::{CallPermission, Flags};
use super::refusals::Refusals;
use super::space::{Axis, Over};
use super::table::{DecisionTable, TableRow};
use super::trail::TrailRow;
use crate::time::{CalendarSpan, SimTime};
use crate::words::{
    Action, Confidence, Effect, Fate, ProtectionId, ProtectionSet, RuleId, SwitchId, SwitchSet,
    TermEnd, TrailEvent, Trigger, Verdict, Word,
};

/// A policy with all switches set, which the world consults.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The policy as loaded; its tables contain the rows of all settings.
    pub policy: Arc<Policy>,
    /// Its tables, with only the rows of the chosen settings.
    pub tables: DecisionTables,
    verdicts: Vec<DecisionTable<Verdict>>,
    /// Basis of each rule, indexed by `RuleId`.
    bases: Vec<Basis>,
    /// For each action, the preconditions that may refuse it in the settings; indexed when it is
    /// first asked for, because most runs request few actions.
    refusals: Vec<OnceLock<Refusals>>,
    /// Columns on which every judgement can depend, in addition to those of preconditions.
    judged_columns: Columns,
    /// Index of the position of each switch.
    settings: Vec<u8>,
    /// Switches that the scenario sets itself.
    taken: SwitchSet,
    /// For each action, a mask of the triggers for which a protection is consulted.
    consulted: Vec<u32>,
    /// For each action, a mask of the triggers for which it can take something from an instance.
    losing: Vec<u32>,
}

/// The answer of a table for some facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<C> {
    /// The conclusion of the row.
    pub says: C,
    /// Rule of the row.
    pub rule: RuleId,
    /// Switches and confidence that the answer depends on.
    pub basis: Basis,
}

/// The basis of a statement: the weakest confidence in its chain, and the switches it tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// The weakest confidence of the chain.
    pub confidence: Confidence,
    /// Switches that the statement relies on.
    pub switches: SwitchSet,
}

impl Basis {
    /// An empty basis: documented, without switches.
    pub const NONE: Self = Self { confidence: Confidence::Documented, switches: SwitchSet::EMPTY };

    /// The weaker confidence of both, and the switches of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            confidence: self.confidence.max(other.confidence),
            switches: self.switches.union(other.switches),
        }
    }
}

impl Rulebook {
    /// Sets all switches. `settings` has the index of a position for each switch; `taken` contains
    /// those that the scenario sets itself.
    pub fn new(policy: impl Into<Arc<Policy>>, settings: Vec<u8>, taken: SwitchSet) -> Self {
        Self::beside(None, policy.into(), settings, taken)
    }

    /// The same; `known` is a rulebook of the same policy, in which no verdict was changed. Tables
    /// whose switches have the same positions are shared.
    pub(super) fn beside(
        known: Option<&Self>,
        policy: Arc<Policy>,
        settings: Vec<u8>,
        taken: SwitchSet,
    ) -> Self {
        let others = known.map(|known| (&known.tables, known.settings.as_slice()));
        let tables = policy.tables.under(&settings, others);
        let verdict_table = |(number, protection): (usize, &Protection)| {
            let known = known.map(|known| (&known.verdicts[number], known.settings.as_slice()));
            protection.table.under(&settings, known)
        };
        let verdicts = policy.protections.iter().enumerate().map(verdict_table).collect();
        let bases = policy.rules.iter().map(|rule| basis_of(&policy, rule)).collect();
        let refusals = vec![OnceLock::new(); Action::ALL.len()];
        let judged_columns = policy
            .domain
            .columns()
            .union(tables.members.space().columns())
            .union(tables.check_order.space().columns())
            .with(Column::LatestModel);
        let verdicts: Vec<DecisionTable<Verdict>> = verdicts;
        let consulted = consulted(&verdicts, &settings);
        let losing = Action::ALL.iter().map(|action| losing(&tables.effects, *action)).collect();
        Self {
            policy,
            tables,
            verdicts,
            bases,
            refusals,
            judged_columns,
            settings,
            taken,
            consulted,
            losing,
        }
    }

    /// A copy in which one rule has another verdict, to test whether an expectation detects it.
    #[must_use]
    pub fn with_verdict(&self, rule: RuleId, verdict: Verdict) -> Self {
        let mut book = self.clone();
        book.verdicts.iter_mut().for_each(|table| table.set_conclusion(rule, &verdict));
        book.consulted = consulted(&book.verdicts, &book.settings);
        book
    }

    /// The verdict table of each protection, indexed by `ProtectionId`.
    pub fn verdicts(&self) -> &[DecisionTable<Verdict>] {
        &self.verdicts
    }

    /// Protections in `on` that have no effect in this situation, in any position of unknown facts.
    pub fn inert(&self, facts: &Facts, on: ProtectionSet) -> ProtectionSet {
        let works = |p: &ProtectionId| self.policy.protections[p.index()].works_when.as_ref();
        let tested = on.iter().filter(|p| works(p).is_some());
        let idle =
            |p: &ProtectionId, facts: &Facts| works(p).is_some_and(|(_, when)| !when.meets(facts));
        if facts.unknown.is_empty() {
            return tested.filter(|p| idle(p, facts)).collect();
        }
        tested.filter(|p| self.positions(facts).0.all(|facts| idle(p, &facts))).collect()
    }

    /// The first precondition that refuses; `None` if none does.
    pub fn refusal(&self, facts: &Facts) -> Option<RuleId> {
        self.refusal_to_set(facts, &FlagChange::default())
    }

    /// The first precondition that applies only to instances that do not exist; `None` if there is
    /// none.
    pub fn refusal_of_absent(&self, facts: &Facts) -> Option<RuleId> {
        self.refusals(facts.action).first_of_absent(&self.policy, facts)
    }

    /// The first precondition that refuses to set protections.
    pub fn refusal_to_set(&self, facts: &Facts, change: &FlagChange) -> Option<RuleId> {
        self.refusals(facts.action).first(&self.policy, facts, change)
    }

    /// The preconditions that may refuse an action.
    #[inline]
    pub(super) fn refusals(&self, action: Action) -> &Refusals {
        let refusals = &self.refusals[usize::from(action.index())];
        refusals.get_or_init(|| Refusals::new(&self.policy, &self.settings, action))
    }

    /// The columns that the preconditions of an action test.
    pub(super) fn refusal_columns(&self, action: Action) -> Columns {
        self.refusals(action).tested()
    }

    /// The columns on which a judgement about an action can depend.
    pub(super) fn judged_columns(&self, action: Action) -> Columns {
        self.judged_columns.union(self.refusal_columns(action))
    }

    /// The permissions that a call needs in a situation; every row must be met. Empty if the policy
    /// states no permissions.
    pub fn needs<'p>(
        &'p self,
        verb: &'p str,
        facts: &'p Facts,
        switched: Flags,
    ) -> impl Iterator<Item = &'p CallPermission> {
        let rows = self.policy.permissions.iter().flat_map(|permissions| &permissions.calls);
        rows.filter(move |row| self.assumes(&row.when) && row.concerns(verb, facts, switched))
    }

    /// The row of the trail about a kind of event, with its basis; `None` if the policy states no
    /// trail.
    pub fn trail_row(&self, of: TrailEvent) -> Option<(&TrailRow, Basis)> {
        let trail = self.policy.trail.as_ref()?;
        let row = trail.rows.iter().find(|row| row.of.contains(&of) && self.assumes(&row.when))?;
        let figures = Basis { confidence: trail.confidence, ..Basis::NONE };
        Some((row, self.basis(row.rule).union(figures)))
    }

    /// Basis of a rule, including the switches that it tests.
    pub fn basis(&self, rule: RuleId) -> Basis {
        self.bases[rule.index()]
    }

    /// The answer of a table; `None` if no row matches.
    pub fn answer<C: Copy>(&self, table: &DecisionTable<C>, facts: &Facts) -> Option<Answer<C>> {
        let TableRow { rule, says, .. } = table.decide(facts)?;
        Some(Answer { says: *says, rule: *rule, basis: self.basis(*rule) })
    }

    /// The end of a term that starts at `from`; `ends` is the answer of the policy.
    pub fn term_end(
        &self,
        ends: Option<Answer<TermEnd>>,
        from: SimTime,
        term: CalendarSpan,
    ) -> SimTime {
        let end = from.after_on_calendar(term, self.policy.calendar);
        match ends.map(|answer| answer.says) {
            Some(TermEnd::Midnight) => end.next_midnight(self.policy.calendar),
            Some(TermEnd::Exact) | None => end,
        }
    }

    /// Position of a switch, as an index into its positions.
    pub fn position(&self, switch: SwitchId) -> u8 {
        self.settings[switch.index()]
    }

    /// Position of a switch, as the word of the file.
    pub fn setting(&self, switch: SwitchId) -> &str {
        let values = &self.policy.switches[switch.index()].values;
        &values[usize::from(self.settings[switch.index()])]
    }

    /// Whether the scenario sets a switch itself.
    pub const fn is_taken(&self, switch: SwitchId) -> bool {
        self.taken.contains(switch)
    }

    /// Whether the switches are in the positions that a condition tests.
    pub fn assumes(&self, when: &super::facts::Condition) -> bool {
        when.assumed(&self.settings)
    }

    /// Basis of an assumption: the switch alone.
    pub fn assumed(&self, switch: SwitchId) -> Basis {
        Basis {
            confidence: self.policy.switches[switch.index()].confidence,
            switches: SwitchSet::EMPTY.with(switch),
        }
    }

    /// Whether a protection is consulted about this trigger and action in any situation.
    pub fn consults(&self, trigger: Trigger, action: Action) -> bool {
        self.consulted[usize::from(action.index())] >> trigger.index() & 1 == 1
    }

    /// Whether an action can take an instance, its data, its address or its membership.
    pub fn can_lose(&self, trigger: Trigger, action: Action) -> bool {
        self.losing[usize::from(action.index())] >> trigger.index() & 1 == 1
    }
}

/// Basis of a rule: the weakest of its confidence and those of the switches that it tests.
fn basis_of(policy: &Policy, rule: &Rule) -> Basis {
    let weakest = rule
        .switches
        .iter()
        .map(|switch| policy.switches[switch.index()].confidence)
        .fold(rule.confidence, Confidence::max);
    Basis { confidence: weakest, switches: rule.switches }
}

/// For each action, a mask of the triggers for which a protection is consulted. It may contain
/// triggers that cannot occur with the action.
fn consulted(verdicts: &[DecisionTable<Verdict>], settings: &[u8]) -> Vec<u32> {
    let mut masks = vec![0; Action::ALL.len()];
    for table in verdicts {
        let axes = table.space().axes();
        let axis = |column| axes.iter().find(|axis| axis.over == Over::Column(column));
        let (Some(triggers), Some(actions)) = (axis(Column::Trigger), axis(Column::Action)) else {
            continue;
        };
        let consults =
            |row: &&TableRow<_>| row.says != Verdict::NotConsulted && row.when.assumed(settings);
        for row in table.rows().iter().filter(consults) {
            let triggers = row.words_of(triggers, Column::Trigger);
            let triggers = triggers.fold(0, |mask, trigger| mask | 1 << trigger);
            for action in row.words_of(actions, Column::Action) {
                masks[usize::from(action)] |= triggers;
            }
        }
    }
    masks
}

impl<C> TableRow<C> {
    /// The words of an axis over a column in which the row applies.
    fn words_of(&self, axis: &Axis, column: Column) -> impl Iterator<Item = u8> {
        let mask = self.when.words(column).unwrap_or(u32::MAX);
        axis.words.iter().copied().filter(move |word| mask >> word & 1 == 1)
    }
}

/// A mask of the triggers for which an action can take something from an instance.
fn losing(effects: &DecisionTable<Fate>, action: Action) -> u32 {
    if action.always_loses() {
        return u32::MAX;
    }
    if action.effect() == Effect::None {
        return 0;
    }
    let effect = 1_u32 << action.effect().index();
    let takes = |row: &&TableRow<Fate>| {
        let when = row.when.words(Column::Effect).unwrap_or(u32::MAX);
        row.says != Fate::Kept && when & effect != 0
    };
    let rows = effects.rows().iter().filter(takes);
    rows.fold(0, |mask, row| mask | row.when.words(Column::Trigger).unwrap_or(u32::MAX))
}

/// Whether an action can take something from an instance for a trigger.
pub fn may_lose(effects: &DecisionTable<Fate>, trigger: Trigger, action: Action) -> bool {
    losing(effects, action) >> trigger.index() & 1 == 1
}
