//! The lookup of names and cells of a streamed table.

use super::names::NameTable;
use super::targets::{FlagsRef, Targets};
use crate::format::Map;
use crate::time::SimTime;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use std::sync::Arc;

/// The resolved values of cells of a streamed table, by their texts.
#[derive(Debug, Clone, Default)]
pub struct CellCache {
    /// The targets of selectors, except single names.
    pub targets: HashMap<Box<str>, Targets, FxBuildHasher>,
    /// The protections that cells switch.
    pub flags: HashMap<Box<str>, (FlagsRef, Arc<Map<bool>>), FxBuildHasher>,
    /// Number of callers that were known when the table had been read; others are not in it.
    pub callers: usize,
    /// The same for models.
    pub models: usize,
}

/// The lookup of names for a streamed table. While the table is checked, it is the resolver, which
/// can add names; during the run it is [`FrozenNames`].
pub trait NameLookup {
    /// The start of the scenario.
    fn start(&self) -> SimTime;
    /// The instances.
    fn instances(&self) -> &NameTable;
    /// The accounts.
    fn accounts(&self) -> &NameTable;
    /// The groups.
    fn groups(&self) -> &NameTable;
    /// The targets of a selector; `None` if it has a mistake.
    fn targets(&mut self, cell: &str) -> Option<Targets>;
    /// The protections that a cell switches; `None` if it has a mistake.
    fn flags(&mut self, cell: &str) -> Option<FlagsRef>;
    /// The id of a caller; `None` if the name has a mistake.
    fn actor(&mut self, cell: &str) -> Option<usize>;
    /// The id of a model; `None` if the name has a mistake.
    fn model(&mut self, cell: &str) -> Option<usize>;
}

/// The names and cells of a table that has been checked.
#[derive(Debug)]
pub struct FrozenNames {
    pub(super) start: SimTime,
    pub(super) instances: NameTable,
    pub(super) accounts: NameTable,
    pub(super) groups: NameTable,
    pub(super) actors: NameTable,
    pub(super) models: NameTable,
    pub(super) memo: CellCache,
}

impl NameLookup for &FrozenNames {
    fn start(&self) -> SimTime {
        self.start
    }

    fn instances(&self) -> &NameTable {
        &self.instances
    }

    fn accounts(&self) -> &NameTable {
        &self.accounts
    }

    fn groups(&self) -> &NameTable {
        &self.groups
    }

    fn targets(&mut self, cell: &str) -> Option<Targets> {
        self.memo.targets.get(cell).copied()
    }

    fn flags(&mut self, cell: &str) -> Option<FlagsRef> {
        self.memo.flags.get(cell).map(|(flags, _)| *flags)
    }

    fn actor(&mut self, cell: &str) -> Option<usize> {
        self.actors.get(cell).filter(|id| *id < self.memo.callers)
    }

    fn model(&mut self, cell: &str) -> Option<usize> {
        self.models.get(cell).filter(|id| *id < self.memo.models)
    }
}
