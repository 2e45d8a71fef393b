//! The two editions of a comparison, with their common documents, and comparison of two rules.

use super::difference::{Cited, Class};
use crate::policy::edition::Policy;
use crate::words::RuleId;

/// The two editions.
pub(super) struct Pair<'p> {
    pub(super) old: &'p Policy,
    pub(super) new: &'p Policy,
    /// For each document of the old edition, its key in the new edition.
    known: Vec<&'p str>,
}

impl<'p> Pair<'p> {
    pub(super) fn new(old: &'p Policy, new: &'p Policy) -> Self {
        let has = |policy: &Policy, key: &str| policy.sources.iter().any(|s| s.key == key);
        let known = old.sources.iter().map(|source| {
            let same = new.sources.iter().filter(|other| {
                !has(old, &other.key)
                    && (&other.title, &other.section, &other.dated)
                        == (&source.title, &source.section, &source.dated)
            });
            // The first by key, so that the order in the file has no effect.
            let same = same.min_by_key(|other| &other.key);
            match same {
                Some(other) if !has(new, &source.key) => other.key.as_str(),
                _ => source.key.as_str(),
            }
        });
        Self { old, new, known: known.collect() }
    }

    /// The key of a document in the new edition; `None` if it is not renamed.
    pub(super) fn renamed(&self, source: usize) -> Option<&'p str> {
        let key = self.known[source];
        (key != self.old.sources[source].key).then_some(key)
    }

    /// Whether two lists contain the same documents.
    pub(super) fn same_sources(&self, old: &[usize], new: &[usize]) -> bool {
        let mut a: Vec<&str> = old.iter().map(|at| self.known[*at]).collect();
        let mut b: Vec<&str> = new.iter().map(|at| self.new.sources[*at].key.as_str()).collect();
        a.sort_unstable();
        b.sort_unstable();
        a == b
    }

    /// The most important aspect in which two rules differ besides their conclusions; `None` if
    /// they are equal.
    pub(super) fn rules_differ(&self, old: RuleId, new: RuleId) -> Option<Class> {
        let (a, b) = (self.old.rule(old), self.new.rule(new));
        if a.answer != b.answer {
            Some(Class::Answer)
        } else if a.confidence != b.confidence {
            Some(Class::Confidence)
        } else if !self.same_sources(&a.sources, &b.sources) {
            Some(Class::Source)
        } else if a.id != b.id {
            Some(Class::Rule)
        } else if (&a.because, &a.remedy.line) != (&b.because, &b.remedy.line) {
            Some(Class::Wording)
        } else {
            None
        }
    }
}

/// A rule in full, with its documents in the order of their keys.
pub(super) fn cited(policy: &Policy, rule: RuleId) -> Cited {
    let rule = policy.rule(rule);
    let sources = by_key(policy, &rule.sources);
    Cited {
        id: rule.id.clone(),
        confidence: rule.confidence,
        sources: keys(policy, &sources),
        documents: sources.iter().map(|at| policy.sources[*at].to_string()).collect(),
        addresses: sources.iter().map(|at| policy.sources[*at].at.clone()).collect(),
        answer: rule.answer.clone(),
        because: rule.because.clone(),
        remedy: rule.remedy.line.clone(),
    }
}

/// Some documents in the order of their keys.
fn by_key(policy: &Policy, sources: &[usize]) -> Vec<usize> {
    let mut sources = sources.to_vec();
    sources.sort_by(|a, b| policy.sources[*a].key.cmp(&policy.sources[*b].key));
    sources
}

/// The keys of some documents, in their order.
pub(super) fn keys(policy: &Policy, sources: &[usize]) -> Vec<String> {
    by_key(policy, sources).iter().map(|at| policy.sources[*at].key.clone()).collect()
}
