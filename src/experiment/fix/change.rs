//! The changes that are tried.

use crate::time::{SimSpan, SimTime};
use crate::words::{AccountId, Act, ActorId, GroupId, InstanceId, PolicyId, ProtectionId};

/// A change of a scenario that could close a way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixChange {
    /// A protection of instances is switched on at the start.
    Protect {
        /// The policy of the instances.
        policy: PolicyId,
        /// The protection.
        protection: ProtectionId,
        /// The instances.
        instances: Vec<InstanceId>,
        /// A caller who may do so; `None` if there are no principals, or none of them may.
        by: Option<ActorId>,
    },
    /// A protection of a group is switched on at the start.
    ProtectGroup {
        /// The policy of the group.
        policy: PolicyId,
        /// The protection.
        protection: ProtectionId,
        /// The group.
        group: GroupId,
        /// A caller who may do so.
        by: Option<ActorId>,
    },
    /// A caller is denied actions.
    Deny {
        /// The caller.
        caller: ActorId,
        /// The policy that names the actions.
        policy: PolicyId,
        /// The actions, as indices into those of the policy.
        actions: Vec<usize>,
    },
    /// An account has a grace period for arrears.
    Grace {
        /// The account.
        account: AccountId,
        /// The period.
        span: SimSpan,
    },
    /// An act of the owner, at the last instant at which it helps.
    Act {
        /// The instant.
        at: SimTime,
        /// An act that must come first.
        first: Option<Act>,
        /// The act.
        act: Act,
        /// The instances that it is about.
        instances: Vec<InstanceId>,
        /// Their account.
        account: AccountId,
        /// Their group.
        group: Option<GroupId>,
    },
}
