//! The keys in which a record or a state is not as expected.

use crate::policy::Policy;
use crate::words::Word;

/// What stands for what nobody knows.
pub(super) const UNKNOWN: &str = "unknown";

/// Counts the keys in which something is not as expected, and records their text if asked to.
pub(in crate::experiment) struct KeyDifferences {
    count: usize,
    reported: Option<Vec<String>>,
}

impl KeyDifferences {
    pub(in crate::experiment) const fn counting() -> Self {
        Self { count: 0, reported: None }
    }

    pub(in crate::experiment) const fn telling() -> Self {
        Self { count: 0, reported: Some(Vec::new()) }
    }

    pub(in crate::experiment) const fn count(&self) -> usize {
        self.count
    }

    pub(in crate::experiment) fn into_lines(self) -> Vec<String> {
        self.reported.unwrap_or_default()
    }

    pub(super) fn differs(&mut self, key: &str, wanted: &str, found: &str) {
        self.count += 1;
        if let Some(reported) = &mut self.reported {
            let found = if found.is_empty() { "empty" } else { found };
            reported.push(format!("{key}: expected {wanted}, got {found}"));
        }
    }

    /// A key whose value is a word.
    pub(super) fn word<W: Word>(&mut self, key: &str, wanted: Option<W>, found: Option<W>) {
        if let Some(wanted) = wanted.filter(|wanted| found != Some(*wanted)) {
            self.differs(key, wanted.word(), found.map_or(UNKNOWN, Word::word));
        }
    }

    /// A key whose value is any of some words; none allows every word.
    pub(super) fn any_word<W: Word>(&mut self, key: &str, wanted: &[W], found: Option<W>) {
        let is_right = wanted.is_empty() || found.is_some_and(|found| wanted.contains(&found));
        if !is_right {
            let wanted: Vec<&str> = wanted.iter().map(|word| word.word()).collect();
            self.differs(key, &wanted.join(" or "), found.map_or(UNKNOWN, Word::word));
        }
    }

    /// A key whose value is any of some texts; none allows every text.
    pub(super) fn any_text(&mut self, key: &str, wanted: &[String], found: &str) {
        if !wanted.is_empty() && wanted.iter().all(|wanted| wanted != found) {
            self.differs(key, &wanted.join(" or "), found);
        }
    }

    /// A key whose value is a text.
    pub(super) fn text(&mut self, key: &str, wanted: Option<&str>, found: &str) {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            self.differs(key, wanted, found);
        }
    }

    /// A key whose value is an answer: `~text` is contained, anything else is equal.
    pub(super) fn answer(&mut self, wanted: Option<&str>, found: &str) {
        match wanted.and_then(|wanted| wanted.strip_prefix('~')) {
            Some(part) if found.contains(part) => {}
            _ => self.text("answer", wanted, found),
        }
    }

    /// The protections that are set, under a policy.
    pub(super) fn protections(
        &mut self,
        policy: &Policy,
        wanted: Option<&[String]>,
        found: Vec<&str>,
    ) {
        let list = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.dedup();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let wanted = wanted.map(|names| names.iter().map(|name| in_words_of(policy, name)));
        let wanted = wanted.map(|names| list(names.collect()));
        self.text("protections", wanted.as_deref(), &list(found));
    }

    /// A key whose value can be shown.
    pub(super) fn value<T: PartialEq + ToString>(
        &mut self,
        key: &str,
        wanted: Option<T>,
        found: &T,
    ) {
        if let Some(wanted) = wanted.filter(|wanted| wanted != found) {
            self.differs(key, &wanted.to_string(), &found.to_string());
        }
    }
}

/// What a policy itself calls the protection that a line names; the line's own words, if it
/// has none that is called so.
pub(super) fn in_words_of<'n>(policy: &'n Policy, name: &'n str) -> &'n str {
    policy.protection(name).map_or(name, |id| &policy.protections[id.index()].name)
}
