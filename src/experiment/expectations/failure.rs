//! The result of checking the expectations of a case.

use crate::diagnostics::Span;
use crate::time::SimSpan;

/// A failed expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its location; `None` for `exact: true` and for stored decisions.
    pub span: Option<Span>,
    /// The expectation, in one line.
    pub title: String,
    /// The record that is closest to the expectation; `None` if there is none, or if the
    /// expectation is not about a record.
    pub closest: Option<ClosestRecord>,
    /// The actual results, one in each line.
    pub instead: Vec<String>,
}

impl Failure {
    /// A failure that is not about a record, or that no record is close to; see the fields.
    pub const fn new(span: Option<Span>, title: String, instead: Vec<String>) -> Self {
        Self { span, title, closest: None, instead }
    }

    /// The closest record, if there is one, and the actual results, one in each line.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let closest = self.closest.iter().map(|closest| {
            let keys: Vec<String> = closest.keys.iter().map(KeyMismatch::text).collect();
            format!("closest, at +{}: {}", closest.elapsed, keys.join("; "))
        });
        closest.chain(self.instead.iter().cloned())
    }
}

/// The record that is closest to an expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosestRecord {
    /// Its time since the start.
    pub elapsed: SimSpan,
    /// The keys that differ.
    pub keys: Vec<KeyMismatch>,
}

/// A key whose value differs from the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMismatch {
    /// Its name.
    pub key: String,
    /// The expected value.
    pub expected: String,
    /// The actual value.
    pub actual: String,
}

impl KeyMismatch {
    /// `outcome: expected held, got overridden`.
    pub fn text(&self) -> String {
        format!("{}: expected {}, got {}", self.key, self.expected, self.actual)
    }
}

/// The result of checking the expectations of one case.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// Number of expectations that were checked.
    pub judged: usize,
    /// The failed expectations, in the order of the file.
    pub failures: Vec<Failure>,
}
