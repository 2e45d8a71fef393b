//! The facts that rows about one object state, to find those that contradict each other.

use std::collections::BTreeMap;

use crate::format::{WrittenInstance, instance_facts};

/// The facts that an instance states, by their keys. A fact that is unknown is not stated;
/// protections and resources are joined instead of compared.
pub(super) fn stated_facts(written: &WrittenInstance) -> BTreeMap<String, String> {
    let facts = instance_facts(written);
    let facts = facts.iter().filter_map(|fact| fact.split_once(": "));
    let facts =
        facts.filter(|(key, value)| *value != "unknown" && !["protect", "resources"].contains(key));
    let mut facts: BTreeMap<String, String> =
        facts.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if let Some(locks) = &written.lock {
        if locks.0.is_empty() {
            facts.insert("lock".into(), "none".into());
        }
        if locks.0.iter().any(|lock| !lock.is_known()) {
            facts.remove("lock");
        }
    }
    if written.economical == Some(false) {
        facts.insert("economical".into(), "false".into());
    }
    facts
}

/// The facts of two rows that contradict each other, each as `key: value`.
pub(super) fn differing_facts(
    ours: &BTreeMap<String, String>,
    theirs: &BTreeMap<String, String>,
) -> [Vec<String>; 2] {
    let only = |of: &BTreeMap<String, String>, others: &BTreeMap<String, String>| {
        let differs =
            |(key, value): &(&String, &String)| others.get(*key).is_some_and(|o| o != *value);
        of.iter().filter(differs).map(|(key, value)| format!("{key}: {value}")).collect()
    };
    [only(ours, theirs), only(theirs, ours)]
}
