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

/// Files and policies of a page, without the folder of an absolute path.
pub fn page_inputs(files: &[Input], policies: &[Input]) -> Vec<Input> {
    let mut all = files.to_vec();
    let known = |one: &&Input| files.iter().all(|file| file.sha256 != one.sha256);
    all.extend(policies.iter().filter(known).cloned());
    all.iter_mut().for_each(|input| input.name = without_folder(&input.name));
    all
}

/// A path as a page names it: an absolute one by its file name alone.
pub fn without_folder(path: &str) -> String {
    let is_absolute = std::path::Path::new(path).is_absolute();
    let name = std::path::Path::new(path).file_name().filter(|_| is_absolute);
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}
