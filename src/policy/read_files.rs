//! The files that an edition was read from.

use crate::diagnostics::Span;

/// The files of an edition and of those that it extends.
#[derive(Debug, Default)]
pub struct ReadFiles {
    /// Their texts, that of the edition itself first.
    pub(super) texts: Vec<String>,
    /// Spans of the keys of statements whose conclusion differs from the extended edition.
    pub(super) changed: Vec<Span>,
}

impl ReadFiles {
    /// Whether the rule at a span replaces a conclusion of an extended edition.
    pub fn replaces(&self, span: Span) -> bool {
        self.changed.iter().any(|key| (key.file, key.start) == (span.file, span.start))
    }
}
