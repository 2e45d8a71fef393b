//! Sets, machines and locks of Azure as they were read, before they are joined.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::stated_facts;
use crate::diagnostics::{Span, Spanned};
use crate::format::{Name, WrittenAutoscale, WrittenGroup, WrittenInstance};
use crate::words::{Billing, Eviction};

/// Rows that are joined when all of them are read.
#[derive(Debug, Default)]
pub(super) struct AzureState {
    pub(super) sets: Vec<SetRow>,
    pub(super) machines: Vec<MachineRow>,
    /// Index of each machine by its path, or by its name if its row has no path.
    pub(super) machine_at: BTreeMap<String, usize>,
    pub(super) locks: Vec<LockRow>,
    /// Whether a listing of all locks was read, even an empty one.
    pub(super) locks_listed: bool,
    /// The subscriptions whose locks are listed.
    pub(super) locks_listed_of: BTreeSet<String>,
    pub(super) subscriptions: Vec<SubscriptionRow>,
    pub(super) autoscale: Vec<(Spanned<String>, Spanned<WrittenAutoscale>)>,
}

/// The path of a resource.
#[derive(Debug, Clone, Default)]
pub(super) struct ResourcePath {
    /// The whole path in lower case; empty if the row has none.
    pub(super) path: String,
    /// Its subscription, in lower case.
    pub(super) subscription: String,
    /// Its resource group, as written.
    pub(super) resource_group: String,
}

/// A scale set.
#[derive(Debug)]
pub(super) struct SetRow {
    pub(super) at: ResourcePath,
    pub(super) name: Spanned<Name>,
    pub(super) written: WrittenGroup,
    /// The billing of its members; `None` if the set does not state it.
    pub(super) billing: Option<Spanned<Billing>>,
    pub(super) eviction: Option<Eviction>,
}

/// The set that the row of a machine names.
#[derive(Debug, Clone)]
pub(super) struct SetOfMachine {
    /// Its path in lower case, or its name in lower case where there is no path.
    pub(super) path: String,
    /// Its name, as written.
    pub(super) name: String,
}

/// A machine, in a set or in none.
#[derive(Debug)]
pub(super) struct MachineRow {
    pub(super) at: ResourcePath,
    pub(super) name: Spanned<Name>,
    pub(super) set: Option<Spanned<SetOfMachine>>,
    /// Whether it is a part of its set rather than a separate machine.
    pub(super) is_part: bool,
    pub(super) written: WrittenInstance,
    /// Whether its protections from its set are known.
    pub(super) flags_known: bool,
    /// Whether it has the billing of its set.
    pub(super) paid_as_set: bool,
    /// Whether it is of the latest model; `None` if the row does not state it.
    pub(super) latest: Option<bool>,
    pub(super) origin: &'static str,
}

impl MachineRow {
    /// A machine that is not in a set, and of which nothing else is known.
    pub(super) fn new(
        at: ResourcePath,
        name: Spanned<Name>,
        written: WrittenInstance,
        origin: &'static str,
    ) -> Self {
        Self {
            at,
            name,
            set: None,
            is_part: false,
            written,
            flags_known: false,
            paid_as_set: false,
            latest: None,
            origin,
        }
    }

    /// The facts that it states, by their keys. A fact that is unknown is not stated.
    pub(super) fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = stated_facts(&self.written);
        if let Some(set) = &self.set {
            // A message shows only the start of a fact.
            facts.insert("set".into(), format!("{} in {}", set.name.to_lowercase(), set.path));
        }
        if let Some(latest) = self.latest {
            facts.insert("latestModelApplied".into(), latest.to_string());
        }
        for (name, resource) in self.written.resources.iter().flat_map(|resources| &resources.0) {
            if let Some(gib) = resource.0.gib {
                facts.insert(format!("size of {}", name.value), format!("{gib} GiB"));
            }
            if let Some(with) = resource.0.with_instance {
                facts.insert(format!("{} deleted with it", name.value), with.to_string());
            }
        }
        facts
    }
}

/// A lock.
#[derive(Debug)]
pub(super) struct LockRow {
    /// The path that it covers, with everything below, in lower case.
    pub(super) scope: String,
    /// Whether it refuses every call but reading; `None` if its level is unknown.
    pub(super) read_only: Option<bool>,
    pub(super) span: Span,
}

/// A subscription.
#[derive(Debug)]
pub(super) struct SubscriptionRow {
    pub(super) id: String,
    pub(super) name: Option<Spanned<Name>>,
    pub(super) state: Spanned<SubscriptionState>,
}

/// The state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SubscriptionState {
    Enabled,
    Warned,
    PastDue,
    Disabled,
}

impl AzureState {
    /// The subscriptions of all sets and machines.
    pub(super) fn subscriptions_of_rows(&self) -> BTreeSet<&str> {
        let paths = self.sets.iter().map(|set| &set.at);
        let paths = paths.chain(self.machines.iter().map(|machine| &machine.at));
        paths.map(|at| at.subscription.as_str()).filter(|id| !id.is_empty()).collect()
    }

    /// Notes which subscriptions the listing of locks is of: those that its locks name, or the only
    /// one that there is.
    pub(super) fn complete_locks(&mut self) {
        let mut all = self.subscriptions_of_rows();
        all.extend(self.locks_listed_of.iter().map(String::as_str));
        if all.len() <= 1 {
            let only = all.into_iter().chain([""]).map(str::to_owned).collect();
            self.locks_listed_of = only;
        }
    }

    /// Whether a listing has all locks that cover a path, each with its level.
    pub(super) fn locks_known(&self, at: &ResourcePath) -> bool {
        let is_unclear = |lock: &LockRow| lock.read_only.is_none() && at.is_within(&lock.scope);
        let is_listed = self.locks_listed && self.locks_listed_of.contains(&at.subscription);
        is_listed && !at.path.is_empty() && !self.locks.iter().any(is_unclear)
    }
}

impl ResourcePath {
    /// Reads a path.
    pub(super) fn of(id: &str) -> Self {
        let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
        let after = |word: &str| {
            let at = parts.iter().position(|part| part.eq_ignore_ascii_case(word))?;
            parts.get(at + 1).map(|part| (*part).to_owned())
        };
        Self {
            path: format!("/{}", parts.join("/")).to_lowercase(),
            subscription: after("subscriptions").unwrap_or_default().to_lowercase(),
            resource_group: after("resourceGroups").unwrap_or_default(),
        }
    }

    /// Whether a lock at a scope covers it.
    pub(super) fn is_within(&self, scope: &str) -> bool {
        self.path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
