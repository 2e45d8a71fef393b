//! Which API call a reply answers.

use crate::diagnostics::many;

/// How to save a reply, as help lines say it.
pub(super) const SAVE: &str = "save what the client prints as it prints it, such as with `aliyun ecs DescribeInstances > instances.json`";

/// What the rows of a reply are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Instances,
    Groups,
    Disks,
    Members,
    Renewals,
    States,
    SystemEvents,
    Notifications,
}

impl Kind {
    /// The kinds that a fleet is made of: first what is there, then what is said of it.
    pub(super) const IN_ORDER: [Self; 6] =
        [Self::Instances, Self::Groups, Self::Disks, Self::Members, Self::Renewals, Self::States];

    /// One row, for a message.
    pub(super) const fn one(self) -> &'static str {
        match self {
            Self::Instances => "an instance",
            Self::Groups => "a scaling group",
            Self::Disks => "a disk",
            Self::Members => "a group member",
            Self::Renewals => "a renewal setting",
            Self::States => "an instance state",
            Self::SystemEvents => "a system event",
            Self::Notifications => "an event notification",
        }
    }

    /// So many rows.
    pub(super) fn count(self, rows: usize) -> String {
        many(rows, self.one().trim_start_matches("an ").trim_start_matches("a "))
    }
}
