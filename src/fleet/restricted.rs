//! A part of a fleet: some of its instances and groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Fleet, Group, Instance};
use crate::words::{GroupId, InstanceId};

impl Fleet {
    /// The fleet with only these instances and groups. `keep` is in ascending order, and the
    /// instance with the index `n` of the result is the `n`th of them. The ids of accounts and
    /// groups stay as they are; a group that is left out is deleted and has no members.
    #[must_use]
    pub fn restricted(&self, keep: &[InstanceId], groups: &BTreeSet<GroupId>) -> Self {
        let new_ids: BTreeMap<InstanceId, InstanceId> =
            keep.iter().enumerate().map(|(new, old)| (*old, InstanceId::from_index(new))).collect();
        let mut part = Self::default();
        part.metrics = Arc::clone(&self.metrics);
        for (_, account) in self.accounts() {
            part.add_account(account.without_instances());
        }
        for (id, group) in self.groups() {
            let mut kept = if groups.contains(&id) {
                group.clone()
            } else {
                Group {
                    deleting: true,
                    deleted: true,
                    ..Group::new(group.account, group.rests_until)
                }
            };
            kept.members = Arc::default();
            (kept.aside, kept.moved) = (0, None);
            kept.expected.retain(|id| new_ids.contains_key(id));
            kept.expected.iter_mut().for_each(|id| *id = new_ids[id]);
            part.add_group(kept);
        }
        for (old, new) in new_ids {
            let instance = *self.instance(old);
            let group = instance.group.or(self.intended_group(old));
            let group = group.filter(|group| groups.contains(group));
            part.add_instance(Instance { group, ..instance });
            part.set_prices(new, self.prices(old));
            if !self.properties(old).is_empty() {
                *part.properties_mut(new) = self.properties(old).to_vec();
            }
            part.set_term(new, self.term(old));
        }
        part
    }
}
