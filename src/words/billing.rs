//! Billing, terms of subscriptions, and clocks.

use super::word::words;

words! {
    /// How an instance is paid for.
    Billing: "a way of billing" {
        /// By use, after the fact.
        PayAsYouGo = "pay-as-you-go",
        /// For a term, ahead.
        Subscription = "subscription",
        /// By use, at a price at which it may be taken back.
        Spot = "spot",
    }
}

words! {
    /// How far ahead a scheduled release is set, by the provider's limits.
    Lead: "a lead" {
        /// Nothing is being scheduled.
        None = "none",
        /// Sooner than the provider takes.
        TooSoon = "too-soon",
        /// Within the limits.
        Within = "within",
        /// Later than the provider takes.
        TooLate = "too-late",
    }
}

words! {
    /// Whether a subscription prolongs itself.
    Renewal: "a renewal" {
        /// It ends unless it is renewed by a call.
        None = "none",
        /// It renews itself at its end.
        Automatic = "automatic",
        /// It tries to, and the payment fails.
        Failing = "failing",
    }
}

words! {
    /// What a stop that is to save money does.
    EconomicalStop: "an answer to an economical stop" {
        /// Compute is freed and no longer billed.
        Frees = "frees",
        /// The instance stops as it always does.
        Ignored = "ignored",
    }
}

words! {
    /// From when a renewed term counts.
    TermFrom: "a beginning of a term" {
        /// From the end of the old one.
        Expiry = "expiry",
        /// From the renewal.
        Renewal = "renewal",
    }
}

words! {
    /// The spans of a provider's that run by themselves once begun.
    ClockKind: "a clock" {
        /// Of an account that has not paid. Settling stops it.
        PaymentOverdue = "payment-overdue",
        /// Of a subscription whose term has ended. Renewing stops it.
        Expiry = "expiry",
        /// Of a spot instance that is being taken back. Nothing stops it.
        SpotReclaim = "spot-reclaim",
        /// Of an account that was cancelled. Settling stops it.
        Cancellation = "cancellation",
    }
}

words! {
    /// What a step of a clock may ask.
    ClockAction: "a step of a clock" {
        /// Shut the instance down.
        Stop = "stop",
        /// Take back its compute.
        Reclaim = "reclaim",
        /// Shut it down and give its compute back.
        Deallocate = "deallocate",
        /// Give it up for good.
        Release = "release",
        /// Prolong its term.
        Renew = "renew",
        /// Make no more snapshots for the account; no instance is touched.
        SuspendSnapshots = "suspend-snapshots",
    }
}
