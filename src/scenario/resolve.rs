//! From names to ids, while a plan is being made.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::selector::{Candidates, Selector};
use super::verbs::{Flags, FlagsRef, Targets};
use crate::fleet::InstancePart;
use crate::policy::Rulebook;
use crate::record::Legend;
use crate::text::{
    Code, Map, Name, OneOrMany, Place, Problem, Problems, Read, Spanned, When, closest,
};
use crate::time::{ApiVersion, SimTime, Term, UtcOffset};
use crate::vocab::{
    AccountId, ActorId, Billing, Channel, GroupDeed, GroupId, Health, HookResult, Initiator,
    InstanceId, ModelId, Process, ProtectionId, Subject, Word,
};

/// Names of one kind, in the order of their ids, with where each is defined.
#[derive(Debug, Default)]
pub struct Names(IndexMap<Box<str>, Option<Place>, FxBuildHasher>);

impl Names {
    /// Gives a name the next id; the place of the first, if it is taken.
    pub fn define(&mut self, name: &str, place: Option<Place>) -> Result<usize, Option<Place>> {
        match self.0.get_full(name) {
            Some((_, _, first)) => Err(*first),
            None => Ok(self.0.insert_full(name.into(), place).0),
        }
    }

    /// The id of a name, which gets one if it has none.
    pub fn intern(&mut self, name: &str) -> usize {
        self.0.get_index_of(name).unwrap_or_else(|| self.0.insert_full(name.into(), None).0)
    }

    /// The id of a name.
    pub fn get(&self, name: &str) -> Option<usize> {
        self.0.get_index_of(name)
    }

    /// Where the thing of that id is defined.
    pub fn place(&self, at: usize) -> Option<Place> {
        self.0.get_index(at).and_then(|(_, place)| *place)
    }

    /// Every name, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names alone, in the order of their ids.
    pub fn into_names(self) -> crate::vocab::Names {
        self.iter().collect()
    }
}

/// What is known while names become ids.
pub struct Resolver<'p> {
    /// When the scenario starts.
    pub start: SimTime,
    /// The accounts.
    pub accounts: Names,
    /// The groups.
    pub groups: Names,
    /// The instances, those included that are created later.
    pub instances: Names,
    /// What instances are tagged with.
    pub tags: BTreeMap<InstanceId, BTreeMap<Box<str>, String>>,
    /// Who calls.
    pub actors: Names,
    /// The zones.
    pub zones: Names,
    /// The metrics.
    pub metrics: Names,
    /// The models of groups; the first is of those that name none.
    pub models: Names,
    /// The policies in use.
    pub rulebooks: Vec<Rulebook>,
    /// The instances that events are about, in stretches.
    pub targets: Vec<InstanceId>,
    /// Whether the fleet could not be read whole: a name may be missing through no
    /// fault of the line that mentions it.
    pub doubtful: bool,
    /// Flags for each policy, in stretches of as many as there are policies.
    pub flags: Vec<Flags>,
    /// Every mistake found so far.
    pub problems: &'p mut Problems,
}

impl Candidates for Resolver<'_> {
    fn named(&self, name: &str) -> Option<InstanceId> {
        self.instances.get(name).map(InstanceId::at)
    }

    fn all(&self) -> Box<dyn Iterator<Item = (InstanceId, &str)> + '_> {
        Box::new(self.instances.iter().enumerate().map(|(at, name)| (InstanceId::at(at), name)))
    }

    fn tagged(&self, id: InstanceId, key: &str, value: &str) -> bool {
        self.tags.get(&id).and_then(|tags| tags.get(key)).is_some_and(|found| found == value)
    }

    fn defined(&self, id: InstanceId) -> Option<Place> {
        self.instances.place(id.index())
    }

    fn is_doubtful(&self) -> bool {
        self.doubtful
    }
}

impl<'p> Resolver<'p> {
    /// Knows no name yet.
    pub fn new(start: SimTime, rulebooks: Vec<Rulebook>, problems: &'p mut Problems) -> Self {
        Self {
            start,
            accounts: Names::default(),
            groups: Names::default(),
            instances: Names::default(),
            tags: BTreeMap::new(),
            actors: Names::default(),
            zones: Names::default(),
            metrics: Names::default(),
            models: Names::default(),
            rulebooks,
            targets: Vec::new(),
            doubtful: false,
            flags: Vec::new(),
            problems,
        }
    }

    /// What the ids mean; the header of the scenario is left blank.
    pub fn into_legend(self, events: Names) -> Legend {
        Legend {
            scenario: String::new(),
            case: String::new(),
            replication: 0,
            start: self.start,
            end: self.start,
            offset: UtcOffset::default(),
            seed: 0,
            rulebooks: self.rulebooks.into_iter().map(Arc::new).collect(),
            accounts: self.accounts.into_names(),
            groups: self.groups.into_names(),
            instances: self.instances.into_names(),
            actors: self.actors.into_names(),
            zones: self.zones.into_names(),
            models: self.models.into_names(),
            events: events.into_names(),
        }
    }

    /// The instances that a selector selects.
    pub fn select(&mut self, selector: &Selector) -> Option<Vec<InstanceId>> {
        let mut problems = Problems::default();
        let found = selector.resolve(self, &mut problems);
        self.problems.extend(problems);
        found
    }

    /// The group of that name.
    pub fn group(&mut self, name: &str, place: Place) -> Option<GroupId> {
        let found = self.groups.get(name).map(GroupId::at);
        if found.is_none() && !self.doubtful {
            self.problems.add(unknown("group", name, place, &self.groups));
        }
        found
    }

    /// The account of that name.
    pub fn account(&mut self, name: &str, place: Place) -> Option<AccountId> {
        let found = self.accounts.get(name).map(AccountId::at);
        if found.is_none() && !self.doubtful {
            self.problems.add(unknown("account", name, place, &self.accounts));
        }
        found
    }
}

fn unknown(kind: &str, name: &str, place: Place, names: &Names) -> Problem {
    let known: Vec<&str> = names.iter().take(1_000).collect();
    let title = format!("no {kind} is called `{name}`");
    let problem = Problem::at(Code::UnknownName, place, title, "not in the fleet");
    let problem = problem.did_you_mean(&closest(name, known.iter().copied()));
    match known.len() {
        0 => problem.note(format!("the fleet has no {kind}")),
        1..=12 => problem.note(format!("the fleet has: {}", known.join(", "))),
        _ => problem,
    }
}

/// A key of a verb: what a file writes there, and what becomes of it.
pub trait Part {
    /// As written.
    type Written: Read + Clone + std::fmt::Debug;
    /// With ids in place of names.
    type Resolved: Copy;

    /// From the one to the other.
    fn resolve(written: &Self::Written, resolver: &mut Resolver<'_>) -> Option<Self::Resolved>;
}

/// Instances that exist.
pub struct Instances;

impl Part for Instances {
    type Written = Selector;
    type Resolved = Targets;

    fn resolve(written: &Selector, resolver: &mut Resolver<'_>) -> Option<Targets> {
        let ids = resolver.select(written)?;
        let start = u32::try_from(resolver.targets.len()).ok()?;
        let len = u32::try_from(ids.len()).ok()?;
        resolver.targets.extend(ids);
        Some(Targets { start, len })
    }
}

/// An instance that the event creates; its name was defined when the fleet was read.
pub struct NewInstance;

impl Part for NewInstance {
    type Written = Spanned<Name>;
    type Resolved = InstanceId;

    fn resolve(written: &Spanned<Name>, resolver: &mut Resolver<'_>) -> Option<InstanceId> {
        resolver.instances.get(&written.value).map(InstanceId::at)
    }
}

/// What a new instance is like; it was taken in when the fleet was read.
impl Part for InstancePart {
    type Written = Self;
    type Resolved = ();

    fn resolve(_: &Self, _: &mut Resolver<'_>) -> Option<()> {
        Some(())
    }
}

/// A group. Any text will do that is the name of one: imported ones may be masked.
pub struct GroupRef;

impl Part for GroupRef {
    type Written = Spanned<String>;
    type Resolved = GroupId;

    fn resolve(written: &Spanned<String>, resolver: &mut Resolver<'_>) -> Option<GroupId> {
        resolver.group(&written.value, written.place)
    }
}

/// An account.
pub struct AccountRef;

impl Part for AccountRef {
    type Written = Spanned<Name>;
    type Resolved = AccountId;

    fn resolve(written: &Spanned<Name>, resolver: &mut Resolver<'_>) -> Option<AccountId> {
        resolver.account(&written.value, written.place)
    }
}

/// Somebody who calls.
pub struct Actor;

impl Part for Actor {
    type Written = Name;
    type Resolved = ActorId;

    fn resolve(written: &Name, resolver: &mut Resolver<'_>) -> Option<ActorId> {
        Some(ActorId::at(resolver.actors.intern(written)))
    }
}

/// A model of a group.
pub struct ModelRef;

impl Part for ModelRef {
    type Written = Name;
    type Resolved = ModelId;

    fn resolve(written: &Name, resolver: &mut Resolver<'_>) -> Option<ModelId> {
        Some(ModelId::at(resolver.models.intern(written)))
    }
}

/// Things that a group does by itself: a bit for each, by its place.
pub struct ProcessSet;

impl Part for ProcessSet {
    type Written = OneOrMany<Process>;
    type Resolved = u8;

    fn resolve(written: &OneOrMany<Process>, _: &mut Resolver<'_>) -> Option<u8> {
        Some(written.0.iter().fold(0, |set, process| set | 1 << process.index()))
    }
}

/// An instant.
pub struct TimeRef;

impl Part for TimeRef {
    type Written = When;
    type Resolved = SimTime;

    fn resolve(written: &When, resolver: &mut Resolver<'_>) -> Option<SimTime> {
        Some(written.from(resolver.start))
    }
}

/// Protections by name, to be switched on or off.
pub struct FlagSwitches;

impl Part for FlagSwitches {
    type Written = Map<bool>;
    type Resolved = FlagsRef;

    fn resolve(written: &Map<bool>, resolver: &mut Resolver<'_>) -> Option<FlagsRef> {
        // Whether a name fits is asked once it is known on what it is to be set.
        let start = u32::try_from(resolver.flags.len()).ok()?;
        for book in &resolver.rulebooks {
            let mut flags = Flags::default();
            for (name, set) in &written.0 {
                let Some(id) = book.policy.protection(&name.value) else { continue };
                if *set { flags.on = flags.on.with(id) } else { flags.off = flags.off.with(id) }
            }
            resolver.flags.push(flags);
        }
        Some(FlagsRef(start))
    }
}

/// A protection of a policy by its name, or by the provider's attribute; it must be set on
/// things of that kind.
///
/// # Errors
/// The message that there is none.
pub fn protection_of(
    book: &Rulebook,
    name: &str,
    place: Place,
    kind: Subject,
) -> Result<ProtectionId, Box<Problem>> {
    let policy = &book.policy;
    let by_attribute = || {
        let of = |p: &crate::policy::Protection| p.attribute.as_deref() == Some(name);
        policy.protections.iter().position(of).map(ProtectionId::at)
    };
    let Some(id) = policy.protection(name).or_else(by_attribute) else {
        return Err(Box::new(unknown_protection(name, place, std::slice::from_ref(book))));
    };
    let of = policy.protections[id.index()].of;
    if of == kind {
        return Ok(id);
    }
    let title = format!("`{name}` is set on {}, not on {}", a(of), a(kind));
    Err(Box::new(Problem::at(Code::UnknownRule, place, title, "not here")))
}

fn a(subject: Subject) -> String {
    match subject {
        Subject::Account | Subject::Instance => format!("an {}", subject.word()),
        Subject::Group => format!("a {}", subject.word()),
    }
}

/// The message that no policy in use has a protection of that name.
pub fn unknown_protection(name: &str, place: Place, rulebooks: &[Rulebook]) -> Problem {
    let mut known: Vec<&str> = rulebooks
        .iter()
        .flat_map(|book| &book.policy.protections)
        .map(|protection| protection.name.as_str())
        .collect();
    known.sort_unstable();
    known.dedup();
    let policies: Vec<&str> = rulebooks.iter().map(|book| book.policy.name.as_str()).collect();
    let title = format!("{} has no protection `{name}`", policies.join(", "));
    let problem = Problem::at(Code::UnknownRule, place, title, "unknown protection");
    let problem = problem.did_you_mean(&closest(name, known.iter().copied()));
    problem.note(format!("protections: {}", known.join(", ")))
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Part for $type {
            type Written = Self;
            type Resolved = Self;

            fn resolve(written: &Self, _: &mut Resolver<'_>) -> Option<Self> {
                Some(*written)
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
    GroupDeed,
    Health,
    HookResult,
    Initiator,
    Term
);
