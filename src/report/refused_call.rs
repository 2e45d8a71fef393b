//! Calls that a rule refuses under one of two policies only. A later decision can follow from such
//! a call: what it did not change has another state.

use std::collections::BTreeSet;

use crate::record::{Cause, Refusal, Request, Target};
use crate::run_header::RunHeader;
use crate::words::EventId;

/// A call of a run that a rule refused, at least in part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RefusedCall {
    /// Its time since the start of the run, in seconds.
    pub(super) seconds: i64,
    event: EventId,
    /// The id of the rule.
    pub(super) rule: String,
    /// What it was about, such as `instance db-1`; `None` for several instances.
    pub(super) subject: Option<String>,
}

/// A refused call, and the policy under which it was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangedRefusal {
    /// The call.
    pub(super) call: RefusedCall,
    /// Whether the new policy refused it, and not the old one.
    pub(super) is_new: bool,
}

impl RefusedCall {
    /// The refused call of a record; `None` for a timer, and if no rule refused anything.
    pub(super) fn new(request: &Request, header: &RunHeader) -> Option<Self> {
        let (Some(Refusal::Rule(policy, rule)), Cause::Event(event)) =
            (request.refusal, request.cause)
        else {
            return None;
        };
        let subject = match request.target {
            Target::Instance(id) => Some(format!("instance {}", header.instance(id))),
            Target::Instances => None,
            Target::Group(id) => Some(format!("group {}", header.group(id))),
            Target::Account(id) => Some(format!("account {}", header.account(id))),
        };
        Some(Self {
            seconds: header.elapsed(request.at).seconds(),
            event,
            rule: header.rulebook(policy).policy.rule(rule).id.clone(),
            subject,
        })
    }
}

/// The calls that only one of two policies refuses, or that they refuse by other rules, in the
/// order of their times.
pub(super) fn changed_refusals(
    old: &BTreeSet<RefusedCall>,
    new: &BTreeSet<RefusedCall>,
) -> Vec<ChangedRefusal> {
    let changed = |call: &RefusedCall, is_new| ChangedRefusal { call: call.clone(), is_new };
    let before = old.difference(new).map(|call| changed(call, false));
    let after = new.difference(old).map(|call| changed(call, true));
    let mut all: Vec<ChangedRefusal> = before.chain(after).collect();
    all.sort_by_key(|one| one.call.seconds);
    all
}
