//! The files, policies and assumptions of a run, for the run file.

use super::load::Loader;
use crate::report::Input;
use crate::run_header::RunHeader;
use crate::words::{PolicyId, SwitchSet};

/// Every file that was read.
pub fn inputs(loader: &Loader) -> Vec<Input> {
    let digests = loader.sources.digests().into_iter();
    digests.map(|(name, sha256)| Input { name, sha256 }).collect()
}

/// The positions of the switches that decisions depended on, one line each.
pub fn assumed(
    header: &RunHeader,
    switches: impl Iterator<Item = (PolicyId, SwitchSet)>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (policy, switches) in switches {
        let book = header.rulebook(policy);
        for switch in switches.iter() {
            let name = &book.policy.switches[switch.index()].name;
            lines.push(format!("{}: {name}={}", book.policy.name, book.setting(switch)));
        }
    }
    lines
}

/// Adds the policies in use to `policies`, each once.
pub fn note_policies(header: &RunHeader, policies: &mut Vec<Input>) {
    for book in &header.rulebooks {
        let input = Input { name: book.policy.name.clone(), sha256: book.policy.digest.clone() };
        if !policies.contains(&input) {
            policies.push(input);
        }
    }
}
