//! The permissions that a provider requires for calls, as data of an edition.

use serde::{Deserialize, Serialize};

use super::facts::{Condition, Facts};
use crate::format::{VERBS, verb_keys};
use crate::words::{ProtectionId, ProtectionSet, RuleId};

/// The verb whose rows may name protections.
pub const SETS: &str = "set-protection";

/// The permissions of an edition: one row or more for each verb that a person calls.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Permissions {
    /// The provider's names of actions, sorted without regard to case.
    pub actions: Vec<String>,
    /// The rows, in the order of the file.
    pub calls: Vec<CallPermission>,
}

/// The permissions that a call needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallPermission {
    /// The rule of the row.
    pub rule: RuleId,
    /// The verbs of the row.
    pub verbs: Vec<String>,
    /// The situations of the row.
    pub when: Condition,
    /// The protections that the call switches; empty for calls that switch none.
    pub protections: ProtectionSet,
    /// Whether the row is about switching them on or off.
    pub switches: Switching,
    /// The actions that the caller must be allowed.
    pub needs: Needs,
    /// The names of the call in the provider's audit trail; empty if none is known.
    pub events: Vec<String>,
}

/// Whether a row is about switching protections on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switching {
    /// Only about switching them on.
    On,
    /// Only about switching them off.
    Off,
    /// About both.
    Either,
}

impl Switching {
    /// Whether it includes another one.
    pub fn includes(self, other: Self) -> bool {
        self == Self::Either || self == other
    }

    /// The protections that a call switches in this way.
    const fn of(self, switched: Flags) -> ProtectionSet {
        match self {
            Self::On => switched.on,
            Self::Off => switched.off,
            Self::Either => switched.on.union(switched.off),
        }
    }
}

/// The actions that a caller must be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Needs {
    /// The call needs no permission.
    Nothing,
    /// The provider has no such call, so that no permission allows it.
    Unavailable,
    /// The caller needs all of these actions, as indices into [`Permissions::actions`].
    All(Vec<usize>),
    /// The caller needs one of these actions.
    OneOf(Vec<usize>),
}

/// The protections of one policy that a call switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Those that it switches on.
    pub on: ProtectionSet,
    /// Those that it switches off.
    pub off: ProtectionSet,
}

impl CallPermission {
    /// Whether the row is about a verb.
    pub fn has(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// Whether the row is about a call in a situation; the positions of switches are not tested.
    pub fn concerns(&self, verb: &str, facts: &Facts, switched: Flags) -> bool {
        let hits = self.protections.is_empty()
            || !self.protections.intersection(self.switches.of(switched)).is_empty();
        hits && self.has(verb) && self.when.meets(facts)
    }
}

impl Permissions {
    /// Whether a row is about setting a protection.
    pub fn sets(&self, protection: ProtectionId) -> bool {
        self.calls.iter().any(|row| {
            row.has(SETS) && (row.protections.is_empty() || row.protections.contains(protection))
        })
    }

    /// The index of an action, compared without regard to case.
    pub fn action(&self, name: &str) -> Option<usize> {
        self.actions.iter().position(|action| action.eq_ignore_ascii_case(name))
    }
}

/// The verbs that a person calls: those with the key `by`.
pub fn caller_verbs() -> impl Iterator<Item = &'static str> {
    VERBS.iter().copied().filter(|verb| verb_keys(verb).contains(&"by"))
}
