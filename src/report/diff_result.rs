//! The result of a comparison of two policies or of two recorded runs.

use std::collections::{BTreeMap, BTreeSet};

use super::accepted_changes::{Acceptance, Accepted, AcceptedFile, Accepting, accept};
use super::decision_diff::Changed;
use super::paired::PairedRun;
use super::shell::shell_command;
use crate::diagnostics::Problems;
use crate::policy::{Comparison, Difference};
use crate::time::SimTime;

/// The result of a comparison of two policies or of two recorded runs.
#[derive(Default)]
pub struct DiffResult {
    /// Names of the old and the new policy or folder, as on the command line.
    pub names: [String; 2],
    /// Scenarios and folders that were run under both, as on the command line.
    pub paths: Vec<String>,
    /// Options that `bless --diff` needs to accept these differences, as words of a command line.
    pub options: Vec<String>,
    /// Differences of the policies; `None` for recorded runs.
    pub comparison: Option<Comparison>,
    /// Instances of the fleets to which a changed verdict applies: index into the differences,
    /// scenario, instances.
    pub affected_instances: Vec<(usize, String, Vec<String>)>,
    /// Changed decisions.
    pub changed: Vec<Changed>,
    /// Number of compared decisions; `None` if none were compared.
    pub compared: Option<usize>,
    /// Paired differences of replications; empty if decisions were compared.
    pub paired: Vec<PairedRun>,
    /// Acceptances that apply, and those that no longer do.
    pub accepted: Accepted,
    /// Keys of accepted changes that the old policy contains already.
    pub spent: BTreeSet<String>,
    /// A sentence for each incomplete recording, for each run that only one recording contains, and
    /// for each run of which replications did not complete.
    pub incomplete: Vec<String>,
}

impl DiffResult {
    /// The keys of all differences and changed decisions, each once.
    pub fn keys(&self) -> Vec<String> {
        let policy = self.comparison.iter().flat_map(|c| &c.differences).map(Difference::key);
        let mut keys: Vec<String> = policy.chain(self.changed.iter().map(Changed::key)).collect();
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        keys
    }

    /// Whether there is a difference or a changed decision.
    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty() || self.comparison.as_ref().is_some_and(|c| !c.is_same())
    }

    /// The keys of the changes to accept, of those that `wanted` chooses: first differences, then
    /// changed decisions. A decision is left out if all of its causes are accepted, here or in
    /// `kept`.
    pub fn keys_to_accept(
        &self,
        wanted: impl Fn(&String) -> bool,
        kept: &[Acceptance],
    ) -> Vec<String> {
        let policy = self.comparison.iter().flat_map(|c| &c.differences).map(Difference::key);
        let mut seen: BTreeSet<String> = kept.iter().map(|one| one.change.clone()).collect();
        let mut keys: Vec<String> =
            policy.filter(&wanted).filter(|key| seen.insert(key.clone())).collect();
        let covered = |one: &&Changed| {
            !one.causes.is_empty() && one.causes.iter().all(|cause| seen.contains(cause))
        };
        let open: Vec<&Changed> = self.changed.iter().filter(|one| !covered(one)).collect();
        for key in open.into_iter().map(Changed::key).filter(wanted) {
            if seen.insert(key.clone()) {
                keys.push(key);
            }
        }
        keys
    }

    /// Removes accepted changes; `today` decides which acceptances have expired.
    pub fn accept(&mut self, file: &AcceptedFile, today: SimTime, problems: &mut Problems) {
        let Some(comparison) = &mut self.comparison else { return };
        let affected_instances = std::mem::take(&mut self.affected_instances);
        let before: Vec<String> = comparison.differences.iter().map(Difference::key).collect();
        let ran = self.compared.is_some();
        let terms = Accepting { ran, today, spent: &self.spent };
        self.accepted = accept(file, comparison, &mut self.changed, &terms, problems);
        // The indices of the remaining differences have changed.
        let left = comparison.differences.iter().enumerate();
        let left: BTreeMap<String, usize> =
            left.rev().map(|(index, difference)| (difference.key(), index)).collect();
        self.affected_instances = affected_instances
            .into_iter()
            .filter_map(|(index, run, names)| Some((*left.get(&before[index])?, run, names)))
            .collect();
    }

    /// The command that accepts the remaining differences, without a reason.
    pub fn bless_command(&self) -> String {
        let words = self.names.iter().chain(&self.paths).chain(&self.options);
        shell_command(["bless", "--diff"].into_iter().chain(words.map(String::as_str)))
    }

    /// Whether every difference is accepted, and every acceptance is up to date.
    pub fn is_same(&self) -> bool {
        let same = self.comparison.as_ref().is_none_or(Comparison::is_same);
        let same = same && self.paired.iter().all(|run| run.differ == 0);
        same && self.changed.is_empty() && self.accepted.stale.is_empty()
    }
}
