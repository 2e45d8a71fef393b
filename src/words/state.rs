//! States of an instance.

use super::word::words;

words! {
    /// The state of an instance.
    Lifecycle: "a state" {
        /// Not created yet.
        Absent = "absent",
        /// Being created.
        Pending = "pending",
        /// At work.
        Running = "running",
        /// Shut down; everything of it is still there.
        Stopped = "stopped",
        /// Shut down, and its compute was taken back; its disks are still there.
        Reclaimed = "reclaimed",
        /// Shut down, and its compute was given back; its disks are still there.
        Deallocated = "deallocated",
        /// About to go: a hook has the last word.
        Removing = "removing",
        /// Given up for good.
        Released = "released",
    }
}

words! {
    /// What shut an instance down.
    StoppedBy: "a cause of a stop" {
        /// It is not stopped.
        Nothing = "nothing",
        /// A call.
        User = "user",
        /// An unpaid bill.
        Arrears = "arrears",
        /// The end of its term.
        Expiry = "expiry",
        /// The platform, for security.
        Security = "security",
        /// Its group, which may use it again.
        Group = "group",
    }
}

words! {
    /// What bars an instance's owner from some calls. An instance may be under several.
    Lock: "a lock" {
        /// Nothing does.
        None = "none",
        /// It was stopped for an unpaid bill.
        Financial = "financial",
        /// The platform suspects a breach of its rules.
        Security = "security",
        /// Its spot capacity is being taken back.
        Recycling = "recycling",
    }
}

words! {
    /// An answer to a plain question.
    YesNo: "a yes or no" {
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
