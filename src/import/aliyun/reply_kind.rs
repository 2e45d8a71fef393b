//! The kinds of replies.

use crate::diagnostics::many;

/// The help line on how to save a reply.
pub(super) const SAVE: &str = "save the output of the client unchanged, such as with `aliyun ecs DescribeInstances > instances.json`";
/// What the rows of a reply are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReplyKind {
    Instances,
    Groups,
    Disks,
    Members,
    Renewals,
    States,
    SystemEvents,
    Notifications,
}

impl ReplyKind {
    /// The kinds that contribute to a fleet, in the order in which they must be read: instances
    /// before the rows that refer to them.
    pub(super) const IN_ORDER: [Self; 6] =
        [Self::Instances, Self::Groups, Self::Disks, Self::Members, Self::Renewals, Self::States];

    /// The words for one row in messages.
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

    /// A number of rows: `3 instances`.
    pub(super) fn count(self, rows: usize) -> String {
        many(rows, self.one().trim_start_matches("an ").trim_start_matches("a "))
    }
}
