//! Words about audit trails and the alerts that are raised from them.

use super::word::words;

words! {
    /// What an audit trail may record.
    TrailEvent: "an event of the trail" {
        /// A call that was carried out, whole or in part.
        Call = "call",
        /// A call that was refused by a protection, a precondition or an obstacle.
        RefusedCall = "refused-call",
        /// A call that was denied because its caller lacks a permission.
        DeniedCall = "denied-call",
        /// An action without a call: of a timer, a bill, a group by itself, or the provider.
        Platform = "platform",
    }
}

words! {
    /// Whether an audit trail records an event.
    Recording: "a recording" {
        /// The trail contains the event.
        Recorded = "recorded",
        /// The trail does not contain the event.
        NotRecorded = "not-recorded",
    }
}

words! {
    /// A change that a watch raises an alert about.
    WatchedChange: "a watched change" {
        /// A protection was switched off.
        ProtectionLifted = "protection-lifted",
        /// A release was scheduled, or moved to another time.
        ReleaseScheduled = "release-scheduled",
        /// An instance was released.
        Released = "released",
        /// An instance left its group.
        LeftGroup = "left-group",
        /// An instance in service was stopped, deallocated or reclaimed.
        Stopped = "stopped",
        /// The billing of an instance was converted.
        BillingConverted = "billing-converted",
        /// The account became overdue or was cancelled.
        AccountClosing = "account-closing",
    }
}

words! {
    /// What a row about alerts states.
    AlertKind: "a kind of alert" {
        /// A watched call.
        Call = "call",
        /// A watched change.
        Change = "change",
        /// A lost instance, with the first alert about it.
        Loss = "loss",
    }
}
