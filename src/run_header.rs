//! The header of a run: scenario, case, seed, replication, span, and the names that ids stand for.

use crate::policy::{Rule, Rulebook};
use crate::record::{Cause, DecidedBy, Decision, Refusal};
use crate::time::{SimSpan, SimTime, UtcOffset};
use crate::words::{
    AccountId, ActorId, EventId, GroupId, InstanceId, ModelId, Names, PolicyId, Process,
    ProtectionSet, Word, ZoneId,
};
use std::sync::Arc;

/// What the ids of a run mean.
///
/// What is large in it is shared, so that every replication and every thread can
/// have a run header of its own.
#[derive(Debug, Clone)]
pub struct RunHeader {
    /// The scenario.
    pub scenario: String,
    /// Its case; empty if it has none.
    pub case: String,
    /// The number of the replication.
    pub replication: u64,
    /// When the run begins.
    pub start: SimTime,
    /// When it ends.
    pub end: SimTime,
    /// The offset in which the scenario wrote its start: people read times in it.
    pub offset: UtcOffset,
    /// The seed of every draw.
    pub seed: u64,
    /// The policies in use, each with its switches settled.
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
    /// The names of models; the first is empty, for groups that name none.
    pub models: Names,
    /// The names of events.
    pub events: EventNames,
}

/// The names of events. One without an `id` is called by its place in the list, which costs
/// no memory: the first is `event-1`.
#[derive(Debug, Clone, Default)]
pub struct EventNames {
    /// How many events there are.
    count: u32,
    /// Those that are called otherwise, in order.
    named: Vec<EventId>,
    /// What they are called.
    names: Names,
}

impl EventNames {
    /// So many events, of which some have names of their own, in order.
    pub const fn new(count: u32, named: Vec<EventId>, names: Names) -> Self {
        Self { count, named, names }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The name of an event.
    pub fn name(&self, id: EventId) -> std::borrow::Cow<'_, str> {
        match self.own(id) {
            Some(name) => name.into(),
            None => format!("{UNNAMED}{}", id.index() + 1).into(),
        }
    }

    /// The name of its own that an event has, if it has one.
    pub fn own(&self, id: EventId) -> Option<&str> {
        self.named.binary_search(&id).ok().map(|at| self.names.at(at))
    }

    /// The event of that name.
    pub fn called(&self, name: &str) -> Option<EventId> {
        let own = self.names.iter().position(|own| own == name);
        own.and_then(|at| self.named.get(at).copied()).or_else(|| self.unnamed(name))
    }

    /// The event that is called so by its place.
    pub fn unnamed(&self, name: &str) -> Option<EventId> {
        let id = EventId(numbered(name)?.checked_sub(1)?);
        (id.index() < self.len() && self.named.binary_search(&id).is_err()).then_some(id)
    }
}

/// What stands before the number of an event without a name of its own.
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
        self.accounts.at(id.index())
    }

    /// The name of a group.
    pub fn group(&self, id: GroupId) -> &str {
        self.groups.at(id.index())
    }

    /// The name of an instance.
    pub fn instance(&self, id: InstanceId) -> &str {
        self.instances.at(id.index())
    }

    /// The name of a caller.
    pub fn actor(&self, id: ActorId) -> &str {
        self.actors.at(id.index())
    }

    /// The name of a zone.
    pub fn zone(&self, id: ZoneId) -> &str {
        self.zones.at(id.index())
    }

    /// The name of a model; `(first)` for the one of groups that name none.
    pub fn model(&self, id: ModelId) -> &str {
        match id {
            ModelId::OWN => return "(its own)",
            ModelId::UNKNOWN => return "(unknown)",
            _ => {}
        }
        match self.models.at(id.index()) {
            "" => "(first)",
            name => name,
        }
    }

    /// The names of processes, joined as reports join lists.
    pub fn processes(&self, set: u8) -> String {
        let held = Process::ALL.iter().filter(|process| set >> process.index() & 1 == 1);
        held.map(|process| process.word()).collect::<Vec<_>>().join(";")
    }

    /// The name of an event.
    pub fn event(&self, id: EventId) -> std::borrow::Cow<'_, str> {
        self.events.name(id)
    }

    /// What made something happen, as reports name it: an event's id, or `timer:…`.
    pub fn cause(&self, cause: Cause) -> std::borrow::Cow<'_, str> {
        match cause {
            Cause::Event(id) => self.event(id),
            Cause::Timer(name) => format!("timer:{name}").into(),
        }
    }

    /// The rule behind a refusal, if there is one.
    pub fn rule_of(&self, refusal: Refusal) -> Option<&Rule> {
        match refusal {
            Refusal::Rule(policy, rule) => Some(self.rulebook(policy).policy.rule(rule)),
            Refusal::Obstacle(_) => None,
        }
    }

    /// What stands behind a refusal, in a line.
    pub fn reason(&self, refusal: Refusal) -> &str {
        match refusal {
            Refusal::Rule(..) => {
                self.rule_of(refusal).and_then(|rule| rule.because.as_deref()).unwrap_or_default()
            }
            Refusal::Obstacle(obstacle) => obstacle.meaning(),
        }
    }

    /// A policy in use.
    pub fn rulebook(&self, id: PolicyId) -> &Rulebook {
        &self.rulebooks[id.index()]
    }

    /// The names of some protections, in the order of their policy.
    pub fn protections(&self, policy: PolicyId, set: ProtectionSet) -> Vec<&str> {
        let all = &self.rulebook(policy).policy.protections;
        set.iter().map(|id| all[id.index()].name.as_str()).collect()
    }

    /// Who had the last word in a decision, as reports name it; empty, if nobody had.
    pub fn decided_by(&self, decision: &Decision) -> &str {
        match decision.decided_by {
            DecidedBy::Nobody => "",
            DecidedBy::Protection(id) => {
                &self.rulebook(decision.policy).policy.protections[id.index()].name
            }
            DecidedBy::Other(word) => word.word(),
        }
    }

    /// How long after the start an instant is.
    pub fn elapsed(&self, at: SimTime) -> SimSpan {
        at.since(self.start)
    }
}
