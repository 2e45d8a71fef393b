//! Records of a run: requests, decisions, changes of state, losses, findings and alerts.
//!
//! Records are plain data with typed ids; the run header has the names of the ids. A record does
//! not refer to the world, so a report cannot change a run.

use crate::money::Money;
use crate::policy::{Basis, Facts, Remedy, Ruling};
use crate::time::SimTime;
use crate::words::{
    AccountId, Action, ActorId, AlertKind, Billing, Channel, DecidingFactor, Effect, EventId, Fate,
    GroupId, Health, InstanceId, Lifecycle, LimitedBy, Locks, Membership, ModelId, Obstacle,
    Outcome, PolicyId, ProtectionId, ProtectionSet, RequestResult, ResourceKind, RuleId,
    RuleSeverity, SetProtections, TimerName, Trigger, ZoneId,
};
use std::sync::Arc;

/// One record of a run. The large ones are boxed, because each takes the space of the largest.
#[derive(Debug, Clone)]
pub enum Record {
    /// A call of an event, or a timer that was due, and its result.
    Request(Request),
    /// The decision about one instance of a request.
    Decision(Box<Decision>),
    /// A change of state.
    Change(Change),
    /// A resource that was lost, or that stays and is still billed.
    Loss(Box<Loss>),
    /// A house rule that is broken.
    Finding(HouseFinding),
    /// A watched call or change, or a lost instance with the first alert about it.
    Alert(Box<Alert>),
}

impl Record {
    /// Instant of the record.
    pub const fn at(&self) -> SimTime {
        match self {
            Self::Request(request) => request.at,
            Self::Decision(decision) => decision.at,
            Self::Change(change) => change.at,
            Self::Loss(loss) => loss.at,
            Self::Finding(finding) => finding.at,
            Self::Alert(alert) => alert.at,
        }
    }

    /// Number of the request that the record belongs to; `None` for findings at the start.
    pub const fn seq(&self) -> Option<u64> {
        Some(match self {
            Self::Request(request) => request.seq,
            Self::Decision(decision) => decision.seq,
            Self::Change(change) => change.seq,
            Self::Loss(loss) => loss.seq,
            Self::Alert(alert) => alert.seq,
            Self::Finding(finding) => return finding.seq,
        })
    }
}

impl From<Decision> for Record {
    fn from(decision: Decision) -> Self {
        Self::Decision(Box::new(decision))
    }
}

impl From<Loss> for Record {
    fn from(loss: Loss) -> Self {
        Self::Loss(Box::new(loss))
    }
}

/// The cause of a record: an event or a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An event of the script or of a random source.
    Event(EventId),
    /// A timer.
    Timer(TimerName),
    /// The initial state of the fleet.
    Start,
}

/// Where a record comes from: the event with which its chain of causes began, and the request that
/// it follows from.
///
/// The origin of a timer is the event that set it. A chain that began before the run has no event.
/// The type is small, because a fleet of millions can have as many schedules. It consists of two
/// numbers, which are copied in registers: an origin is copied as soon as it has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The event in the upper half, the caller in the lower; a half of ones is none.
    call: u64,
    seq: u64,
}

impl Origin {
    /// No event of the run: the chain began before it.
    pub const NONE: Self = Self { call: u64::MAX, seq: u64::MAX };

    /// The origin of a call: its own event and caller.
    pub const fn of_call(event: EventId, actor: Option<ActorId>) -> Self {
        let actor = match actor {
            Some(actor) => actor.0,
            None => u32::MAX,
        };
        Self { call: (event.0 as u64) << 32 | actor as u64, ..Self::NONE }
    }

    /// The origin of a record that follows from request `seq`, which has this origin.
    #[must_use]
    pub const fn after(self, seq: u64) -> Self {
        Self { seq, ..self }
    }

    /// This origin, or `other` if this one has no event.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.event().is_some() { self } else { other }
    }

    /// The event; `None` if the chain began before the run.
    pub fn event(self) -> Option<EventId> {
        let event = u32::try_from(self.call >> 32).unwrap_or(u32::MAX);
        (event != u32::MAX).then_some(EventId(event))
    }

    /// The caller of that event; `None` if it had none.
    pub fn actor(self) -> Option<ActorId> {
        let actor = u32::try_from(self.call & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        (actor != u32::MAX).then_some(ActorId(actor))
    }

    /// The request from which the record follows; `None` for a call.
    pub fn seq(self) -> Option<u64> {
        (self.seq != Self::NONE.seq).then_some(self.seq)
    }
}

/// The instances, group or account of a request.
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
    /// The instances, the group or the account.
    pub target: Target,
    /// Whether it was accepted, partly accepted, refused, or denied for lack of a permission.
    pub result: RequestResult,
    /// Number of instances that it was to change.
    pub wanted: u32,
    /// Number of instances that it changed.
    pub got: u32,
    /// Why it, or a part of it, was refused; `None` if nothing was refused.
    pub refusal: Option<Refusal>,
    /// The reason why it changed fewer instances than requested; `None` if it changed them all.
    pub limited_by: Option<LimitedBy>,
    /// The event with which the chain of its causes began.
    pub origin: Origin,
}

/// Why a request, or a part of it, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A rule and its policy. The caller receives the answer of the rule.
    Rule(PolicyId, RuleId),
    /// An obstacle for which no rule is needed.
    Obstacle(Obstacle),
}

/// The factor that decided: a protection or another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy {
    /// No factor: a call that no rule blocked.
    None,
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
    /// The protection or other factor that decided.
    pub decided_by: DecidedBy,
    /// Rule that decided; `None` if none did.
    pub rule: Option<RuleId>,
    /// Weakest confidence and all switches that the decision depends on.
    pub basis: Basis,
    /// Verdicts of all protections that were on.
    pub ruling: Ruling,
    /// Policy of the decision.
    pub policy: PolicyId,
    /// The facts that were judged.
    pub facts: Facts,
    /// The measure that would have prevented the loss; `None` if nothing was lost.
    pub remedy: Option<Remedy>,
    /// The first instant at which the remedy could have been used; `None` if there is no remedy.
    pub remedy_from: Option<SimTime>,
    /// The worth of the instance; `None` if it was not released, or no worth is stated.
    pub worth: Option<Money>,
    /// The event with which the chain of its causes began. If the chain began before the run, but a
    /// protection that would have held was removed in the run, this is the origin of that removal.
    pub origin: Origin,
}

impl Decision {
    /// Whether a protection was certainly on, and whether one was possibly on: the setting of a
    /// protection can be unknown.
    pub fn protected(&self) -> (bool, bool) {
        let certainly = !self.on.is_empty();
        (certainly, certainly || !self.unknown.is_empty())
    }

    /// Whether nothing protected the instance and only its power state changed. Text reports print
    /// ALLOWED, because UNPROTECTED would suggest a loss.
    pub const fn is_allowed(&self) -> bool {
        matches!(self.outcome, Outcome::Unprotected) && self.effect.is_power_state()
    }
}

/// The instance, group or account of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An instance.
    Instance(InstanceId),
    /// A group.
    Group(GroupId),
    /// An account.
    Account(AccountId),
}

/// A changed property, with its old and new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The state of an instance.
    State(Lifecycle, Lifecycle),
    /// The group of an instance.
    Group(Option<GroupId>, Option<GroupId>),
    /// The time of an instance's scheduled release; [`SimTime::NEVER`] if there is none.
    Schedule(SimTime, SimTime),
    /// The protections that are set.
    Protections(PolicyId, SetProtections, SetProtections),
    /// The billing of an instance.
    Billing(Billing, Billing),
    /// The end of an instance's term.
    Term(SimTime, SimTime),
    /// The locks of an instance.
    Lock(Locks, Locks),
    /// The number of members of a group.
    Size(u32, u32),
    /// A group was deleted.
    Deleted,
    /// Whether an account is now in arrears; it was not before, or the other way round.
    Arrears(bool),
    /// Whether an account is now cancelled; it was not before, or the other way round.
    Cancelled(bool),
    /// The model of a group or of an instance.
    Model(ModelId, ModelId),
    /// Whether the health probe of its group now covers an instance; it did not before, or the
    /// other way round.
    Probed(bool),
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
    /// The changed property, with the old and the new value.
    pub what: What,
    /// The event or timer that caused it.
    pub cause: Cause,
    /// The event with which the chain of its causes began.
    pub origin: Origin,
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
    /// Trigger of the request.
    pub trigger: Trigger,
    /// Kind of the resource.
    pub resource: ResourceKind,
    /// Name of the resource; `None` if the fleet does not state one.
    pub name: Option<Arc<str>>,
    /// Fate of the resource.
    pub fate: Fate,
    /// Size in GiB; `None` if it is unknown or the resource has none.
    pub gib: Option<u64>,
    /// Its price for an hour; `None` if the fleet does not state it.
    pub hourly: Option<Money>,
    /// Its cost from here to the end of the run, if it is left behind and still billed; to the
    /// nearest millionth. `None` if it is not left behind, or its price is not stated.
    pub billed_until_end: Option<Money>,
    /// Rule of the fate, and its policy.
    pub rule: (PolicyId, RuleId),
    /// The measure that would have saved the resource; `None` if it was not lost and its rule has
    /// no remedy.
    pub remedy: Option<Remedy>,
    /// The first instant at which the remedy could have been used; `None` if there is no remedy.
    pub remedy_from: Option<SimTime>,
}

/// A house rule that is broken.
#[derive(Debug, Clone)]
pub struct HouseFinding {
    /// Number of the request that broke it; `None` if none did: at the start, and at the end of a
    /// term.
    pub seq: Option<u64>,
    /// Instant of the record.
    pub at: SimTime,
    /// Name of the rule.
    pub rule: Arc<str>,
    /// How serious it is.
    pub severity: RuleSeverity,
    /// The subject of the finding.
    pub subject: Subject,
    /// The caller who broke it; `None` if no caller is known.
    pub actor: Option<ActorId>,
    /// The violation, as a sentence.
    pub text: Box<str>,
}

/// A watched call or change about an instance, or its loss.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Number of the request.
    pub seq: u64,
    /// Instant of the call, the change or the loss.
    pub at: SimTime,
    /// What the record states.
    pub kind: AlertKind,
    /// The watch; for a loss, the watch that raised the first alert. `None` for a loss without an
    /// alert.
    pub watch: Option<Arc<str>>,
    /// The instance.
    pub instance: InstanceId,
    /// The verb of the call; `None` if there is no call.
    pub verb: Option<&'static str>,
    /// The names that the call can have in the audit trail, joined by ` or `.
    pub event: Box<str>,
    /// The caller; `None` if none is known.
    pub actor: Option<ActorId>,
    /// The trigger of a loss; `None` for calls and changes.
    pub trigger: Option<Trigger>,
    /// When the alert comes, at the earliest and at the latest; `None` if none comes.
    pub seen: Option<(SimTime, SimTime)>,
    /// Seconds from the alert, at the latest, to the loss; less than 0 if the loss came first.
    /// `None` for calls and changes, and for a loss without an alert.
    pub notice: Option<i64>,
    /// The policy, its rule on what the trail records, and the basis of the alert; `None` for a
    /// loss.
    pub basis: Option<(PolicyId, RuleId, Basis)>,
    /// For a loss: a watch whose alert came by this instant if a protection was on before it was
    /// switched off, which is unknown.
    pub perhaps: Option<(Arc<str>, SimTime)>,
    /// All calls about a lost instance, in order; empty for calls and changes.
    pub calls: Vec<CallAbout>,
}

/// A call about an instance, as its audit trail contains it.
#[derive(Debug, Clone)]
pub struct CallAbout {
    /// Instant of the call.
    pub at: SimTime,
    /// The names that it can have.
    pub event: Arc<str>,
    /// The caller; `None` if none is known.
    pub actor: Option<ActorId>,
    /// When an alert from it would come at the latest; `None` if the trail does not contain it.
    pub seen: Option<SimTime>,
}

/// An instance at the start of a run; an instance that an event creates has the state in which it
/// will be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Start {
    /// The instance.
    pub instance: InstanceId,
    /// Account that owns it.
    pub account: AccountId,
    /// Its policy.
    pub policy: PolicyId,
    /// Its group; `None` if it is in no group.
    pub group: Option<GroupId>,
    /// Its zone; `None` if none is stated.
    pub zone: Option<ZoneId>,
    /// Its billing; `None` if it is unknown.
    pub billing: Option<Billing>,
    /// Its membership; `None` if it is unknown.
    pub membership: Option<Membership>,
    /// Its state; absent, if an event creates it.
    pub state: Lifecycle,
    /// The protections that are on, including those of its group.
    pub on: ProtectionSet,
    /// Protections whose setting is unknown.
    pub unknown: ProtectionSet,
    /// When it was created; [`SimTime::NEVER`] if an event creates it.
    pub created: SimTime,
}

/// An instance at the end of a run.
#[derive(Debug, Clone, Copy)]
pub struct InstanceRow {
    /// The instance.
    pub instance: InstanceId,
    /// The account that owns it.
    pub account: AccountId,
    /// Its group; `None` if it is in no group.
    pub group: Option<GroupId>,
    /// Its state.
    pub state: Lifecycle,
    /// The policy of its account.
    pub policy: PolicyId,
    /// The protections that are on.
    pub on: ProtectionSet,
    /// The protections whose state is unknown.
    pub unknown: ProtectionSet,
    /// Its billing; `None` if it is unknown.
    pub billing: Option<Billing>,
    /// Its zone; `None` if none is stated.
    pub zone: Option<ZoneId>,
    /// When it was created; `None` if it never was.
    pub created: Option<SimTime>,
    /// Its price for an hour; `None` if the fleet does not state it.
    pub hourly: Option<Money>,
    /// The worth that is lost when it is released; `None` if the fleet does not state it.
    pub worth: Option<Money>,
    /// The instance at the start; `None` if the run created it under a new name.
    pub start: Option<Start>,
}
