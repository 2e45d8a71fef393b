//! The result of an import.

use crate::diagnostics::Spanned;
use crate::format::{WrittenGroup, WrittenInstance};

/// The instances and groups of some replies.
#[derive(Debug, Default)]
pub struct Imported {
    /// Instances by their ids, in the order in which they were read.
    pub instances: Vec<(Spanned<String>, WrittenInstance)>,
    /// Groups by their ids.
    pub groups: Vec<(Spanned<String>, WrittenGroup)>,
    /// One line for each reply that describes its contents.
    pub read: Vec<String>,
    /// Number of bytes that were parsed, each counted as often as it was parsed. It grows linearly
    /// with the texts, whatever they contain.
    pub work: u64,
}
