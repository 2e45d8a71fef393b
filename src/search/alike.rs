//! Finds instances in the same state, so that one search covers all of them.

use std::collections::BTreeMap;

use crate::plan::{Plan, Scripted};
use crate::time::SimTime;
use crate::words::{ActorId, InstanceId};

/// The instances in classes, each in the order of `targets`. The instances of a class have the same
/// ways to a loss: they are in no group and in the same account, the same events name them, each
/// principal has the same permissions for them, and they differ only in their names. Only groups
/// use the zone and the time of creation, so these are compared only if the account has a group.
pub fn alike(plan: &Plan, script: &[Scripted], targets: &[InstanceId]) -> Vec<Vec<InstanceId>> {
    let events = naming(plan, script);
    let mut classes: Vec<Vec<InstanceId>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for id in targets {
        let instance = *plan.fleet.instance(*id);
        if instance.group.is_some() || !instance.exists() {
            classes.push(vec![*id]);
            continue;
        }
        let key = (state(plan, *id), events.get(id));
        let scopes = plan.principals.as_ref().map(|all| all.scopes_of(*id));
        let key = format!("{:?}", (key, scopes));
        if let Some(class) = known.get(&key) {
            classes[*class].push(*id);
        } else {
            known.insert(key, classes.len());
            classes.push(vec![*id]);
        }
    }
    classes
}

/// For each instance, the events that name it.
fn naming(plan: &Plan, script: &[Scripted]) -> BTreeMap<InstanceId, Vec<usize>> {
    let mut events: BTreeMap<InstanceId, Vec<usize>> = BTreeMap::new();
    for (number, event) in script.iter().enumerate() {
        let named = event.event.targets().instances;
        let ids = named.into_iter().flat_map(|named| named.of(&plan.targets));
        ids.for_each(|id| events.entry(*id).or_default().push(number));
    }
    events
}

/// The state of an instance in no group, as far as its course depends on it.
fn state(plan: &Plan, id: InstanceId) -> String {
    let mut state = *plan.fleet.instance(id);
    if plan.fleet.groups().all(|(_, group)| group.account != state.account) {
        (state.created, state.joined) = (SimTime::NEVER, SimTime::NEVER);
        (state.zone, state.fault_domain) = (None, 0);
    }
    let resources = plan.fleet.properties(id).iter();
    let resources: Vec<_> =
        resources.map(|of| (of.resource, of.with_instance, of.disk.is_some())).collect();
    let of_disks = plan.fleet.properties(id).iter().any(|of| of.disk.is_some());
    let names = of_disks.then(|| plan.fleet.properties(id));
    format!("{:?}", (state, resources, names, plan.fleet.term(id)))
}

/// The callers of a plan: its principals, or anybody if it has none.
pub fn callers(plan: &Plan) -> Vec<Option<ActorId>> {
    let principals = plan.principals.as_ref();
    principals.map_or_else(|| vec![None], |all| all.ids().map(Some).collect())
}
