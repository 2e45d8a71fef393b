//! Words that are results of a policy's tables.

use super::word::words;

words! {
    /// How the instances of one request depend on each other.
    Batch: "a batch mode" {
        /// Each instance is decided separately.
        Each = "each",
        /// If one instance is held, all others are kept as well.
        AllOrNothing = "all-or-nothing",
        /// Protected instances are skipped without an error; if all are protected, the request is
        /// refused.
        SkipProtected = "skip-protected",
    }
}

words! {
    /// The result of a scheduled release that is due, or that has waited.
    ScheduleFate: "a result of a due schedule" {
        /// The release is requested now.
        Fires = "fires",
        /// The release waits until the account has settled its bill.
        Waits = "waits",
        /// The schedule is cancelled without a release.
        Dropped = "dropped",
    }
}

words! {
    /// The effect of settling on an instance that was stopped for an unpaid bill.
    AfterSettling: "a consequence of settling" {
        /// The instance is started again.
        Restarts = "restarts",
        /// The instance stays as it is.
        Stays = "stays",
    }
}

words! {
    /// The effect of a billing conversion on protections that are on.
    FlagFate: "an effect on protections" {
        /// The protections stay on, in force or not.
        Kept = "kept",
        /// The protections are switched off.
        Cleared = "cleared",
    }
}

words! {
    /// Which reason is reported if both a protection and a precondition refuse a request.
    CheckedFirst: "a first check" {
        /// The protection that holds.
        Protection = "protection",
        /// The precondition that is not met.
        Refusal = "refusal",
    }
}

words! {
    /// When a protection can be switched.
    Occasion: "an occasion" {
        /// When the instance is created.
        Create = "create",
        /// At any time after the instance was created.
        Later = "later",
    }
}
