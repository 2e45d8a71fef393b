//! Finds instances in the same state, so that one search covers all of them.

use std::collections::BTreeMap;

use crate::plan::{Plan, Scripted};
use crate::time::SimTime;
use crate::words::{ActorId, InstanceId};

/// The instances in classes, each in the order of `targets`. The instances of a class have the same
/// ways to a loss: they are in no group and in the same account, no event names them, and they
/// differ only in their names. Only groups use the zone and the time of creation, so these are
/// compared only if the account has a group. If there are principals, each instance is a class,
/// because a permission can apply to a single instance.
pub fn alike(plan: &Plan, script: &[Scripted], targets: &[InstanceId]) -> Vec<Vec<InstanceId>> {
    let mut named = vec![false; plan.header.instances.len()];
    for event in script {
        let targets = event.event.targets().instances;
        let ids = targets.into_iter().flat_map(|targets| targets.of(&plan.targets));
        ids.for_each(|id| named[id.index()] = true);
    }
    let mut classes: Vec<Vec<InstanceId>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for id in targets {
        let instance = *plan.fleet.instance(*id);
        let alone = named[id.index()] || plan.principals.is_some();
        if alone || instance.group.is_some() || !instance.exists() {
            classes.push(vec![*id]);
            continue;
        }
        let mut state = instance;
        if plan.fleet.groups().all(|(_, group)| group.account != instance.account) {
            (state.created, state.joined) = (SimTime::NEVER, SimTime::NEVER);
            (state.zone, state.fault_domain) = (None, 0);
        }
        let resources = plan.fleet.properties(*id).iter();
        let resources: Vec<_> =
            resources.map(|of| (of.resource, of.with_instance, of.disk.is_some())).collect();
        let of_disks = plan.fleet.properties(*id).iter().any(|of| of.disk.is_some());
        let names = of_disks.then(|| plan.fleet.properties(*id));
        let term = plan.fleet.term(*id);
        let key = format!("{:?}", (state, resources, names, term));
        if let Some(class) = known.get(&key) {
            classes[*class].push(*id);
        } else {
            known.insert(key, classes.len());
            classes.push(vec![*id]);
        }
    }
    classes
}

/// The callers of a plan: its principals, or anybody if it has none.
pub fn callers(plan: &Plan) -> Vec<Option<ActorId>> {
    let principals = plan.principals.as_ref();
    principals.map_or_else(|| vec![None], |all| all.ids().map(Some).collect())
}
