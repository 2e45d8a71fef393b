//! The result of checking the expectations of a case.

use crate::diagnostics::Span;

/// A failed expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its location; `None` for `exact: true` and for stored decisions.
    pub span: Option<Span>,
    /// The expectation, in one line.
    pub title: String,
    /// The actual results, one in each line.
    pub instead: Vec<String>,
}

/// The result of checking the expectations of one case.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// Number of expectations that were checked.
    pub judged: usize,
    /// The failed expectations, in the order of the file.
    pub failures: Vec<Failure>,
}
