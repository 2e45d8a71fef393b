//! The protections of an instance or a group, as far as they are known.

use super::ids::ProtectionSet;

/// This follows the name of a protection whose setting is unknown.
pub const AS_UNKNOWN: &str = "=unknown";

/// The names of the protections that are on, then those of unknown ones as `NAME=unknown`.
pub fn spelled_protections<'n>(
    on: impl IntoIterator<Item = &'n str>,
    unknown: impl IntoIterator<Item = &'n str>,
) -> Vec<String> {
    let on = on.into_iter().map(str::to_owned);
    on.chain(unknown.into_iter().map(|name| format!("{name}{AS_UNKNOWN}"))).collect()
}

/// The protections of an instance or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetProtections {
    /// Those that are on.
    pub on: ProtectionSet,
    /// Those whose setting is unknown.
    pub unknown: ProtectionSet,
}

impl SetProtections {
    /// No protection.
    pub const NONE: Self = Self { on: ProtectionSet::EMPTY, unknown: ProtectionSet::EMPTY };

    /// Those that are on or may be.
    pub const fn possible(self) -> ProtectionSet {
        self.on.union(self.unknown)
    }

    /// Switches protections on and off; returns all before and after.
    pub const fn switch(&mut self, on: ProtectionSet, off: ProtectionSet) -> [Self; 2] {
        let from = *self;
        self.on = from.on.union(on).difference(off);
        self.unknown = from.unknown.difference(on.union(off));
        [from, *self]
    }

    /// The protections that are off in `to` and were on before, and those that may have been.
    pub const fn lifted(self, to: Self) -> (ProtectionSet, ProtectionSet) {
        let left = to.possible();
        (self.on.difference(left), self.unknown.difference(left))
    }
}
