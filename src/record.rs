//! What the engine emits: requests, decisions, changes of state, losses.
//!
//! Plain data. A record holds typed ids; the run header, which every report receives once, holds
//! their names. A record has no reference into the world, so reading it cannot change a run.

use crate::policy::{Basis, Facts, Remedy, Ruling};
use crate::time::SimTime;
use crate::words::{
    AccountId, Action, ActorId, Billing, Channel, DecidingFactor, Effect, EventId, Fate, GroupId,
    Health, InstanceId, Lifecycle, Locks, Membership, ModelId, Obstacle, Outcome, PolicyId,
    ProtectionId, ProtectionSet, RequestResult, ResourceKind, RuleId, Trigger,
};
use std::sync::Arc;

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
    Other(DecidingFactor),
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
    Property(Option<ResourceKind>, ResourceKind),
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
    pub resource: ResourceKind,
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
