//! The keys in which a record or a state differs from an expectation.

use std::collections::BTreeSet;

use super::failure::KeyMismatch;
use crate::plan::ExpectedProtections;
use crate::policy::Policy;
use crate::words::{ProtectionId, SetProtections, Word, spelled_protections};

/// The text of an unknown value.
pub(super) const UNKNOWN: &str = "unknown";

/// Counts the keys that differ and, on request, collects them with both values.
pub(in crate::experiment) struct KeyDifferences {
    count: usize,
    /// `None` if only the number is needed.
    keys: Option<Vec<KeyMismatch>>,
}

impl KeyDifferences {
    pub(in crate::experiment) const fn count_only() -> Self {
        Self { count: 0, keys: None }
    }

    pub(in crate::experiment) const fn in_full() -> Self {
        Self { count: 0, keys: Some(Vec::new()) }
    }

    pub(in crate::experiment) const fn count(&self) -> usize {
        self.count
    }

    pub(in crate::experiment) fn into_keys(self) -> Vec<KeyMismatch> {
        self.keys.unwrap_or_default()
    }

    pub(in crate::experiment) fn into_lines(self) -> Vec<String> {
        self.keys.iter().flatten().map(KeyMismatch::text).collect()
    }

    pub(super) fn record(&mut self, key: &str, wanted: &str, found: &str) {
        self.count += 1;
        if let Some(keys) = &mut self.keys {
            let actual = if found.is_empty() { "empty" } else { found }.to_owned();
            keys.push(KeyMismatch { key: key.to_owned(), expected: wanted.to_owned(), actual });
        }
    }

    /// Compares a key whose value is a word. `found` is `None` if the value is unknown.
    pub(super) fn word<W: Word>(&mut self, key: &str, wanted: Option<W>, found: Option<W>) {
        if let Some(wanted) = wanted.filter(|wanted| found != Some(*wanted)) {
            self.record(key, wanted.word(), found.map_or(UNKNOWN, Word::word));
        }
    }

    /// Compares a key that allows several words; an empty list allows every word.
    pub(super) fn any_word<W: Word>(&mut self, key: &str, wanted: &[W], found: Option<W>) {
        let is_right = wanted.is_empty() || found.is_some_and(|found| wanted.contains(&found));
        if !is_right {
            let wanted: Vec<&str> = wanted.iter().map(|word| word.word()).collect();
            self.record(key, &wanted.join(" or "), found.map_or(UNKNOWN, Word::word));
        }
    }

    /// Compares a key that allows several texts; an empty list allows every text.
    pub(super) fn any_text(&mut self, key: &str, wanted: &[String], found: &str) {
        if !wanted.is_empty() && wanted.iter().all(|wanted| wanted != found) {
            self.record(key, &wanted.join(" or "), found);
        }
    }

    /// Compares a key whose value is a text.
    pub(super) fn text(&mut self, key: &str, wanted: Option<&str>, found: &str) {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            self.record(key, wanted, found);
        }
    }

    /// Compares the answer of the provider: `~text` must be contained, other texts must be equal.
    pub(super) fn answer(&mut self, wanted: Option<&str>, found: &str) {
        match wanted.and_then(|wanted| wanted.strip_prefix('~')) {
            Some(part) if found.contains(part) => {}
            _ => self.text("answer", wanted, found),
        }
    }

    /// Compares the protections that are on, and those whose setting is unknown.
    pub(super) fn protections<'w>(
        &mut self,
        policy: &'w Policy,
        wanted: Option<&'w ExpectedProtections>,
        SetProtections { on, unknown }: SetProtections,
    ) {
        let Some(wanted) = wanted else { return };
        let in_policy = |name: &'w String| name_in_policy(policy, name);
        let on_wanted = wanted.on.iter().map(in_policy).collect();
        let wanted = protection_list(on_wanted, wanted.unknown.iter().map(in_policy).collect());
        let name = |id: ProtectionId| policy.protections[id.index()].name.as_str();
        let found =
            protection_list(on.iter().map(name).collect(), unknown.iter().map(name).collect());
        self.text("protections", Some(&wanted), &found);
    }

    /// Compares a key whose value can be displayed.
    pub(super) fn value<T: PartialEq + ToString>(
        &mut self,
        key: &str,
        wanted: Option<T>,
        found: &T,
    ) {
        if let Some(wanted) = wanted.filter(|wanted| wanted != found) {
            self.record(key, &wanted.to_string(), &found.to_string());
        }
    }
}

/// The name of a protection in a policy, from its name or its provider attribute; `name` itself if
/// the policy has no such protection.
pub(super) fn name_in_policy<'n>(policy: &'n Policy, name: &'n str) -> &'n str {
    policy.protection(name).map_or(name, |id| &policy.protections[id.index()].name)
}

/// The protections that are on, and those whose setting is unknown, for a message.
fn protection_list(on: BTreeSet<&str>, unknown: BTreeSet<&str>) -> String {
    let names = spelled_protections(on, unknown);
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
