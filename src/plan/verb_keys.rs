//! The keys of verbs: their type in a file, and the type that they are resolved to.

use super::name_lookup::NameLookup;
use super::resolver::Resolver;
use super::spelling::Spelling;
use super::targets::{EventTargets, FlagsRef, Targets};
use crate::diagnostics::Spanned;
use crate::format::{Map, Name, OneOrMany, Selector, When, WrittenInstance, read_cell};
use crate::time::{ApiVersion, SimTime, Term};
use crate::words::{
    AccountId, ActorId, Billing, Channel, GroupId, GroupOperation, Health, HookResult, Initiator,
    InstanceId, ModelId, Process, Word,
};
use serde_json::Value as Json;
use std::num::NonZero;

/// A key of a verb, with its written and its resolved type.
pub trait VerbKey {
    /// The value as a file states it.
    type Written;
    /// The value with ids in place of names.
    type Resolved: Copy;

    /// Resolves a value; `None` if it has a mistake, which is reported.
    fn resolve(written: &Self::Written, resolver: &mut Resolver<'_>) -> Option<Self::Resolved>;

    /// Adds the targets that the value names, if any.
    fn add_targets(_: &Self::Resolved, _: &mut EventTargets) {}

    /// The value as a file states it; `None` if the key is left out.
    fn spell(resolved: &Self::Resolved, names: &Spelling<'_>) -> Option<Json>;

    /// Replaces the value by the target of its kind in the given targets, if there is one.
    fn retarget(_: &mut Self::Resolved, _: &EventTargets) {}

    /// The resolved value of a cell of a streamed table, equal to the result of reading and
    /// resolving it. `None` if the cell may have a mistake; then the full reader reads the table.
    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<Self::Resolved> {
        let _ = (cell, names);
        None
    }

    /// The same for a cell that may be empty.
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

    fn spell(resolved: &Self::Resolved, names: &Spelling<'_>) -> Option<Json> {
        resolved.as_ref().and_then(|resolved| K::spell(resolved, names))
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
        resolver.target_range(&ids)
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<Targets> {
        // Text with `*`, `?`, `;` or `..` is a selector, even if a masked instance has this name.
        let is_selector = || {
            let marked = cell.bytes().any(|byte| matches!(byte, b'*' | b'?' | b';' | b'.'));
            marked && (cell.contains(['*', '?', ';']) || cell.contains(".."))
        };
        match names.instances().find(cell) {
            Some((index, is_plain)) if is_plain || !is_selector() => {
                Some(Targets { start: u32::try_from(index).ok()?, len: 1 })
            }
            _ => names.targets(cell),
        }
    }

    fn spell(instances: &Targets, names: &Spelling<'_>) -> Option<Json> {
        Some(names.instances(*instances))
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
        resolver.instances.get(&written.value).map(InstanceId::from_index)
    }

    fn spell(instance: &InstanceId, names: &Spelling<'_>) -> Option<Json> {
        Some(names.header.instance(*instance).into())
    }
}

/// The settings of a new instance; they were resolved when the fleet was built.
impl VerbKey for WrittenInstance {
    type Written = Self;
    type Resolved = ();

    fn resolve(_: &Self, _: &mut Resolver<'_>) -> Option<()> {
        Some(())
    }

    fn spell((): &(), _: &Spelling<'_>) -> Option<Json> {
        None
    }
}

/// A group. Its name can be any text, because names of imported groups may be masked.
pub struct GroupRef;

impl VerbKey for GroupRef {
    type Written = Spanned<String>;
    type Resolved = GroupId;

    fn resolve(written: &Spanned<String>, resolver: &mut Resolver<'_>) -> Option<GroupId> {
        resolver.group(&written.value, written.span)
    }

    fn spell(group: &GroupId, names: &Spelling<'_>) -> Option<Json> {
        Some(names.header.group(*group).into())
    }

    fn add_targets(group: &GroupId, targets: &mut EventTargets) {
        targets.group = Some(*group);
    }

    fn retarget(group: &mut GroupId, targets: &EventTargets) {
        *group = targets.group.unwrap_or(*group);
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<GroupId> {
        names.groups().get(cell).map(GroupId::from_index)
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

    fn spell(account: &AccountId, names: &Spelling<'_>) -> Option<Json> {
        Some(names.header.account(*account).into())
    }

    fn add_targets(account: &AccountId, targets: &mut EventTargets) {
        targets.account = Some(*account);
    }

    fn retarget(account: &mut AccountId, targets: &EventTargets) {
        *account = targets.account.unwrap_or(*account);
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<AccountId> {
        names.accounts().get(cell).map(AccountId::from_index)
    }
}

/// A caller.
pub struct Actor;

impl VerbKey for Actor {
    type Written = Spanned<Name>;
    type Resolved = ActorId;

    fn resolve(written: &Spanned<Name>, resolver: &mut Resolver<'_>) -> Option<ActorId> {
        resolver.caller(&written.value, written.span)
    }

    fn add_targets(caller: &ActorId, targets: &mut EventTargets) {
        targets.caller = Some(*caller);
    }

    fn spell(actor: &ActorId, names: &Spelling<'_>) -> Option<Json> {
        Some(names.header.actor(*actor).into())
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<ActorId> {
        names.actor(cell).map(ActorId::from_index)
    }
}

/// A model of a group.
pub struct ModelRef;

impl VerbKey for ModelRef {
    type Written = Name;
    type Resolved = ModelId;

    fn resolve(written: &Name, resolver: &mut Resolver<'_>) -> Option<ModelId> {
        Some(ModelId::from_index(resolver.models.intern(written)))
    }

    fn spell(model: &ModelId, names: &Spelling<'_>) -> Option<Json> {
        Some(names.header.model(*model).into())
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<ModelId> {
        names.model(cell).map(ModelId::from_index)
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

    fn spell(set: &u8, _: &Spelling<'_>) -> Option<Json> {
        Some(Process::in_mask(*set).map(Process::word).collect())
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

    fn spell(at: &SimTime, _: &Spelling<'_>) -> Option<Json> {
        Some(at.to_string().into())
    }

    fn retarget(at: &mut SimTime, targets: &EventTargets) {
        *at = at.after(targets.later);
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<SimTime> {
        When::plain(cell).map(|at| at.from(names.start()))
    }
}

/// Protections by name, each with whether it is switched on or off.
pub struct FlagSwitches;

impl VerbKey for FlagSwitches {
    type Written = Map<bool>;
    type Resolved = FlagsRef;

    fn resolve(written: &Map<bool>, resolver: &mut Resolver<'_>) -> Option<FlagsRef> {
        resolver.intern_flags(written)
    }

    fn spell(flags: &FlagsRef, names: &Spelling<'_>) -> Option<Json> {
        Some(names.flags(*flags))
    }

    fn parse_cell(cell: &str, names: &mut dyn NameLookup) -> Option<FlagsRef> {
        names.flags(cell)
    }
}

macro_rules! plain {
    ($spell:expr, $parse:expr => $($type:ty),+) => {$(
        impl VerbKey for $type {
            type Written = Self;
            type Resolved = Self;

            fn resolve(written: &Self, _: &mut Resolver<'_>) -> Option<Self> {
                Some(*written)
            }

            fn spell(value: &Self, _: &Spelling<'_>) -> Option<Json> {
                Some($spell(*value).into())
            }

            fn parse_cell(cell: &str, _: &mut dyn NameLookup) -> Option<Self> {
                $parse(cell)
            }
        }
    )+};
}

plain!(std::convert::identity, |cell: &str| cell.parse().ok() => bool);
plain!(std::convert::identity, read_cell => u32);
plain!(NonZero::<u32>::get, read_cell => NonZero<u32>);
plain!(Word::word, Word::spelled => Billing, Channel, GroupOperation);
plain!(Word::word, Word::spelled => Health, HookResult, Initiator);
plain!(|version: ApiVersion| version.to_string(), read_cell => ApiVersion);
plain!(|term: Term| term.span().to_string(), read_cell => Term);
