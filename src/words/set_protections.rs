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

    /// The protections that are on after some have been switched on, and others off.
    #[must_use]
    pub const fn switched(self, on: ProtectionSet, off: ProtectionSet) -> Self {
        Self {
            on: self.on.union(on).difference(off),
            unknown: self.unknown.difference(on.union(off)),
        }
    }

    /// The protections that are off in `to` and were on before, and those that may have been.
    pub const fn lifted(self, to: Self) -> (ProtectionSet, ProtectionSet) {
        let left = to.on.union(to.unknown);
        (self.on.difference(left), self.unknown.difference(left))
    }
}
