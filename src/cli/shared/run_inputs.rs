//! The files, policies and assumptions of a run, for the run file.

use std::collections::BTreeSet;

use super::load::Loader;
use crate::diagnostics::{Sources, Span};
use crate::plan::Plan;
use crate::policy::Rulebook;
use crate::report::{EventPlace, Input, RunName, WrittenAssumption, WrittenSource};
use crate::run_header::RunHeader;
use crate::words::{EventId, PolicyId, SwitchId, SwitchSet};

/// Every file that was read.
pub fn inputs(loader: &Loader) -> Vec<Input> {
    let digests = loader.sources.digests().into_iter();
    digests.map(|(name, sha256)| Input { name, sha256 }).collect()
}

/// The positions of the switches that a run depended on; `decisions` returns the number of
/// decisions that depended on a switch.
pub fn assumed(
    header: &RunHeader,
    switches: impl Iterator<Item = (PolicyId, SwitchSet)>,
    decisions: impl Fn(PolicyId, SwitchId) -> Option<u64>,
) -> Vec<WrittenAssumption> {
    let run = RunName { scenario: header.scenario.clone(), case: header.case.clone() };
    let mut assumptions = Vec::new();
    for (policy, switches) in switches {
        let book = header.rulebook(policy);
        for id in switches.iter() {
            assumptions.push(WrittenAssumption {
                decisions: decisions(policy, id),
                runs: BTreeSet::from([run.clone()]),
                ..WrittenAssumption::of(book, id)
            });
        }
    }
    assumptions
}

/// The file and the line in which each event of a plan is written.
pub fn written_at(plan: &Plan, sources: &Sources) -> Vec<EventPlace> {
    let places = plan.event_spans.iter().enumerate();
    let places = places.filter(|(_, span)| **span != Span::NOWHERE);
    let lines = sources.lines(places.clone().map(|(_, span)| *span));
    let place = |((index, span), line): ((usize, &Span), usize)| EventPlace {
        event: plan.header.event(EventId::from_index(index)).into_owned(),
        file: sources.path(span.file).to_owned(),
        line,
    };
    places.zip(lines).map(place).collect()
}

/// The documents that policies cite, each once.
pub fn note_sources(header: &RunHeader, sources: &mut Vec<WrittenSource>) {
    for book in &header.rulebooks {
        let policy = &book.policy;
        if sources.iter().any(|known| known.policy == policy.name) {
            continue;
        }
        sources.extend(policy.sources.iter().map(|source| WrittenSource {
            policy: policy.name.clone(),
            key: source.key.clone(),
            title: source.title.clone(),
            section: source.section.clone(),
            at: source.at.clone(),
            dated: source.dated.clone(),
        }));
    }
}

/// Adds the policies in use to `policies`, each once.
pub fn note_policies(header: &RunHeader, policies: &mut Vec<Input>) {
    for book in &header.rulebooks {
        let input = policy(book);
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

/// A policy and its digest.
pub fn policy(book: &Rulebook) -> Input {
    Input { name: book.policy.name.clone(), sha256: book.policy.digest.clone() }
}
