//! What a comparison of two policies or of two recorded runs found.

use std::collections::BTreeSet;

use super::load::Loader;
use super::study::Many;
use super::today::today;
use crate::experiment::{Observed, Replications, paired};
use crate::policy::{Comparison, Difference};
use crate::report::{Accepted, AcceptedFile, Accepting, Changed, PairedRun, accept};
use crate::time::SimTime;

/// What came of it.
#[derive(Default)]
pub struct Findings {
    /// The two policies.
    pub comparison: Option<Comparison>,
    /// Whom a changed verdict touches: the number of the difference, the scenario, instances.
    pub affected_instances: Vec<(usize, String, Vec<String>)>,
    /// Changed decisions.
    pub changed: Vec<Changed>,
    /// How many decisions were compared; `None` if none were.
    pub compared: Option<usize>,
    /// What replications on the same draws differ in, in place of decisions.
    pub paired: Vec<PairedRun>,
    /// What was accepted before, and which acceptances do not hold any more.
    pub accepted: Accepted,
    /// The accepted changes that the old policy has made already, by their keys.
    pub spent: BTreeSet<String>,
    /// Which recordings are incomplete.
    pub incomplete: Vec<String>,
}

impl Findings {
    /// The keys of everything that differs.
    pub fn keys(&self) -> Vec<String> {
        let policy = self.comparison.iter().flat_map(|c| &c.differences).map(Difference::key);
        let mut keys: Vec<String> = policy.chain(self.changed.iter().map(Changed::key)).collect();
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        keys
    }

    /// Takes out what is accepted.
    pub fn accept(
        &mut self,
        file: Option<&AcceptedFile>,
        day: Option<SimTime>,
        loader: &mut Loader,
    ) {
        let (Some(file), Some(comparison)) = (file, &mut self.comparison) else { return };
        let today = day.unwrap_or_else(today);
        let affected_instances = std::mem::take(&mut self.affected_instances);
        let before: Vec<String> = comparison.differences.iter().map(Difference::key).collect();
        let ran = self.compared.is_some();
        let terms = Accepting { ran, today, spent: &self.spent };
        self.accepted = accept(file, comparison, &mut self.changed, &terms, &mut loader.problems);
        // The numbers of those that are left have changed.
        self.affected_instances = affected_instances
            .into_iter()
            .filter_map(|(at, run, names)| {
                let left = comparison.differences.iter().position(|d| d.key() == before[at])?;
                Some((left, run, names))
            })
            .collect();
    }

    pub fn is_same(&self) -> bool {
        let same = self.comparison.as_ref().is_none_or(Comparison::is_same);
        let same = same && self.paired.iter().all(|run| run.differ == 0);
        same && self.changed.is_empty() && self.accepted.stale.is_empty()
    }
}

/// What two lists of the same replications differ in, at a level of confidence.
pub fn paired_at(old: &Replications, new: &Replications, many: &Many) -> PairedRun {
    let differs = |(old, new): &(&Observed, &Observed)| {
        (old.values, &old.counts) != (new.values, &new.counts)
    };
    PairedRun {
        scenario: old.scenario.clone(),
        cases: [old.case.clone(), new.case.clone()],
        policies: [old.policy.clone(), new.policy.clone()],
        replications: old.rows.len(),
        differ: old.rows.iter().zip(&new.rows).filter(differs).count(),
        level: many.level,
        figures: paired(old, new, many.confidence()),
    }
}
