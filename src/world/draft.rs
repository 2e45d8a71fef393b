//! Drafts: the decision about one instance, before and after its batch is considered.

use smallvec::SmallVec;

use super::request::{Reason, RequestContext};
use crate::policy::{Basis, Facts, Permit, Ruling, Undecided};
use crate::record::DecidedBy;
use crate::words::{
    Action, Batch, DecidingFactor, InstanceId, Outcome, PolicyId, ProtectionSet, RuleId,
};

/// Drafts of a request; most requests are about one instance.
pub(super) type Drafts = SmallVec<[Draft; 1]>;

/// The decision about one instance before its batch is considered.
#[derive(Debug)]
pub(super) struct Draft {
    pub id: InstanceId,
    pub action: Action,
    /// The rule that requests the action; `None` if the request itself does.
    pub reason: Option<Reason>,
    pub facts: Facts,
    pub policy: PolicyId,
    pub ruling: Ruling,
    pub inert: ProtectionSet,
    pub outcome: DraftOutcome,
    /// Switches that the outcome depends on, and its confidence.
    pub basis: Basis,
}

/// The outcome for one instance alone.
#[derive(Debug)]
pub(super) enum DraftOutcome {
    /// Nothing blocks the action.
    Applied(Permit),
    /// A protection blocks the action.
    Held,
    /// A precondition refuses the action.
    Denied(RuleId),
    /// The caller lacks a permission.
    Forbidden(RuleId),
    /// The instance has never existed.
    Absent,
    /// The instance is released already, or the action would change nothing.
    NoOp,
    /// The outcome depends on unknown facts.
    Unknown(Box<Undecided>),
}

/// The final decision about one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resolution {
    pub outcome: Outcome,
    pub decided_by: DecidedBy,
    pub rule: Option<RuleId>,
    pub basis: Basis,
}

impl Draft {
    /// Whether nothing blocks the action.
    pub(super) const fn goes(&self) -> bool {
        matches!(self.outcome, DraftOutcome::Applied(_))
    }
}

/// The policy's answer for a batch of which some instances are blocked and some are not.
pub(super) struct BatchAnswer {
    pub(super) mode: Batch,
    pub(super) rule: RuleId,
    pub(super) basis: Basis,
    /// Basis of the first instance that is blocked.
    pub(super) stopped: Basis,
    pub(super) one_is_held: bool,
}

/// The final decision about a draft in its batch.
pub(super) fn resolve_in_batch(
    request: &RequestContext,
    draft: &Draft,
    batch: Option<&BatchAnswer>,
) -> Resolution {
    let alone = resolve_alone(request, draft);
    let Some(batch) = batch.filter(|batch| batch.mode != Batch::Each) else { return alone };
    let with_batch = Resolution { basis: alone.basis.union(batch.basis), ..alone };
    match (batch.mode, &draft.outcome) {
        (Batch::AllOrNothing, DraftOutcome::Applied(_) | DraftOutcome::Unknown(_)) => Resolution {
            outcome: if batch.one_is_held { Outcome::Spared } else { Outcome::Denied },
            decided_by: DecidedBy::Other(DecidingFactor::Neighbour),
            rule: Some(batch.rule),
            basis: batch.basis.union(batch.stopped),
        },
        (Batch::SkipProtected, DraftOutcome::Held) => {
            Resolution { outcome: Outcome::Skipped, ..with_batch }
        }
        (Batch::SkipProtected, _) => with_batch,
        // An instance that is blocked in the batch is blocked alone as well.
        (Batch::Each | Batch::AllOrNothing, _) => alone,
    }
}

/// The final decision about a draft that is alone in its request.
pub(super) fn resolve_alone(request: &RequestContext, draft: &Draft) -> Resolution {
    let outcome = match draft.outcome {
        DraftOutcome::Applied(_) | DraftOutcome::Held | DraftOutcome::Unknown(_) => {
            draft.ruling.outcome()
        }
        DraftOutcome::Denied(_) | DraftOutcome::Forbidden(_) | DraftOutcome::Absent => {
            Outcome::Denied
        }
        DraftOutcome::NoOp => Outcome::NoOp,
    };
    let (decided_by, rule) = match (&draft.outcome, draft.ruling.deciding()) {
        (DraftOutcome::Absent | DraftOutcome::NoOp, _) => {
            (DecidedBy::Other(DecidingFactor::State), None)
        }
        (DraftOutcome::Denied(rule), _) => {
            (DecidedBy::Other(DecidingFactor::Precondition), Some(*rule))
        }
        (DraftOutcome::Forbidden(rule), _) => {
            (DecidedBy::Other(DecidingFactor::Permission), Some(*rule))
        }
        (
            DraftOutcome::Applied(_) | DraftOutcome::Held | DraftOutcome::Unknown(_),
            Some(finding),
        ) => (DecidedBy::Protection(finding.protection), finding.rule),
        // Nothing blocks the action, so the decision names the reason of the request.
        (DraftOutcome::Applied(_) | DraftOutcome::Held | DraftOutcome::Unknown(_), None) => {
            match request.reason.or(draft.reason) {
                Some(reason) => (DecidedBy::Other(reason.by), Some(reason.rule)),
                None => (DecidedBy::None, None),
            }
        }
    };
    Resolution { outcome, decided_by, rule, basis: draft.basis }
}
