//! Accepted changes that are compared with one edition.

/// A change, and what was found of it.
pub(super) struct Change<'k> {
    pub(super) key: &'k str,
    /// Whether its subject was found at all.
    pub(super) is_there: bool,
    /// Whether the edition says what the change says, wherever it was asked.
    pub(super) agrees: Option<bool>,
}

/// The changes that are looked for.
pub(super) struct Probe<'k>(pub(super) Vec<Change<'k>>);
