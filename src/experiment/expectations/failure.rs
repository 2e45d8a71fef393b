//! What came of judging a case.

use crate::diagnostics::Span;

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where it stands; `None` if it is the whole of `exact: true`.
    pub span: Option<Span>,
    /// What was not met, in a line.
    pub title: String,
    /// What happened instead.
    pub instead: Vec<String>,
}

/// What came of judging one case.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// How many expectations were judged.
    pub judged: usize,
    /// Those that were not met, in the order of the file.
    pub failures: Vec<Failure>,
}
