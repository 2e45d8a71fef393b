//! Principals with ids in place of names: the actions that each caller is allowed, and the
//! resources of these actions.

use std::collections::BTreeSet;

use crate::words::{AccountId, ActorId, GroupId, InstanceId, PolicyId};

/// The permissions of all principals. The principals are the first callers of a plan: their ids are
/// indices into the list of grants.
#[derive(Debug, Clone, Default)]
pub struct Principals {
    /// What each role and each principal states itself.
    pub(super) stated: Vec<StatedPermissions>,
    /// The grants of each principal.
    pub(super) grants: Vec<Vec<Grant>>,
}

/// What a role or a principal states itself, without its roles.
#[derive(Debug, Clone)]
pub struct StatedPermissions {
    /// For each policy, whether each of its actions is allowed.
    pub(super) may: Vec<Vec<bool>>,
    /// For each policy, whether each of its actions is denied.
    pub(super) not: Vec<Vec<bool>>,
    /// The resources; `None` for all.
    pub(super) scope: Option<ResourceScope>,
}

/// Permissions that a principal has. The numbers are indices into [`Principals::stated`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// What is allowed and denied.
    pub(super) of: usize,
    /// The scopes on the way to it; a resource must be in all of them.
    pub(super) within: BTreeSet<usize>,
}

/// Some resources. `None` stands for all of a kind.
#[derive(Debug, Clone, Default)]
pub struct ResourceScope {
    pub(super) instances: Option<BTreeSet<InstanceId>>,
    pub(super) groups: Option<Vec<GroupId>>,
    pub(super) accounts: Option<Vec<AccountId>>,
}

/// The target of a call.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'r> {
    /// The instances that the call names; empty if it names a group or an account alone.
    pub instances: &'r [InstanceId],
    /// The group that the call names, or the group of the instance.
    pub group: Option<GroupId>,
    /// The account.
    pub account: AccountId,
}

impl Principals {
    /// The same permissions for a part of the instances, which are renumbered in the order of
    /// `originals`, their former ids in ascending order.
    pub(super) fn reduced_to(&self, originals: &[InstanceId]) -> Self {
        let mut reduced = self.clone();
        for scope in reduced.stated.iter_mut().filter_map(|one| one.scope.as_mut()) {
            if let Some(instances) = &mut scope.instances {
                let kept = originals.iter().enumerate().filter(|(_, id)| instances.contains(id));
                *instances = kept.map(|(index, _)| InstanceId::from_index(index)).collect();
            }
        }
        reduced
    }

    fn scopes(&self) -> impl Iterator<Item = &ResourceScope> {
        self.stated.iter().filter_map(|one| one.scope.as_ref())
    }

    /// For each scope that names instances, whether an instance is in it.
    pub fn scopes_of(&self, id: InstanceId) -> Vec<bool> {
        let instances = self.scopes().filter_map(|scope| scope.instances.as_ref());
        instances.map(|instances| instances.contains(&id)).collect()
    }

    /// For each scope that names groups, whether a group is in it.
    pub fn scopes_of_group(&self, id: GroupId) -> Vec<bool> {
        let groups = self.scopes().filter_map(|scope| scope.groups.as_ref());
        groups.map(|groups| groups.contains(&id)).collect()
    }

    /// The ids of all principals.
    pub fn ids(&self) -> impl Iterator<Item = ActorId> {
        (0..self.grants.len()).map(ActorId::from_index)
    }

    /// Whether a caller is allowed an action of a policy. `action` is an index into the actions of
    /// the policy. A denied action is denied even if another role allows it.
    pub fn allows(
        &self,
        caller: ActorId,
        policy: PolicyId,
        action: usize,
        resource: &Resource<'_>,
    ) -> bool {
        let grants = self.grants.get(caller.index()).map(Vec::as_slice).unwrap_or_default();
        let of = |actions: &[Vec<bool>]| {
            actions.get(policy.index()).is_some_and(|all| all.get(action) == Some(&true))
        };
        let concerns = |grant: &&Grant| {
            let mut within = grant.within.iter().filter_map(|index| self.stated.get(*index));
            within.all(|one| one.scope.as_ref().is_none_or(|scope| scope.contains(resource)))
        };
        let concerned = grants.iter().filter(concerns);
        let mut concerned = concerned.filter_map(|grant| self.stated.get(grant.of));
        let allowed = concerned.clone().any(|one| of(&one.may));
        allowed && !concerned.any(|one| of(&one.not))
    }
}

impl ResourceScope {
    fn contains(&self, resource: &Resource<'_>) -> bool {
        let instances = self.instances.as_ref().is_none_or(|instances| {
            !resource.instances.is_empty()
                && resource.instances.iter().all(|id| instances.contains(id))
        });
        let groups = self
            .groups
            .as_ref()
            .is_none_or(|groups| resource.group.is_some_and(|group| groups.contains(&group)));
        let accounts =
            self.accounts.as_ref().is_none_or(|accounts| accounts.contains(&resource.account));
        instances && groups && accounts
    }
}
