//! From names to ids, while a plan is being made.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::num::NonZero;
use std::sync::Arc;

use hashbrown::{HashMap, HashTable};
use rustc_hash::FxBuildHasher;

use super::selectors::{self, Candidates};
use super::targets::{EventTargets, Flags, FlagsRef, Targets};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{Map, Name, OneOrMany, Read, Selector, When, WrittenInstance, read_cell};
use crate::policy::{Policy, Rulebook};
use crate::run_header::{EventNames, RunHeader};
use crate::time::{ApiVersion, SimTime, Term, UtcOffset};
use crate::words::{
    self, AccountId, ActorId, Billing, Channel, GroupId, GroupOperation, Health, HookResult,
    Initiator, InstanceId, ModelId, PolicyId, Process, ProtectionId, RuleId, Subject, Word, ZoneId,
};

/// Names of one kind, in the order of their ids, with where each is defined.
///
/// Each is kept once: the table that finds them holds ids. Nothing walks that table.
#[derive(Debug, Clone, Default)]
pub struct Names {
    names: words::Names,
    /// Names that are numbered one by one, as machines and ranges name things: found by
    /// reckoning, without a look at memory that no cache holds.
    runs: Vec<Numbered>,
    /// Ids of all others, by the names that they stand for.
    ids: HashTable<u32>,
    /// Where they are defined, by their ids; what comes from a streamed table is nowhere.
    spans: Vec<(usize, Span)>,
}

impl Names {
    /// Gives a name the next id; the place of the first, if it is taken.
    pub fn define(&mut self, name: &str, span: Option<Span>) -> Result<usize, Option<Span>> {
        if let Some(at) = self.get(name) {
            return Err(self.span(at));
        }
        let at = self.add(name);
        self.spans.extend(span.map(|span| (at, span)));
        Ok(at)
    }

    /// The id of a name, which gets one if it has none.
    pub fn intern(&mut self, name: &str) -> usize {
        self.get(name).unwrap_or_else(|| self.add(name))
    }

    fn add(&mut self, name: &str) -> usize {
        let at = self.names.len();
        let before = at.checked_sub(1).map(|before| self.names.at(before));
        let extends = self.runs.last().is_some_and(|run| run.place_of(name) == Some(run.len));
        match self.runs.last_mut() {
            Some(run) if extends && run.id + run.len == at => run.len += 1,
            _ => {
                let run = before.and_then(|before| Numbered::after(before, name, at));
                self.runs.extend(run.filter(|_| self.runs.len() < MOST_RUNS));
                self.remember(name, at);
            }
        }
        self.names.push(name);
        at
    }

    fn remember(&mut self, name: &str, at: usize) {
        let Self { names, ids, .. } = self;
        // INVARIANT: ids are 32 bits wide; fleets and lists of events are bounded below that.
        let id = u32::try_from(at).unwrap_or(u32::MAX);
        ids.insert_unique(hash(name), id, |id| hash(names.at(*id as usize)));
    }

    /// The id of a name.
    pub fn get(&self, name: &str) -> Option<usize> {
        let in_run = |run: &Numbered| {
            run.place_of(name).filter(|span| *span < run.len).map(|span| run.id + span)
        };
        if let Some(at) = self.runs.iter().find_map(in_run) {
            return Some(at);
        }
        let is_it = |id: &u32| self.names.at(*id as usize) == name;
        self.ids.find(hash(name), is_it).map(|id| *id as usize)
    }

    /// Where the thing of that id is defined.
    pub fn span(&self, at: usize) -> Option<Span> {
        let found = self.spans.binary_search_by_key(&at, |(id, _)| *id);
        found.ok().and_then(|found| self.spans.get(found)).map(|(_, span)| *span)
    }

    /// Every name, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The names alone, in the order of their ids; both have the same piece of memory.
    pub fn share(&mut self) -> words::Names {
        self.names = std::mem::take(&mut self.names).shared();
        self.names.clone()
    }
}

/// The most stretches of numbered names: each is asked about each name.
const MOST_RUNS: usize = 16;

/// Names that end in numbers which follow each other, as their ids do.
#[derive(Debug, Clone)]
struct Numbered {
    prefix: Box<str>,
    /// How many digits each number has; 0, if they are written without zeros in front.
    width: usize,
    from: u64,
    /// The id of the first.
    id: usize,
    len: usize,
}

impl Numbered {
    /// The stretch that begins with `name`, if it follows the name before it.
    fn after(before: &str, name: &str, id: usize) -> Option<Self> {
        let (prefix, digits) = numbered(before)?;
        let width = if digits.starts_with('0') { digits.len() } else { 0 };
        let from = number(digits)?;
        let run = Self { prefix: prefix.into(), width, from, id, len: 1 };
        (run.place_of(name) == Some(1)).then(|| Self { from: run.from + 1, ..run })
    }

    /// How far behind the first a name is by its number, were the stretch long enough.
    fn place_of(&self, name: &str) -> Option<usize> {
        let digits = name.strip_prefix(&*self.prefix)?;
        let plain = match self.width {
            0 => !digits.starts_with('0') || digits == "0",
            width => digits.len() == width,
        };
        let number = plain.then(|| number(digits)).flatten()?;
        usize::try_from(number.checked_sub(self.from)?).ok()
    }
}

/// The number at the end of a name, and what stands before it.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[prefix.len()..];
    number(digits).map(|_| (prefix, digits))
}

/// The number that digits spell, eighteen of them at most.
fn number(digits: &str) -> Option<u64> {
    let add =
        |number: u64, byte: u8| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'));
    (1..=18).contains(&digits.len()).then(|| digits.bytes().try_fold(0, add)).flatten()
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

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
    fn instances(&self) -> &Names;
    /// The accounts.
    fn accounts(&self) -> &Names;
    /// The groups.
    fn groups(&self) -> &Names;
    /// What a selector selects.
    fn targets(&mut self, cell: &str) -> Option<Targets>;
    /// Protections to switch.
    fn flags(&mut self, cell: &str) -> Option<FlagsRef>;
    /// Somebody who calls.
    fn actor(&mut self, cell: &str) -> Option<usize>;
    /// A model.
    fn model(&mut self, cell: &str) -> Option<usize>;
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
    pub rulebooks: Vec<Arc<Rulebook>>,
    /// The instances that events are about, in stretches.
    pub targets: Vec<InstanceId>,
    /// Whether the fleet could not be read whole: a name may be missing through no
    /// fault of the line that mentions it.
    pub doubtful: bool,
    /// Such stretches by what they hold, those aside that [`Self::stretch`] finds by itself.
    stretches: HashTable<Targets>,
    /// Flags for each policy, in stretches of as many as there are policies.
    pub flags: Vec<Flags>,
    /// The rules on defaults that something relies on because it does not say otherwise.
    pub defaults: BTreeSet<(PolicyId, RuleId)>,
    /// What cells of streamed tables mean.
    pub memo: CellCache,
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

    fn defined(&self, id: InstanceId) -> Option<Span> {
        self.instances.span(id.index())
    }

    fn is_doubtful(&self) -> bool {
        self.doubtful
    }
}

/// What names and cells mean, once a table has been checked.
#[derive(Debug)]
pub struct FrozenNames {
    start: SimTime,
    instances: Names,
    accounts: Names,
    groups: Names,
    actors: Names,
    models: Names,
    memo: CellCache,
}

impl<'p> Resolver<'p> {
    /// Knows no name yet.
    pub fn new(start: SimTime, rulebooks: Vec<Arc<Rulebook>>, problems: &'p mut Problems) -> Self {
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
            stretches: HashTable::new(),
            doubtful: false,
            flags: Vec::new(),
            defaults: BTreeSet::new(),
            memo: CellCache::default(),
            problems,
        }
    }

    /// What the ids mean, with the header of the scenario left blank; and what a streamed
    /// table needs to be read once more.
    pub fn finish(mut self, events: EventNames) -> (RunHeader, FrozenNames) {
        let header = RunHeader {
            scenario: String::new(),
            case: String::new(),
            replication: 0,
            start: self.start,
            end: self.start,
            offset: UtcOffset::default(),
            seed: 0,
            rulebooks: self.rulebooks,
            accounts: self.accounts.share(),
            groups: self.groups.share(),
            instances: self.instances.share(),
            actors: self.actors.share(),
            zones: self.zones.share(),
            models: self.models.share(),
            events,
        };
        let known = FrozenNames {
            start: self.start,
            instances: self.instances,
            accounts: self.accounts,
            groups: self.groups,
            actors: self.actors,
            models: self.models,
            memo: self.memo,
        };
        (header, known)
    }

    /// The instances that a selector selects.
    pub fn select(&mut self, selector: &Selector) -> Option<Vec<InstanceId>> {
        // The same list goes on, so that a long one needs no more suggestions.
        let mut problems = std::mem::take(self.problems);
        let found = selectors::select(selector, self, &mut problems);
        *self.problems = problems;
        found
    }

    /// Makes the list of targets begin with every instance, each at the place of its id, so
    /// that instances in a row are a stretch of it already.
    pub fn all_are_targets(&mut self) {
        self.targets = (0..self.instances.len()).map(InstanceId::at).collect();
    }

    /// The stretch of the list of targets that holds these, which is made if there is none.
    pub fn stretch(&mut self, ids: &[InstanceId]) -> Option<Targets> {
        let len = u32::try_from(ids.len()).ok()?;
        if let Some(first) = ids.first()
            && ids.iter().zip(first.0..).all(|(id, next)| id.0 == next)
            && self.targets.get(first.index()..first.index() + ids.len()) == Some(ids)
        {
            return Some(Targets { start: first.0, len });
        }
        let Self { targets, stretches, .. } = self;
        let hash = |ids: &[InstanceId]| FxBuildHasher.hash_one(ids);
        if let Some(known) = stretches.find(hash(ids), |known| known.of(targets) == ids) {
            return Some(*known);
        }
        let stretch = Targets { start: u32::try_from(targets.len()).ok()?, len };
        targets.extend(ids);
        stretches.insert_unique(hash(ids), stretch, |known| hash(known.of(targets)));
        Some(stretch)
    }

    /// The group of that name.
    pub fn group(&mut self, name: &str, span: Span) -> Option<GroupId> {
        let found = self.groups.get(name).map(GroupId::at);
        if found.is_none() && !self.doubtful {
            self.problems.add(unknown("group", name, span, &self.groups));
        }
        found
    }

    /// The account of that name.
    pub fn account(&mut self, name: &str, span: Span) -> Option<AccountId> {
        let found = self.accounts.get(name).map(AccountId::at);
        if found.is_none() && !self.doubtful {
            self.problems.add(unknown("account", name, span, &self.accounts));
        }
        found
    }

    /// The zone of that name: that somebody is in, or that a group lists.
    pub fn zone(&mut self, name: &str, span: Span) -> Option<ZoneId> {
        let found = self.zones.get(name).map(ZoneId::at);
        if found.is_none() && !self.doubtful {
            self.problems.add(unknown("zone", name, span, &self.zones));
        }
        found
    }
}

fn unknown(kind: &str, name: &str, span: Span, names: &Names) -> Problem {
    let title = format!("no {kind} is called `{name}`");
    let problem = Problem::at(Code::UnknownName, span, title, "not in the fleet");
    with_known(problem, name, names, "the fleet has", &format!("the fleet has no {kind}"))
}

/// Tells of the names that somebody may have meant, and of all there are, if they are few:
/// behind `some`, or as `none` if there are none.
pub fn with_known(problem: Problem, name: &str, names: &Names, some: &str, none: &str) -> Problem {
    let known: Vec<&str> = names.iter().take(1_000).collect();
    let problem = problem.did_you_mean(&closest(name, known.iter().copied()));
    match known.len() {
        0 => problem.note(none),
        1..=12 => problem.note(format!("{some}: {}", known.join(", "))),
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

    /// Says what it is about, if it names anything of the fleet.
    fn tell(_: &Self::Resolved, _: &mut EventTargets) {}

    /// Names what an aim names instead, if it is of that kind.
    fn turn(_: &mut Self::Resolved, _: &EventTargets) {}

    /// What a cell of a streamed table means, if it is plainly right: the same that reading
    /// and resolving it would give. What gives nothing here is read with more care.
    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<Self::Resolved> {
        let _ = (cell, desk);
        None
    }
}

impl NameLookup for Resolver<'_> {
    fn start(&self) -> SimTime {
        self.start
    }

    fn instances(&self) -> &Names {
        &self.instances
    }

    fn accounts(&self) -> &Names {
        &self.accounts
    }

    fn groups(&self) -> &Names {
        &self.groups
    }

    fn targets(&mut self, cell: &str) -> Option<Targets> {
        if let Some(known) = self.memo.targets.get(cell) {
            return Some(*known);
        }
        let selector: Selector = read_cell(cell)?;
        let mut problems = Problems::default();
        let ids =
            selectors::select(&selector, self, &mut problems).filter(|_| problems.is_empty())?;
        let targets = self.stretch(&ids)?;
        self.memo.targets.insert(cell.into(), targets);
        Some(targets)
    }

    fn flags(&mut self, cell: &str) -> Option<FlagsRef> {
        if let Some((known, _)) = self.memo.flags.get(cell) {
            return Some(*known);
        }
        let written: Map<bool> = read_cell(cell)?;
        let flags = FlagSwitches::resolve(&written, self)?;
        self.memo.flags.insert(cell.into(), (flags, Arc::new(written)));
        Some(flags)
    }

    fn actor(&mut self, cell: &str) -> Option<usize> {
        let known = self.actors.get(cell);
        known.or_else(|| Name::fault(cell).is_none().then(|| self.actors.intern(cell)))
    }

    fn model(&mut self, cell: &str) -> Option<usize> {
        let known = self.models.get(cell);
        known.or_else(|| Name::fault(cell).is_none().then(|| self.models.intern(cell)))
    }
}

impl NameLookup for &FrozenNames {
    fn start(&self) -> SimTime {
        self.start
    }

    fn instances(&self) -> &Names {
        &self.instances
    }

    fn accounts(&self) -> &Names {
        &self.accounts
    }

    fn groups(&self) -> &Names {
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

/// Instances that exist.
pub struct Instances;

impl Part for Instances {
    type Written = Selector;
    type Resolved = Targets;

    fn resolve(written: &Selector, resolver: &mut Resolver<'_>) -> Option<Targets> {
        let ids = resolver.select(written)?;
        resolver.stretch(&ids)
    }

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<Targets> {
        // What selectors read otherwise is no name, though a masked instance may be called so.
        let marked = cell.bytes().any(|byte| matches!(byte, b'*' | b'?' | b';' | b'.'));
        let says_more = marked && (cell.contains(['*', '?', ';']) || cell.contains(".."));
        match desk.instances().get(cell) {
            Some(at) if !says_more => Some(Targets { start: u32::try_from(at).ok()?, len: 1 }),
            _ => desk.targets(cell),
        }
    }

    fn tell(targets: &Targets, aim: &mut EventTargets) {
        aim.instances = Some(*targets);
    }

    fn turn(targets: &mut Targets, aim: &EventTargets) {
        *targets = aim.instances.unwrap_or(*targets);
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
impl Part for WrittenInstance {
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
        resolver.group(&written.value, written.span)
    }

    fn tell(group: &GroupId, aim: &mut EventTargets) {
        aim.group = Some(*group);
    }

    fn turn(group: &mut GroupId, aim: &EventTargets) {
        *group = aim.group.unwrap_or(*group);
    }

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<GroupId> {
        desk.groups().get(cell).map(GroupId::at)
    }
}

/// An account.
pub struct AccountRef;

impl Part for AccountRef {
    type Written = Spanned<Name>;
    type Resolved = AccountId;

    fn resolve(written: &Spanned<Name>, resolver: &mut Resolver<'_>) -> Option<AccountId> {
        resolver.account(&written.value, written.span)
    }

    fn tell(account: &AccountId, aim: &mut EventTargets) {
        aim.account = Some(*account);
    }

    fn turn(account: &mut AccountId, aim: &EventTargets) {
        *account = aim.account.unwrap_or(*account);
    }

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<AccountId> {
        desk.accounts().get(cell).map(AccountId::at)
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

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<ActorId> {
        desk.actor(cell).map(ActorId::at)
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

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<ModelId> {
        desk.model(cell).map(ModelId::at)
    }
}

/// Things that a group does by itself: a bit for each, by its place.
pub struct ProcessSet;

impl Part for ProcessSet {
    type Written = OneOrMany<Process>;
    type Resolved = u8;

    fn resolve(written: &OneOrMany<Process>, _: &mut Resolver<'_>) -> Option<u8> {
        Some(Self::set(written))
    }

    fn quick(cell: &str, _: &mut dyn NameLookup) -> Option<u8> {
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

impl Part for TimeRef {
    type Written = When;
    type Resolved = SimTime;

    fn resolve(written: &When, resolver: &mut Resolver<'_>) -> Option<SimTime> {
        Some(written.from(resolver.start))
    }

    fn turn(at: &mut SimTime, aim: &EventTargets) {
        *at = at.after(aim.later);
    }

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<SimTime> {
        When::plain(cell).map(|at| at.from(desk.start()))
    }
}

/// Protections by name, to be switched on or off.
pub struct FlagSwitches;

impl Part for FlagSwitches {
    type Written = Map<bool>;
    type Resolved = FlagsRef;

    fn resolve(written: &Map<bool>, resolver: &mut Resolver<'_>) -> Option<FlagsRef> {
        // Whether a name fits is asked once it is known on what it is to be set.
        let of_book = |book: &Arc<Rulebook>| {
            let mut flags = Flags::default();
            for (name, set) in &written.0 {
                let Some(id) = book.policy.protection(&name.value) else { continue };
                if *set { flags.on = flags.on.with(id) } else { flags.off = flags.off.with(id) }
            }
            flags
        };
        let wanted: Vec<Flags> = resolver.rulebooks.iter().map(of_book).collect();
        let mut known = resolver.flags.chunks(wanted.len().max(1));
        let at = known.position(|flags| flags == wanted);
        let start = at.map_or(resolver.flags.len(), |at| at * wanted.len());
        if at.is_none() {
            resolver.flags.extend(wanted);
        }
        let start = u32::try_from(start).ok()?;
        Some(FlagsRef(start))
    }

    fn quick(cell: &str, desk: &mut dyn NameLookup) -> Option<FlagsRef> {
        desk.flags(cell)
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
    span: Span,
    kind: Subject,
) -> Result<ProtectionId, Box<Problem>> {
    let policy = &book.policy;
    let Some(id) = policy.protection(name) else {
        return Err(Box::new(unknown_protection(name, span, &[policy])));
    };
    let of = policy.protections[id.index()].of;
    if of == kind {
        return Ok(id);
    }
    let title = format!("`{name}` is set on {}, not on {}", a(of), a(kind));
    Err(Box::new(Problem::at(Code::UnknownRule, span, title, "not here")))
}

fn a(subject: Subject) -> String {
    match subject {
        Subject::Account | Subject::Instance => format!("an {}", subject.word()),
        Subject::Group => format!("a {}", subject.word()),
    }
}

/// The message that no policy in use has a protection of that name.
pub fn unknown_protection(name: &str, span: Span, policies: &[&Policy]) -> Problem {
    let all = || policies.iter().flat_map(|policy| &policy.protections);
    let mut known: Vec<&str> = all().map(|protection| protection.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let attributes = all().filter_map(|protection| protection.attribute.as_deref());
    let mut close = closest(name, known.iter().copied());
    if close.is_empty() {
        close = closest(name, attributes);
    }
    let policies: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    let title = format!("{} has no protection `{name}`", policies.join(", "));
    let problem = Problem::at(Code::UnknownRule, span, title, "unknown protection");
    problem.did_you_mean(&close).note(format!("protections: {}", known.join(", ")))
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Part for $type {
            type Written = Self;
            type Resolved = Self;

            fn resolve(written: &Self, _: &mut Resolver<'_>) -> Option<Self> {
                Some(*written)
            }

            fn quick(cell: &str, _: &mut dyn NameLookup) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_number_or_by_letters_and_never_by_half() {
        let written = [
            "web-8", "web-9", "web-10", "web-11", "web-13", "db", "n-08", "n-09", "n-10", "n-11",
            "7", "8", "9", "web-12", "web-14", "web-15", "i-0", "i-1", "i-2",
        ];
        let mut names = Names::default();
        for (at, name) in written.into_iter().enumerate() {
            assert_eq!(names.get(name), None, "{name} is new");
            assert_eq!(names.define(name, None), Ok(at));
            assert_eq!(names.define(name, None), Err(None), "{name} is taken");
        }
        for (at, name) in written.into_iter().enumerate() {
            assert_eq!((names.get(name), names.intern(name)), (Some(at), at));
        }
        assert!(names.runs.len() > 3, "{:?}", names.runs);
        for name in [
            "web-",
            "web-08",
            "web-010",
            "web-16",
            "web",
            "n-8",
            "n-12",
            "n-011",
            "n-1",
            "07",
            "10",
            "+8",
            "i-00",
            "i-3",
            "i--1",
            "",
            "web-99999999999999999999",
        ] {
            assert_eq!(names.get(name), None, "{name}");
        }
    }
}
