//! A policy with every switch settled, and what it says of one known situation.

use std::sync::Arc;

use super::edition::{FlagChange, Policy, Precondition, Rule, Tables};
use super::facts::{Column, Facts};
use super::space::Over;
use super::table::{Row, Table};
use crate::words::{
    Action, Confidence, Effect, Fate, Lifecycle, ProtectionId, ProtectionSet, RuleId, SwitchId,
    SwitchSet, Trigger, Verdict, Word,
};

/// A policy with every switch settled: what the world consults.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The policy, as it was read: its tables still hold every setting.
    pub policy: Arc<Policy>,
    /// Its tables, as settled.
    pub tables: Tables,
    verdicts: Vec<Table<Verdict>>,
    /// What each rule rests on.
    bases: Vec<Basis>,
    /// For each action, the preconditions that may refuse it as the switches stand, by place.
    refusals: Vec<Vec<usize>>,
    settings: Vec<u8>,
    taken: SwitchSet,
    /// For each action, the causes for which some protection is consulted: a bit for each.
    consulted: Vec<u32>,
    /// For each action, the causes for which it takes something of an instance.
    losing: Vec<u32>,
}

/// What a table says of a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<C> {
    /// What it says.
    pub says: C,
    /// The rule that says so.
    pub rule: RuleId,
    /// What that rests on.
    pub basis: Basis,
}

/// What a statement rests on: its weakest founded link, and the switches on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// The weakest confidence of the chain.
    pub confidence: Confidence,
    /// The switches that it relied on.
    pub switches: SwitchSet,
}

impl Basis {
    /// Rests on nothing yet.
    pub const NONE: Self = Self { confidence: Confidence::Documented, switches: SwitchSet::EMPTY };

    /// Rests on both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            confidence: self.confidence.max(other.confidence),
            switches: self.switches.union(other.switches),
        }
    }
}

impl Rulebook {
    /// Settles every switch; `settings` has a value for each, `taken` marks those
    /// on which the scenario took a position.
    pub fn new(policy: impl Into<Arc<Policy>>, settings: Vec<u8>, taken: SwitchSet) -> Self {
        let policy = policy.into();
        let t = &policy.tables;
        let tables = Tables {
            members: t.members.under(&settings),
            check_order: t.check_order.under(&settings),
            batches: t.batches.under(&settings),
            due: t.due.under(&settings),
            settled: t.settled.under(&settings),
            settling: t.settling.under(&settings),
            conversions: t.conversions.under(&settings),
            health: t.health.under(&settings),
            economical: t.economical.under(&settings),
            renewals: t.renewals.under(&settings),
            effects: t.effects.under(&settings),
            flag_changes: t.flag_changes.under(&settings),
            numbers: t.numbers.under(&settings),
            ties: t.ties.under(&settings),
            shortfall: t.shortfall.under(&settings),
            desired_after: t.desired_after.under(&settings),
            bounds: t.bounds.under(&settings),
            zones: t.zones.under(&settings),
            zone_held: t.zone_held.under(&settings),
            roll_outs: t.roll_outs.under(&settings),
            refills: t.refills.under(&settings),
            hooks: t.hooks.under(&settings),
            defaults: t.defaults.under(&settings),
        };
        let verdicts = policy.protections.iter().map(|p| p.table.under(&settings));
        let verdicts = verdicts.collect();
        let bases = policy.rules.iter().map(|rule| basis_of(&policy, rule)).collect();
        let refusals = Action::ALL.iter().map(|action| refusing(&policy, &settings, *action));
        let refusals = refusals.collect();
        let verdicts: Vec<Table<Verdict>> = verdicts;
        let consulted = consulted(&verdicts);
        let losing = Action::ALL.iter().map(|action| losing(&tables.effects, *action)).collect();
        Self { policy, tables, verdicts, bases, refusals, settings, taken, consulted, losing }
    }

    /// The same with another verdict of one rule: for seeing whether anybody would notice.
    #[must_use]
    pub fn with_verdict(&self, rule: RuleId, verdict: Verdict) -> Self {
        let mut book = self.clone();
        book.verdicts.iter_mut().for_each(|table| table.say(rule, &verdict));
        book.consulted = consulted(&book.verdicts);
        book
    }

    /// The verdicts of each protection, in the order of the policy, as settled.
    pub fn verdicts(&self) -> &[Table<Verdict>] {
        &self.verdicts
    }

    /// The protections of `on` that can do nothing in this situation, whatever is unknown of it.
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

    /// The first refusal that fits, if any does.
    pub fn refusal(&self, facts: &Facts) -> Option<RuleId> {
        self.refusal_to_set(facts, &FlagChange::default())
    }

    /// The first refusal that is about instances which are not there: it names that state and no
    /// other. What refuses calls about instances that are there says nothing of those.
    pub fn refusal_of_absent(&self, facts: &Facts) -> Option<RuleId> {
        let absent = 1 << Lifecycle::Absent.index() | 1 << Lifecycle::Released.index();
        let refusals = self.refusals[usize::from(facts.action.index())].iter();
        let mut refusals = refusals.map(|index| &self.policy.preconditions[*index]);
        let refusal = refusals.find(|refusal| {
            let states = refusal.when.words(Column::State);
            states.is_some_and(|states| states & !absent == 0) && refusal.when.meets(facts)
        });
        refusal.map(|refusal| refusal.rule)
    }

    /// The first refusal of a request to set protections.
    pub fn refusal_to_set(&self, facts: &Facts, change: &FlagChange) -> Option<RuleId> {
        let refusals = self.refusals[usize::from(facts.action.index())].iter();
        let mut refusals = refusals.map(|index| &self.policy.preconditions[*index]);
        refusals.find(|r| r.flags.takes(change) && r.when.meets(facts)).map(|refusal| refusal.rule)
    }

    /// What a rule rests on, the switches that it tests included.
    pub fn basis(&self, rule: RuleId) -> Basis {
        self.bases[rule.index()]
    }

    /// What one of the tables says, with its rule and what it rests on.
    pub fn ask<C: Copy>(&self, table: &Table<C>, facts: &Facts) -> Option<Answer<C>> {
        let Row { rule, says, .. } = table.decide(facts)?;
        Some(Answer { says: *says, rule: *rule, basis: self.basis(*rule) })
    }

    /// The position of a switch, as its place among the positions.
    pub fn position(&self, switch: SwitchId) -> u8 {
        self.settings[switch.index()]
    }

    /// The setting of a switch, in the file's word for it.
    pub fn setting(&self, switch: SwitchId) -> &str {
        let values = &self.policy.switches[switch.index()].values;
        &values[usize::from(self.settings[switch.index()])]
    }

    /// Whether the scenario took a position on a switch.
    pub const fn is_taken(&self, switch: SwitchId) -> bool {
        self.taken.contains(switch)
    }

    /// Whether a condition's switches stand as it asks.
    pub fn assumes(&self, when: &super::facts::Condition) -> bool {
        when.assumed(&self.settings)
    }

    /// What a position on a switch rests on: the switch alone.
    pub fn assumed(&self, switch: SwitchId) -> Basis {
        Basis {
            confidence: self.policy.switches[switch.index()].confidence,
            switches: SwitchSet::EMPTY.with(switch),
        }
    }

    /// Whether a protection is consulted, in any situation, when this is asked for that cause.
    pub fn consults(&self, trigger: Trigger, action: Action) -> bool {
        self.consulted[usize::from(action.index())] >> trigger.index() & 1 == 1
    }

    /// Whether an action can take anything of an instance: the instance itself, its data, its
    /// address, its place in a group.
    pub fn can_lose(&self, trigger: Trigger, action: Action) -> bool {
        self.losing[usize::from(action.index())] >> trigger.index() & 1 == 1
    }
}

/// What a rule rests on: its own confidence, or that of a switch that is weaker.
fn basis_of(policy: &Policy, rule: &Rule) -> Basis {
    let weakest = rule
        .switches
        .iter()
        .map(|switch| policy.switches[switch.index()].confidence)
        .fold(rule.confidence, Confidence::max);
    Basis { confidence: weakest, switches: rule.switches }
}

/// The preconditions that may refuse an action, by place, in the order written.
fn refusing(policy: &Policy, settings: &[u8], action: Action) -> Vec<usize> {
    let may = |refusal: &Precondition| {
        let asks = refusal.when.words(Column::Action);
        refusal.when.assumed(settings) && asks.is_none_or(|words| words >> action.index() & 1 == 1)
    };
    let all = policy.preconditions.iter().enumerate();
    all.filter(|(_, refusal)| may(refusal)).map(|(index, _)| index).collect()
}

/// For each action, the causes for which some protection is consulted, as a mask.
fn consulted(verdicts: &[Table<Verdict>]) -> Vec<u32> {
    let mut masks = vec![0; Action::ALL.len()];
    for table in verdicts {
        let space = table.space();
        let axis = |column| space.axes().iter().position(|a| a.over == Over::Column(column));
        let (Some(of_trigger), Some(of_action)) = (axis(Column::Trigger), axis(Column::Action))
        else {
            continue;
        };
        for cell in 0..space.cells() {
            if table.row(cell).is_some_and(|row| row.says != Verdict::NotConsulted) {
                let action = usize::from(space.word(cell, of_action));
                masks[action] |= 1 << space.word(cell, of_trigger);
            }
        }
    }
    masks
}

/// The causes for which an action can take something of an instance, as a mask.
fn losing(effects: &Table<Fate>, action: Action) -> u32 {
    if action.always_loses() {
        return u32::MAX;
    }
    if action.effect() == Effect::None {
        return 0;
    }
    let effect = 1_u32 << action.effect().index();
    let takes = |row: &&Row<Fate>| {
        let when = row.when.words(Column::Effect).unwrap_or(u32::MAX);
        row.says != Fate::Kept && when & effect != 0
    };
    let rows = effects.rows().iter().filter(takes);
    rows.fold(0, |mask, row| mask | row.when.words(Column::Trigger).unwrap_or(u32::MAX))
}

/// Whether an action can take something of an instance for a cause.
pub fn may_lose(effects: &Table<Fate>, trigger: Trigger, action: Action) -> bool {
    losing(effects, action) >> trigger.index() & 1 == 1
}
