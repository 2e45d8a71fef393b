//! Records of a run: requests, decisions, changes of state, losses.
//!
//! Records are plain data with typed ids; the run header has the names of the ids. A record does
//! not refer to the world, so a report cannot change a run.

use crate::policy::{Basis, Facts, Remedy, Ruling};
use crate::time::SimTime;
use crate::words::{
    AccountId, Action, ActorId, Billing, Channel, DecidingFactor, Effect, EventId, Fate, GroupId,
    Health, InstanceId, Lifecycle, Locks, Membership, ModelId, Obstacle, Outcome, PolicyId,
    ProtectionId, ProtectionSet, RequestResult, ResourceKind, RuleId, Trigger,
};
use std::sync::Arc;

/// One record of a run.
#[derive(Debug, Clone)]
pub enum Record {
    /// A call of an event, or a timer that was due, and its result.
    Request(Request),
    /// The decision about one instance of a request.
    Decision(Decision),
    /// A change of state.
    Change(Change),
    /// A resource that was lost, or that stays and is still billed.
    Loss(Loss),
}

impl Record {
    /// Instant of the record.
    pub const fn at(&self) -> SimTime {
        match self {
            Self::Request(request) => request.at,
            Self::Decision(decision) => decision.at,
            Self::Change(change) => change.at,
            Self::Loss(loss) => loss.at,
        }
    }

    /// Number of the request that the record belongs to.
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Request(request) => request.seq,
            Self::Decision(decision) => decision.seq,
            Self::Change(change) => change.seq,
            Self::Loss(loss) => loss.seq,
        }
    }
}

/// The cause of a record: an event or a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An event of the script or of a random source.
    Event(EventId),
    /// A timer, by its name in reports.
    Timer(&'static str),
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One instance.
    Instance(InstanceId),
    /// Several instances.
    Instances,
    /// A group.
    Group(GroupId),
    /// An account.
    Account(AccountId),
}

impl Target {
    /// The target for a list of instances.
    pub const fn these(ids: &[InstanceId]) -> Self {
        match ids {
            [one] => Self::Instance(*one),
            _ => Self::Instances,
        }
    }
}

/// A call of an event, or a timer that was due.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Number of the request in the run, from 0.
    pub seq: u64,
    /// Instant of the record.
    pub at: SimTime,
    /// The event or timer that caused it.
    pub cause: Cause,
    /// Trigger of the request; `None` if it makes no decision.
    pub trigger: Option<Trigger>,
    /// Verb of the event, or action of the timer.
    pub verb: &'static str,
    /// Caller; `None` for timers, events of the platform, and calls without `by`.
    pub actor: Option<ActorId>,
    /// Channel of the call; `None` if it is unknown.
    pub channel: Option<Channel>,
    /// Instances, group or account that it is about.
    pub target: Target,
    /// Whether it was accepted, partly accepted or refused.
    pub result: RequestResult,
    /// Number of instances that it was to change.
    pub wanted: u32,
    /// Number of instances that it changed.
    pub got: u32,
    /// Why it, or a part of it, was refused; `None` if nothing was refused.
    pub refusal: Option<Refusal>,
}

/// Why a request, or a part of it, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A rule and its policy. The caller receives the answer of the rule.
    Rule(PolicyId, RuleId),
    /// An obstacle for which no rule is needed.
    Obstacle(Obstacle),
}

/// What decided: a protection or another factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// Nothing: a call that no rule blocked.
    Nobody,
    /// A protection.
    Protection(ProtectionId),
    /// Another factor.
    Other(DecidingFactor),
}

/// The decision about one instance of a request.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Number of its request.
    pub seq: u64,
    /// Instant of the record.
    pub at: SimTime,
    /// The event or timer that caused it.
    pub cause: Cause,
    /// Trigger of the request.
    pub trigger: Trigger,
    /// Requested action.
    pub action: Action,
    /// Caller; `None` for timers, events of the platform, and calls without `by`.
    pub actor: Option<ActorId>,
    /// Channel of the call; `None` if it is unknown.
    pub channel: Option<Channel>,
    /// Account that owns the instance.
    pub account: AccountId,
    /// Group of the instance before the decision; `None` if it was in no group.
    pub group: Option<GroupId>,
    /// The instance.
    pub instance: InstanceId,
    /// Billing of the instance; `None` if it is unknown.
    pub billing: Option<Billing>,
    /// Membership of the instance; `None` if it is unknown.
    pub membership: Option<Membership>,
    /// The protections that were on.
    pub on: ProtectionSet,
    /// Protections whose setting is unknown.
    pub unknown: ProtectionSet,
    /// Protections that were on but had no effect in this situation.
    pub inert: ProtectionSet,
    /// Outcome of the decision.
    pub outcome: Outcome,
    /// Effect on the instance.
    pub effect: Effect,
    /// What decided.
    pub decided_by: DecidedBy,
    /// Rule that decided; `None` if none did.
    pub rule: Option<RuleId>,
    /// Weakest confidence and all switches that the decision rests on.
    pub basis: Basis,
    /// Verdicts of all protections that were on.
    pub ruling: Ruling,
    /// Policy of the decision.
    pub policy: PolicyId,
    /// The facts that were judged.
    pub facts: Facts,
    /// What would have prevented the loss; `None` if nothing was lost.
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

/// What changed, with the old and the new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The state of an instance.
    State(Lifecycle, Lifecycle),
    /// The group of an instance.
    Group(Option<GroupId>, Option<GroupId>),
    /// The time of an instance's scheduled release; [`SimTime::NEVER`] if there is none.
    Schedule(SimTime, SimTime),
    /// The protections that are set.
    Protections(PolicyId, ProtectionSet, ProtectionSet),
    /// The billing of an instance.
    Billing(Billing, Billing),
    /// The end of an instance's term.
    Term(SimTime, SimTime),
    /// The locks of an instance.
    Lock(Locks, Locks),
    /// The number of members of a group.
    Size(u32, u32),
    /// Whether a group exists.
    Exists(bool, bool),
    /// Whether an account is in arrears.
    Arrears(bool, bool),
    /// Whether an account is cancelled.
    Cancelled(bool, bool),
    /// The model of a group or of an instance.
    Model(ModelId, ModelId),
    /// Whether the health probe of its group covers an instance.
    Probed(bool, bool),
    /// The reported health of a member.
    Health(Health, Health),
    /// The suspended processes of a group, as a mask with one bit for each index in `Process::ALL`.
    Suspended(u8, u8),
    /// A resource of an instance that was added (`None` before) or converted.
    Property(Option<ResourceKind>, ResourceKind),
}

/// A change of state.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// Number of its request.
    pub seq: u64,
    /// Instant of the record.
    pub at: SimTime,
    /// The instance, group or account that changed.
    pub subject: Subject,
    /// What changed, with the old and the new value.
    pub what: What,
    /// The event or timer that caused it.
    pub cause: Cause,
}

/// A resource that was lost, or that stays and is still billed.
#[derive(Debug, Clone)]
pub struct Loss {
    /// Number of its request.
    pub seq: u64,
    /// Instant of the record.
    pub at: SimTime,
    /// Instance that the resource belonged to.
    pub instance: InstanceId,
    /// The event or timer that caused it.
    pub trigger: Trigger,
    /// Kind of the resource.
    pub resource: ResourceKind,
    /// Name of the resource; `None` if the fleet does not state one.
    pub name: Option<Arc<str>>,
    /// Fate of the resource.
    pub fate: Fate,
    /// Size in GiB; `None` if it is unknown or the resource has none.
    pub gib: Option<u64>,
    /// Rule of the fate, and its policy.
    pub rule: (PolicyId, RuleId),
    /// What would have saved the resource; `None` if it was not lost and its rule has no remedy.
    pub remedy: Option<Remedy>,
}
