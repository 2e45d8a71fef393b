//! The resolver of names to ids.

use super::mentioned::Mentioned;
use super::name_lookup::{CellCache, FrozenNames, NameLookup};
use super::names::{NameTable, with_known};
use super::prices::Pricing;
use super::selectors::{self, Candidates};
use super::targets::{FlagsRef, Targets};
use crate::diagnostics::{Code, Problem, Problems, Span, closest};
use crate::fleet::Prices;
use crate::format::{Map, Name, Selector, WrittenInstance, read_cell};
use crate::policy::{Flags, Rulebook};
use crate::run_header::{EventNames, RunHeader};
use crate::time::{SimTime, UtcOffset};
use crate::words::{AccountId, ActorId, GroupId, InstanceId, PolicyId, RuleId, ZoneId};
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::Arc;

/// The names that are defined so far, and the problems found while names are resolved.
pub struct Resolver<'p> {
    /// The start of the scenario.
    pub start: SimTime,
    /// The accounts.
    pub accounts: NameTable,
    /// The groups.
    pub groups: NameTable,
    /// The instances, including those that are created later.
    pub instances: NameTable,
    /// The tags of instances.
    pub tags: BTreeMap<InstanceId, BTreeMap<Box<str>, String>>,
    /// The provider from whose replies each imported instance was read.
    pub imported_from: BTreeMap<InstanceId, String>,
    /// The callers.
    pub actors: NameTable,
    /// Number of principals, which are the first callers; `None` if everybody may do everything.
    pub principals: Option<usize>,
    /// The zones.
    pub zones: NameTable,
    /// The metrics.
    pub metrics: NameTable,
    /// The models of groups. The first one, with an empty name, is that of groups that name none.
    pub models: NameTable,
    /// The policies of the scenario.
    pub rulebooks: Vec<Arc<Rulebook>>,
    /// The targets of events, in ranges.
    pub targets: Vec<InstanceId>,
    /// Whether a part of the fleet could not be read. Then an unknown name may be defined in that
    /// part, and is not reported.
    pub doubtful: bool,
    /// Whether the table of metrics could not be read. Then an unknown metric is not reported.
    pub lacks_metrics: bool,
    /// The names of events and callers in parts that could not be read.
    pub mentioned: Mentioned,
    /// Ranges by their contents, except those at the beginning of the list.
    ranges: HashTable<Targets>,
    /// Flags, in ranges with one element for each policy.
    pub flags: Vec<Flags>,
    /// The rules on defaults that were applied.
    pub defaults: BTreeSet<(PolicyId, RuleId)>,
    /// The currency, and the sums of prices so far.
    pub pricing: Pricing,
    /// The resolved cells of streamed tables.
    pub memo: CellCache,
    /// The problems found so far.
    pub problems: &'p mut Problems,
}

impl Candidates for Resolver<'_> {
    fn named(&self, name: &str) -> Option<InstanceId> {
        self.instances.get(name).map(InstanceId::from_index)
    }

    fn all(&self) -> Box<dyn Iterator<Item = (InstanceId, &str)> + '_> {
        Box::new(
            self.instances.iter().enumerate().map(|(i, name)| (InstanceId::from_index(i), name)),
        )
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

    fn may_exist(&self, name: &str) -> bool {
        self.doubtful && self.mentioned.fleet.instance(name)
    }

    fn unread(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.mentioned.fleet.instances.iter().map(String::as_str))
    }
}

impl<'p> Resolver<'p> {
    /// A resolver without any name.
    pub fn new(start: SimTime, rulebooks: Vec<Arc<Rulebook>>, problems: &'p mut Problems) -> Self {
        Self {
            start,
            accounts: NameTable::default(),
            groups: NameTable::default(),
            instances: NameTable::default(),
            tags: BTreeMap::new(),
            imported_from: BTreeMap::new(),
            actors: NameTable::default(),
            principals: None,
            zones: NameTable::default(),
            metrics: NameTable::default(),
            models: NameTable::default(),
            rulebooks,
            targets: Vec::new(),
            ranges: HashTable::new(),
            doubtful: false,
            lacks_metrics: false,
            mentioned: Mentioned::default(),
            flags: Vec::new(),
            defaults: BTreeSet::new(),
            pricing: Pricing::default(),
            memo: CellCache::default(),
            problems,
        }
    }

    /// Notes that any name may be in a part of the fleet that could not be read.
    pub const fn hides_names(&mut self) {
        self.doubtful = true;
        self.mentioned.fleet.is_open = true;
    }

    /// The names by id in a run header whose other fields are left blank, and the names that a
    /// streamed table needs during the run.
    pub fn finish(mut self, events: EventNames) -> (RunHeader, FrozenNames) {
        let tags = std::mem::take(&mut self.tags).into_iter().map(|(id, tags)| {
            let tags = tags.into_iter().map(|(key, value)| format!("{key}={value}"));
            (id, tags.collect::<Vec<_>>().join(";"))
        });
        let header = RunHeader {
            scenario: String::new(),
            case: String::new(),
            replication: 0,
            start: self.start,
            end: self.start,
            offset: UtcOffset::default(),
            currency: self.pricing.currency,
            seed: 0,
            rulebooks: self.rulebooks,
            accounts: self.accounts.share(),
            groups: self.groups.share(),
            instances: self.instances.share(),
            actors: self.actors.share(),
            zones: self.zones.share(),
            models: self.models.share(),
            events,
            tags: tags.filter(|(_, tags)| !tags.is_empty()).collect(),
            imported_from: std::mem::take(&mut self.imported_from).into_iter().collect(),
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

    /// Notes which names a streamed table can have: those that are known after it was read.
    pub fn note_names_of_table(&mut self) {
        self.memo.callers = self.principals.unwrap_or(self.actors.len());
        self.memo.models = self.models.len();
    }

    /// The selected instances; `None` if the selector has a mistake, which is reported.
    pub fn select(&mut self, selector: &Selector) -> Option<Vec<InstanceId>> {
        // The same list of problems is used, because suggestions depend on its length.
        let mut problems = std::mem::take(self.problems);
        let found = selectors::select(selector, self, &mut problems);
        *self.problems = problems;
        found
    }

    /// Starts the list of targets with every instance in the order of ids, so that instances with
    /// consecutive ids are a range of it.
    pub fn all_are_targets(&mut self) {
        self.targets = (0..self.instances.len()).map(InstanceId::from_index).collect();
    }

    /// The range of the list of targets that contains exactly these instances. It is added if there
    /// is none. `None` if the list is too long.
    pub fn target_range(&mut self, ids: &[InstanceId]) -> Option<Targets> {
        let len = u32::try_from(ids.len()).ok()?;
        if let Some(first) = ids.first()
            && ids.iter().zip(first.0..).all(|(id, next)| id.0 == next)
            && self.targets.get(first.index()..first.index() + ids.len()) == Some(ids)
        {
            return Some(Targets { start: first.0, len });
        }
        let Self { targets, ranges, .. } = self;
        let hash = |ids: &[InstanceId]| FxBuildHasher.hash_one(ids);
        if let Some(known) = ranges.find(hash(ids), |known| known.of(targets) == ids) {
            return Some(*known);
        }
        let range = Targets { start: u32::try_from(targets.len()).ok()?, len };
        targets.extend(ids);
        ranges.insert_unique(hash(ids), range, |known| hash(known.of(targets)));
        Some(range)
    }

    /// The group with this name; `None` if it is unknown, which is reported.
    pub fn group(&mut self, name: &str, span: Span) -> Option<GroupId> {
        let found = self.groups.get(name).map(GroupId::from_index);
        let hidden = &self.mentioned.fleet;
        if found.is_none() && !(self.doubtful && hidden.group(name)) {
            self.problems.add(unknown("group", name, span, &self.groups, &hidden.groups));
        }
        found
    }

    /// The account with this name; `None` if it is unknown, which is reported.
    pub fn account(&mut self, name: &str, span: Span) -> Option<AccountId> {
        let found = self.accounts.get(name).map(AccountId::from_index);
        let hidden = &self.mentioned.fleet;
        if found.is_none() && !(self.doubtful && hidden.account(name)) {
            self.problems.add(unknown("account", name, span, &self.accounts, &hidden.accounts));
        }
        found
    }

    /// The caller with this name. If there are principals, it must be one of them; `None` if it is
    /// not, which is reported.
    pub fn caller(&mut self, name: &str, span: Span) -> Option<ActorId> {
        let known = self.actors.get(name);
        let Some(principals) = self.principals else {
            return Some(ActorId::from_index(known.unwrap_or_else(|| self.actors.intern(name))));
        };
        let found = known.filter(|id| *id < principals);
        if found.is_none() {
            let title = format!("unknown caller `{name}`");
            let problem = Problem::at(Code::UnknownName, span, title, "not under `principals`");
            let (have, none) = ("principals", "there are no principals");
            self.problems.add(with_known(problem, name, &self.actors, have, none));
        }
        found.map(ActorId::from_index)
    }

    /// The zone with this name; `None` if it is unknown, which is reported. A zone is defined by an
    /// instance or by the list of a group.
    pub fn zone(&mut self, name: &str, span: Span) -> Option<ZoneId> {
        let found = self.zones.get(name).map(ZoneId::from_index);
        if found.is_none() && !self.doubtful {
            self.problems.add(unknown("zone", name, span, &self.zones, &BTreeSet::new()));
        }
        found
    }

    /// The prices of an instance of the fleet. Prices that are not valid are reported.
    pub fn prices(&mut self, part: &WrittenInstance) -> Prices {
        self.pricing.prices(part, self.problems)
    }

    /// The range of [`Self::flags`] with these protections. It is added if there is none.
    pub fn intern_flags(&mut self, written: &Map<bool>) -> Option<FlagsRef> {
        // Whether a name is valid is checked once the subject is known.
        let of_book = |book: &Arc<Rulebook>| {
            let mut flags = Flags::default();
            for (name, set) in &written.0 {
                let Some(id) = book.policy.protection(&name.value) else { continue };
                if *set { flags.on = flags.on.with(id) } else { flags.off = flags.off.with(id) }
            }
            flags
        };
        let wanted: Vec<Flags> = self.rulebooks.iter().map(of_book).collect();
        let mut known = self.flags.chunks(wanted.len().max(1));
        let found = known.position(|flags| flags == wanted);
        let start = found.map_or(self.flags.len(), |index| index * wanted.len());
        if found.is_none() {
            self.flags.extend(wanted);
        }
        let start = u32::try_from(start).ok()?;
        Some(FlagsRef(start))
    }
}

/// The problem with an unknown name; `hidden` are further names, in parts that were not read.
fn unknown(
    kind: &str,
    name: &str,
    span: Span,
    names: &NameTable,
    hidden: &BTreeSet<String>,
) -> Problem {
    let title = format!("unknown {kind} `{name}`");
    let problem = Problem::at(Code::UnknownName, span, title, "not in the fleet");
    if !hidden.is_empty() {
        let all = names.iter().chain(hidden.iter().map(String::as_str));
        return problem.did_you_mean(&closest(name, all.take(1_000)));
    }
    with_known(problem, name, names, "the fleet has", &format!("the fleet has no {kind}"))
}

impl NameLookup for Resolver<'_> {
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
        if let Some(known) = self.memo.targets.get(cell) {
            return Some(*known);
        }
        let selector: Selector = read_cell(cell)?;
        let mut problems = Problems::default();
        let ids =
            selectors::select(&selector, self, &mut problems).filter(|_| problems.is_empty())?;
        let targets = self.target_range(&ids)?;
        self.memo.targets.insert(cell.into(), targets);
        Some(targets)
    }

    fn flags(&mut self, cell: &str) -> Option<FlagsRef> {
        if let Some((known, _)) = self.memo.flags.get(cell) {
            return Some(*known);
        }
        let written: Map<bool> = read_cell(cell)?;
        let flags = self.intern_flags(&written)?;
        self.memo.flags.insert(cell.into(), (flags, Arc::new(written)));
        Some(flags)
    }

    fn actor(&mut self, cell: &str) -> Option<usize> {
        // A number is refused as the name of a caller.
        if cell.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let known = self.actors.get(cell);
        if let Some(principals) = self.principals {
            return known.filter(|id| *id < principals);
        }
        known.or_else(|| Name::fault(cell).is_none().then(|| self.actors.intern(cell)))
    }

    fn model(&mut self, cell: &str) -> Option<usize> {
        let known = self.models.get(cell);
        known.or_else(|| Name::fault(cell).is_none().then(|| self.models.intern(cell)))
    }
}
