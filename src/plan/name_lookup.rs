//! Names and cells that a row of a streamed table may refer to.

use super::names::NameTable;
use super::targets::{FlagsRef, Targets};
use crate::format::Map;
use crate::time::SimTime;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use std::sync::Arc;

/// What cells of a streamed table have turned out to mean, by their texts.
#[derive(Debug, Clone, Default)]
pub struct CellCache {
    /// What selectors select, single names aside.
    pub targets: HashMap<Box<str>, Targets, FxBuildHasher>,
    /// What protections they switch.
    pub flags: HashMap<Box<str>, (FlagsRef, Arc<Map<bool>>), FxBuildHasher>,
}

/// Where a streamed table looks names up: while it is checked that is the resolver, which
/// may learn; during the run it is what was learned, [`FrozenNames`].
pub trait NameLookup {
    /// When the scenario starts.
    fn start(&self) -> SimTime;
    /// The instances.
    fn instances(&self) -> &NameTable;
    /// The accounts.
    fn accounts(&self) -> &NameTable;
    /// The groups.
    fn groups(&self) -> &NameTable;
    /// What a selector selects.
    fn targets(&mut self, cell: &str) -> Option<Targets>;
    /// Protections to switch.
    fn flags(&mut self, cell: &str) -> Option<FlagsRef>;
    /// A caller.
    fn actor(&mut self, cell: &str) -> Option<usize>;
    /// A model.
    fn model(&mut self, cell: &str) -> Option<usize>;
}

/// What names and cells mean, once a table has been checked.
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
        self.actors.get(cell)
    }

    fn model(&mut self, cell: &str) -> Option<usize> {
        self.models.get(cell)
    }
}
