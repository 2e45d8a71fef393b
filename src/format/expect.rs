//! Expectations as a file states them: names, not ids.

use serde_json::{Value as Json, json};

use super::fleet::WrittenProtect;
use super::read::{Map, Name, OneOrMany, Read};
use super::read_time::When as WrittenWhen;
use super::record::record;
use super::schema::Schemas;
use super::selector::Selector;
use super::tree::{Node, Value};
use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::time::SimSpan;
use crate::words::{
    Action, Billing, Channel, Confidence, Effect, Fate, Health, Lifecycle, Lock, Membership,
    Outcome, RequestResult, ResourceKind, Trigger, Verdict, words,
};

record! {
    /// The expected results of a run. A line about decisions, requests, states or losses that
    /// matches nothing fails.
    #[derive(Default)]
    WrittenExpect: "`expect`" {
        /// Expected decisions; each is about one instance in one request.
        default "decisions" => decisions: Lines<WrittenDecision>,
        /// Expected requests; each is a call or a due timer.
        default "requests" => requests: Lines<WrittenRequest>,
        /// Resources that are lost, or that are kept and still billed.
        default "losses" => losses: Lines<WrittenLoss>,
        /// House rules that must be broken; all other rules of severity `error` must hold.
        default "findings" => findings: OneOrMany<Spanned<Name>>,
        /// States at instants, after all events of the instant.
        default "states" => states: Lines<WrittenState>,
        /// States in which instances must not be after any event.
        default "never" => never: Lines<WrittenWatch>,
        /// States in which instances must be after every event.
        default "always" => always: Lines<WrittenWatch>,
        /// Numbers of decisions by outcome.
        default "totals" => totals: Lines<WrittenTotal>,
        /// Instances of which no single caller can cause the release or the loss of a disk.
        default "two-person" => two_person: OneOrMany<Spanned<WrittenTwoPerson>>,
        /// Instances that must have an alert in time before their loss.
        default "alerted" => alerted: OneOrMany<Spanned<WrittenAlerted>>,
        /// Whether a decision that no line lists fails the test.
        default "exact" => exact: bool,
    }
}

record! {
    /// An expected decision. With several instances, each must have one.
    WrittenDecision: "an expected decision" {
        /// The cases in which it is expected; all cases if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The id of the event that caused it, or `timer:` and the name of the timer. With a list,
        /// each event or timer must have caused one.
        optional "event" => event: OneOrMany<Spanned<Name>>,
        /// The trigger of the request.
        optional "trigger" => trigger: AnyOf<Trigger>,
        /// The requested action.
        optional "action" => action: AnyOf<Action>,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group of the instances before the decision.
        optional "group" => group: Spanned<String>,
        /// The time of the decision.
        optional "at" => at: Spanned<WrittenWhen>,
        /// The name of the caller.
        optional "by" => by: AnyOf<Spanned<Name>>,
        /// The channel of the call.
        optional "via" => via: AnyOf<Channel>,
        /// The outcome of the decision.
        optional "outcome" => outcome: AnyOf<Outcome>,
        /// The effect on the instances.
        optional "effect" => effect: AnyOf<Effect>,
        /// The provider's answer; `~text` matches any answer that contains the text.
        optional "answer" => answer: Spanned<String>,
        /// The rule that decided.
        optional "rule" => rule: Spanned<String>,
        /// The protection that decided, or another deciding factor such as `precondition` or
        /// `clock`.
        optional "decided-by" => decided_by: Spanned<String>,
        /// The verdict on each protection, by name.
        optional "verdicts" => verdicts: Map<Verdict>,
        /// The confidence of the decision.
        optional "confidence" => confidence: AnyOf<Confidence>,
        /// The billing of the instances.
        optional "billing" => billing: AnyOf<Billing>,
        /// How the instances joined their group.
        optional "membership" => membership: AnyOf<Membership>,
    }
}

record! {
    /// An expected request.
    WrittenRequest: "an expected request" {
        /// The cases in which it is expected; all cases if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The id of the event that caused it, or `timer:` and the name of the timer. With a list,
        /// each event or timer must have caused one.
        optional "event" => event: OneOrMany<Spanned<Name>>,
        /// The trigger of the request.
        optional "trigger" => trigger: AnyOf<Trigger>,
        /// The name of the caller.
        optional "by" => by: AnyOf<Spanned<Name>>,
        /// The channel of the call.
        optional "via" => via: AnyOf<Channel>,
        /// The verb of the event.
        optional "verb" => verb: Spanned<String>,
        /// The time of the request.
        optional "at" => at: Spanned<WrittenWhen>,
        /// The result of the request.
        optional "result" => result: AnyOf<RequestResult>,
        /// The provider's answer; `~text` matches any answer that contains the text.
        optional "answer" => answer: Spanned<String>,
        /// The rule that refused the request or a part of it.
        optional "rule" => rule: Spanned<String>,
        /// The number of instances that the request was to change.
        optional "wanted" => wanted: u32,
        /// The number of instances that the request changed.
        optional "got" => got: u32,
    }
}

record! {
    /// An expected loss: a resource that is lost, or that is kept and still billed.
    WrittenLoss: "an expected loss" {
        /// The cases in which it is expected; all cases if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The instances that the resource belonged to; with several, each must have lost one.
        optional "instance" => instance: Selector,
        /// The kind of the resource.
        optional "kind" => kind: AnyOf<ResourceKind>,
        /// The name of the resource.
        optional "name" => name: Name,
        /// The fate of the resource.
        optional "fate" => fate: AnyOf<Fate>,
        /// The trigger of the request that caused the loss.
        optional "trigger" => trigger: AnyOf<Trigger>,
        /// The time of the loss.
        optional "at" => at: Spanned<WrittenWhen>,
        /// The rule that decided the fate.
        optional "rule" => rule: Spanned<String>,
    }
}

record! {
    /// Instances whose loss no single caller can cause. As in `hunt`, the calls of each caller
    /// alone are searched, in every position of each switch that the scenario does not set.
    WrittenTwoPerson: "a two-person rule" {
        /// The cases in which it is expected; all cases if not given.
        optional "in" => within_cases: OneOrMany<Spanned<Name>>,
        /// The instances.
        required "instance" => instance: Selector,
        /// The time after the start within which no single caller may cause a loss.
        required "within" => within: SimSpan,
        /// The largest number of calls; 3 if not given.
        optional "calls" => calls: u8,
    }
}

record! {
    /// Instances that must have an alert in time before their loss.
    WrittenAlerted: "an expectation of alerts" {
        /// The cases in which it is expected; all cases if not given.
        optional "in" => within_cases: OneOrMany<Spanned<Name>>,
        /// The instances; all instances if not given.
        optional "instance" => instance: Selector,
        /// The shortest time between the first alert and the loss.
        required "before-loss" => before_loss: SimSpan,
    }
}

record! {
    /// An expected state of instances, of a group or of an account.
    WrittenState: "an expected state" {
        /// The cases in which it is expected; all cases if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The instant: a time, or `end` for the end of the run.
        required "at" => at: Spanned<At>,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group.
        optional "group" => group: Spanned<String>,
        /// The account.
        optional "account" => account: Spanned<Name>,
        /// The state. A group is `there` or `deleted`; an account is `paid`, `overdue` or
        /// `cancelled`.
        optional "is" => is: Spanned<String>,
        /// The number of members of the group.
        optional "size" => size: u32,
        /// The desired capacity of the group.
        optional "desired" => desired: u32,
        /// Whether the instances have the latest model of their group.
        optional "latest-model" => latest_model: bool,
        /// Whether the health probe of the group reaches the instances.
        optional "probed" => probed: bool,
        /// The reported health of the instances.
        optional "health" => health: Health,
        /// The zone of the instances.
        optional "zone" => zone: Spanned<Name>,
        /// The billing of the instances.
        optional "billing" => billing: Billing,
        /// Locks that the instances have, perhaps among others; `none` if they have no lock.
        optional "lock" => lock: OneOrMany<Spanned<Lock>>,
        /// All protections that are set on the instances; `NAME=unknown` for an unknown setting.
        optional "protect" => protect: WrittenProtect,
        /// When the instances are scheduled to be released: a time, or `never`.
        optional "auto-release" => auto_release: Spanned<Until>,
        /// When the subscriptions of the instances expire: a time, or `never`.
        optional "expires" => expires: Spanned<Until>,
        /// Whether the instances are members of the group named by `group`.
        optional "member" => member: bool,
    }
}

record! {
    /// A state that is checked after every event.
    WrittenWatch: "a watched state" {
        /// The cases in which it is checked; all cases if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The instances.
        required "instance" => instance: Selector,
        /// The state.
        required "is" => is: Lifecycle,
    }
}

record! {
    /// Expected numbers of decisions, by outcome.
    WrittenTotal: "totals" {
        /// The cases in which they are expected; all cases if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// Counts only decisions of this event or timer.
        optional "event" => event: Spanned<Name>,
        /// Counts only decisions with this trigger.
        optional "trigger" => trigger: Trigger,
        /// Decisions in which a protection held.
        optional "held" => held: Spanned<u64>,
        /// Decisions that went ahead although a protection was in force.
        optional "overridden" => overridden: Spanned<u64>,
        /// Decisions that went ahead without a protection in force.
        optional "unprotected" => unprotected: Spanned<u64>,
        /// Decisions that went ahead while it is unknown whether a protection was in force.
        optional "undetermined" => undetermined: Spanned<u64>,
        /// Decisions refused for another reason than a protection.
        optional "denied" => denied: Spanned<u64>,
        /// Decisions that wait.
        optional "deferred" => deferred: Spanned<u64>,
        /// Decisions in which the instance was skipped without an error.
        optional "skipped" => skipped: Spanned<u64>,
        /// Decisions in which the instance was kept by a protection of another instance.
        optional "spared" => spared: Spanned<u64>,
        /// Decisions with nothing to do.
        optional "no-op" => no_op: Spanned<u64>,
    }
}

/// One value, or a list of alternatives.
#[derive(Debug, Clone)]
pub struct AnyOf<T>(pub Vec<T>);

impl<T> AnyOf<T> {
    /// The alternatives of a key; empty if the key is left out, which allows every value.
    pub fn values(of: Option<&Self>) -> &[T] {
        of.map(|values| values.0.as_slice()).unwrap_or_default()
    }
}

impl<T: Read> Read for AnyOf<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let values = OneOrMany::<T>::read(node, problems)?.0;
        if values.is_empty() {
            let title = "an empty list matches nothing";
            let problem = Problem::at(Code::MatchesNothing, node.span, title, "empty");
            problems.add(problem.help("name at least one value, or leave the key out"));
            return None;
        }
        Some(Self(values))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let one = T::schema(schemas);
        json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// Lines of one kind. A line without any condition is an error.
#[derive(Debug, Clone)]
pub struct Lines<P>(pub Vec<Spanned<P>>);

impl<P> Default for Lines<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P: Read> Read for Lines<P> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Value::List(items) = &node.value else {
            return Vec::read(node, problems).map(Self);
        };
        // A line that cannot be read is reported and left out, so that the others are checked.
        let lines = items.iter().filter_map(|item| Spanned::read(item, problems)).collect();
        for item in items {
            let Some(entries) = item.entries() else { continue };
            if entries.iter().all(|entry| &**entry.key == "in" || entry.key.starts_with("x-")) {
                let title = "this line expects nothing";
                let problem = Problem::at(Code::MissingKey, item.span, title, "no condition");
                problems.add(problem.help("write what is expected, or remove the line"));
            }
        }
        Some(Self(lines))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let mut line = P::schema(schemas);
        line["not"] = json!({ "type": "object", "propertyNames": { "pattern": "^(in$|x-)" } });
        schemas.list(&line)
    }
}

/// The instant of an expected state: a time, or `end`.
#[derive(Debug, Clone, Copy)]
pub enum At {
    /// A time.
    Time(WrittenWhen),
    /// The end of the run.
    End,
}

impl Read for At {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("end") => Some(Self::End),
            _ => WrittenWhen::read(node, problems).map(Self::Time),
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [WrittenWhen::schema(schemas), { "const": "end" }] })
    }
}

/// A deadline: a time, or `never`.
#[derive(Debug, Clone, Copy)]
pub struct Until(pub Option<WrittenWhen>);

impl Read for Until {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("never") => Some(Self(None)),
            _ => WrittenWhen::read(node, problems).map(|at| Self(Some(at))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [WrittenWhen::schema(schemas), { "const": "never" }] })
    }
}

words! {
    /// The state of a group.
    GroupIs: "a state of a group" {
        /// The group exists.
        There = "there",
        /// The group was deleted.
        Deleted = "deleted",
    }
}

words! {
    /// The state of an account.
    AccountIs: "a state of an account" {
        /// The account has no unpaid bill.
        Paid = "paid",
        /// The account has an unpaid bill.
        Overdue = "overdue",
        /// The account was cancelled.
        Cancelled = "cancelled",
    }
}
