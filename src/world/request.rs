//! Data of one request: its cause, its action, its target and its result.

use smallvec::SmallVec;

use crate::plan::{FlagsRef, Targets};
use crate::policy::{Answer, Basis, Column, Columns, Facts, Requested, Rulebook};
use crate::record::{Cause, Origin, Refusal, Target};
use crate::time::{ApiVersion, SimSpan, SimTime, Term};
use crate::words::{
    Action, ActorId, Billing, Channel, DecidingFactor, EventId, Initiator, InstanceId, LimitedBy,
    RequestResult, RuleId, StoppedBy, TimerName, Trigger, Word as _,
};

/// Instances of a request; most requests have at most four.
pub(super) type Ids = SmallVec<[InstanceId; 4]>;

/// The event that makes an API call, or that the platform causes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Id of the event.
    pub event: EventId,
    /// Verb of the event.
    pub verb: &'static str,
    /// Caller; `None` for events of the platform and for calls without `by`.
    pub by: Option<ActorId>,
    /// Channel of the call; `None` if the scenario does not state it.
    pub via: Option<Channel>,
}

/// A request in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestContext {
    /// The event or timer that caused it.
    pub cause: Cause,
    /// Verb of the event, or action of the timer.
    pub verb: &'static str,
    /// Trigger of the request.
    pub trigger: Trigger,
    /// Action that it requests.
    pub action: Action,
    /// Caller; `None` for events of the platform and for calls without `by`.
    pub actor: Option<ActorId>,
    /// Channel of the call; `None` if it is unknown.
    pub channel: Option<Channel>,
    /// Instances, group or account that it is about.
    pub target: Target,
    /// The columns of the facts that the request itself fills.
    pub facts: Facts,
    /// The rule that makes the request; `None` for calls.
    pub reason: Option<Reason>,
    /// Whether the lifecycle hooks of its instances have been completed.
    pub past_hook: bool,
    /// The instances that a call to a group names; `None` if it names none.
    pub named: Option<Targets>,
    /// Arguments of the action.
    pub payload: Payload,
    /// The event with which the chain of its causes began.
    pub origin: Origin,
}

/// A rule that makes a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reason {
    /// Kind of the rule.
    pub by: DecidingFactor,
    /// Id of the rule.
    pub rule: RuleId,
    /// Switches that it depends on, and its confidence.
    pub basis: Basis,
}

impl Reason {
    /// The rule of a table's answer.
    pub(super) const fn of<C: Copy>(by: DecidingFactor, answer: &Answer<C>) -> Self {
        Self { by, rule: answer.rule, basis: answer.basis }
    }

    /// The rule of a step of a clock.
    pub(super) fn of_clock(book: &Rulebook, rule: RuleId) -> Self {
        Self { by: DecidingFactor::Clock, rule, basis: book.basis(rule) }
    }

    /// Basis of an optional reason; [`Basis::NONE`] for calls, which need no rule.
    pub(super) fn basis(reason: Option<Self>) -> Basis {
        reason.map_or(Basis::NONE, |reason| reason.basis)
    }
}

/// Arguments of a request's action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Payload {
    /// No arguments.
    Nothing,
    /// Time of a scheduled release.
    Time(SimTime),
    /// Protections to set, and the version of the API that is called.
    Flags(FlagsRef, Option<ApiVersion>),
    /// Billing to convert to, and the term if that is a subscription.
    Billing(Billing, Term),
    /// Term of a renewal; `None` for the instance's own term.
    Term(Option<Term>),
    /// Whether a stop uses the economical mode.
    Economical(bool),
    /// Cause of a shutdown.
    StoppedBy(StoppedBy),
    /// Whether members enter standby (`true`) or leave it.
    Standby(bool),
    /// Cooldown of the rule that requests a change of size, in place of that of the group.
    Cooldown(SimSpan),
}

impl Payload {
    /// Whether an action with these arguments uses the economical mode, if the policy allows it.
    pub(super) const fn is_economical(self, action: Action) -> bool {
        matches!((action, self), (Action::Recycle, _) | (Action::Stop, Self::Economical(true)))
    }
}

impl RequestContext {
    /// The request of an event.
    pub(super) fn call(call: Call, action: Action, target: Target) -> Self {
        Self {
            cause: Cause::Event(call.event),
            verb: call.verb,
            trigger: Trigger::Manual,
            action,
            actor: call.by,
            channel: call.via,
            target,
            facts: Facts {
                unknown: Columns::NONE.with_if(Column::Channel, call.via.is_none()),
                ..Facts::default()
            },
            reason: None,
            past_hook: false,
            named: None,
            payload: Payload::Nothing,
            origin: Origin::of_call(call.event, call.by),
        }
    }

    /// The request of a timer.
    pub(super) fn timer(name: TimerName, trigger: Trigger, action: Action, target: Target) -> Self {
        Self {
            cause: Cause::Timer(name),
            verb: action.word(),
            trigger,
            action,
            actor: None,
            channel: Some(Channel::None),
            target,
            facts: Facts::default(),
            reason: None,
            past_hook: false,
            named: None,
            payload: Payload::Nothing,
            origin: Origin::NONE,
        }
    }

    /// The facts that the request fills, for `action`.
    pub(super) fn columns(&self, action: Action) -> Facts {
        let channel = self.channel.unwrap_or(Channel::None);
        Facts { trigger: self.trigger, action, channel, ..self.facts }
    }

    pub(super) const fn as_cause(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    /// The same request with the origin of its timer.
    pub(super) const fn following(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(super) const fn with_payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// The caller whose permission the request needs; `None` for requests of the platform, and for
    /// the rest of a request that a hook has delayed.
    pub(super) fn caller(&self) -> Option<ActorId> {
        let is_asked = !self.past_hook && self.facts.initiator == Initiator::User;
        self.actor.filter(|_| is_asked)
    }

    /// The cooldown that the request states itself; `None` if that of the group applies.
    pub(super) const fn cooldown(&self) -> Option<SimSpan> {
        if let Payload::Cooldown(cooldown) = self.payload { Some(cooldown) } else { None }
    }

    /// Whether the request names instances, not a group or an account.
    pub(super) const fn is_about_instances(&self) -> bool {
        matches!(self.target, Target::Instance(_) | Target::Instances)
    }

    pub(super) const fn resting_on(mut self, reason: Option<Reason>) -> Self {
        self.reason = reason;
        self
    }
}

/// Result of a request: how many instances it was about, how many it changed, and why not all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestTally {
    pub wanted: u32,
    pub got: u32,
    pub refusal: Option<Refusal>,
    /// The reason why it did not change more instances.
    pub limited_by: Option<LimitedBy>,
    /// Whether the log contains a decision of the request.
    pub decided: bool,
}

impl RequestTally {
    /// A result in which all `count` instances were changed.
    pub(super) const fn all(count: u32) -> Self {
        Self { wanted: count, got: count, refusal: None, limited_by: None, decided: false }
    }

    /// Adds the result of another part of the request, for which no decision was made.
    pub(super) fn add(&mut self, part: Self) {
        self.wanted += part.wanted;
        self.got += part.got;
        self.refusal = self.refusal.or(part.refusal);
    }

    /// Notes a refusal of a part of the request; the first one is reported.
    pub(super) fn refuse(&mut self, why: Refusal) {
        self.refusal = self.refusal.or(Some(why));
    }

    /// Accepted, partial or refused. A request that found nothing to do is accepted.
    pub(super) fn result(&self) -> RequestResult {
        match (self.got, self.wanted) {
            (got, wanted) if got >= wanted => RequestResult::Accepted,
            (0, _) => RequestResult::Refused,
            _ => RequestResult::Partial,
        }
    }
}

/// A request whose result is not recorded yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenRequest {
    pub slot: usize,
    pub seq: u64,
    /// Trigger of the request.
    pub trigger: Trigger,
}

impl OpenRequest {
    /// The same request with another trigger.
    pub(super) const fn as_cause(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
    }
}

/// One instance of a request, and the action requested for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestItem {
    /// Id of the instance.
    pub id: InstanceId,
    /// Requested action.
    pub requested: Requested,
    /// The rule that requests this action; `None` if the request itself does.
    pub reason: Option<Reason>,
}

impl RequestItem {
    /// An item that requests `action`.
    pub(super) const fn new(id: InstanceId, action: Action) -> Self {
        Self { id, requested: Requested::This(action), reason: None }
    }

    /// An item that requests the action that the policy's `members` table states for its
    /// membership.
    pub(super) const fn of_member(id: InstanceId) -> Self {
        Self { id, requested: Requested::ByMembership, reason: None }
    }
}

/// A number of items as `u32`, limited to `u32::MAX`.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
