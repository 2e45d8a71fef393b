//! Changes that close ways to a loss, as an overlay.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::experiment::FixChange;
use crate::format::{Node, Value, yaml_scalar};
use crate::run_header::RunHeader;
use crate::time::SimSpan;
use crate::words::{Act, ActorId, InstanceId, PolicyId, ProtectionId, Word as _};

/// The instances that are not to be lost, and the selector that names exactly these.
#[derive(Debug, Clone, Copy)]
pub struct Selected<'s> {
    /// The instances, in ascending order.
    pub instances: &'s [InstanceId],
    /// The selector, as a file states it.
    pub text: &'s str,
}

/// Some changes as an overlay of a scenario, given the tree of the scenario.
pub fn fix_overlay(
    header: &RunHeader,
    tree: &Node,
    changes: &[FixChange],
    selected: Selected<'_>,
) -> String {
    let mut out = "stayput: overlay/1\n".to_owned();
    out.push_str(&denials(header, tree, changes));
    let graces = changes.iter().filter_map(|change| {
        let FixChange::Grace { account, span } = change else { return None };
        Some(format!("    {}: {{ grace: {span} }}\n", yaml_scalar(header.account(*account))))
    });
    let graces: String = graces.collect();
    if !graces.is_empty() {
        let _ = write!(out, "fleet:\n  accounts:\n{graces}");
    }
    let mut events: Vec<_> =
        changes.iter().flat_map(|change| events(header, change, selected)).collect();
    events.sort_by_key(|(at, _)| *at);
    // An event after the end would be a mistake.
    let length = header.elapsed(header.end);
    if let Some((last, _)) = events.last().filter(|(last, _)| *last >= length) {
        let _ = writeln!(out, "for: {}", last.plus(SimSpan::from_seconds(1)));
    }
    if !events.is_empty() {
        out.push_str("events:\n");
    }
    for (at, event) in events {
        let _ = writeln!(out, "  - {{ at: \"+{at}\", {event} }}");
    }
    out
}

/// The denials of some changes, together with those of the scenario.
fn denials(header: &RunHeader, tree: &Node, changes: &[FixChange]) -> String {
    let mut denied: BTreeMap<ActorId, Vec<String>> = BTreeMap::new();
    for change in changes {
        let FixChange::Deny { caller, policy, actions } = change else { continue };
        let list = denied.entry(*caller).or_insert_with(|| stated(tree, header.actor(*caller)));
        for name in action_names(header, *policy, actions) {
            if !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        }
    }
    if denied.is_empty() {
        return String::new();
    }
    let mut out = "principals:\n".to_owned();
    for (caller, names) in denied {
        let names: Vec<String> = names.iter().map(|name| yaml_scalar(name)).collect();
        let caller = yaml_scalar(header.actor(caller));
        let _ = writeln!(out, "  {caller}: {{ not: [{}] }}", names.join(", "));
    }
    out
}

/// The actions that a scenario denies a principal.
fn stated(tree: &Node, principal: &str) -> Vec<String> {
    let not = tree.get("principals").and_then(|all| all.get(principal)?.get("not"));
    match not.map(|node| &node.value) {
        Some(Value::List(items)) => {
            items.iter().filter_map(Node::scalar).map(str::to_owned).collect()
        }
        Some(Value::Scalar(one, _)) => vec![one.to_string()],
        Some(Value::Empty | Value::Map(_)) | None => Vec::new(),
    }
}

/// The name of a protection.
pub(super) fn protection_name(
    header: &RunHeader,
    policy: PolicyId,
    protection: ProtectionId,
) -> &str {
    &header.rulebook(policy).policy.protections[protection.index()].name
}

/// The provider's names of some actions.
pub(super) fn action_names<'h>(
    header: &'h RunHeader,
    policy: PolicyId,
    actions: &[usize],
) -> Vec<&'h str> {
    let known = header.rulebook(policy).policy.permissions.as_ref();
    let known = known.map(|known| known.actions.as_slice()).unwrap_or_default();
    actions.iter().filter_map(|index| known.get(*index)).map(String::as_str).collect()
}

/// The events of a change, with their instants.
fn events(
    header: &RunHeader,
    change: &FixChange,
    selected: Selected<'_>,
) -> Vec<(SimSpan, String)> {
    let protect = |target: String, name: &str, by: Option<ActorId>| {
        let by = by.map(|by| format!(", by: {}", yaml_scalar(header.actor(by))));
        let (flags, by) = (format!("{{ {}: true }}", yaml_scalar(name)), by.unwrap_or_default());
        let event = format!("set-protection: {{ {target}, flags: {flags}{by}, via: api }}");
        vec![(SimSpan::ZERO, event)]
    };
    match change {
        FixChange::Protect { policy, protection, instances, by } => {
            let target = format!("instance: {}", selected.names(header, instances));
            protect(target, protection_name(header, *policy, *protection), *by)
        }
        FixChange::ProtectGroup { policy, protection, group, by } => {
            let target = format!("group: {}", yaml_scalar(header.group(*group)));
            protect(target, protection_name(header, *policy, *protection), *by)
        }
        FixChange::Act { at, first, act, instances, account, group } => {
            let of = selected.names(header, instances);
            let call = |act: &Act| {
                let about = match (act, group) {
                    (Act::Settle | Act::Reactivate, _) => {
                        format!("account: {}", yaml_scalar(header.account(*account)))
                    }
                    (Act::Detach, Some(group)) => {
                        format!("group: {}, instance: {of}", yaml_scalar(header.group(*group)))
                    }
                    _ => format!("instance: {of}"),
                };
                let verb = if *act == Act::Reactivate { Act::Settle } else { *act };
                (header.elapsed(*at), format!("{}: {{ {about}, via: api }}", verb.word()))
            };
            first.iter().chain([act]).map(call).collect()
        }
        FixChange::Deny { .. } | FixChange::Grace { .. } => Vec::new(),
    }
}

impl Selected<'_> {
    /// Some instances, as a file names them.
    pub(super) fn names(&self, header: &RunHeader, instances: &[InstanceId]) -> String {
        if instances == self.instances && instances.len() > 1 {
            return self.text.to_owned();
        }
        let names = instances.iter().map(|id| yaml_scalar(header.instance(*id)));
        let names: Vec<String> = names.collect();
        match names.as_slice() {
            [one] => one.clone(),
            names => format!("[{}]", names.join(", ")),
        }
    }
}
