//! The verdicts on one situation, and the one line by which they combine.

use super::rulebook::Basis;
use crate::words::{Outcome, ProtectionId, ProtectionSet, RuleId, Verdict};

/// What became of one protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub protection: ProtectionId,
    /// What became of it.
    pub verdict: Verdict,
    /// The rule that says so; `None` if it was not asked, because the request was refused before.
    pub rule: Option<RuleId>,
}

/// All verdicts of one situation. Kept small: every decision carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// The protections that there is a verdict on.
    pub(super) on: ProtectionSet,
    verdicts: [Verdict; ProtectionSet::MOST],
    rules: [RuleId; ProtectionSet::MOST],
    /// The one that the outcome is named after.
    pub(super) decisive: Option<ProtectionId>,
    /// A protection that was in force, or was not: nobody knows.
    pub(super) doubtful: Option<Finding>,
    /// What they rest on.
    pub basis: Basis,
}

/// Marks verdicts without a rule. A policy has fewer rules than that: reading refuses more.
const NO_RULE: RuleId = RuleId(u16::MAX);

impl Ruling {
    /// No verdict at all.
    pub const NONE: Self = Self {
        on: ProtectionSet::EMPTY,
        verdicts: [Verdict::NotConsulted; ProtectionSet::MOST],
        rules: [NO_RULE; ProtectionSet::MOST],
        decisive: None,
        doubtful: None,
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

    pub(super) fn add(&mut self, finding: Finding) {
        let index = finding.protection.index();
        self.on = self.on.with(finding.protection);
        self.verdicts[index] = finding.verdict;
        self.rules[index] = finding.rule.unwrap_or(NO_RULE);
    }

    /// The outcome: any held, held; else any overridden, overridden; else a consulted
    /// protection unknown, undetermined; else unprotected.
    pub fn outcome(&self) -> Outcome {
        let any = |verdict| self.findings().any(|finding| finding.verdict == verdict);
        match (any(Verdict::Held), any(Verdict::Overridden), self.doubtful) {
            (true, _, _) => Outcome::Held,
            (false, true, _) => Outcome::Overridden,
            (false, false, Some(_)) => Outcome::Undetermined,
            (false, false, None) => Outcome::Unprotected,
        }
    }

    /// Whether any protection held.
    pub fn blocks(&self) -> bool {
        self.findings().any(|finding| finding.verdict == Verdict::Held)
    }

    /// The finding that the outcome is named after: of several with the same verdict the one
    /// with the strongest evidence, and among these the first by the name of its protection.
    pub fn deciding(&self) -> Option<Finding> {
        self.decisive.map(|protection| self.finding(protection)).or(self.doubtful)
    }

    /// No verdict on some protections that are on.
    pub(super) const fn unasked_of(on: ProtectionSet) -> Self {
        Self { on, ..Self::NONE }
    }

    /// The same protections, none of which was consulted: the request was refused before.
    #[must_use]
    pub const fn unasked(self) -> Self {
        Self { on: self.on, basis: self.basis, ..Self::NONE }
    }

    /// What two positions have in common; what differs is in doubt.
    #[must_use]
    pub fn common(mut self, other: &Self) -> Self {
        let both = self;
        let says = |of: &Self, p| of.findings().find(|finding| finding.protection == p);
        for protection in self.on.union(other.on).iter() {
            let found = [says(&both, protection), says(other, protection)];
            if found[0].map(|f| f.verdict) == found[1].map(|f| f.verdict) {
                continue;
            }
            self.on = self.on.without(protection);
            let mut found = found.into_iter().flatten();
            let overridden = found.find(|finding| finding.verdict == Verdict::Overridden);
            self.doubtful = self.doubtful.or(overridden);
        }
        self.doubtful = self.doubtful.or(other.doubtful);
        self
    }
}
