//! What the engine emits: requests, decisions, changes of state, losses.
//!
//! Plain data. Where copying names would cost, a record holds typed ids, and one
//! [`Legend`] goes with it to whoever writes it. Records never hold a reference
//! into the world, so nothing that reads them can disturb it.

use std::sync::Arc;

use crate::policy::{Basis, Facts, Remedy, Rule, Rulebook, Ruling};
use crate::time::{SimSpan, SimTime, UtcOffset};
use crate::vocab::{
    AccountId, Action, ActorId, Billing, Channel, Effect, EventId, Fate, GroupId, Health,
    InstanceId, LastWord, Lifecycle, Locks, Membership, ModelId, Names, Obstacle, Outcome,
    PolicyId, Process, ProtectionId, ProtectionSet, RequestResult, RuleId, Thing, Trigger, Word,
    ZoneId,
};

/// One thing that the engine has to say.
#[derive(Debug, Clone)]
pub enum Record {
    /// A call or a due timer, and what became of it.
    Request(Request),
    /// What became of one instance in a request.
    Decision(Decision),
    /// A change of state.
    Change(Change),
    /// A thing that was lost, or left behind and still billed.
    Loss(Loss),
}

impl Record {
    /// When it was.
    pub const fn at(&self) -> SimTime {
        match self {
            Self::Request(request) => request.at,
            Self::Decision(decision) => decision.at,
            Self::Change(change) => change.at,
            Self::Loss(loss) => loss.at,
        }
    }

    /// The number of the request that it belongs to.
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Request(request) => request.seq,
            Self::Decision(decision) => decision.seq,
            Self::Change(change) => change.seq,
            Self::Loss(loss) => loss.seq,
        }
    }
}

/// What made something happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An event that the scenario wrote.
    Event(EventId),
    /// A timer of this name.
    Timer(&'static str),
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One instance.
    Instance(InstanceId),
    /// Several instances, named one by one.
    Instances,
    /// A group.
    Group(GroupId),
    /// An account.
    Account(AccountId),
}

impl Target {
    /// Instances named one by one.
    pub const fn these(ids: &[InstanceId]) -> Self {
        match ids {
            [one] => Self::Instance(*one),
            _ => Self::Instances,
        }
    }
}

/// A call or a due timer.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Its number in the run, from 0.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// What made it happen.
    pub cause: Cause,
    /// As what cause it asks, where it asks anything of instances.
    pub trigger: Option<Trigger>,
    /// The verb, or the action of a timer.
    pub verb: &'static str,
    /// Who called.
    pub actor: Option<ActorId>,
    /// The way by which the call came in; `None` if nobody knows.
    pub channel: Option<Channel>,
    /// What it is about.
    pub target: Target,
    /// What became of it.
    pub result: RequestResult,
    /// How many instances it was to change.
    pub wanted: u32,
    /// How many it changed.
    pub got: u32,
    /// Why it was refused, or a part of it.
    pub refusal: Option<Refusal>,
}

/// Why a request was refused, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A rule, with its policy; its answer is what the caller gets.
    Rule(PolicyId, RuleId),
    /// What no provider needs to state.
    Obstacle(Obstacle),
}

/// Who had the last word in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// Nothing stood against it, and nobody but the caller wanted it.
    Nobody,
    /// A protection.
    Protection(ProtectionId),
    /// Something else.
    Other(LastWord),
}

/// What became of one instance in one request.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The number of its request.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// What made it happen.
    pub cause: Cause,
    /// As what cause it was asked.
    pub trigger: Trigger,
    /// What was asked.
    pub action: Action,
    /// Who called.
    pub actor: Option<ActorId>,
    /// The way by which the call came in; `None` if nobody knows.
    pub channel: Option<Channel>,
    /// Who pays for the instance.
    pub account: AccountId,
    /// The group that it was in.
    pub group: Option<GroupId>,
    /// The instance.
    pub instance: InstanceId,
    /// How it is paid for; `None` if nobody knows.
    pub billing: Option<Billing>,
    /// How it came into its group; `None` if nobody knows.
    pub membership: Option<Membership>,
    /// The protections that were on.
    pub on: ProtectionSet,
    /// Those of which nobody knows.
    pub unknown: ProtectionSet,
    /// Those that were on and could do nothing here.
    pub inert: ProtectionSet,
    /// What became of it.
    pub outcome: Outcome,
    /// What happened to it.
    pub effect: Effect,
    /// Who had the last word.
    pub decided_by: DecidedBy,
    /// The rule of the last word.
    pub rule: Option<RuleId>,
    /// What the decision rests on, every link of it.
    pub basis: Basis,
    /// Every verdict.
    pub ruling: Ruling,
    /// The policy that it was made under.
    pub policy: PolicyId,
    /// The situation that was judged.
    pub facts: Facts,
    /// What would have prevented it; `None` if nothing was lost.
    pub remedy: Option<Remedy>,
}

/// What a change of state is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An instance.
    Instance(InstanceId),
    /// A group.
    Group(GroupId),
    /// An account.
    Account(AccountId),
}

/// A change of state, from one value to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The state of an instance.
    State(Lifecycle, Lifecycle),
    /// The group of an instance.
    Group(Option<GroupId>, Option<GroupId>),
    /// The time set for the release of an instance.
    Schedule(SimTime, SimTime),
    /// The protections that are set.
    Protections(PolicyId, ProtectionSet, ProtectionSet),
    /// How an instance is paid for.
    Billing(Billing, Billing),
    /// The end of an instance's term.
    Term(SimTime, SimTime),
    /// What bars an instance's owner.
    Lock(Locks, Locks),
    /// The number of members of a group.
    Size(u32, u32),
    /// Whether a group exists.
    Exists(bool, bool),
    /// Whether an account is in arrears.
    Arrears(bool, bool),
    /// Whether an account is cancelled.
    Cancelled(bool, bool),
    /// The model of a group, or the one that a member was brought to.
    Model(ModelId, ModelId),
    /// Whether what probes the health of a group's members sees it.
    Probed(bool, bool),
    /// What is reported of a member's health.
    Health(Health, Health),
    /// What a group was told not to do by itself: a bit for each, by its place.
    Suspended(u8, u8),
    /// What an instance has beside it: a snapshot, an image, another kind of address.
    Property(Option<Thing>, Thing),
}

/// A change of state.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The number of its request.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// What changed.
    pub subject: Subject,
    /// How.
    pub what: What,
    /// What made it happen.
    pub cause: Cause,
}

/// A thing that was lost, or left behind and still billed.
#[derive(Debug, Clone)]
pub struct Loss {
    /// The number of its request.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// The instance that it belonged to.
    pub instance: InstanceId,
    /// What made it happen.
    pub trigger: Trigger,
    /// What it is.
    pub thing: Thing,
    /// Its name, if somebody gave one.
    pub name: Option<Arc<str>>,
    /// What became of it.
    pub fate: Fate,
    /// Its size, if it has one that is known, in GiB.
    pub gib: Option<u64>,
    /// The rule that says so, with its policy.
    pub rule: (PolicyId, RuleId),
    /// What would have saved it; `None` if it was not lost and its rule names no way.
    pub remedy: Option<Remedy>,
}

/// What the ids of a run mean.
///
/// What is large in it is shared, so that every replication and every thread can
/// have a legend of its own.
#[derive(Debug, Clone)]
pub struct Legend {
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

impl Legend {
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
