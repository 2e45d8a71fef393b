//! One request: who asks what of whom, and how it is written down.

use smallvec::SmallVec;

use crate::plan::FlagsRef;
use crate::policy::{Answer, Asks, Basis, Column, Columns, Facts, Rulebook};
use crate::record::{Cause, Refusal, Target};
use crate::time::{ApiVersion, SimTime, Term};
use crate::words::{
    Action, ActorId, Billing, Channel, DecidingFactor, EventId, InstanceId, RequestResult, RuleId,
    StoppedBy, Trigger, Word as _,
};

/// The instances of a request, which are few as a rule.
pub(super) type Ids = SmallVec<[InstanceId; 4]>;

/// The event that calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// The event.
    pub event: EventId,
    /// Its verb.
    pub verb: &'static str,
    /// Who calls.
    pub by: Option<ActorId>,
    /// The way by which the call comes in; `None` if the event does not say.
    pub via: Option<Channel>,
}

/// A request that is being made.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestContext {
    /// What made it happen.
    pub cause: Cause,
    /// The verb, or the action of a timer.
    pub verb: &'static str,
    /// As what cause it asks.
    pub trigger: Trigger,
    /// What it asks.
    pub action: Action,
    /// Who calls.
    pub actor: Option<ActorId>,
    /// The way by which the call comes in; `None` if nobody knows.
    pub channel: Option<Channel>,
    /// What it is about.
    pub target: Target,
    /// The columns that the call itself fills.
    pub facts: Facts,
    /// The rule that the request itself rests on.
    pub reason: Option<Reason>,
    /// Whether no hook holds it up any more.
    pub past_hook: bool,
    /// What it carries with it.
    pub payload: Payload,
}

/// A rule by which something is asked at all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reason {
    /// What kind of rule it is.
    pub by: DecidingFactor,
    /// The rule.
    pub rule: RuleId,
    /// What it rests on.
    pub basis: Basis,
}

impl Reason {
    /// What a table says is asked.
    pub(super) const fn of<C: Copy>(by: DecidingFactor, answer: &Answer<C>) -> Self {
        Self { by, rule: answer.rule, basis: answer.basis }
    }

    /// What a step of a clock asks.
    pub(super) fn of_clock(book: &Rulebook, rule: RuleId) -> Self {
        Self { by: DecidingFactor::Clock, rule, basis: book.basis(rule) }
    }

    /// What something rests on that need not rest on any rule, as a call of somebody's.
    pub(super) fn basis(reason: Option<Self>) -> Basis {
        reason.map_or(Basis::NONE, |reason| reason.basis)
    }
}

/// What a request carries with it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Payload {
    /// Nothing.
    Nothing,
    /// The time of a release.
    Time(SimTime),
    /// Protections to switch.
    Flags(FlagsRef, Option<ApiVersion>),
    /// A billing to convert to, and for how long.
    Billing(Billing, Term),
    /// A term to renew for; its own, if it does not say.
    Term(Option<Term>),
    /// Whether a stop is to save money.
    Economical(bool),
    /// What shut an instance down.
    StoppedBy(StoppedBy),
    /// Whether members are to stand by.
    Standby(bool),
}

impl RequestContext {
    /// A call that an event makes.
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
            payload: Payload::Nothing,
        }
    }

    /// What a timer asks, or the platform by itself.
    pub(super) fn timer(
        name: &'static str,
        trigger: Trigger,
        action: Action,
        target: Target,
    ) -> Self {
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
            payload: Payload::Nothing,
        }
    }

    /// The columns that a request fills, if this is asked.
    pub(super) fn columns(&self, action: Action) -> Facts {
        let channel = self.channel.unwrap_or(Channel::None);
        Facts { trigger: self.trigger, action, channel, ..self.facts }
    }

    pub(super) const fn as_cause(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    pub(super) const fn with_payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    pub(super) const fn resting_on(mut self, reason: Option<Reason>) -> Self {
        self.reason = reason;
        self
    }
}

/// How many instances a request was to change, how many it changed, and why not all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub wanted: u32,
    pub got: u32,
    pub refusal: Option<Refusal>,
    /// Whether there was anything to decide.
    pub decided: bool,
}

impl Tally {
    /// Everything that was asked has been done.
    pub(super) const fn all(count: u32) -> Self {
        Self { wanted: count, got: count, refusal: None, decided: false }
    }

    /// Notes that something stood against a part of it; the first reason is told.
    pub(super) fn refuse(&mut self, why: Refusal) {
        self.refusal = self.refusal.or(Some(why));
    }

    /// All, some or nothing; a request that found nothing to do is accepted.
    pub(super) fn result(&self) -> RequestResult {
        match (self.got, self.wanted) {
            (got, wanted) if got >= wanted => RequestResult::Accepted,
            (0, _) => RequestResult::Refused,
            _ => RequestResult::Partial,
        }
    }
}

/// A request whose end is not written yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenRequest {
    pub slot: usize,
    pub seq: u64,
    /// As what cause it asks.
    pub trigger: Trigger,
}

impl OpenRequest {
    /// The same, asked for another cause.
    pub(super) const fn as_cause(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
    }
}

/// What is asked of one instance of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// The instance.
    pub id: InstanceId,
    /// What is asked of it.
    pub asks: Asks,
    /// The rule by which just this is asked.
    pub reason: Option<Reason>,
}

impl Item {
    /// Asks for an action.
    pub(super) const fn new(id: InstanceId, action: Action) -> Self {
        Self { id, asks: Asks::This(action), reason: None }
    }

    /// Asks what a group asks of a member that came in as this one did.
    pub(super) const fn of_member(id: InstanceId) -> Self {
        Self { id, asks: Asks::ByMembership, reason: None }
    }
}

/// The same asked of each.
pub(super) fn alike(ids: &[InstanceId], action: Action) -> SmallVec<[Item; 1]> {
    ids.iter().map(|id| Item::new(*id, action)).collect()
}

/// A count as reports carry it.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
