//! A fleet that was imported, as a scenario without events.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Span, Spanned};
use crate::format::{
    Known, Name, When, WrittenAccount, WrittenInstance, account_text, escaped_value, group_text,
    instance_text, yaml_scalar,
};
use crate::import::Imported;
use crate::time::{SimSpan, SimTime};
use crate::words::{Billing, Lock};

/// Length of such a scenario: longer than any clock of the policies.
pub const IMPORTED_LENGTH: SimSpan = SimSpan::from_seconds(400 * 86_400);

/// The first lines of such a scenario.
pub(super) const HEAD: &str = "stayput: scenario/1\nname: fleet\nabout: A fleet as it was listed. Add events to see what they do to it.\n";

/// The most instances that are written one by one: a file of more would be larger than a scenario
/// may be. A larger fleet is read from its files in each run.
pub const MOST_WRITTEN: usize = 20_000;

/// The contents of a scenario that an import writes, besides its fleet.
#[derive(Debug)]
pub struct ImportedAs<'a> {
    /// The files that were imported.
    pub files: &'a [String],
    /// The policy of each cloud.
    pub policies: &'a BTreeMap<&'static str, String>,
    /// One account for everything; only if there is one cloud.
    pub account: Option<&'a str>,
    /// The time at which the files were saved.
    pub captured: SimTime,
}

/// The scenario. With several clouds, each has an account with its policy.
pub fn imported_scenario(imported: &Imported, written: &ImportedAs<'_>) -> String {
    let ImportedAs { files, policies, account, captured } = *written;
    let mut out = String::from(HEAD);
    if let (Some(policy), true) = (policies.values().next(), policies.len() == 1) {
        out.push_str(&format!("policy: {}\n", yaml_scalar(policy)));
    }
    out.push_str(&format!("start: {captured}\nfor: {IMPORTED_LENGTH}\n\nfleet:\n"));
    if imported.instances.len() > MOST_WRITTEN {
        if account.is_some() || policies.len() > 1 {
            out.push_str(&accounts(imported, written));
        }
        out.push_str(&format!("  import:\n    - captured: {captured}\n"));
        if let Some(account) = account {
            out.push_str(&format!("      account: {}\n", yaml_scalar(account)));
        }
        let files = files.iter().map(|file| format!("        - {}", yaml_scalar(file)));
        out.push_str(&format!("      files:\n{}", files.collect::<Vec<_>>().join("\n")));
        return out;
    }
    out.push_str(&format!("  captured: {captured}\n{}", accounts(imported, written)));
    let mut names = PrintedNames::default();
    let of_cloud = |cloud: &'static str| account.or((policies.len() > 1).then_some(cloud));
    if !imported.groups.is_empty() {
        out.push_str("  groups:\n");
        for ((name, group), cloud) in imported.groups.iter().zip(&imported.clouds_of_groups) {
            let mut group = group.clone();
            group.account = placed(group.account.take(), account, of_cloud(cloud), name);
            group.zones.iter_mut().for_each(|zone| unmask(&mut zone.value));
            let name = yaml_scalar(&unmasked(name));
            out.push_str(&format!("    {name}: {}\n", group_text(&group)));
        }
    }
    out.push_str("  instances:\n");
    for ((name, instance), origin) in imported.instances.iter().zip(&imported.origins) {
        let mut instance = instance.clone();
        let of_cloud = of_cloud(origin.cloud);
        instance.account = placed(instance.account.take(), account, of_cloud, name);
        let group = instance.group.as_mut().map(|group| &mut group.value);
        group.into_iter().chain(&mut instance.zone).for_each(unmask);
        for (_, value) in instance.tags.iter_mut().flat_map(|tags| &mut tags.0) {
            value.0 = escaped_value(&value.0).into_owned();
        }
        let name = yaml_scalar(&names.instance(name));
        out.push_str(&format!("    {name}: {}\n", instance_text(&instance)));
    }
    if imported.instances.is_empty() {
        out.push_str("    {}\n");
    }
    out.truncate(out.trim_end().len());
    out
}

/// The account of an instance or a group: the one for all, else its own, else that of its cloud.
fn placed(
    own: Option<Spanned<Name>>,
    all: Option<&str>,
    of_cloud: Option<&str>,
    of: &Spanned<String>,
) -> Option<Spanned<Name>> {
    let named = |name: &str| Spanned::new(Name(name.into()), of.span);
    all.map(named).or(own).or(of_cloud.map(named))
}

/// The accounts with their arrears; empty if the only account has no arrears.
fn accounts(imported: &Imported, written: &ImportedAs<'_>) -> String {
    let one = |name: &str, policy: Option<&String>, since| {
        let policy = policy.map(|policy| Spanned::new(policy.clone(), Span::NOWHERE));
        let account = WrittenAccount { policy, grace: None, arrears_since: since };
        format!("    {}: {}\n", yaml_scalar(name), account_text(&account))
    };
    let owes = imported.accounts.iter().find_map(|(_, one)| one.arrears_since);
    let mut lines = String::new();
    if let Some(name) = written.account {
        lines.push_str(&one(
            name,
            None,
            owes.or(imported.instances.iter().find_map(locked_for_arrears)),
        ));
    } else {
        let several = written.policies.len() > 1;
        for (cloud, policy) in written.policies {
            let policy = Some(policy).filter(|_| several);
            let listed = imported.accounts.iter().filter(|(_, one)| one.cloud == *cloud);
            for (name, account) in listed.clone() {
                lines.push_str(&one(name, policy, account.arrears_since));
            }
            if listed.count() > 0 {
                continue;
            }
            let of_cloud = imported.instances.iter().zip(&imported.origins);
            let mut of_cloud = of_cloud.filter(|(_, origin)| origin.cloud == *cloud);
            let since = of_cloud.find_map(|(instance, _)| locked_for_arrears(instance));
            if several || since.is_some() {
                let name = if several { cloud } else { "default" };
                lines.push_str(&one(name, policy, since));
            }
        }
    }
    if lines.is_empty() { lines } else { format!("  accounts:\n{lines}") }
}

/// The start of the arrears, which is unknown, if a lock of the instance shows arrears; else
/// `None`.
fn locked_for_arrears(
    (_, instance): &(Spanned<String>, WrittenInstance),
) -> Option<Spanned<Known<When>>> {
    let locks = &instance.lock.as_ref()?.0;
    let lock = locks.iter().find(|lock| lock.value == Known(Some(Lock::Financial)))?;
    let billing = instance.billing.and_then(|billing| billing.value.0);
    (billing != Some(Billing::Subscription)).then(|| Spanned::new(Known::UNKNOWN, lock.span))
}

/// The names of instances that the scenario has so far, each of them unique.
#[derive(Default)]
struct PrintedNames {
    instances: BTreeSet<String>,
}

impl PrintedNames {
    fn instance(&mut self, name: &str) -> String {
        let mut name = unmasked(name);
        while !self.instances.insert(name.clone()) {
            name.push('x');
        }
        name
    }
}

fn unmask(name: &mut Name) {
    name.0 = unmasked(&name.0).into();
}

/// A name without the characters that selectors read as a pattern; a masked id contains `*`.
fn unmasked(name: &str) -> String {
    name.replace(['*', '?', '$', ';'], "x").replace("..", "xx")
}
