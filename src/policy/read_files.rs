//! The files that an edition was read from.

use crate::diagnostics::Span;

/// What was read of an edition and of those that it extends.
#[derive(Debug, Default)]
pub struct ReadFiles {
    /// Their texts, the edition itself first.
    pub(super) texts: Vec<String>,
    /// Statements that conclude otherwise than in the edition that theirs extends, by the places
    /// of their keys.
    pub(super) changed: Vec<Span>,
}

impl ReadFiles {
    /// Whether the rule that begins at a place replaces the conclusion of an extended edition.
    pub fn replaces(&self, span: Span) -> bool {
        self.changed.iter().any(|key| (key.file, key.start) == (span.file, span.start))
    }
}
