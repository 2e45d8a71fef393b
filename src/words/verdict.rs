//! Verdicts and outcomes, and the confidence in them.

use super::word::words;

words! {
    /// The verdict on one protection in one decision.
    Verdict: "a verdict" {
        /// The protection stopped the action.
        Held = "held",
        /// The protection was in force, and the action went ahead.
        Overridden = "overridden",
        /// The protection was on, and the provider does not check it here.
        NotConsulted = "not-consulted",
    }
}

words! {
    /// The outcome of a decision, which is about one instance in one request.
    Outcome: "an outcome" {
        /// The instance was kept, because at least one protection held.
        Held = "held",
        /// The action went ahead although at least one protection was in force.
        Overridden = "overridden",
        /// The action went ahead; no protection was in force against it.
        Unprotected = "unprotected",
        /// The action went ahead; whether a protection was in force against it is unknown.
        Undetermined = "undetermined",
        /// The action was refused for another reason: term not ended, no permission, wrong state.
        Denied = "denied",
        /// The action was accepted or is due, and waits.
        Deferred = "deferred",
        /// A protection held the instance, and a call about several left it out without an error.
        Skipped = "skipped",
        /// The instance was kept only because another instance of the same request was protected.
        Spared = "spared",
        /// There was nothing to do: the instance was already released.
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
    /// The factor that decided, if it is not a protection.
    DecidingFactor: "a deciding factor" {
        /// A precondition that is not met.
        Precondition = "precondition",
        /// The step of a clock that made the request; nothing prevented the action.
        Clock = "clock",
        /// The rule on scheduled releases.
        Schedule = "schedule",
        /// The health check that made the request; nothing prevented the action.
        HealthCheck = "health-check",
        /// How the instance joined its group, which determines the action; nothing prevented it.
        Membership = "membership",
        /// A protection or precondition of another instance in the same request.
        Neighbour = "neighbour",
        /// The state of the instance: it was already released, or never existed.
        State = "state",
        /// A hook that the group runs before it removes a member.
        Hook = "hook",
        /// A permission that the caller lacks.
        Permission = "permission",
    }
}

words! {
    /// A reason to refuse a request that is the same under every policy.
    Obstacle: "an obstacle" {
        /// The instance does not exist yet, or no longer exists.
        NotThere = "not-there",
        /// The instance is already in a group.
        InAGroup = "in-a-group",
        /// An instance that the request names is not a member of the group.
        NotAMember = "not-a-member",
        /// The instance is not a spot instance.
        NotSpot = "not-spot",
        /// The group has been deleted.
        GroupDeleted = "group-deleted",
        /// The instance waits for no hook.
        NoHook = "no-hook",
        /// The timeout of the hook cannot be extended again.
        NoMoreTime = "no-more-time",
        /// The group has no more members.
        Empty = "empty",
    }
}

words! {
    /// The result of a request.
    RequestResult: "a result" {
        /// The whole request was carried out, or waits.
        Accepted = "accepted",
        /// No part of the request was carried out.
        Refused = "refused",
        /// A part of the request was carried out.
        Partial = "partial",
        /// No part of the request was carried out, because the caller lacks a permission.
        Denied = "denied",
    }
}

words! {
    /// The reason why a request changed fewer instances than requested.
    LimitedBy: "a limit" {
        /// A minimum or maximum of the group.
        Bound = "bound",
        /// A protection held the next instances.
        Protection = "protection",
        /// The group has no further member that could be chosen.
        NoCandidate = "no-candidate",
    }
}

words! {
    /// Confidence of a statement, strongest first.
    Confidence: "a confidence" {
        /// The provider's documents state it.
        Documented = "documented",
        /// A public report describes an observation of it.
        Observed = "observed",
        /// It follows from documented statements.
        Inferred = "inferred",
        /// No document states it; the value is an assumption.
        Unconfirmed = "unconfirmed",
        /// A user's own rule or assumption, without a claim about the provider.
        Assumed = "assumed",
    }
}

words! {
    /// How serious a finding is.
    RuleSeverity: "a severity" {
        /// A test fails.
        Error = "error",
        /// It is only reported.
        Warning = "warning",
    }
}
