//! The one place where verdicts come from.

use std::sync::Arc;

use super::facts::{Column, Facts};
use super::space::Over;
use super::table::{Row, Table};
use super::{FlagChange, Policy, Precondition, Rule, SET, Tables, UNSET};
use crate::vocab::{
    Action, Confidence, Lifecycle, Membership, Outcome, ProtectionId, ProtectionSet, RuleId,
    SwitchId, SwitchSet, Trigger, Verdict, Word,
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
}

/// What became of one protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub protection: ProtectionId,
    /// What became of it.
    pub verdict: Verdict,
    /// The rule that says so; `None` where the situation cannot occur.
    pub rule: Option<RuleId>,
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
    pub fn and(self, other: Self) -> Self {
        Self {
            confidence: self.confidence.max(other.confidence),
            switches: self.switches.and(other.switches),
        }
    }
}

/// All verdicts of one situation. Kept small: every decision carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// The protections that there is a verdict on.
    on: ProtectionSet,
    verdicts: [Verdict; ProtectionSet::MOST],
    rules: [RuleId; ProtectionSet::MOST],
    /// The one that the outcome is named after.
    decisive: Option<ProtectionId>,
    /// What they rest on.
    pub basis: Basis,
}

/// Marks verdicts without a rule. A policy has fewer rules than that: reading refuses more.
const NO_RULE: RuleId = RuleId(u16::MAX);

/// Why a situation has no answer: it hangs on something that nobody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// Whether this protection is on.
    Protection(ProtectionId),
    /// How the instance came into its group.
    Membership,
}

impl Ruling {
    /// The ruling on an instance without any protection.
    pub const NOTHING: Self = Self {
        on: ProtectionSet::EMPTY,
        verdicts: [Verdict::NotConsulted; ProtectionSet::MOST],
        rules: [NO_RULE; ProtectionSet::MOST],
        decisive: None,
        basis: Basis::NONE,
    };

    /// One finding for each protection that is on, by the name of the protection.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.on.iter().map(|protection| self.finding(protection))
    }

    fn finding(&self, protection: ProtectionId) -> Finding {
        let rule = self.rules[protection.index()];
        let verdict = self.verdicts[protection.index()];
        Finding { protection, verdict, rule: (rule != NO_RULE).then_some(rule) }
    }

    fn add(&mut self, finding: Finding) {
        let place = finding.protection.index();
        self.on = self.on.with(finding.protection);
        self.verdicts[place] = finding.verdict;
        self.rules[place] = finding.rule.unwrap_or(NO_RULE);
    }

    /// The outcome: any held, held; else any overridden, overridden; else unprotected.
    pub fn outcome(&self) -> Outcome {
        match self.deciding().map(|finding| finding.verdict) {
            Some(Verdict::Held) => Outcome::Held,
            Some(Verdict::Overridden) => Outcome::Overridden,
            Some(Verdict::NotConsulted) | None => Outcome::Unprotected,
        }
    }

    /// Whether any protection held.
    pub fn blocks(&self) -> bool {
        self.outcome() == Outcome::Held
    }

    /// The finding that the outcome is named after: of several with the same verdict the one
    /// with the strongest evidence, and among these the first by the name of its protection.
    pub fn deciding(&self) -> Option<Finding> {
        self.decisive.map(|protection| self.finding(protection))
    }

    /// The same protections, none of which was consulted: the request was refused before.
    #[must_use]
    pub const fn unasked(self) -> Self {
        Self { on: self.on, basis: self.basis, ..Self::NOTHING }
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
        let verdicts = policy.protections.iter().map(|p| p.table.under(&settings)).collect();
        let bases = policy.rules.iter().map(|rule| founded(&policy, rule)).collect();
        let refusals = Action::ALL.iter().map(|action| refusing(&policy, &settings, *action));
        let refusals = refusals.collect();
        Self { policy, tables, verdicts, bases, refusals, settings, taken }
    }

    /// The same with another verdict of one rule: for seeing whether anybody would notice.
    #[must_use]
    pub fn with_verdict(&self, rule: RuleId, verdict: Verdict) -> Self {
        let mut book = self.clone();
        book.verdicts.iter_mut().for_each(|table| table.say(rule, &verdict));
        book
    }

    /// The verdicts of each protection, in the order of the policy, as settled.
    pub fn verdicts(&self) -> &[Table<Verdict>] {
        &self.verdicts
    }

    /// Every verdict on a situation with the protections in `on`.
    ///
    /// Pure and total. A protection in `unknown` may be on or off, and an unknown
    /// membership may be any: if the answer is the same either way it is given,
    /// and otherwise it is undecided.
    ///
    /// # Errors
    /// What the answer hangs on.
    pub fn judge(
        &self,
        facts: &Facts,
        membership_known: bool,
        on: ProtectionSet,
        unknown: ProtectionSet,
    ) -> Result<Ruling, Undecided> {
        if membership_known {
            return self.judge_known(facts, on, unknown);
        }
        let switch = self.policy.unknown_membership;
        if let Some(membership) = Membership::spelled(self.setting(switch)) {
            let mut ruling = self.judge_known(&Facts { membership, ..*facts }, on, unknown)?;
            ruling.basis = ruling.basis.and(self.assumed(switch));
            return Ok(ruling);
        }
        let possible = Membership::ALL.iter().map(|membership| {
            self.judge_known(&Facts { membership: *membership, ..*facts }, on, unknown)
        });
        let mut answers = possible.collect::<Result<Vec<_>, _>>()?;
        let same = answers.iter().all(|ruling| ruling.outcome() == answers[0].outcome());
        if same { Ok(answers.swap_remove(0)) } else { Err(Undecided::Membership) }
    }

    fn judge_known(
        &self,
        facts: &Facts,
        on: ProtectionSet,
        unknown: ProtectionSet,
    ) -> Result<Ruling, Undecided> {
        let ruling = self.rule(facts, on);
        if unknown.is_empty() || ruling.blocks() {
            return Ok(ruling);
        }
        // Set or not: would it make a difference to what happens?
        let decisive = unknown.iter().find(|p| self.find(facts, *p).verdict == Verdict::Held);
        let Some(protection) = decisive else { return Ok(ruling) };
        let switch = self.policy.unknown_protection;
        let mut ruling = match self.setting(switch) {
            SET => self.rule(facts, on.and(unknown)),
            UNSET => ruling,
            _ => return Err(Undecided::Protection(protection)),
        };
        ruling.basis = ruling.basis.and(self.assumed(switch));
        Ok(ruling)
    }

    /// What a position rests on: the switch alone.
    fn assumed(&self, switch: SwitchId) -> Basis {
        Basis {
            confidence: self.policy.switches[switch.index()].confidence,
            switches: SwitchSet::EMPTY.with(switch),
        }
    }

    fn rule(&self, facts: &Facts, on: ProtectionSet) -> Ruling {
        let mut ruling = Ruling::NOTHING;
        for protection in on.iter() {
            ruling.add(self.find(facts, protection));
        }
        ruling.decisive = [Verdict::Held, Verdict::Overridden].into_iter().find_map(|verdict| {
            let of = ruling.findings().filter(|finding| finding.verdict == verdict);
            // The strongest evidence; the first of equals, and findings come by name.
            of.min_by_key(|finding| self.founded(*finding).confidence).map(|f| f.protection)
        });
        // One protection is enough to hold; that it went ahead, all of them say.
        ruling.basis = match ruling.deciding().filter(|finding| finding.verdict == Verdict::Held) {
            Some(held) => self.founded(held),
            None => ruling.findings().map(|f| self.founded(f)).fold(Basis::NONE, Basis::and),
        };
        ruling
    }

    fn founded(&self, finding: Finding) -> Basis {
        finding.rule.map_or(UNFOUNDED, |rule| self.basis(rule))
    }

    fn find(&self, facts: &Facts, protection: ProtectionId) -> Finding {
        let row = self.verdicts.get(protection.index()).and_then(|table| table.decide(facts));
        match row {
            Some(Row { rule, says, .. }) => {
                Finding { protection, verdict: *says, rule: Some(*rule) }
            }
            None => Finding { protection, verdict: Verdict::NotConsulted, rule: None },
        }
    }

    /// The protections of `on` that can do nothing in this situation.
    pub fn inert(&self, facts: &Facts, on: ProtectionSet) -> ProtectionSet {
        on.iter()
            .filter(|p| {
                let works = self.policy.protections[p.index()].works_when.as_ref();
                works.is_some_and(|(_, when)| !when.meets(facts))
            })
            .collect()
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
        let mut refusals = refusals.map(|place| &self.policy.preconditions[*place]);
        let refusal = refusals.find(|refusal| {
            let states = refusal.when.words(Column::State);
            states.is_some_and(|states| states & !absent == 0) && refusal.when.meets(facts)
        });
        refusal.map(|refusal| refusal.rule)
    }

    /// The first refusal of a request to set protections.
    pub fn refusal_to_set(&self, facts: &Facts, change: &FlagChange) -> Option<RuleId> {
        let refusals = self.refusals[usize::from(facts.action.index())].iter();
        let mut refusals = refusals.map(|place| &self.policy.preconditions[*place]);
        refusals.find(|r| r.flags.takes(change) && r.when.meets(facts)).map(|refusal| refusal.rule)
    }

    /// The protection in `on` that keeps whatever the trigger asks about, be it what
    /// it may: in every situation with that trigger in which it can work, it holds.
    pub fn guards(&self, trigger: Trigger, on: ProtectionSet) -> Option<Finding> {
        let guard = |protection: &ProtectionId| {
            let table = &self.verdicts[protection.index()];
            let works = self.policy.protections[protection.index()].works_when.as_ref();
            let axis = table
                .space()
                .axes()
                .iter()
                .position(|a| a.over == Over::Column(Column::Trigger))?;
            let rows = (0..table.space().cells())
                .filter(|cell| table.space().word(*cell, axis) == trigger.index())
                .filter(|cell| works.is_none_or(|(_, when)| table.space().takes(when, *cell)))
                .filter_map(|cell| table.row(cell));
            let mut held = None;
            for row in rows {
                if row.says != Verdict::Held {
                    return None;
                }
                held = Some(row.rule);
            }
            held
        };
        let holding = on.iter().filter_map(|protection| {
            let rule = guard(&protection)?;
            Some(Finding { protection, verdict: Verdict::Held, rule: Some(rule) })
        });
        holding.min_by_key(|finding| self.founded(*finding).confidence)
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
        self.taken.has(switch)
    }

    /// Whether a condition's switches stand as it asks.
    pub fn assumes(&self, when: &super::Condition) -> bool {
        when.assumed(&self.settings)
    }
}

/// What a verdict without a rule rests on: the space says that it cannot occur.
const UNFOUNDED: Basis = Basis { confidence: Confidence::Unconfirmed, switches: SwitchSet::EMPTY };

/// What a rule rests on: its own confidence, or that of a switch that is weaker.
fn founded(policy: &Policy, rule: &Rule) -> Basis {
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
    all.filter(|(_, refusal)| may(refusal)).map(|(place, _)| place).collect()
}
