//! What a run comes to: counts, and what it rested on.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Decision, Loss, Record};
use crate::vocab::{
    Confidence, Effect, Fate, InstanceId, Outcome, PolicyId, ProtectionSet, SwitchSet, Thing, Word,
};

/// Counts over one run.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Requests.
    pub requests: u64,
    /// Decisions, by outcome.
    outcomes: BTreeMap<Outcome, u64>,
    /// Decisions, by confidence.
    confidence: BTreeMap<Confidence, u64>,
    /// Instances that were released.
    pub released: u64,
    /// Things lost or left behind: how many, and their known size, in GiB.
    things: BTreeMap<(Fate, Thing), (u64, u64)>,
    /// Changes of state.
    pub changes: u64,
    /// Things lost or left behind.
    pub losses: u64,
    /// The switches that anything rested on, for each policy.
    switches: Vec<SwitchSet>,
    /// Instances with protections that were on and could do nothing.
    inert: BTreeMap<InstanceId, (PolicyId, ProtectionSet)>,
    /// How often an instance was held, and how often overridden.
    pub by_instance: BTreeMap<InstanceId, (u64, u64)>,
    /// Ways out that were missed: when, of which rule, for whom.
    pub missed:
        BTreeMap<(crate::time::SimTime, PolicyId, crate::vocab::RuleId), BTreeSet<InstanceId>>,
}

impl Summary {
    /// Counts a record in.
    pub fn take(&mut self, record: &Record) {
        match record {
            Record::Request(_) => self.requests += 1,
            Record::Decision(decision) => self.decision(decision),
            Record::Change(_) => self.changes += 1,
            Record::Loss(loss) => self.loss(loss),
        }
    }

    fn decision(&mut self, decision: &Decision) {
        *self.outcomes.entry(decision.outcome).or_default() += 1;
        *self.confidence.entry(decision.basis.confidence).or_default() += 1;
        self.released += u64::from(decision.effect == Effect::Released);
        if !decision.inert.is_empty() {
            self.inert.insert(decision.instance, (decision.policy, decision.inert));
        }
        let went = matches!(decision.outcome, Outcome::Overridden | Outcome::Unprotected);
        if let Some(rule) = decision.rule.filter(|_| went) {
            let key = (decision.at, decision.policy, rule);
            self.missed.entry(key).or_default().insert(decision.instance);
        }
        let (held, overridden) = self.by_instance.entry(decision.instance).or_default();
        match decision.outcome {
            Outcome::Held => *held += 1,
            Outcome::Overridden => *overridden += 1,
            Outcome::Unprotected
            | Outcome::Denied
            | Outcome::Deferred
            | Outcome::Skipped
            | Outcome::Spared
            | Outcome::NoOp => {}
        }
    }

    /// Remembers what the run rested on, for each policy.
    pub fn relied(&mut self, switches: &[SwitchSet]) {
        self.switches = switches.to_vec();
    }

    /// The switches that anything rested on, for each policy.
    pub fn switches(&self) -> impl Iterator<Item = (PolicyId, SwitchSet)> {
        self.switches.iter().enumerate().map(|(at, switches)| (PolicyId::at(at), *switches))
    }

    fn loss(&mut self, loss: &Loss) {
        self.losses += 1;
        let (count, gib) = self.things.entry((loss.fate, loss.thing)).or_default();
        *count += 1;
        *gib += loss.gib.unwrap_or(0);
    }

    /// How many decisions had that outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// How many decisions there were.
    pub fn decisions(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// How many decisions are founded no better than that.
    pub fn founded(&self, confidence: Confidence) -> u64 {
        self.confidence.get(&confidence).copied().unwrap_or(0)
    }

    /// How many decisions are founded worse than that.
    pub fn weaker_than(&self, confidence: Confidence) -> u64 {
        let weaker = Confidence::ALL.iter().filter(|level| **level > confidence);
        weaker.map(|level| self.founded(*level)).sum()
    }

    /// Things of one fate: what, how many, and their known size, in GiB.
    pub fn things(&self, fate: Fate) -> impl Iterator<Item = (Thing, u64, u64)> {
        let of = self.things.iter().filter(move |((f, _), _)| *f == fate);
        of.map(|((_, thing), (count, gib))| (*thing, *count, *gib))
    }

    /// Instances with protections that were on and could do nothing.
    pub fn inert(&self) -> impl Iterator<Item = (InstanceId, PolicyId, ProtectionSet)> {
        self.inert.iter().map(|(id, (policy, set))| (*id, *policy, *set))
    }
}
