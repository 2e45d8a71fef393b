//! What is expected, as written.

use serde_json::{Value as Json, json};

use super::read::{Map, Name, OneOrMany, Read};
use super::read_time::When as Written;
use super::record::record;
use super::schema::Schemas;
use super::selector::Selector;
use super::tree::{Node, Value};
use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::words::{
    Action, Billing, Channel, Confidence, Effect, Fate, Health, Lifecycle, Lock, Membership,
    Outcome, RequestResult, ResourceKind, Trigger, Verdict, words,
};

record! {
    /// What is expected. A line that matches nothing fails.
    #[derive(Default)]
    WrittenExpect: "`expect`" {
        /// Decisions: what became of an instance in a request.
        default "decisions" => decisions: Lines<WrittenDecision>,
        /// Requests: what became of a call or of a due timer.
        default "requests" => requests: Lines<WrittenRequest>,
        /// Resources lost, or left behind and still billed.
        default "losses" => losses: Lines<WrittenLoss>,
        /// States, just after everything that is due at an instant.
        default "states" => states: Lines<WrittenState>,
        /// States that must never be seen, after any event.
        default "never" => never: Lines<WrittenWatch>,
        /// States that must be seen after every event.
        default "always" => always: Lines<WrittenWatch>,
        /// How many decisions of each outcome there are.
        default "totals" => totals: Lines<WrittenTotal>,
        /// Whether a decision that no line lists fails the test.
        default "exact" => exact: bool,
    }
}

record! {
    /// An expected decision. With several instances, each must have one.
    WrittenDecision: "an expected decision" {
        /// The cases in which it is expected; all, if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The id of the event that made it, or `timer:` and the name of the timer. Of a list,
        /// each must have made one.
        optional "event" => event: OneOrMany<Spanned<Name>>,
        /// The cause that asked.
        optional "trigger" => trigger: AnyOf<Trigger>,
        /// What was asked.
        optional "action" => action: AnyOf<Action>,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group that they were in.
        optional "group" => group: Spanned<String>,
        /// When.
        optional "at" => at: Spanned<Written>,
        /// The name of the caller.
        optional "by" => by: AnyOf<Spanned<Name>>,
        /// The way by which the call came in.
        optional "via" => via: AnyOf<Channel>,
        /// What became of them.
        optional "outcome" => outcome: AnyOf<Outcome>,
        /// What happened to them.
        optional "effect" => effect: AnyOf<Effect>,
        /// The provider's answer; `~text` for one that contains the text.
        optional "answer" => answer: Spanned<String>,
        /// The rule that decided.
        optional "rule" => rule: Spanned<String>,
        /// The protection that decided, or another last word: `precondition`, `clock`, ….
        optional "decided-by" => decided_by: Spanned<String>,
        /// What became of each protection, by its name.
        optional "verdicts" => verdicts: Map<Verdict>,
        /// The confidence of the decision.
        optional "confidence" => confidence: AnyOf<Confidence>,
        /// How they were paid for.
        optional "billing" => billing: AnyOf<Billing>,
        /// How they had come into their group.
        optional "membership" => membership: AnyOf<Membership>,
    }
}

record! {
    /// An expected request.
    WrittenRequest: "an expected request" {
        /// The cases in which it is expected; all, if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The id of the event that made it, or `timer:` and the name of the timer. Of a list,
        /// each must have made one.
        optional "event" => event: OneOrMany<Spanned<Name>>,
        /// The cause that asked.
        optional "trigger" => trigger: AnyOf<Trigger>,
        /// The name of the caller.
        optional "by" => by: AnyOf<Spanned<Name>>,
        /// The way by which the call came in.
        optional "via" => via: AnyOf<Channel>,
        /// The verb.
        optional "verb" => verb: Spanned<String>,
        /// When.
        optional "at" => at: Spanned<Written>,
        /// What became of it.
        optional "result" => result: AnyOf<RequestResult>,
        /// The provider's answer; `~text` for one that contains the text.
        optional "answer" => answer: Spanned<String>,
        /// The rule that refused it, or a part of it.
        optional "rule" => rule: Spanned<String>,
        /// How many instances it was to change.
        optional "wanted" => wanted: u32,
        /// How many it changed.
        optional "got" => got: u32,
    }
}

record! {
    /// An expected loss: a resource that is lost, or left behind and still billed.
    WrittenLoss: "an expected loss" {
        /// The cases in which it is expected; all, if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The instances that it belonged to; with several, each must have one.
        optional "instance" => instance: Selector,
        /// What it is.
        optional "kind" => kind: AnyOf<ResourceKind>,
        /// Its name.
        optional "name" => name: Name,
        /// What became of it.
        optional "fate" => fate: AnyOf<Fate>,
        /// The cause.
        optional "trigger" => trigger: AnyOf<Trigger>,
        /// When.
        optional "at" => at: Spanned<Written>,
        /// The rule that decided it.
        optional "rule" => rule: Spanned<String>,
    }
}

record! {
    /// An expected state: of instances, of a group or of an account.
    WrittenState: "an expected state" {
        /// The cases in which it is expected; all, if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// When: a time, or `end`.
        required "at" => at: Spanned<At>,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group.
        optional "group" => group: Spanned<String>,
        /// The account.
        optional "account" => account: Spanned<Name>,
        /// The state; of a group `there` or `deleted`, of an account `paid` or `overdue`.
        optional "is" => is: Spanned<String>,
        /// The number of members of the group.
        optional "size" => size: u32,
        /// The number of members that the group is meant to have.
        optional "desired" => desired: u32,
        /// Whether the instances have the latest model of their group.
        optional "latest-model" => latest_model: bool,
        /// Whether what probes the health of members sees them.
        optional "probed" => probed: bool,
        /// What is reported of their health.
        optional "health" => health: Health,
        /// The zone that they are in.
        optional "zone" => zone: Spanned<Name>,
        /// How the instances are paid for.
        optional "billing" => billing: Billing,
        /// Locks that bar their owner, of which there may be others; `none` if nothing does.
        optional "lock" => lock: OneOrMany<Spanned<Lock>>,
        /// The protections that are set on them, all of them.
        optional "protect" => protect: Vec<Spanned<String>>,
        /// When they are to be released: a time, or `never`.
        optional "auto-release" => auto_release: Spanned<Until>,
        /// When their terms end: a time, or `never`.
        optional "expires" => expires: Spanned<Until>,
        /// Whether they are in the group named by `group`.
        optional "member" => member: bool,
    }
}

record! {
    /// A state to watch for.
    WrittenWatch: "a watched state" {
        /// The cases in which it is watched; all, if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The instances.
        required "instance" => instance: Selector,
        /// The state.
        required "is" => is: Lifecycle,
    }
}

record! {
    /// How many decisions there are, by outcome.
    WrittenTotal: "totals" {
        /// The cases in which they are expected; all, if not given.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// Only those of this event or timer.
        optional "event" => event: Spanned<Name>,
        /// Only those of this cause.
        optional "trigger" => trigger: Trigger,
        /// Kept by a protection.
        optional "held" => held: Spanned<u64>,
        /// Went ahead in spite of one.
        optional "overridden" => overridden: Spanned<u64>,
        /// Went ahead without one.
        optional "unprotected" => unprotected: Spanned<u64>,
        /// Went ahead where it is unknown whether a protection was in force.
        optional "undetermined" => undetermined: Spanned<u64>,
        /// Refused for another reason.
        optional "denied" => denied: Spanned<u64>,
        /// Waiting.
        optional "deferred" => deferred: Spanned<u64>,
        /// Passed over.
        optional "skipped" => skipped: Spanned<u64>,
        /// Kept by a neighbour's protection.
        optional "spared" => spared: Spanned<u64>,
        /// Nothing to do.
        optional "no-op" => no_op: Spanned<u64>,
    }
}

/// One value, or a list of values of which any is right.
#[derive(Debug, Clone)]
pub struct AnyOf<T>(pub Vec<T>);

impl<T> AnyOf<T> {
    /// The values of a key; none if it is left out, which then allows every value.
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

/// Lines of one kind; each must say something.
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
                let problem = Problem::at(Code::MissingKey, item.span, title, "expects what?");
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

/// An instant to look at: a time, or `end`.
#[derive(Debug, Clone, Copy)]
pub enum At {
    /// A time.
    Time(Written),
    /// The end of the run.
    End,
}

impl Read for At {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("end") => Some(Self::End),
            _ => Written::read(node, problems).map(Self::Time),
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [Written::schema(schemas), { "const": "end" }] })
    }
}

/// A deadline: a time, or `never`.
#[derive(Debug, Clone, Copy)]
pub struct Until(pub Option<Written>);

impl Read for Until {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("never") => Some(Self(None)),
            _ => Written::read(node, problems).map(|at| Self(Some(at))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        json!({ "anyOf": [Written::schema(schemas), { "const": "never" }] })
    }
}

words! {
    /// The state of a group.
    GroupIs: "a state of a group" {
        /// It exists.
        There = "there",
        /// It was deleted.
        Deleted = "deleted",
    }
}

words! {
    /// The state of an account.
    AccountIs: "a state of an account" {
        /// It owes nothing.
        Paid = "paid",
        /// It is in arrears.
        Overdue = "overdue",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}
