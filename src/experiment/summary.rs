//! What a run comes to: counts, and what it rested on.

use crate::record::{Decision, Loss, Record};
use crate::words::{
    Confidence, Effect, Fate, InstanceId, Outcome, PolicyId, ProtectionSet, ResourceKind,
    SwitchSet, Word,
};

/// Counts over one run.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Requests.
    pub requests: u64,
    /// Decisions, by outcome.
    outcomes: [u64; Outcome::ALL.len()],
    /// Decisions, by confidence.
    confidence: [u64; Confidence::ALL.len()],
    /// Instances that were released.
    pub released: u64,
    /// Those of them on which a protection was on: at least and at most so many.
    pub protected_lost: (u64, u64),
    /// Things lost or left behind, by fate and kind: how many, and their known size, in GiB.
    resources: [[(u64, u64); ResourceKind::ALL.len()]; Fate::ALL.len()],
    /// Changes of state.
    pub changes: u64,
    /// Things lost or left behind.
    pub losses: u64,
    /// The switches that anything rested on, for each policy.
    switches: Vec<SwitchSet>,
    /// By instance, the protections that were on and could do nothing, with their policy.
    inert: Vec<Option<(PolicyId, ProtectionSet)>>,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            requests: 0,
            outcomes: [0; Outcome::ALL.len()],
            confidence: [0; Confidence::ALL.len()],
            released: 0,
            protected_lost: (0, 0),
            resources: [[(0, 0); ResourceKind::ALL.len()]; Fate::ALL.len()],
            changes: 0,
            losses: 0,
            switches: Vec::new(),
            inert: Vec::new(),
        }
    }
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
        self.outcomes[usize::from(decision.outcome.index())] += 1;
        self.confidence[usize::from(decision.basis.confidence.index())] += 1;
        if decision.effect == Effect::Released {
            self.released += 1;
            let (least, most) = &mut self.protected_lost;
            *least += u64::from(!decision.on.is_empty());
            *most += u64::from(!decision.on.is_empty() || !decision.unknown.is_empty());
        }
        if !decision.inert.is_empty() {
            let at = decision.instance.index();
            if self.inert.len() <= at {
                self.inert.resize(at + 1, None);
            }
            self.inert[at] = Some((decision.policy, decision.inert));
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
        let of_fate = &mut self.resources[usize::from(loss.fate.index())];
        let (count, gib) = &mut of_fate[usize::from(loss.resource.index())];
        *count += 1;
        *gib += loss.gib.unwrap_or(0);
    }

    /// How many decisions had that outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[usize::from(outcome.index())]
    }

    /// How many decisions there were.
    pub fn decisions(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// Number of decisions whose confidence is exactly `confidence`.
    pub fn at_confidence(&self, confidence: Confidence) -> u64 {
        self.confidence[usize::from(confidence.index())]
    }

    /// Number of decisions with a lower confidence.
    pub fn below_confidence(&self, confidence: Confidence) -> u64 {
        let weaker = Confidence::ALL.iter().filter(|level| **level > confidence);
        weaker.map(|level| self.at_confidence(*level)).sum()
    }

    /// Things of one fate: what, how many, and their known size, in GiB.
    pub fn resources(&self, fate: Fate) -> impl Iterator<Item = (ResourceKind, u64, u64)> {
        let of = ResourceKind::ALL.iter().zip(self.resources[usize::from(fate.index())]);
        of.map(|(resource, (count, gib))| (*resource, count, gib))
            .filter(|(_, count, _)| *count > 0)
    }

    /// Instances with protections that were on and could do nothing, in the order of their ids.
    pub fn inert(&self) -> impl Iterator<Item = (InstanceId, PolicyId, ProtectionSet)> {
        let all = self.inert.iter().enumerate();
        all.filter_map(|(at, found)| found.map(|(policy, set)| (InstanceId::at(at), policy, set)))
    }
}
