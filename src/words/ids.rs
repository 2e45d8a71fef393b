//! Typed ids: indices into dense tables. The id of an instance cannot be passed where the id of a
//! group is expected.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[doc = $about:literal])+ $name:ident($number:ty);)+) => {$(
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $number);

        impl $name {
            /// The index in its table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of an index. Indices always fit, because the reader refuses larger tables.
            #[expect(clippy::cast_possible_truncation, reason = "checked when read")]
            pub const fn from_index(index: usize) -> Self {
                Self(index as $number)
            }
        }
    )+};
}

/// Ids whose `Option` takes no further memory: they store the index plus one.
macro_rules! optional_ids {
    ($($(#[doc = $about:literal])+ $name:ident;)+) => {$(
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The index in its table.
            pub const fn index(self) -> usize {
                self.number() as usize
            }

            /// The index as it is stored in records.
            pub const fn number(self) -> u32 {
                self.0.get() - 1
            }

            /// The id of an index. Indices always fit, because the reader refuses larger tables.
            #[expect(clippy::cast_possible_truncation, reason = "checked when read")]
            pub const fn from_index(index: usize) -> Self {
                Self(NonZeroU32::MIN.saturating_add(index as u32))
            }
        }
    )+};
}

optional_ids! {
    /// A scaling group or scale set.
    GroupId;
    /// A zone.
    ZoneId;
}

ids! {
    /// An account: it is billed, and it has a policy.
    AccountId(u32);
    /// An instance.
    InstanceId(u32);
    /// A model that a group creates its members from.
    ModelId(u32);
    /// A caller: a name in the key `by` of an event.
    ActorId(u32);
    /// An event of the scenario.
    EventId(u32);
    /// A random source of events.
    SourceId(u32);
    /// A policy of a run.
    PolicyId(u8);
    /// A protection within a policy.
    ProtectionId(u8);
    /// A switch within a policy.
    SwitchId(u8);
    /// A rule within a policy: a row of a table, a precondition, or a step of a clock.
    RuleId(u16);
}

macro_rules! sets {
    ($($(#[doc = $about:literal])+ $name:ident of $id:ident in $bits:ty;)+) => {$(
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub struct $name($bits);

        impl $name {
            /// The empty set.
            pub const EMPTY: Self = Self(0);
            /// Largest number of members.
            pub const MOST: usize = <$bits>::BITS as usize;

            /// Whether `id` is a member.
            pub const fn contains(self, id: $id) -> bool {
                self.0 >> id.0 & 1 == 1
            }

            /// One bit for each member.
            pub const fn mask(self) -> $bits {
                self.0
            }

            /// Whether the set has no member.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// A copy with `id` as a member.
            #[must_use]
            pub const fn with(self, id: $id) -> Self {
                Self(self.0 | 1 << id.0)
            }

            /// A copy without `id`.
            #[must_use]
            pub const fn without(self, id: $id) -> Self {
                Self(self.0 & !(1 << id.0))
            }

            /// Ids in `self`, in `other`, or in both.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Ids in both `self` and `other`.
            #[must_use]
            pub const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// Ids in `self` that are not in `other`.
            #[must_use]
            pub const fn difference(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// The members in ascending order of their ids.
            pub fn iter(self) -> impl Iterator<Item = $id> {
                let mut left = self.0;
                std::iter::from_fn(move || {
                    // No member lies beyond the bits of a word.
                    let lowest = u8::try_from(left.trailing_zeros()).ok()?;
                    left &= left.checked_sub(1)?;
                    Some($id(lowest))
                })
            }
        }

        impl FromIterator<$id> for $name {
            fn from_iter<I: IntoIterator<Item = $id>>(ids: I) -> Self {
                ids.into_iter().fold(Self::EMPTY, Self::with)
            }
        }
    )+};
}

sets! {
    /// Some protections of one policy.
    ProtectionSet of ProtectionId in u16;
    /// Some switches of one policy.
    SwitchSet of SwitchId in u64;
}

impl ModelId {
    /// A model that only this instance has.
    pub const OWN: Self = Self(u32::MAX);
    /// A model that may or may not be the latest of the group.
    pub const UNKNOWN: Self = Self(u32::MAX - 1);
}
