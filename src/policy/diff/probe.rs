//! Accepted changes that are searched for in one edition.
/// A change that is searched for.
pub(super) struct ProbedChange<'k> {
    pub(super) key: &'k str,
    /// Whether its subject exists in the edition.
    pub(super) is_present: bool,
    /// Whether the edition states the new side wherever it was compared; `None` if it was not
    /// compared.
    pub(super) agrees: Option<bool>,
}

/// The changes that are searched for.
pub(super) struct AcceptedProbe<'k>(pub(super) Vec<ProbedChange<'k>>);
