//! Billing, subscription terms and clocks.

use super::state::Lifecycle;
use super::word::words;

words! {
    /// How an instance is paid for.
    Billing: "a way of billing" {
        /// The owner pays for the use, afterwards.
        PayAsYouGo = "pay-as-you-go",
        /// The owner pays for a term, in advance.
        Subscription = "subscription",
        /// The owner pays a lower price for the use, and the provider may reclaim the instance.
        Spot = "spot",
    }
}

words! {
    /// How far in the future a release is scheduled, compared with the provider's limits.
    Lead: "a lead" {
        /// The request does not schedule a release.
        None = "none",
        /// The time is sooner than the provider accepts.
        TooSoon = "too-soon",
        /// The time is within the limits.
        Within = "within",
        /// The time is later than the provider accepts.
        TooLate = "too-late",
    }
}

words! {
    /// Whether a subscription is renewed automatically.
    Renewal: "a renewal" {
        /// The subscription ends unless a call renews it.
        None = "none",
        /// The subscription is renewed automatically when its term ends.
        Automatic = "automatic",
        /// The automatic renewal is attempted, and the payment fails.
        Failing = "failing",
    }
}

words! {
    /// The effect of a stop in economical mode.
    EconomicalStop: "an effect of an economical stop" {
        /// Compute is freed and no longer billed.
        Frees = "frees",
        /// The instance stops as in the standard mode; compute is still billed.
        Ignored = "ignored",
    }
}

words! {
    /// When a renewed term starts.
    TermFrom: "a start of a term" {
        /// At the end of the old term.
        Expiry = "expiry",
        /// At the time of the renewal.
        Renewal = "renewal",
    }
}

words! {
    /// The time of day at which a term ends.
    TermEnd: "an end of a term" {
        /// The time of day at which it started.
        Exact = "exact",
        /// The next midnight on the calendar of the provider.
        Midnight = "midnight",
    }
}

words! {
    /// The clocks of a provider: sequences of steps, each due a fixed time after the clock started.
    ClockKind: "a clock" {
        /// The clock of an account that has not paid. Settling the bill stops it.
        PaymentOverdue = "payment-overdue",
        /// The clock of a subscription whose term has ended. Renewing the subscription stops it.
        Expiry = "expiry",
        /// The clock of a spot instance that the provider reclaims. Nothing stops it.
        SpotReclaim = "spot-reclaim",
        /// The clock of an account that was cancelled. Settling the bill stops it.
        Cancellation = "cancellation",
    }
}

words! {
    /// The action that a step of a clock requests.
    ClockAction: "a step of a clock" {
        /// Shut the instance down.
        Stop = "stop",
        /// Take back the compute of the instance; its disks stay.
        Reclaim = "reclaim",
        /// Shut the instance down and free its compute; its disks stay.
        Deallocate = "deallocate",
        /// Release the instance permanently.
        Release = "release",
        /// Renew the subscription of the instance.
        Renew = "renew",
        /// Suspend the snapshot schedules of the account; no instance changes.
        SuspendSnapshots = "suspend-snapshots",
    }
}

impl ClockAction {
    /// The state of an instance that the step has shut down; `None` for other steps.
    pub const fn shuts_down(self) -> Option<Lifecycle> {
        match self {
            Self::Stop => Some(Lifecycle::Stopped),
            Self::Reclaim => Some(Lifecycle::Reclaimed),
            Self::Deallocate => Some(Lifecycle::Deallocated),
            Self::Release | Self::Renew | Self::SuspendSnapshots => None,
        }
    }
}
