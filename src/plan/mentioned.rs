//! Names of events and callers in parts of a file that may not have been read because of a mistake.

use crate::format::{Node, Value};

/// Ids of events and names of callers, as the file contains them. Empty if every event was read.
#[derive(Debug, Clone, Default)]
pub struct Mentioned {
    /// Whether a table of events was not read whole, so that any name may be in it.
    pub is_open: bool,
    events: Vec<String>,
    callers: Vec<String>,
}

impl Mentioned {
    /// Adds the values of `id` and `by` in a part of a file, and the keys of sources.
    pub fn collect(&mut self, node: &Node) {
        match &node.value {
            Value::Empty | Value::Scalar(..) => {}
            Value::List(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Map(entries) => {
                for entry in entries {
                    match (&*entry.key.value, entry.value.scalar()) {
                        ("id", Some(name)) => self.events.push(name.to_owned()),
                        ("by", Some(name)) => self.callers.push(name.to_owned()),
                        _ => self.events.push(entry.key.value.to_string()),
                    }
                    self.collect(&entry.value);
                }
            }
        }
    }

    /// Whether an event may have this name.
    pub fn event(&self, name: &str) -> bool {
        self.is_open || self.events.iter().any(|known| known == name)
    }

    /// Whether a caller may have this name.
    pub fn caller(&self, name: &str) -> bool {
        self.is_open || self.callers.iter().any(|known| known == name)
    }
}
