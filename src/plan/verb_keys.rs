//! The keys of verbs: what a file writes there, and what it is resolved to.

use super::name_lookup::NameLookup;
use super::resolver::Resolver;
use super::targets::{EventTargets, FlagsRef, Targets};
use crate::diagnostics::Spanned;
use crate::format::{Map, Name, OneOrMany, Selector, When, WrittenInstance, read_cell};
use crate::time::{ApiVersion, SimTime, Term};
use crate::words::{
    AccountId, ActorId, Billing, Channel, GroupId, GroupOperation, Health, HookResult, Initiator,
    InstanceId, ModelId, Process, Word,
};
use std::num::NonZero;

/// A key of a verb: what a file writes there, and what becomes of it.
pub trait VerbKey {
    /// As written.
    type Written;
    /// With ids in place of names.
    type Resolved: Copy;

    /// From the one to the other.
    fn resolve(written: &Self::Written, resolver: &mut Resolver<'_>) -> Option<Self::Resolved>;

    /// Says what it is about, if it names anything of the fleet.
    fn add_targets(_: &Self::Resolved, _: &mut EventTargets) {}

    /// Names what an aim names instead, if it is of that kind.
    fn retarget(_: &mut Self::Resolved, _: &EventTargets) {}

    /// What a cell of a streamed table means, if it is plainly right: the same that reading
    /// and resolving it would give. What gives nothing here is read with more care.
    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<Self::Resolved> {
        let _ = (cell, names);
        None
    }

    /// The same for a cell that may be without text.
    fn parse_optional(cell: Option<&str>, names: &mut dyn NameLookup) -> Option<Self::Resolved> {
        Self::parse_cell(cell?, names)
    }
}

/// A key that may be left out.
impl<K: VerbKey> VerbKey for Option<K> {
    type Written = Option<K::Written>;
    type Resolved = Option<K::Resolved>;

    fn resolve(written: &Self::Written, resolver: &mut Resolver<'_>) -> Option<Self::Resolved> {
        match written {
            Some(written) => K::resolve(written, resolver).map(Some),
            None => Some(None),
        }
    }

    fn add_targets(resolved: &Self::Resolved, targets: &mut EventTargets) {
        if let Some(resolved) = resolved {
            K::add_targets(resolved, targets);
        }
    }

    fn retarget(resolved: &mut Self::Resolved, targets: &EventTargets) {
        if let Some(resolved) = resolved {
            K::retarget(resolved, targets);
        }
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<Self::Resolved> {
        K::parse_cell(cell, names).map(Some)
    }

    fn parse_optional(cell: Option<&str>, names: &mut dyn NameLookup) -> Option<Self::Resolved> {
        match cell {
            Some(cell) => Self::parse_cell(cell, names),
            None => Some(None),
        }
    }
}

/// Instances that exist.
pub struct Instances;

impl VerbKey for Instances {
    type Written = Selector;
    type Resolved = Targets;

    fn resolve(written: &Selector, resolver: &mut Resolver<'_>) -> Option<Targets> {
        let ids = resolver.select(written)?;
        resolver.stretch(&ids)
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<Targets> {
        // What selectors read otherwise is no name, though a masked instance may be called so.
        let marked = cell.bytes().any(|byte| matches!(byte, b'*' | b'?' | b';' | b'.'));
        let says_more = marked && (cell.contains(['*', '?', ';']) || cell.contains(".."));
        match names.instances().get(cell) {
            Some(at) if !says_more => Some(Targets { start: u32::try_from(at).ok()?, len: 1 }),
            _ => names.targets(cell),
        }
    }

    fn add_targets(instances: &Targets, targets: &mut EventTargets) {
        targets.instances = Some(*instances);
    }

    fn retarget(instances: &mut Targets, targets: &EventTargets) {
        *instances = targets.instances.unwrap_or(*instances);
    }
}

/// An instance that the event creates; its name was defined when the fleet was read.
pub struct NewInstance;

impl VerbKey for NewInstance {
    type Written = Spanned<Name>;
    type Resolved = InstanceId;

    fn resolve(written: &Spanned<Name>, resolver: &mut Resolver<'_>) -> Option<InstanceId> {
        resolver.instances.get(&written.value).map(InstanceId::at)
    }
}

/// What a new instance is like; it was taken in when the fleet was read.
impl VerbKey for WrittenInstance {
    type Written = Self;
    type Resolved = ();

    fn resolve(_: &Self, _: &mut Resolver<'_>) -> Option<()> {
        Some(())
    }
}

/// A group. Any text will do that is the name of one: imported ones may be masked.
pub struct GroupRef;

impl VerbKey for GroupRef {
    type Written = Spanned<String>;
    type Resolved = GroupId;

    fn resolve(written: &Spanned<String>, resolver: &mut Resolver<'_>) -> Option<GroupId> {
        resolver.group(&written.value, written.span)
    }

    fn add_targets(group: &GroupId, targets: &mut EventTargets) {
        targets.group = Some(*group);
    }

    fn retarget(group: &mut GroupId, targets: &EventTargets) {
        *group = targets.group.unwrap_or(*group);
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<GroupId> {
        names.groups().get(cell).map(GroupId::at)
    }
}

/// An account.
pub struct AccountRef;

impl VerbKey for AccountRef {
    type Written = Spanned<Name>;
    type Resolved = AccountId;

    fn resolve(written: &Spanned<Name>, resolver: &mut Resolver<'_>) -> Option<AccountId> {
        resolver.account(&written.value, written.span)
    }

    fn add_targets(account: &AccountId, targets: &mut EventTargets) {
        targets.account = Some(*account);
    }

    fn retarget(account: &mut AccountId, targets: &EventTargets) {
        *account = targets.account.unwrap_or(*account);
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<AccountId> {
        names.accounts().get(cell).map(AccountId::at)
    }
}

/// A caller.
pub struct Actor;

impl VerbKey for Actor {
    type Written = Name;
    type Resolved = ActorId;

    fn resolve(written: &Name, resolver: &mut Resolver<'_>) -> Option<ActorId> {
        Some(ActorId::at(resolver.actors.intern(written)))
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<ActorId> {
        names.actor(cell).map(ActorId::at)
    }
}

/// A model of a group.
pub struct ModelRef;

impl VerbKey for ModelRef {
    type Written = Name;
    type Resolved = ModelId;

    fn resolve(written: &Name, resolver: &mut Resolver<'_>) -> Option<ModelId> {
        Some(ModelId::at(resolver.models.intern(written)))
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<ModelId> {
        names.model(cell).map(ModelId::at)
    }
}

/// Processes of a group, as a mask with one bit for each index in `Process::ALL`.
pub struct ProcessSet;

impl VerbKey for ProcessSet {
    type Written = OneOrMany<Process>;
    type Resolved = u8;

    fn resolve(written: &OneOrMany<Process>, _: &mut Resolver<'_>) -> Option<u8> {
        Some(Self::set(written))
    }

    fn parse_cell(cell: &str, _: &mut dyn NameLookup) -> Option<u8> {
        read_cell(cell).as_ref().map(Self::set)
    }
}

impl ProcessSet {
    fn set(written: &OneOrMany<Process>) -> u8 {
        written.0.iter().fold(0, |set, process| set | 1 << process.index())
    }
}

/// An instant.
pub struct TimeRef;

impl VerbKey for TimeRef {
    type Written = When;
    type Resolved = SimTime;

    fn resolve(written: &When, resolver: &mut Resolver<'_>) -> Option<SimTime> {
        Some(written.from(resolver.start))
    }

    fn retarget(at: &mut SimTime, targets: &EventTargets) {
        *at = at.after(targets.later);
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<SimTime> {
        When::plain(cell).map(|at| at.from(names.start()))
    }
}

/// Protections by name, to be switched on or off.
pub struct FlagSwitches;

impl VerbKey for FlagSwitches {
    type Written = Map<bool>;
    type Resolved = FlagsRef;

    fn resolve(written: &Map<bool>, resolver: &mut Resolver<'_>) -> Option<FlagsRef> {
        resolver.intern_flags(written)
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<FlagsRef> {
        names.flags(cell)
    }
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl VerbKey for $type {
            type Written = Self;
            type Resolved = Self;

            fn resolve(written: &Self, _: &mut Resolver<'_>) -> Option<Self> {
                Some(*written)
            }

            fn parse_cell(cell: &str, _: &mut dyn NameLookup) -> Option<Self> {
                read_cell(cell)
            }
        }
    )+};
}

plain!(
    bool,
    u32,
    NonZero<u32>,
    ApiVersion,
    Billing,
    Channel,
    GroupOperation,
    Health,
    HookResult,
    Initiator,
    Term
);
