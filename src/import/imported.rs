//! The result of an import.

use std::collections::BTreeSet;

use crate::diagnostics::Spanned;
use crate::format::{Known, When, WrittenGroup, WrittenInstance};

/// The instances and groups of some replies.
#[derive(Debug, Default)]
pub struct Imported {
    /// Instances by their ids, in the order in which they were read.
    pub instances: Vec<(Spanned<String>, WrittenInstance)>,
    /// The origin of each instance.
    pub origins: Vec<RowOrigin>,
    /// Groups by their ids.
    pub groups: Vec<(Spanned<String>, WrittenGroup)>,
    /// The cloud of each group.
    pub clouds_of_groups: Vec<&'static str>,
    /// Accounts by name, if replies contain several or contain more about one than its name.
    pub accounts: Vec<(Spanned<String>, ImportedAccount)>,
    /// The clouds whose replies these are.
    pub clouds: BTreeSet<&'static str>,
    /// For each reply, one line that describes its contents.
    pub read: Vec<String>,
    /// Facts that no reply shows, by the call that would show them.
    pub unseen: Vec<Unseen>,
    /// Number of bytes that were parsed, each counted as often as it was parsed. It grows linearly
    /// with the texts, whatever they contain.
    pub work: u64,
}

/// The origin of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowOrigin {
    /// The word of `from:` for the replies that describe it.
    pub from: &'static str,
    /// Its cloud, as in the key `listings:` of policies.
    pub cloud: &'static str,
}

/// An account of a reply.
#[derive(Debug, Default, Clone)]
pub struct ImportedAccount {
    /// Its cloud.
    pub cloud: &'static str,
    /// The start of its arrears, if it has any.
    pub arrears_since: Option<Spanned<Known<When>>>,
}

/// A fact that no reply shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Number of instances or groups for which the fact is unknown.
    pub count: usize,
    /// Number of all instances or groups that have such a fact.
    pub of: usize,
    /// `instance` or `group`.
    pub subject: &'static str,
    /// The fact; a protection by the provider's attribute.
    pub fact: &'static str,
    /// The call that shows it, as a line to paste; empty if there is none.
    pub call: String,
}
