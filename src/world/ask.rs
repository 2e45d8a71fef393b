//! One request: who asks what of whom, and how it is written down.

use super::Step;
use crate::policy::{Basis, Facts, Rulebook};
use crate::record::{Cause, Change, Record, Request, Subject, Target, What};
use crate::scenario::FlagsRef;
use crate::time::{CalendarSpan, SimTime};
use crate::vocab::{
    Action, ActorId, Billing, Channel, EventId, InstanceId, Lifecycle, Lock, PolicyId,
    RequestResult, RuleId, StoppedBy, Thing, Trigger, YesNo,
};

/// A request that is being made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
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
    /// The way by which the call comes in.
    pub channel: Channel,
    /// What it is about.
    pub target: Target,
    /// The columns that the call itself fills.
    pub facts: Facts,
    /// What the request itself rests on.
    pub basis: Basis,
    /// What it carries with it.
    pub with: With,
}

/// What a request carries with it.
#[derive(Debug, Clone, Copy)]
pub(super) enum With {
    /// Nothing.
    Nothing,
    /// The time of a release.
    Time(SimTime),
    /// Protections to switch.
    Flags(FlagsRef),
    /// A billing to convert to, and for how long.
    Billing(Billing, CalendarSpan),
    /// A term to renew for; its own, if it does not say.
    Term(Option<CalendarSpan>),
    /// Whether a stop is to save money.
    Economical(bool),
    /// What shut an instance down.
    StoppedBy(StoppedBy),
}

impl Ask {
    /// A call that an event makes.
    pub(super) fn call(
        event: EventId,
        verb: &'static str,
        action: Action,
        target: Target,
        actor: Option<ActorId>,
        channel: Option<Channel>,
    ) -> Self {
        Self {
            cause: Cause::Event(event),
            verb,
            trigger: Trigger::Manual,
            action,
            actor,
            channel: channel.unwrap_or(Channel::None),
            target,
            facts: Facts::default(),
            basis: Basis::NONE,
            with: With::Nothing,
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
            verb: crate::vocab::Word::word(action),
            trigger,
            action,
            actor: None,
            channel: Channel::None,
            target,
            facts: Facts::default(),
            basis: Basis::NONE,
            with: With::Nothing,
        }
    }

    pub(super) const fn as_cause(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    pub(super) const fn with(mut self, with: With) -> Self {
        self.with = with;
        self
    }

    pub(super) const fn resting_on(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }
}

/// How many instances a request was to change, how many it changed, and the
/// answer that its caller gets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub wanted: u32,
    pub got: u32,
    pub answer: Option<(PolicyId, RuleId)>,
}

impl Tally {
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
pub(super) struct Open {
    slot: usize,
    pub seq: u64,
}

impl Step<'_> {
    /// Begins to write a request down; its records follow it.
    pub(super) fn open(&mut self, ask: &Ask, judged: bool) -> Open {
        let seq = self.world.seq;
        self.world.seq += 1;
        let slot = self.out.len();
        self.out.push_back(Record::Request(Request {
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
            answer: None,
        }));
        Open { slot, seq }
    }

    /// Writes what became of it.
    pub(super) fn close(&mut self, open: Open, tally: Tally) {
        self.close_as(open, tally, tally.result());
    }

    /// Writes that nothing was done, and why.
    pub(super) fn refuse(&mut self, open: Open, wanted: u32, answer: Option<(PolicyId, RuleId)>) {
        self.close_as(open, Tally { wanted, got: 0, answer }, RequestResult::Refused);
    }

    fn close_as(&mut self, open: Open, tally: Tally, result: RequestResult) {
        if self.world.halt.is_some() {
            // A request that could not be decided did not happen.
            self.out.truncate(open.slot);
            return;
        }
        if let Some(Record::Request(request)) = self.out.get_mut(open.slot) {
            request.result = result;
            request.wanted = tally.wanted;
            request.got = tally.got;
            request.answer = tally.answer;
        }
    }

    /// Writes a change of state down.
    pub(super) fn change(&mut self, ask: &Ask, seq: u64, subject: Subject, what: What) {
        let at = self.now;
        self.out.push_back(Record::Change(Change { seq, at, subject, what, cause: ask.cause }));
    }

    /// The policy of an instance.
    pub(super) fn book_of(&self, id: InstanceId) -> &Rulebook {
        self.world.legend.rulebook(self.world.policy_of(id))
    }

    /// Remembers the switches that something rested on.
    pub(super) fn rely(&mut self, policy: PolicyId, basis: Basis) {
        let relied = &mut self.world.relied[policy.index()];
        *relied = relied.and(basis.switches);
    }

    /// The situation of an instance in a request.
    pub(super) fn facts(&self, ask: &Ask, id: InstanceId, action: Action) -> Facts {
        let fleet = &self.world.fleet;
        let instance = fleet.instance(id);
        let overdue = fleet.account(instance.account).arrears.is_some();
        let down = matches!(instance.state, Lifecycle::Stopped | Lifecycle::Reclaimed);
        let financial = overdue && down && instance.stopped_by == StoppedBy::Arrears;
        let local = fleet.properties(id).iter().any(|property| property.thing == Thing::LocalDisk);
        Facts {
            trigger: ask.trigger,
            action,
            channel: ask.channel,
            billing: instance.billing,
            membership: instance.membership,
            state: instance.state,
            stopped_by: instance.stopped_by,
            expired: YesNo::from(instance.expired),
            overdue: YesNo::from(overdue),
            scheduled: YesNo::from(instance.auto_release < SimTime::NEVER),
            economical: YesNo::from(instance.economical),
            local_disk: YesNo::from(local),
            lock: if instance.lock == Lock::None && financial {
                Lock::Financial
            } else {
                instance.lock
            },
            renewal: instance.renewal,
            ..ask.facts
        }
    }
}
