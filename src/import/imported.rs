//! What an import results in.

use crate::diagnostics::Spanned;
use crate::format::{WrittenGroup, WrittenInstance};

/// What some replies say.
#[derive(Debug, Default)]
pub struct Imported {
    /// Instances by their ids, in the order in which they were read.
    pub instances: Vec<(Spanned<String>, WrittenInstance)>,
    /// Groups by their ids.
    pub groups: Vec<(Spanned<String>, WrittenGroup)>,
    /// One line for each reply: what it held.
    pub read: Vec<String>,
    /// How many bytes were looked at, each counted as often as it was. It grows as the
    /// texts do, whatever they hold.
    pub work: u64,
}
