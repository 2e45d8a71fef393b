//! Timers of the simulated platform, by the names that reports and expectations give them.

use super::billing::ClockKind;
use super::word::words;

words! {
    /// The timer that started a request without a caller. Reports write `timer:` before the word.
    TimerName: "a timer" {
        /// A step of the clock of an account that has not paid.
        PaymentOverdue = "payment-overdue",
        /// A step of the clock of a subscription whose term has ended.
        Expiry = "expiry",
        /// A step of the clock of a spot instance that is being reclaimed.
        SpotReclaim = "spot-reclaim",
        /// A step of the clock of a cancelled account.
        Cancellation = "cancellation",
        /// The scheduled release of an instance.
        ScheduledRelease = "scheduled-release",
        /// The health check of a group's member.
        HealthCheck = "health-check",
        /// The timeout of a lifecycle hook.
        Hook = "hook",
        /// The refill of a group below its desired capacity.
        Refill = "refill",
        /// The evaluation of a group's autoscale rules.
        Autoscale = "autoscale",
    }
}

impl TimerName {
    /// The prefix that reports and expectations write before the word.
    pub const PREFIX: &str = "timer:";
}

impl From<ClockKind> for TimerName {
    fn from(clock: ClockKind) -> Self {
        match clock {
            ClockKind::PaymentOverdue => Self::PaymentOverdue,
            ClockKind::Expiry => Self::Expiry,
            ClockKind::SpotReclaim => Self::SpotReclaim,
            ClockKind::Cancellation => Self::Cancellation,
        }
    }
}
