//! What a scenario expects, with every name resolved.

use crate::diagnostics::{Span, Spanned};
use crate::format::expect::AccountIs;
use crate::record::Cause;
use crate::time::SimTime;
use crate::words::{
    AccountId, Action, Billing, Channel, Confidence, Effect, Fate, GroupId, Health, InstanceId,
    Lifecycle, Lock, Membership, Outcome, RequestResult, ResourceKind, Trigger, Verdict, ZoneId,
};

/// What is expected of one case.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Decisions.
    pub decisions: Vec<Expectation<DecisionLine>>,
    /// Requests.
    pub requests: Vec<Expectation<RequestLine>>,
    /// Losses.
    pub losses: Vec<Expectation<LossLine>>,
    /// States.
    pub states: Vec<Expectation<StateLine>>,
    /// States that must never be seen.
    pub never: Vec<Expectation<Watch>>,
    /// States that must always be seen.
    pub always: Vec<Expectation<Watch>>,
    /// Counts.
    pub totals: Vec<Expectation<TotalLine>>,
    /// Whether unlisted decisions fail.
    pub exact: bool,
}

impl Expectations {
    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.decisions.len()
            + self.requests.len()
            + self.losses.len()
            + self.states.len()
            + self.never.len()
            + self.always.len()
            + self.totals.len()
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && !self.exact
    }
}

/// A line and where it stands.
#[derive(Debug, Clone)]
pub struct Expectation<L> {
    /// The line.
    pub line: L,
    /// Where it stands.
    pub span: Span,
}

/// An expected decision. An empty list allows everything. A list of causes or of instances asks
/// for a decision of each, any other list for one of its values. Lists of instances are sorted.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of DecisionPart, resolved")]
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
#[expect(missing_docs, reason = "the keys of RequestPart, resolved")]
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

/// An expected loss. An empty list of instances asks for nothing; else it is sorted.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of LossPart, resolved")]
pub struct LossLine {
    pub instances: Vec<InstanceId>,
    pub kind: Vec<ResourceKind>,
    pub name: Option<String>,
    pub fate: Vec<Fate>,
    pub trigger: Vec<Trigger>,
    pub at: Option<SimTime>,
    pub rule: Option<String>,
}

/// When to look at a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Just after everything due at that instant.
    At(SimTime),
    /// At the end of the run.
    End,
}

/// An expected state.
#[derive(Debug, Clone)]
pub struct StateLine {
    /// When to look.
    pub at: When,
    /// At what, and what must be seen.
    pub of: StateOf,
}

/// What a state is of.
#[derive(Debug, Clone)]
pub enum StateOf {
    /// Instances: all of what is given must hold for each.
    Instances(Vec<InstanceId>, Box<InstanceState>),
    /// A group.
    Group(GroupId, GroupState),
    /// An account.
    Account(AccountId, AccountIs),
}

/// What is expected of an instance.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of StatePart, resolved")]
pub struct InstanceState {
    pub is: Option<Lifecycle>,
    pub billing: Option<Billing>,
    pub lock: Option<Vec<Lock>>,
    pub protect: Option<Vec<String>>,
    pub auto_release: Option<SimTime>,
    pub expires: Option<SimTime>,
    pub member: Option<(GroupId, bool)>,
    pub latest_model: Option<bool>,
    pub probed: Option<bool>,
    pub health: Option<Health>,
    pub zone: Option<ZoneId>,
}

/// What is expected of a group.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of StatePart, resolved")]
pub struct GroupState {
    pub there: Option<bool>,
    pub size: Option<u32>,
    pub desired: Option<u32>,
    pub protect: Option<Vec<String>>,
}

/// A state to watch for.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The instances.
    pub instances: Vec<InstanceId>,
    /// The state.
    pub is: Lifecycle,
}

/// Expected counts.
#[derive(Debug, Clone)]
pub struct TotalLine {
    /// Only decisions of this event or timer; `None` for all.
    pub cause: Option<Cause>,
    /// Only decisions of this cause.
    pub trigger: Option<Trigger>,
    /// The counts, each with its place.
    pub counts: Vec<(Outcome, Spanned<u64>)>,
}
