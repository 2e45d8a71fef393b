//! Verdicts, outcomes, and how well they are supported.

use super::word::words;

words! {
    /// What became of one protection in one decision.
    Verdict: "a verdict" {
        /// The protection stopped it.
        Held = "held",
        /// The protection was in force and it went ahead.
        Overridden = "overridden",
        /// The protection was on and plays no part here.
        NotConsulted = "not-consulted",
    }
}

words! {
    /// What became of one instance in one request.
    Outcome: "an outcome" {
        /// Kept, because at least one protection held.
        Held = "held",
        /// Went ahead although at least one protection was in force.
        Overridden = "overridden",
        /// Went ahead; no protection was in force against it.
        Unprotected = "unprotected",
        /// Went ahead either way; whether a protection was in force against it is not known.
        Undetermined = "undetermined",
        /// Refused for another reason: term not ended, permission, wrong state.
        Denied = "denied",
        /// Accepted and waiting, or due and waiting.
        Deferred = "deferred",
        /// Passed over without an error.
        Skipped = "skipped",
        /// Kept only because a neighbour in the same request was protected.
        Spared = "spared",
        /// Nothing to do: already released.
        NoOp = "no-op",
    }
}

impl Outcome {
    /// Whether the action was carried out.
    pub const fn went_ahead(self) -> bool {
        match self {
            Self::Overridden | Self::Unprotected | Self::Undetermined => true,
            Self::Held
            | Self::Denied
            | Self::Deferred
            | Self::Skipped
            | Self::Spared
            | Self::NoOp => false,
        }
    }
}

words! {
    /// What has the last word in a decision, if it is no protection.
    DecidingFactor: "a last word" {
        /// A refusal that is no protection.
        Precondition = "precondition",
        /// The step of a clock that asked for it; nothing stood against it.
        Clock = "clock",
        /// The rule on schedules.
        Schedule = "schedule",
        /// The health check that asked for it; nothing stood against it.
        HealthCheck = "health-check",
        /// How the instance came into its group; nothing stood against what that means.
        Membership = "membership",
        /// What stood against a neighbour in the same request.
        Neighbour = "neighbour",
        /// The state of the instance: released already, or never there.
        State = "state",
        /// A hook that the group runs before a member goes.
        Hook = "hook",
    }
}

words! {
    /// An obstacle to a request under any provider.
    Obstacle: "an obstacle" {
        /// The instance does not exist, not yet or no longer.
        NotThere = "not-there",
        /// The instance is in a group already.
        InAGroup = "in-a-group",
        /// An instance that the request names is not a member of the group.
        NotAMember = "not-a-member",
        /// The instance is not spot capacity.
        NotSpot = "not-spot",
        /// The group has been deleted.
        GroupDeleted = "group-deleted",
        /// The instance is in no group.
        NotInAGroup = "not-in-a-group",
        /// No hook holds the instance up.
        NoHook = "no-hook",
        /// The hook has been prolonged as often as it can be.
        NoMoreTime = "no-more-time",
        /// The group has no more members.
        Empty = "empty",
        /// The groups of a run have created as many members as this program lets them.
        TooMany = "too-many",
    }
}

words! {
    /// What became of a request.
    RequestResult: "a result" {
        /// Everything asked was done, or waits to be done.
        Accepted = "accepted",
        /// Nothing was done.
        Refused = "refused",
        /// Some of it was done.
        Partial = "partial",
    }
}

words! {
    /// What kept a request from changing as many instances as it was to.
    LimitedBy: "a limit" {
        /// A minimum or maximum of the group.
        Bound = "bound",
        /// A protection held instances that would have been next.
        Protection = "protection",
        /// The group has no further member to choose.
        NoCandidate = "no-candidate",
        /// A limit of this program.
        Program = "program",
    }
}

words! {
    /// Confidence of a statement, strongest first.
    Confidence: "a confidence" {
        /// The provider's documents say so.
        Documented = "documented",
        /// A public report of an observation.
        Observed = "observed",
        /// It follows from what is documented.
        Inferred = "inferred",
        /// No document states it; the value is an assumption.
        Unconfirmed = "unconfirmed",
        /// A rule of the user, or a what-if, without a claim that the provider behaves so.
        Assumed = "assumed",
    }
}
