//! Drafts: what is decided about one instance, before and after its batch is considered.

use smallvec::SmallVec;

use super::request::{Reason, RequestContext};
use crate::policy::{Basis, Facts, Permit, Ruling, Undecided};
use crate::record::DecidedBy;
use crate::words::{
    Action, Batch, DecidingFactor, InstanceId, Outcome, PolicyId, ProtectionSet, RuleId,
};

/// The drafts of a request, which most of the time is about one instance.
pub(super) type Drafts = SmallVec<[Draft; 1]>;

/// A decision before the batch has had its say.
#[derive(Debug)]
pub(super) struct Draft {
    pub id: InstanceId,
    pub action: Action,
    /// The rule by which just this is asked.
    pub reason: Option<Reason>,
    pub facts: Facts,
    pub policy: PolicyId,
    pub ruling: Ruling,
    pub inert: ProtectionSet,
    pub outcome: DraftOutcome,
    /// What the fate rests on.
    pub basis: Basis,
}

/// What becomes of an instance if it is looked at alone.
#[derive(Debug)]
pub(super) enum DraftOutcome {
    /// Nothing stands against it.
    Goes(Permit),
    /// A protection holds it.
    Held,
    /// Something else stands against it.
    Denied(RuleId),
    /// It never was there.
    Absent,
    /// It is gone already, or there is nothing to do.
    Gone,
    /// That depends on what nobody knows.
    Unsure(Box<Undecided>),
}

/// The last word on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resolution {
    pub outcome: Outcome,
    pub decided_by: DecidedBy,
    pub rule: Option<RuleId>,
    pub basis: Basis,
}

impl Draft {
    /// Whether nothing stands against it.
    pub(super) const fn goes(&self) -> bool {
        matches!(self.outcome, DraftOutcome::Goes(_))
    }
}

/// Whether an outcome means that it went ahead.
pub(super) const fn goes(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Overridden | Outcome::Unprotected | Outcome::Undetermined => true,
        Outcome::Held
        | Outcome::Denied
        | Outcome::Deferred
        | Outcome::Skipped
        | Outcome::Spared
        | Outcome::NoOp => false,
    }
}

/// What a batch does to its instances, some of which go and some do not.
pub(super) struct BatchAnswer {
    pub(super) mode: Batch,
    pub(super) rule: RuleId,
    pub(super) basis: Basis,
    /// What the fate of the first one that does not go rests on.
    pub(super) stopped: Basis,
    pub(super) one_is_held: bool,
}

/// The last word on a draft, the batch considered.
pub(super) fn resolve_in_batch(
    request: &RequestContext,
    draft: &Draft,
    batch: Option<&BatchAnswer>,
) -> Resolution {
    let alone = resolve_alone(request, draft);
    let Some(batch) = batch.filter(|batch| batch.mode != Batch::Each) else { return alone };
    let with_batch = Resolution { basis: alone.basis.union(batch.basis), ..alone };
    match (batch.mode, &draft.outcome) {
        (Batch::AllOrNothing, DraftOutcome::Goes(_) | DraftOutcome::Unsure(_)) => Resolution {
            outcome: if batch.one_is_held { Outcome::Spared } else { Outcome::Denied },
            decided_by: DecidedBy::Other(DecidingFactor::Neighbour),
            rule: Some(batch.rule),
            basis: batch.basis.union(batch.stopped),
        },
        (Batch::SkipProtected, DraftOutcome::Held) => {
            Resolution { outcome: Outcome::Skipped, ..with_batch }
        }
        (Batch::SkipProtected, _) => with_batch,
        // What does not go would not go alone either.
        (Batch::Each | Batch::AllOrNothing, _) => alone,
    }
}

/// The last word on a draft, if it were the only one.
pub(super) fn resolve_alone(request: &RequestContext, draft: &Draft) -> Resolution {
    let outcome = match draft.outcome {
        DraftOutcome::Goes(_) | DraftOutcome::Held | DraftOutcome::Unsure(_) => {
            draft.ruling.outcome()
        }
        DraftOutcome::Denied(_) | DraftOutcome::Absent => Outcome::Denied,
        DraftOutcome::Gone => Outcome::NoOp,
    };
    let (decided_by, rule) = match (&draft.outcome, draft.ruling.deciding()) {
        (DraftOutcome::Absent | DraftOutcome::Gone, _) => {
            (DecidedBy::Other(DecidingFactor::State), None)
        }
        (DraftOutcome::Denied(rule), _) => {
            (DecidedBy::Other(DecidingFactor::Precondition), Some(*rule))
        }
        (DraftOutcome::Goes(_) | DraftOutcome::Held | DraftOutcome::Unsure(_), Some(finding)) => {
            (DecidedBy::Protection(finding.protection), finding.rule)
        }
        // Nothing stood against it; what is named is why it was asked at all.
        (DraftOutcome::Goes(_) | DraftOutcome::Held | DraftOutcome::Unsure(_), None) => {
            match request.reason.or(draft.reason) {
                Some(reason) => (DecidedBy::Other(reason.by), Some(reason.rule)),
                None => (DecidedBy::Nobody, None),
            }
        }
    };
    Resolution { outcome, decided_by, rule, basis: draft.basis }
}
