//! States of an instance.

use super::word::words;

words! {
    /// The state of an instance.
    Lifecycle: "a state" {
        /// The instance has not been created yet.
        Absent = "absent",
        /// The instance is being created.
        Pending = "pending",
        /// The instance is running.
        Running = "running",
        /// The instance was shut down; its compute and disks still exist.
        Stopped = "stopped",
        /// The instance was shut down, and the provider took back its compute; its disks still
        /// exist.
        Reclaimed = "reclaimed",
        /// The instance was shut down, and its compute was freed; its disks still exist.
        Deallocated = "deallocated",
        /// The removal of the instance from its group waits for a hook.
        Removing = "removing",
        /// The instance was released permanently.
        Released = "released",
    }
}

words! {
    /// The cause of a stop.
    StoppedBy: "a cause of a stop" {
        /// The instance is not stopped.
        Nothing = "nothing",
        /// A call.
        User = "user",
        /// An unpaid bill.
        Arrears = "arrears",
        /// The end of the subscription's term.
        Expiry = "expiry",
        /// The group, which can start the instance again.
        Group = "group",
    }
}

words! {
    /// A lock: while it is on, the platform refuses some calls of the owner. An instance can have
    /// several locks.
    Lock: "a lock" {
        /// The instance has no lock.
        None = "none",
        /// The instance was stopped for an unpaid bill.
        Financial = "financial",
        /// The platform suspects a violation of its rules.
        Security = "security",
        /// The provider reclaims the spot instance.
        Recycling = "recycling",
    }
}

words! {
    /// An answer to a yes-or-no question.
    YesNo: "a yes-or-no answer" {
        /// No.
        No = "false",
        /// Yes.
        Yes = "true",
    }
}

impl From<bool> for YesNo {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Lifecycle {
    /// Whether an instance in this state is shut down.
    pub const fn is_down(self) -> bool {
        matches!(self, Self::Stopped | Self::Reclaimed | Self::Deallocated)
    }
}
