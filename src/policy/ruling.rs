//! The verdicts of protections in one situation, and their combination.

use super::rulebook::Basis;
use crate::words::{Outcome, ProtectionId, ProtectionSet, RuleId, Verdict};

/// The verdict of one protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Id of the protection.
    pub protection: ProtectionId,
    /// The verdict.
    pub verdict: Verdict,
    /// Rule of the verdict; `None` if the protection was not consulted.
    pub rule: Option<RuleId>,
}

/// All verdicts of one situation. The type is small, because every decision has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// Protections with a verdict.
    pub(super) on: ProtectionSet,
    verdicts: [Verdict; ProtectionSet::MOST],
    rules: [RuleId; ProtectionSet::MOST],
    /// Protection that decides the outcome; `None` if none does.
    pub(super) decisive: Option<ProtectionId>,
    /// A protection that may or may not have been on.
    pub(super) doubtful: Option<Finding>,
    /// Switches and confidence that the verdicts depend on.
    pub basis: Basis,
}

/// Marks verdicts without a rule. No policy has this many rules.
const NO_RULE: RuleId = RuleId(u16::MAX);

impl Ruling {
    /// No verdict.
    pub const NONE: Self = Self {
        on: ProtectionSet::EMPTY,
        verdicts: [Verdict::NotConsulted; ProtectionSet::MOST],
        rules: [NO_RULE; ProtectionSet::MOST],
        decisive: None,
        doubtful: None,
        basis: Basis::NONE,
    };

    /// One finding for each protection that is on, in the order of their names.
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

    /// Combines the verdicts: held if any protection held; else overridden if any was overridden;
    /// else undetermined if a consulted protection is unknown; else unprotected.
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

    /// The finding that decides the outcome. Of several with the same verdict it is the one with
    /// the strongest confidence, and of equals the first by name.
    pub fn deciding(&self) -> Option<Finding> {
        self.decisive.map(|protection| self.finding(protection)).or(self.doubtful)
    }

    /// A ruling without verdicts on the protections in `on`.
    pub const fn without_verdicts_of(on: ProtectionSet) -> Self {
        Self { on, ..Self::NONE }
    }

    /// The same protections without verdicts, for a request that was refused first.
    #[must_use]
    pub const fn without_verdicts(self) -> Self {
        Self { on: self.on, basis: self.basis, ..Self::NONE }
    }

    /// The common part of two rulings; verdicts that differ become unknown.
    #[must_use]
    pub fn common(mut self, other: &Self) -> Self {
        let both = self;
        let find = |ruling: &Self, p| ruling.findings().find(|finding| finding.protection == p);
        for protection in self.on.union(other.on).iter() {
            let found = [find(&both, protection), find(other, protection)];
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
