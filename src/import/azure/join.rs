//! Joins sets, machines, locks and subscriptions by their paths.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{DELETE_LOCK, MACHINE_LOCK, READ_ONLY, SCALE_IN, SET_ACTIONS};
use super::sets::set_of_unknown_locks;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::format::{Known, Name, OneOrMany, WrittenProtect};
use crate::import::azure_state::{
    AzureState, LockRow, MachineRow, ResourcePath, SetRow, SubscriptionState,
};
use crate::import::imported::ImportedAccount;
use crate::import::reader::{FleetReader, Missing};
use crate::words::{Lock, Membership, Orchestration};

/// The cloud in the table of calls.
pub(in crate::import) const CLOUD: &str = "azure";

/// The names for two models of a set: the latest one, and the one of members that do not have the
/// latest one.
const MODELS: [&str; 2] = ["latest", "earlier"];

/// The account of rows that state no subscription, if there are several subscriptions.
const UNKNOWN_SUBSCRIPTION: &str = "unknown-subscription";

impl FleetReader<'_> {
    /// Turns the rows that were kept into groups and instances.
    pub(in crate::import) fn az_join(&mut self) {
        let mut state = std::mem::take(&mut self.azure);
        self.unlisted_sets(&mut state);
        state.complete_locks();
        self.partial_locks(&state);
        let mut sets: BTreeMap<String, usize> = BTreeMap::new();
        for (at, set) in state.sets.iter().enumerate() {
            sets.insert(set.at.path.clone(), at);
            sets.entry(set.name.to_lowercase()).or_insert(at);
        }
        self.describe_sets(&mut state, &sets);
        let accounts = self.accounts(&state);
        self.rows_without_path(&state, &accounts);
        let names = short_names(&state);
        let account = |at: &ResourcePath, span| {
            let unknown = || Name(UNKNOWN_SUBSCRIPTION.into());
            let known = accounts.get(&at.subscription).cloned();
            let name = known.or_else(|| (!accounts.is_empty()).then(unknown));
            name.map(|name| Spanned::new(name, span))
        };
        let disabled: BTreeSet<&str> = (state.subscriptions.iter())
            .filter(|one| one.state.value == SubscriptionState::Disabled)
            .map(|one| one.id.as_str())
            .collect();
        for machine in std::mem::take(&mut state.machines) {
            let set = machine.set.as_ref().and_then(|set| sets.get(&set.path));
            let set = set.map(|known| &state.sets[*known]);
            let name = unique(&machine.name, &machine.at, &names);
            let mut written = self.member(&machine, set, &state);
            let own = Some(&machine.at).filter(|at| !at.subscription.is_empty());
            let at = own.or(set.map(|set| &set.at)).unwrap_or(&machine.at);
            written.account = account(at, machine.name.span);
            written.group =
                set.map(|set| Spanned::new(unique(&set.name, &set.at, &names), machine.name.span));
            let locked = disabled.contains(at.subscription.as_str());
            let financial = Known(Some(Lock::Financial));
            let lock = locked.then(|| Spanned::new(financial, machine.name.span));
            written.lock = lock.map(|lock| OneOrMany(vec![lock]));
            self.from = machine.origin;
            self.list(CLOUD, Spanned::new(name, machine.name.span), written);
        }
        let mut with_members: BTreeSet<String> = BTreeSet::new();
        let groups = self.out.instances.iter().filter_map(|(_, one)| one.group.as_ref());
        with_members.extend(groups.map(|group| group.value.to_string()));
        for set in state.sets {
            let name = unique(&set.name, &set.at, &names);
            let mut written = set.written;
            if !with_members.contains(&*name.0) && written.desired.is_none_or(|n| n.value > 0) {
                self.missing(Missing::members_of(CLOUD, &set.name.value, &set.at.resource_group));
                written.desired = None;
            }
            written.account = account(&set.at, set.name.span);
            self.list_group(CLOUD, Spanned::new(name, set.name.span), written);
        }
    }

    /// Adds the account of rows without a path, if there are several accounts.
    fn rows_without_path(&mut self, state: &AzureState, accounts: &BTreeMap<String, Name>) {
        let sets = state.sets.iter().map(|set| (&set.at, &set.name));
        let machines = state.machines.iter().filter(|machine| machine.set.is_none());
        let machines = machines.map(|machine| (&machine.at, &machine.name));
        let all = sets.chain(machines);
        let rows: Vec<_> = all.filter(|(at, _)| !accounts.contains_key(&at.subscription)).collect();
        let Some((_, first)) = rows.first().filter(|_| !accounts.is_empty()) else { return };
        let account = ImportedAccount { cloud: CLOUD, arrears_since: None };
        let name = Spanned::new(UNKNOWN_SUBSCRIPTION.to_owned(), first.span);
        self.out.accounts.push((name, account));
        for (_, name) in rows {
            let title = format!("the row of `{}` has no path with a subscription", name.value);
            let label = "placed in an account of its own";
            self.left_out(name.span, title, label);
        }
    }

    /// Adds the sets that members name and no reply lists.
    fn unlisted_sets(&mut self, state: &mut AzureState) {
        let mut known: BTreeSet<String> = BTreeSet::new();
        for set in &state.sets {
            known.extend([set.at.path.clone(), set.name.to_lowercase()]);
        }
        // Sets with paths come first, so that a bare name stands for one of them in any order.
        let has_path = |machine: &&MachineRow| {
            machine.set.as_ref().is_some_and(|set| set.path.starts_with('/'))
        };
        let (with_path, others): (Vec<_>, Vec<_>) = state.machines.iter().partition(has_path);
        for machine in with_path.into_iter().chain(others) {
            let Some(set) = machine.set.as_ref().filter(|set| !known.contains(&set.path)) else {
                continue;
            };
            known.extend([set.path.clone(), set.name.to_lowercase()]);
            let title = format!("no list of scale sets has the set `{}`", set.name);
            self.left_out(set.span, title, "used without its settings");
            let is_path = set.path.starts_with('/');
            let at = if is_path {
                ResourcePath { path: set.path.clone(), ..machine.at.clone() }
            } else {
                ResourcePath::default()
            };
            let name = Name(set.name.as_str().into());
            state.sets.push(SetRow {
                at,
                name: Spanned::new(name, set.span),
                written: set_of_unknown_locks(set.span),
                billing: None,
                eviction: None,
            });
        }
    }

    /// Warns of subscriptions whose locks are not listed, and if all locks are of one resource
    /// group: the listing may lack those of others.
    fn partial_locks(&mut self, state: &AzureState) {
        for id in state.subscriptions_of_rows() {
            if !state.locks_listed || state.locks_listed_of.contains(id) {
                continue;
            }
            let title = format!("no list of locks names the subscription `{id}`");
            let span = state.locks.first().map_or_else(|| first_span(state), |lock| lock.span);
            let label = "a list is of one subscription: the locks of this one are unknown";
            let problem = Problem::at(Code::LeftOut, span, title, label);
            self.fold(problem.help(format!("add what `az lock list --subscription {id}` prints")));
        }
        let Some(first) = state.locks.first().filter(|_| state.locks_listed) else { return };
        let group = |path: &str| {
            let (_, rest) = path.split_once("/resourcegroups/")?;
            rest.split('/').next().map(str::to_owned)
        };
        let Some(of_all) = group(&first.scope) else { return };
        let same = |lock: &LockRow| group(&lock.scope).as_ref() == Some(&of_all);
        if state.locks.iter().all(same) {
            let title = format!("all locks are of the resource group `{of_all}`");
            let label = "if this list is of that group alone, locks of other groups, of the subscription and of nested resources are missing";
            self.left_out(first.span, title, label);
        }
    }

    fn describe_sets(&mut self, state: &mut AzureState, sets: &BTreeMap<String, usize>) {
        for machine in &state.machines {
            let Some(known) = machine.set.as_ref().and_then(|set| sets.get(&set.path)) else {
                continue;
            };
            let written = &mut state.sets[*known].written;
            let kind =
                if machine.is_part { Orchestration::Uniform } else { Orchestration::Flexible };
            written.orchestration.get_or_insert(Spanned::new(kind, machine.name.span));
            if machine.latest == Some(false) {
                written.model = Some(Name(MODELS[0].into()));
            }
        }
        for (target, bounds) in std::mem::take(&mut state.autoscale) {
            let Some(known) = sets.get(&ResourcePath::of(&target).path) else {
                let title = format!("an autoscale setting of `{}`, which no reply lists", *target);
                self.left_out(target.span, title, "left out");
                continue;
            };
            state.sets[*known].written.autoscale = Some(bounds);
        }
        let known: Vec<bool> = state.sets.iter().map(|set| state.locks_known(&set.at)).collect();
        for (set, known) in state.sets.iter_mut().zip(known) {
            let mut protect = WrittenProtect::default();
            for (name, read_only) in [(DELETE_LOCK, false), (READ_ONLY, true)] {
                let on = state.locks.iter().find(|lock| {
                    lock.read_only == Some(read_only) && set.at.is_within(&lock.scope)
                });
                put(&mut protect, name, on.map(|lock| lock.span), known, set.name.span);
            }
            for fact in &protect.unknown {
                let fact = if fact.value == DELETE_LOCK { DELETE_LOCK } else { READ_ONLY };
                self.missing(Missing::of_group(CLOUD, fact));
            }
            set.written.protect = protect;
        }
    }

    /// A machine with the facts that its set and the locks add.
    fn member(
        &mut self,
        machine: &MachineRow,
        set: Option<&SetRow>,
        state: &AzureState,
    ) -> crate::format::WrittenInstance {
        let span = machine.name.span;
        let mut written = machine.written.clone();
        let (group, place) =
            set.map_or(("", ""), |set| (&*set.name.value, &*set.at.resource_group));
        let missing = |reader: &mut Self, fact| {
            reader.missing(Missing::of_instance(CLOUD, fact, group, place));
        };
        if let Some(set) = set {
            let membership =
                if machine.is_part { Known(Some(Membership::AutoCreated)) } else { Known::UNKNOWN };
            written.membership = Some(Spanned::new(membership, span));
            if machine.paid_as_set {
                let billing = set.billing.map(|billing| Known(Some(billing.value)));
                if billing.is_none() {
                    missing(self, "set-billing");
                }
                written.billing = Some(Spanned::new(billing.unwrap_or(Known::UNKNOWN), span));
                written.eviction = set.eviction;
            }
            if machine.latest == Some(false) {
                written.model = Some(Name(MODELS[1].into()));
            }
        }
        let mut protect = written.protect.take().unwrap_or_default();
        if set.is_some() && !machine.flags_known {
            for name in [SCALE_IN, SET_ACTIONS] {
                protect.unknown.push(Spanned::new(name.to_owned(), span));
                missing(self, name);
            }
        }
        if !machine.is_part {
            let covering =
                |lock: &&LockRow| lock.read_only.is_some() && machine.at.is_within(&lock.scope);
            let on = state.locks.iter().find(covering);
            let known = state.locks_known(&machine.at);
            put(&mut protect, MACHINE_LOCK, on.map(|lock| lock.span), known, span);
            if protect.unknown.iter().any(|name| name.value == MACHINE_LOCK) {
                missing(self, MACHINE_LOCK);
            }
            let read_only = on.filter(|lock| lock.read_only == Some(true) && set.is_none());
            if let Some(lock) = read_only {
                let title = format!("a read-only lock covers `{}`", machine.name.value);
                self.left_out(lock.span, title, "taken as a lock against deletion");
            }
        }
        written.protect = Some(protect);
        if machine.written.state.is_none() {
            missing(self, if machine.is_part { "member-state" } else { "state" });
            let title = format!("the reply has no power state of `{}`", machine.name.value);
            self.left_out(span, title, "treated as running");
        }
        written
    }

    /// The accounts of subscriptions by their ids, if there are several. Subscriptions that are not
    /// in order are reported.
    fn accounts(&mut self, state: &AzureState) -> BTreeMap<String, Name> {
        let ids = state.subscriptions_of_rows();
        let row_of = |id: &str| state.subscriptions.iter().find(|one| one.id == id);
        let name_of = |id: &str| {
            let name = row_of(id).and_then(|row| row.name.as_ref());
            let name = name.filter(|name| Name::fault(&name.value).is_none());
            name.map_or_else(|| Name(id.into()), |name| name.value.clone())
        };
        let mut uses: BTreeMap<Name, usize> = BTreeMap::new();
        for id in &ids {
            *uses.entry(name_of(id)).or_default() += 1;
        }
        let mut named = BTreeMap::new();
        for id in &ids {
            let row = row_of(id);
            // Subscriptions may have the same name.
            let name = Some(name_of(id)).filter(|name| uses[name] == 1);
            let name = name.unwrap_or_else(|| Name((*id).into()));
            let mut account = ImportedAccount { cloud: CLOUD, arrears_since: None };
            if let Some(row) = row {
                let owes = row.state.value;
                let since = Spanned::new(Known::UNKNOWN, row.state.span);
                match owes {
                    SubscriptionState::PastDue | SubscriptionState::Disabled => {
                        account.arrears_since = Some(since);
                        let title = format!("the subscription `{name}` has an unpaid bill");
                        self.left_out(
                            row.state.span,
                            title,
                            "the reply does not state when it began",
                        );
                    }
                    SubscriptionState::Warned => {
                        account.arrears_since = Some(since);
                        let title = format!("the subscription `{name}` has the state `Warned`");
                        let label = "treated as past due; the reply does not state when it began";
                        self.left_out(row.state.span, title, label);
                    }
                    SubscriptionState::Enabled => {}
                }
            }
            let span = row.map_or_else(|| first_span(state), |row| row.state.span);
            self.out.accounts.push((Spanned::new(name.to_string(), span), account));
            named.insert((*id).to_owned(), name);
        }
        if ids.len() == 1 && self.out.accounts.iter().all(|(_, one)| one.arrears_since.is_none()) {
            self.out.accounts.clear();
            named.clear();
        }
        named
    }
}

/// Adds a lock as set if `on` is its span. Without a span it is unknown, unless all locks are
/// `known`; then it is not set.
fn put(protect: &mut WrittenProtect, name: &str, on: Option<Span>, known: bool, span: Span) {
    match on {
        Some(span) => protect.on.push(Spanned::new(name.to_owned(), span)),
        None if !known => protect.unknown.push(Spanned::new(name.to_owned(), span)),
        None => {}
    }
}

fn first_span(state: &AzureState) -> Span {
    let set = state.sets.first().map(|set| set.name.span);
    set.or(state.machines.first().map(|one| one.name.span)).unwrap_or(Span::NOWHERE)
}

/// The number of occurrences of each short name.
fn short_names(state: &AzureState) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    // A set and a machine may share a name: names of groups and names of instances are separate.
    for set in &state.sets {
        *counts.entry(format!("set {}", set.name.value)).or_default() += 1;
    }
    for machine in &state.machines {
        *counts.entry(machine.name.value.to_string()).or_default() += 1;
    }
    counts
}

/// The short name, or the name with its resource group where the short one occurs twice.
fn unique(name: &Spanned<Name>, at: &ResourcePath, counts: &BTreeMap<String, u32>) -> Name {
    let count = |key: &str| counts.get(key).copied().unwrap_or(0);
    let twice = count(&name.value) > 1 || count(&format!("set {}", name.value)) > 1;
    if twice && !at.resource_group.is_empty() {
        let subscription = at.subscription.get(..8).unwrap_or_default();
        return Name(format!("{}/{}/{}", subscription, at.resource_group, name.value).into());
    }
    name.value.clone()
}
