//! One request: who asks what of whom, and how it is written down.

use smallvec::SmallVec;

use super::step::{Halt, Step};
use crate::plan::FlagsRef;
use crate::policy::{
    Answer, Basis, Column, Columns, Condition, Facts, Rulebook, Table, Tables, Undecided,
};
use crate::record::{Cause, Change, Record, Refusal, Request, Subject, Target, What};
use crate::time::{ApiVersion, SimTime, Term};
use crate::words::{
    Action, ActorId, Billing, Channel, DecidingFactor, EventId, InstanceId, PolicyId,
    RequestResult, RuleId, StoppedBy, Trigger, Word,
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
    pub ground: Option<Reason>,
    /// Whether no hook holds it up any more.
    pub past_hook: bool,
    /// What it carries with it.
    pub with: Payload,
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
    pub(super) fn basis(ground: Option<Self>) -> Basis {
        ground.map_or(Basis::NONE, |ground| ground.basis)
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
            ground: None,
            past_hook: false,
            with: Payload::Nothing,
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
            verb: crate::words::Word::word(action),
            trigger,
            action,
            actor: None,
            channel: Some(Channel::None),
            target,
            facts: Facts::default(),
            ground: None,
            past_hook: false,
            with: Payload::Nothing,
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

    pub(super) const fn with(mut self, with: Payload) -> Self {
        self.with = with;
        self
    }

    pub(super) const fn resting_on(mut self, ground: Option<Reason>) -> Self {
        self.ground = ground;
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
    slot: usize,
    pub seq: u64,
    /// As what cause it asks.
    trigger: Trigger,
}

impl OpenRequest {
    /// The same, asked for another cause.
    pub(super) const fn as_cause(self, trigger: Trigger) -> Self {
        Self { trigger, ..self }
    }
}

impl Step<'_> {
    /// Begins to write a request down; its records follow it.
    pub(super) fn open(&mut self, ask: &RequestContext, judged: bool) -> OpenRequest {
        let seq = self.world.seq;
        self.world.seq += 1;
        let slot = self.out.len();
        self.out.push(Record::Request(Request {
            seq,
            at: self.now,
            cause: ask.cause,
            trigger: judged.then_some(ask.trigger),
            verb: ask.verb,
            actor: ask.actor,
            channel: ask.channel,
            target: ask.target,
            result: RequestResult::Accepted,
            wanted: 0,
            got: 0,
            refusal: None,
        }));
        OpenRequest { slot, seq, trigger: ask.trigger }
    }

    /// Writes what became of it.
    pub(super) fn close(&mut self, open: OpenRequest, tally: Tally) {
        self.close_as(open, tally, tally.result());
    }

    /// Writes that nothing was done, and why.
    pub(super) fn refuse(&mut self, open: OpenRequest, wanted: u32, why: Refusal) {
        let tally = Tally { wanted, refusal: Some(why), ..Tally::default() };
        self.close_as(open, tally, RequestResult::Refused);
    }

    fn close_as(&mut self, open: OpenRequest, tally: Tally, result: RequestResult) {
        if self.world.halt.is_some() {
            // A request that could not be decided did not happen.
            self.out.truncate(open.slot);
            return;
        }
        if let Some(Record::Request(request)) = self.out.get_mut(open.slot) {
            request.result = result;
            request.trigger = request.trigger.or(tally.decided.then_some(open.trigger));
            request.wanted = tally.wanted;
            request.got = tally.got;
            request.refusal = tally.refusal;
        }
    }

    /// Writes a change of state down.
    pub(super) fn change(&mut self, ask: &RequestContext, seq: u64, subject: Subject, what: What) {
        let at = self.now;
        self.out.push(Record::Change(Change { seq, at, subject, what, cause: ask.cause }));
    }

    /// The policy of an instance.
    pub(super) fn book_of(&self, id: InstanceId) -> &Rulebook {
        self.world.header.rulebook(self.world.policy_of(id))
    }

    /// Remembers the switches that something rested on.
    pub(super) fn rely(&mut self, policy: PolicyId, basis: Basis) {
        let relied = &mut self.world.relied[policy.index()];
        *relied = relied.union(basis.switches);
    }

    /// Remembers that a rule had something to say.
    pub(super) fn reach(&mut self, policy: PolicyId, rule: RuleId) {
        self.world.reached[policy.index()][rule.index()] = true;
    }

    /// Stops the run: its further course depends on what nobody knows, or its policy says
    /// nothing of it. The first reason counts.
    pub(super) fn halt(
        &mut self,
        ask: &RequestContext,
        target: Target,
        policy: PolicyId,
        on: Undecided,
    ) {
        self.halt_by(ask.cause, target, policy, on);
    }

    /// The same, for what a cause leads to.
    pub(super) fn halt_by(&mut self, cause: Cause, about: Target, policy: PolicyId, on: Undecided) {
        let halt = Halt { at: self.now, cause, about, policy, on };
        self.world.halt.get_or_insert(Box::new(halt));
    }

    /// What a table of a policy says. The switches that it rests on are remembered. Where it
    /// depends on what nobody knows, the run stops.
    pub(super) fn consult<C: Word>(
        &mut self,
        ask: &RequestContext,
        policy: PolicyId,
        table: impl Fn(&Tables) -> &Table<C>,
        facts: &Facts,
    ) -> Option<Answer<C>> {
        let book = self.world.header.rulebook(policy);
        let answer = match book.ask_all(table(&book.tables), facts) {
            Ok(answer) => answer?,
            Err(on) => {
                self.halt(ask, ask.target, policy, on);
                return None;
            }
        };
        self.rely(policy, answer.basis);
        self.reach(policy, answer.rule);
        Some(answer)
    }

    /// Whether a step of a clock concerns an instance. Where that depends on what nobody knows,
    /// the run stops.
    pub(super) fn concerns(
        &mut self,
        ask: &RequestContext,
        id: InstanceId,
        when: &Condition,
    ) -> bool {
        let mut facts = self.facts(ask, id, ask.action);
        for column in facts.unknown.iter() {
            if when.columns().all(|tested| tested != column) {
                facts.unknown = facts.unknown.without(column);
            }
        }
        if facts.unknown.is_empty() {
            return when.meets(&facts);
        }
        let policy = self.world.policy_of(id);
        let book = self.world.header.rulebook(policy);
        match book.agreed(&facts, |facts| when.meets(facts), ["concerned", "not concerned"]) {
            Ok((meets, basis)) => {
                self.rely(policy, basis);
                meets
            }
            Err(on) => {
                self.halt(ask, Target::Instance(id), policy, on);
                false
            }
        }
    }

    /// The situation of an instance in a request.
    pub(super) fn facts(&self, ask: &RequestContext, id: InstanceId, action: Action) -> Facts {
        self.world.situation(id, ask.columns(action))
    }
}
