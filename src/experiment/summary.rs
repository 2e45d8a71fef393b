//! The summary of a run: counts, and the switches that decisions depended on.

use crate::money::Total;
use crate::record::{Decision, Loss, Record};
use crate::words::{
    Confidence, Effect, Fate, InstanceId, Outcome, PolicyId, ProtectionSet, ResourceKind, SwitchId,
    SwitchSet, Word,
};

/// Counts over one run.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Number of requests.
    pub requests: u64,
    /// Decisions with the outcome `unprotected` that changed only the power state.
    pub allowed: u64,
    /// Number of decisions, by the index of the outcome.
    outcomes: [u64; Outcome::ALL.len()],
    /// Number of decisions, by the index of the confidence.
    confidence: [u64; Confidence::ALL.len()],
    /// Number of released instances.
    pub released: u64,
    /// Lower and upper bound of the number of released instances with a protection on. The bounds
    /// differ if protections are unknown.
    pub protected_lost: (u64, u64),
    /// The worth of losses and the cost of resources that are still billed, as far as prices are
    /// stated.
    pub money: MoneySum,
    /// Lost and kept resources, by the indices of fate and kind: number, and known size in GiB.
    resources: [[(u64, u64); ResourceKind::ALL.len()]; Fate::ALL.len()],
    /// Number of changes of state.
    pub changes: u64,
    /// Number of lost and kept resources.
    pub losses: u64,
    /// Switches that decisions depended on, by the index of the policy.
    switches: Vec<SwitchSet>,
    /// Number of decisions that depended on each switch, by the index of the policy.
    decisions_on: Vec<[u64; SwitchSet::MOST]>,
    /// Protections that were on without effect, with their policy, by the index of the instance.
    inert: Vec<Option<(PolicyId, ProtectionSet)>>,
}

/// The worth of losses and the cost of resources that are still billed, in the currency of the
/// scenario, with the number of those without a stated price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MoneySum {
    /// The worth of released instances.
    pub lost: Total,
    /// Number of released instances without a worth.
    pub of_unknown_worth: u64,
    /// The cost of resources that are left behind, until the end of the scenario.
    pub billed: Total,
    /// Number of such resources without a price.
    pub of_unknown_price: u64,
}

impl MoneySum {
    /// Adds a decision, if it released its instance.
    pub fn decision(&mut self, decision: &Decision) {
        if decision.effect != Effect::Released {
            return;
        }
        match decision.worth {
            Some(worth) => self.lost.add(worth),
            None => self.of_unknown_worth += 1,
        }
    }

    /// Adds a resource, if it is still billed.
    pub fn loss(&mut self, loss: &Loss) {
        match (loss.fate, loss.hourly, loss.billed_until_end) {
            (Fate::KeptBilled, None, _) => self.of_unknown_price += 1,
            (Fate::KeptBilled, Some(_), Some(billed)) => self.billed.add(billed),
            (Fate::KeptBilled, Some(_), None) | (Fate::Lost | Fate::Kept, ..) => {}
        }
    }

    /// Adds another sum.
    pub const fn add_all(&mut self, other: &Self) {
        self.lost.add_all(other.lost);
        self.billed.add_all(other.billed);
        self.of_unknown_worth += other.of_unknown_worth;
        self.of_unknown_price += other.of_unknown_price;
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            requests: 0,
            allowed: 0,
            outcomes: [0; Outcome::ALL.len()],
            confidence: [0; Confidence::ALL.len()],
            released: 0,
            protected_lost: (0, 0),
            money: MoneySum::default(),
            resources: [[(0, 0); ResourceKind::ALL.len()]; Fate::ALL.len()],
            changes: 0,
            losses: 0,
            switches: Vec::new(),
            decisions_on: Vec::new(),
            inert: Vec::new(),
        }
    }
}

impl Summary {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::Request(_) => self.requests += 1,
            Record::Decision(decision) => self.decision(decision),
            Record::Change(_) => self.changes += 1,
            Record::Loss(loss) => self.loss(loss),
            Record::Finding(_) | Record::Alert(_) => {}
        }
    }

    fn decision(&mut self, decision: &Decision) {
        self.outcomes[usize::from(decision.outcome.index())] += 1;
        self.allowed += u64::from(decision.is_allowed());
        self.confidence[usize::from(decision.basis.confidence.index())] += 1;
        if decision.effect == Effect::Released {
            self.released += 1;
            self.money.decision(decision);
            let (least, most) = &mut self.protected_lost;
            let (certainly, possibly) = decision.protected();
            *least += u64::from(certainly);
            *most += u64::from(possibly);
        }
        if !decision.basis.switches.is_empty() {
            let index = decision.policy.index();
            if self.decisions_on.len() <= index {
                self.decisions_on.resize(index + 1, [0; SwitchSet::MOST]);
            }
            for switch in decision.basis.switches.iter() {
                self.decisions_on[index][switch.index()] += 1;
            }
        }
        if !decision.inert.is_empty() {
            let index = decision.instance.index();
            if self.inert.len() <= index {
                self.inert.resize(index + 1, None);
            }
            self.inert[index] = Some((decision.policy, decision.inert));
        }
    }

    /// Sets the switches that decisions depended on, by the index of the policy.
    pub fn set_switches(&mut self, switches: &[SwitchSet]) {
        self.switches = switches.to_vec();
    }

    /// The switches that decisions depended on, for each policy.
    pub fn switches(&self) -> impl Iterator<Item = (PolicyId, SwitchSet)> {
        self.switches.iter().enumerate().map(|(index, set)| (PolicyId::from_index(index), *set))
    }

    /// Number of decisions that depended on a switch.
    pub fn decisions_on(&self, policy: PolicyId, switch: SwitchId) -> u64 {
        self.decisions_on.get(policy.index()).map_or(0, |counts| counts[switch.index()])
    }

    fn loss(&mut self, loss: &Loss) {
        self.losses += 1;
        self.money.loss(loss);
        let of_fate = &mut self.resources[usize::from(loss.fate.index())];
        let (count, gib) = &mut of_fate[usize::from(loss.resource.index())];
        *count += 1;
        *gib += loss.gib.unwrap_or(0);
    }

    /// Number of decisions with an outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[usize::from(outcome.index())]
    }

    /// Number of decisions.
    pub fn decisions(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// Number of decisions whose confidence is exactly `confidence`.
    pub fn at_confidence(&self, confidence: Confidence) -> u64 {
        self.confidence[usize::from(confidence.index())]
    }

    /// Number of decisions whose confidence is lower than `confidence`.
    pub fn below_confidence(&self, confidence: Confidence) -> u64 {
        let weaker = Confidence::ALL.iter().filter(|level| **level > confidence);
        weaker.map(|level| self.at_confidence(*level)).sum()
    }

    /// Resources of one fate: kind, number, and known size in GiB.
    pub fn resources(&self, fate: Fate) -> impl Iterator<Item = (ResourceKind, u64, u64)> {
        let kinds = ResourceKind::ALL.iter().zip(self.resources[usize::from(fate.index())]);
        kinds
            .map(|(resource, (count, gib))| (*resource, count, gib))
            .filter(|(_, count, _)| *count > 0)
    }

    /// Instances with protections that were on without effect, in the order of their ids.
    pub fn inert(&self) -> impl Iterator<Item = (InstanceId, PolicyId, ProtectionSet)> {
        let all = self.inert.iter().enumerate();
        all.filter_map(|(index, found)| {
            found.map(|(policy, set)| (InstanceId::from_index(index), policy, set))
        })
    }
}
