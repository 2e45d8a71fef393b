//! Names in parts of a file that may not have been read because of a mistake.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::fleet::AUTOSCALE;
use crate::format::{Entry, Name, Node, VERBS, Value, expand};

/// Names that copies share.
type SharedNames = Arc<BTreeSet<String>>;

/// Ids of events and names of callers, as the file contains them. Empty if every event was read.
/// All cases share the names.
#[derive(Debug, Clone, Default)]
pub struct Mentioned {
    /// Whether a table of events was not read whole, so that any name may be in it.
    pub is_open: bool,
    events: SharedNames,
    callers: SharedNames,
    /// The names of the fleet.
    pub fleet: FleetNames,
}

/// The names of a fleet, as the keys of its file state them.
#[derive(Debug, Clone, Default)]
pub struct FleetNames {
    /// Whether a part was not read whole, so that any name may be in it.
    pub is_open: bool,
    /// Instances, including those that events create.
    pub instances: SharedNames,
    /// Groups.
    pub groups: SharedNames,
    /// Accounts.
    pub accounts: SharedNames,
}

impl FleetNames {
    /// Adds the names of a scenario.
    pub fn collect(&mut self, scenario: &Node) {
        let entries = scenario.entries().unwrap_or_default();
        for Entry { key, value } in entries {
            match (&*key.value, &value.value) {
                ("fleet", Value::Map(parts)) => parts.iter().for_each(|part| self.part(part)),
                ("fleet", _) | ("events", Value::Map(_)) => self.is_open = true,
                ("events", Value::List(events)) => {
                    let verbs = events.iter().filter_map(Node::entries).flatten();
                    verbs.for_each(|entry| self.created(entry));
                }
                _ => {}
            }
        }
    }

    fn part(&mut self, part: &Entry) {
        let keys = part.value.entries();
        let is_list_or_scalar = matches!(part.value.value, Value::List(_) | Value::Scalar(..));
        let all = || keys.unwrap_or_default().iter().map(|entry| entry.key.to_string());
        match &*part.key.value {
            "accounts" | "groups" | "instances" if is_list_or_scalar => self.is_open = true,
            // A name that is refused stands for another one, which is not known.
            "accounts" | "groups" if all().any(|name| Name::fault(&name).is_some()) => {
                self.is_open = true;
            }
            "accounts" => Arc::make_mut(&mut self.accounts).extend(all()),
            "groups" => {
                Arc::make_mut(&mut self.groups).extend(all());
                let groups = keys.unwrap_or_default().iter();
                let names = groups.filter_map(|group| group.value.get("new-names"));
                names.for_each(|names| self.add(names));
            }
            "instances" if part.value.get("file").is_none() => {
                for name in all() {
                    match expand(&name) {
                        Ok(names) if names.iter().all(|name| Name::fault(name).is_none()) => {
                            Arc::make_mut(&mut self.instances).extend(names);
                        }
                        Ok(_) | Err(_) => self.is_open = true,
                    }
                }
            }
            "defaults" | "captured" => {}
            // A table, an import, or a key that may have been meant as one of these.
            _ => self.is_open = true,
        }
    }

    /// Adds the instance of a verb that creates one, or that may have been meant to.
    fn created(&mut self, verb: &Entry) {
        let name: &str = &verb.key.value;
        if name == "create" || !VERBS.contains(&name) {
            verb.value.get("instance").into_iter().for_each(|names| self.add(names));
        }
    }

    /// Adds the instances that a value names.
    fn add(&mut self, names: &Node) {
        match &names.value {
            Value::Scalar(text, _) => {
                Arc::make_mut(&mut self.instances).extend(expand(text).unwrap_or_default());
            }
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            Value::Empty | Value::Map(_) => {}
        }
    }

    /// Whether an instance may have this name: it is stated, or a group may create it.
    pub fn instance(&self, name: &str) -> bool {
        let of_group = |group: &String| name.starts_with(group.as_str());
        self.is_open || self.instances.contains(name) || self.groups.iter().any(of_group)
    }

    /// Whether a group may have this name.
    pub fn group(&self, name: &str) -> bool {
        self.is_open || self.groups.contains(name)
    }

    /// Whether an account may have this name.
    pub fn account(&self, name: &str) -> bool {
        self.is_open || self.accounts.contains(name)
    }
}

fn add(names: &mut SharedNames, name: &str) {
    if !names.contains(name) {
        Arc::make_mut(names).insert(name.to_owned());
    }
}

impl Mentioned {
    /// Adds the names in the fleet of a scenario, a part of which could not be read.
    pub fn collect_fleet(&mut self, scenario: &Node) {
        self.fleet.collect(scenario);
        // That part may be the autoscale rules of a group.
        add(&mut self.callers, AUTOSCALE);
    }

    /// Adds the values of `id` and `by` in a part of a file, and the keys of sources.
    pub fn collect(&mut self, node: &Node) {
        match &node.value {
            Value::Empty | Value::Scalar(..) => {}
            Value::List(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Map(entries) => {
                for entry in entries {
                    match (&*entry.key.value, entry.value.scalar()) {
                        ("id", Some(name)) => add(&mut self.events, name),
                        ("by", Some(name)) => add(&mut self.callers, name),
                        _ => add(&mut self.events, &entry.key.value),
                    }
                    self.collect(&entry.value);
                }
            }
        }
    }

    /// Whether an event may have this name.
    pub fn event(&self, name: &str) -> bool {
        self.is_open || self.events.contains(name)
    }

    /// Whether a caller may have this name.
    pub fn caller(&self, name: &str) -> bool {
        self.is_open || self.callers.contains(name)
    }
}
