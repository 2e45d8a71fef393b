//! Words that a policy's tables answer with.

use super::word::words;

words! {
    /// How the instances of one request hang together.
    Batch: "a batch mode" {
        /// Each has its own fate.
        Each = "each",
        /// One that is held keeps all the others.
        AllOrNothing = "all-or-nothing",
        /// Protected ones are passed over without an error; if all are, it is refused.
        SkipProtected = "skip-protected",
    }
}

words! {
    /// What becomes of a scheduled release that is due, or that has waited.
    ScheduleFate: "a fate of a schedule" {
        /// It asks for the release now.
        Fires = "fires",
        /// It waits until the account has settled.
        Waits = "waits",
        /// It is forgotten.
        Dropped = "dropped",
    }
}

words! {
    /// What settling a bill does to an instance that the arrears had stopped.
    AfterSettling: "a consequence of settling" {
        /// It is started again.
        Restarts = "restarts",
        /// It stays as it is.
        Stays = "stays",
    }
}

words! {
    /// What a conversion of the billing does to the protections that are on.
    FlagFate: "a fate of a flag" {
        /// They stay on, in force or not.
        Kept = "kept",
        /// They are switched off.
        Cleared = "cleared",
    }
}

words! {
    /// Which of two reasons against a request counts.
    CheckedFirst: "a first check" {
        /// A protection that holds.
        Protection = "protection",
        /// A refusal that is no protection.
        Refusal = "refusal",
    }
}

words! {
    /// When in the life of an instance a protection can be switched.
    Occasion: "an occasion" {
        /// With its creation.
        Create = "create",
        /// At any time after.
        Later = "later",
    }
}
