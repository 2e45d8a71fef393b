//! Expectations with every name resolved.

use super::members::Members;
use crate::diagnostics::{Span, Spanned};
use crate::format::expect::AccountIs;
use crate::record::Cause;
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AccountId, Action, Billing, Channel, Confidence, Effect, Fate, GroupId, Health, InstanceId,
    Lifecycle, Lock, Membership, Outcome, RequestResult, ResourceKind, Trigger, Verdict, ZoneId,
};

/// The expectations of one case.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Expected decisions.
    pub decisions: Vec<Expectation<DecisionLine>>,
    /// Expected requests.
    pub requests: Vec<Expectation<RequestLine>>,
    /// Expected losses.
    pub losses: Vec<Expectation<LossLine>>,
    /// Expected states at instants.
    pub states: Vec<Expectation<StateLine>>,
    /// States in which instances must not be after any event.
    pub never: Vec<Expectation<Watch>>,
    /// States in which instances must be after every event.
    pub always: Vec<Expectation<Watch>>,
    /// Expected numbers of decisions.
    pub totals: Vec<Expectation<TotalLine>>,
    /// Instances whose loss needs two callers.
    pub two_person: Vec<Expectation<TwoPersonLine>>,
    /// Instances that must have an alert in time before their loss.
    pub alerted: Vec<Expectation<AlertedLine>>,
    /// House rules by name, each with whether it is to be broken.
    pub house: Vec<Expectation<(String, bool)>>,
    /// Whether a decision that no line lists is a failure.
    pub exact: bool,
}

/// Instances whose loss needs two callers.
#[derive(Debug, Clone)]
pub struct TwoPersonLine {
    /// The instances, sorted.
    pub instances: Vec<InstanceId>,
    /// The time after the start.
    pub within: SimSpan,
    /// The largest number of calls.
    pub calls: usize,
}

/// Instances that must have an alert in time before their loss.
#[derive(Debug, Clone)]
pub struct AlertedLine {
    /// The instances.
    pub instances: Members,
    /// The shortest time between the first alert and the loss.
    pub before_loss: SimSpan,
}

impl Expectations {
    /// The spans of all lines.
    fn spans(&self) -> impl Iterator<Item = Span> {
        fn of<L>(lines: &[Expectation<L>]) -> impl Iterator<Item = Span> {
            lines.iter().map(|line| line.span)
        }
        of(&self.decisions)
            .chain(of(&self.requests))
            .chain(of(&self.losses))
            .chain(of(&self.states))
            .chain(of(&self.never))
            .chain(of(&self.always))
            .chain(of(&self.totals))
            .chain(of(&self.two_person))
            .chain(of(&self.alerted))
            .chain(of(&self.house))
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.spans().count()
    }

    /// The span of the line that stands first in its file; `None` if there is none.
    pub fn first_span(&self) -> Option<Span> {
        self.spans().min_by_key(|span| span.start)
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && !self.exact
    }
}

/// A line and its span.
#[derive(Debug, Clone)]
pub struct Expectation<L> {
    /// The line.
    pub line: L,
    /// The span of the line.
    pub span: Span,
}

/// An expected decision. An empty list matches every value. A list of causes or of instances needs
/// a decision for each element; any other list matches one of its values. Lists of instances are
/// sorted.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of `WrittenDecision`, resolved")]
pub struct DecisionLine {
    pub causes: Vec<Cause>,
    pub trigger: Vec<Trigger>,
    pub action: Vec<Action>,
    pub instances: Vec<InstanceId>,
    pub group: Option<GroupId>,
    pub at: Option<SimTime>,
    pub by: Vec<String>,
    pub via: Vec<Channel>,
    pub outcome: Vec<Outcome>,
    pub effect: Vec<Effect>,
    pub answer: Option<String>,
    pub rule: Option<String>,
    pub decided_by: Option<String>,
    pub verdicts: Vec<(String, Verdict)>,
    pub confidence: Vec<Confidence>,
    pub billing: Vec<Billing>,
    pub membership: Vec<Membership>,
}

/// An expected request.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of `WrittenRequest`, resolved")]
pub struct RequestLine {
    pub causes: Vec<Cause>,
    pub trigger: Vec<Trigger>,
    pub by: Vec<String>,
    pub via: Vec<Channel>,
    pub verb: Option<String>,
    pub at: Option<SimTime>,
    pub result: Vec<RequestResult>,
    pub answer: Option<String>,
    pub rule: Option<String>,
    pub wanted: Option<u32>,
    pub got: Option<u32>,
}

/// An expected loss. An empty list matches every value. A list of instances needs a loss of each;
/// it is sorted.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of `WrittenLoss`, resolved")]
pub struct LossLine {
    pub instances: Vec<InstanceId>,
    pub kind: Vec<ResourceKind>,
    pub name: Option<String>,
    pub fate: Vec<Fate>,
    pub trigger: Vec<Trigger>,
    pub at: Option<SimTime>,
    pub rule: Option<String>,
}

/// The instant of an expected state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckTime {
    /// After all events of this instant.
    At(SimTime),
    /// At the end of the run.
    End,
}

/// An expected state.
#[derive(Debug, Clone)]
pub struct StateLine {
    /// The instant.
    pub at: CheckTime,
    /// The subject and its expected state.
    pub of: StateOf,
}

/// The subject of a state, and the expected state.
#[derive(Debug, Clone)]
pub enum StateOf {
    /// Instances; the state must hold for each of them.
    Instances(Vec<InstanceId>, Box<InstanceState>),
    /// A group.
    Group(GroupId, GroupState),
    /// An account.
    Account(AccountId, AccountIs),
}

/// The expected protections, by name or attribute.
#[derive(Debug, Clone, Default)]
pub struct ExpectedProtections {
    /// The protections that are on.
    pub on: Vec<String>,
    /// The protections whose setting is unknown.
    pub unknown: Vec<String>,
}

/// The expected state of an instance; `None` for properties that are not checked.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of `WrittenState`, resolved")]
pub struct InstanceState {
    pub is: Option<Lifecycle>,
    pub billing: Option<Billing>,
    pub lock: Option<Vec<Lock>>,
    pub protect: Option<ExpectedProtections>,
    pub auto_release: Option<SimTime>,
    pub expires: Option<SimTime>,
    pub member: Option<(GroupId, bool)>,
    pub latest_model: Option<bool>,
    pub probed: Option<bool>,
    pub health: Option<Health>,
    pub zone: Option<ZoneId>,
}

/// The expected state of a group; `None` for properties that are not checked.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of `WrittenState`, resolved")]
pub struct GroupState {
    pub there: Option<bool>,
    pub size: Option<u32>,
    pub desired: Option<u32>,
    pub protect: Option<ExpectedProtections>,
}

/// A state that is checked after every event.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The instances, sorted.
    pub instances: Vec<InstanceId>,
    /// The state.
    pub is: Lifecycle,
}

/// Expected numbers of decisions.
#[derive(Debug, Clone)]
pub struct TotalLine {
    /// Only decisions of this event or timer; `None` for all.
    pub cause: Option<Cause>,
    /// Only decisions with this trigger; `None` for all.
    pub trigger: Option<Trigger>,
    /// The numbers by outcome, each with its span.
    pub counts: Vec<(Outcome, Spanned<u64>)>,
}
