//! The provider's attributes of the protections.

/// The cloud in the table of calls.
pub(in crate::import) const CLOUD: &str = "alibaba-cloud";

/// The call that lists instances, as a line to paste.
pub(in crate::import) const LISTING: &str = "aliyun ecs DescribeInstances --pager";

/// On an instance: a call that releases it is refused.
pub(in crate::import) const DELETION_PROTECTION: &str = "DeletionProtection";

/// The state of a member that is protected.
pub(in crate::import) const PROTECTED: &str = "ProtectedFromScaleIn";

/// The state of a member in standby.
pub(in crate::import) const STANDBY: &str = "Standby";

/// On a group: a call that deletes it is refused.
pub(in crate::import) const GROUP_DELETION_PROTECTION: &str = "GroupDeletionProtection";
