//! Principals with ids in place of names: the actions that each caller is allowed, and the
//! resources of these actions.

use std::collections::BTreeSet;

use crate::words::{AccountId, ActorId, GroupId, InstanceId, PolicyId};

/// The permissions of all principals. The principals are the first callers of a plan: their ids are
/// indices into this list.
#[derive(Debug, Clone, Default)]
pub struct Principals(pub(super) Vec<Vec<Grant>>);

/// Actions that are allowed and denied for some resources.
#[derive(Debug, Clone)]
pub struct Grant {
    /// For each policy, whether each of its actions is allowed.
    pub(super) may: Vec<Vec<bool>>,
    /// For each policy, whether each of its actions is denied.
    pub(super) not: Vec<Vec<bool>>,
    /// The resources; a resource must be in all of them.
    pub(super) scopes: Vec<ResourceScope>,
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
        for scope in reduced.0.iter_mut().flatten().flat_map(|grant| &mut grant.scopes) {
            if let Some(instances) = &mut scope.instances {
                let kept = originals.iter().enumerate().filter(|(_, id)| instances.contains(id));
                *instances = kept.map(|(index, _)| InstanceId::from_index(index)).collect();
            }
        }
        reduced
    }

    /// For each scope that names instances, whether an instance is in it.
    pub fn scopes_of(&self, id: InstanceId) -> Vec<bool> {
        let scopes = self.0.iter().flatten().flat_map(|grant| &grant.scopes);
        let instances = scopes.filter_map(|scope| scope.instances.as_ref());
        instances.map(|instances| instances.contains(&id)).collect()
    }

    /// For each scope that names groups, whether a group is in it.
    pub fn scopes_of_group(&self, id: GroupId) -> Vec<bool> {
        let scopes = self.0.iter().flatten().flat_map(|grant| &grant.scopes);
        let groups = scopes.filter_map(|scope| scope.groups.as_ref());
        groups.map(|groups| groups.contains(&id)).collect()
    }

    /// The ids of all principals.
    pub fn ids(&self) -> impl Iterator<Item = ActorId> {
        (0..self.0.len()).map(ActorId::from_index)
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
        let grants = self.0.get(caller.index()).map(Vec::as_slice).unwrap_or_default();
        let of = |actions: &[Vec<bool>]| {
            actions.get(policy.index()).is_some_and(|all| all.get(action) == Some(&true))
        };
        let mut concerned = grants.iter().filter(|grant| grant.concerns(resource));
        let allowed = concerned.clone().any(|grant| of(&grant.may));
        allowed && !concerned.any(|grant| of(&grant.not))
    }
}

impl Grant {
    fn concerns(&self, resource: &Resource<'_>) -> bool {
        self.scopes.iter().all(|scope| scope.contains(resource))
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
