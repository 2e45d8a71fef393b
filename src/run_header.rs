//! The header of a run: scenario, case, seed, replication, span, and the names of all ids.

use crate::money::Currency;
use crate::policy::{Rule, Rulebook};
use crate::record::{Cause, DecidedBy, Decision, Refusal, Subject};
use crate::time::{SimSpan, SimTime, UtcOffset};
use crate::words::{
    AccountId, ActorId, EventId, GroupId, InstanceId, Labels, ModelId, Names, PolicyId, Process,
    ProtectionSet, SetProtections, TimerName, Word, ZoneId, spelled_protections,
};
use std::sync::Arc;

/// The header of a run: its inputs, and the names of its ids.
///
/// Large parts are shared, so that a clone for each replication and thread is cheap.
#[derive(Debug, Clone)]
pub struct RunHeader {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases.
    pub case: String,
    /// Number of the replication, from 0.
    pub replication: u64,
    /// Start of the run.
    pub start: SimTime,
    /// End of the run, inclusive.
    pub end: SimTime,
    /// UTC offset of the scenario's start, in which reports print times.
    pub offset: UtcOffset,
    /// Currency of all prices; `None` if the scenario has none.
    pub currency: Option<Currency>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Policies in use, indexed by `PolicyId`, with all switches set.
    pub rulebooks: Vec<Arc<Rulebook>>,
    /// The names of accounts.
    pub accounts: Names,
    /// The names of groups.
    pub groups: Names,
    /// The names of instances.
    pub instances: Names,
    /// The names of callers.
    pub actors: Names,
    /// The names of zones.
    pub zones: Names,
    /// The names of models; the first is empty, for groups without a model name.
    pub models: Names,
    /// The names of events.
    pub events: EventNames,
    /// The tags of instances, as `key=value` joined by `;`.
    pub tags: Labels,
    /// The provider from whose replies an instance was imported.
    pub imported_from: Labels,
}

/// The ids of events. An event without an `id` in the file is named by its position in the list,
/// which needs no memory: the first is `event-1`.
#[derive(Debug, Clone, Default)]
pub struct EventIds {
    /// Number of events.
    count: u32,
    /// Events with an `id`, in ascending order.
    named: Vec<EventId>,
}

impl EventIds {
    /// Adds the next event, which is named by its position.
    pub const fn add(&mut self) -> EventId {
        self.count += 1;
        EventId(self.count - 1)
    }

    /// Adds the next event, which has an `id`.
    pub fn add_named(&mut self) -> EventId {
        let id = self.add();
        self.named.push(id);
        id
    }

    /// Adds events until there are `count`, all of which are named by their position.
    pub fn fill(&mut self, count: usize) {
        // Lists of events are bounded below 32 bits.
        self.count = u32::try_from(count).unwrap_or(u32::MAX);
    }

    /// Number of events.
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is no event.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The event with an `id` at an index among all that have one; `None` if there is none.
    pub fn named(&self, index: usize) -> Option<EventId> {
        self.named.get(index).copied()
    }

    /// The index of an event among those with an `id`; `None` if it has none.
    #[inline]
    pub fn index_of(&self, id: EventId) -> Option<usize> {
        if self.named.is_empty() { None } else { self.search(id) }
    }

    #[inline(never)]
    fn search(&self, id: EventId) -> Option<usize> {
        self.named.binary_search(&id).ok()
    }

    /// The event that is named by its position; `None` if there is none.
    pub fn unnamed(&self, name: &str) -> Option<EventId> {
        let id = EventId(numbered(name)?.checked_sub(1)?);
        (id.index() < self.len() && self.index_of(id).is_none()).then_some(id)
    }
}

/// The names of events.
#[derive(Debug, Clone, Default)]
pub struct EventNames {
    ids: EventIds,
    /// The names of events with an `id`, in the order of the events.
    names: Names,
}

impl EventNames {
    /// Names of events; `names` has those of the events with an `id`, in their order.
    pub const fn new(ids: EventIds, names: Names) -> Self {
        Self { ids, names }
    }

    /// The same names, with further events at the end.
    #[must_use]
    pub fn with(mut self, names: impl IntoIterator<Item = String>) -> Self {
        for name in names {
            self.ids.add_named();
            self.names.push(&name);
        }
        self
    }

    /// Number of events.
    pub const fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no event.
    pub const fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The name of an event.
    pub fn name(&self, id: EventId) -> std::borrow::Cow<'_, str> {
        match self.own(id) {
            Some(name) => name.into(),
            None => format!("{UNNAMED}{}", id.index() + 1).into(),
        }
    }

    /// The `id` of an event; `None` if it has none.
    #[inline]
    pub fn own(&self, id: EventId) -> Option<&str> {
        self.ids.index_of(id).map(|index| self.names.get(index))
    }

    /// The event with this name; `None` if there is none.
    pub fn called(&self, name: &str) -> Option<EventId> {
        let own = self.names.iter().position(|own| own == name);
        own.and_then(|index| self.ids.named(index)).or_else(|| self.unnamed(name))
    }

    /// The event that is named by its position; `None` if there is none.
    pub fn unnamed(&self, name: &str) -> Option<EventId> {
        self.ids.unnamed(name)
    }
}

/// The cause of the settings of the fleet at the start of a run, as reports print it.
pub const START: &str = "start:fleet";

/// The name of a run: `SCENARIO`, or `SCENARIO [CASE]` if the case has a name.
pub fn run_name(scenario: &str, case: &str) -> String {
    if case.is_empty() { scenario.to_owned() } else { format!("{scenario} [{case}]") }
}

/// Prefix of the names of events without an `id`.
pub const UNNAMED: &str = "event-";

/// The number in a name such as `event-17`.
pub fn numbered(name: &str) -> Option<u32> {
    let number = name.strip_prefix(UNNAMED)?;
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    plain.then(|| number.parse().ok()).flatten()
}

impl RunHeader {
    /// The name of an account.
    pub fn account(&self, id: AccountId) -> &str {
        self.accounts.get(id.index())
    }

    /// The name of a group.
    pub fn group(&self, id: GroupId) -> &str {
        self.groups.get(id.index())
    }

    /// The name of an instance.
    pub fn instance(&self, id: InstanceId) -> &str {
        self.instances.get(id.index())
    }

    /// The name of a caller.
    pub fn actor(&self, id: ActorId) -> &str {
        self.actors.get(id.index())
    }

    /// The name of a zone.
    pub fn zone(&self, id: ZoneId) -> &str {
        self.zones.get(id.index())
    }

    /// The name of a model; `(first)` for groups without a model name.
    pub fn model(&self, id: ModelId) -> &str {
        match id {
            ModelId::OWN => return "(its own)",
            ModelId::UNKNOWN => return "(unknown)",
            _ => {}
        }
        match self.models.get(id.index()) {
            "" => "(first)",
            name => name,
        }
    }

    /// The words of the processes in a mask, joined as lists in reports.
    pub fn processes(&self, set: u8) -> String {
        Process::in_mask(set).map(Process::word).collect::<Vec<_>>().join(";")
    }

    /// The name of an event.
    pub fn event(&self, id: EventId) -> std::borrow::Cow<'_, str> {
        self.events.name(id)
    }

    /// The cause of a record, as in reports: the name of an event, or `timer:…`.
    pub fn cause(&self, cause: Cause) -> std::borrow::Cow<'_, str> {
        match cause {
            Cause::Event(id) => self.event(id),
            Cause::Timer(name) => format!("{}{name}", TimerName::PREFIX).into(),
            Cause::Start => START.into(),
        }
    }

    /// The rule of a refusal; `None` for obstacles.
    pub fn rule_of(&self, refusal: Refusal) -> Option<&Rule> {
        match refusal {
            Refusal::Rule(policy, rule) => Some(self.rulebook(policy).policy.rule(rule)),
            Refusal::Obstacle(_) => None,
        }
    }

    /// The reason of a refusal, in one line.
    pub fn reason(&self, refusal: Refusal) -> &str {
        match refusal {
            Refusal::Rule(..) => {
                self.rule_of(refusal).and_then(|rule| rule.because.as_deref()).unwrap_or_default()
            }
            Refusal::Obstacle(obstacle) => obstacle.meaning(),
        }
    }

    /// The rulebook of a policy in use.
    pub fn rulebook(&self, id: PolicyId) -> &Rulebook {
        &self.rulebooks[id.index()]
    }

    /// The name of an instance, a group or an account.
    pub fn subject(&self, subject: Subject) -> &str {
        match subject {
            Subject::Instance(id) => self.instance(id),
            Subject::Group(id) => self.group(id),
            Subject::Account(id) => self.account(id),
        }
    }

    /// The names of the protections that are on, then those of unknown ones as `NAME=unknown`.
    pub fn set_protections(&self, policy: PolicyId, set: SetProtections) -> Vec<String> {
        let names = |set| self.protections(policy, set);
        spelled_protections(names(set.on), names(set.unknown))
    }

    /// The names of protections, in the order of their ids.
    pub fn protections(&self, policy: PolicyId, set: ProtectionSet) -> Vec<&str> {
        let all = &self.rulebook(policy).policy.protections;
        set.iter().map(|id| all[id.index()].name.as_str()).collect()
    }

    /// The deciding factor, as in reports; empty for [`DecidedBy::None`].
    pub fn decided_by(&self, decision: &Decision) -> &str {
        match decision.decided_by {
            DecidedBy::None => "",
            DecidedBy::Protection(id) => {
                &self.rulebook(decision.policy).policy.protections[id.index()].name
            }
            DecidedBy::Other(word) => word.word(),
        }
    }

    /// Time from the start of the run to an instant.
    pub fn elapsed(&self, at: SimTime) -> SimSpan {
        at.since(self.start)
    }
}
