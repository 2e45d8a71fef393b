//! A fleet that was imported, as a scenario without events.

use std::collections::BTreeSet;

use crate::diagnostics::Spanned;
use crate::format::{
    Name, WrittenAccount, account_text, group_text, instance_text, value_name, yaml_scalar,
};
use crate::import::Imported;
use crate::time::SimTime;

/// How long such a scenario runs: longer than any clock of the policies takes.
const LENGTH: &str = "400d";

/// The most instances that are written one by one: a file of more would be larger than a scenario
/// may be. A larger fleet is read from its files in each run.
pub const MOST_WRITTEN: usize = 20_000;

/// The scenario. `files` are what was imported; `policies` are those of the clouds, in the order of
/// `imported.policies`, or one for all; `account` is one account for everything.
pub fn imported_scenario(
    imported: &Imported,
    files: &[String],
    policies: &[String],
    account: Option<&str>,
    captured: SimTime,
) -> String {
    let policy = policies.first().map_or("", String::as_str);
    let mut out = format!(
        "stayput: scenario/1\nname: fleet\nabout: A fleet as it was listed. Add events to see what they do to it.\n\
         policy: {}\nstart: {captured}\nfor: {LENGTH}\n\nfleet:\n",
        yaml_scalar(policy)
    );
    if imported.instances.len() > MOST_WRITTEN {
        if account.is_some() {
            out.push_str(&accounts(imported, account));
        }
        out.push_str(&format!("  import:\n    - captured: {captured}\n"));
        if let Some(account) = account {
            out.push_str(&format!("      account: {}\n", yaml_scalar(account)));
        }
        let files = files.iter().map(|file| format!("        - {}", yaml_scalar(file)));
        out.push_str(&format!("      files:\n{}", files.collect::<Vec<_>>().join("\n")));
        return out;
    }
    out.push_str(&format!("  captured: {captured}\n{}", accounts(imported, account)));
    let mut names = PrintedNames::default();
    if !imported.groups.is_empty() {
        out.push_str("  groups:\n");
        for (name, group) in &imported.groups {
            let mut group = group.clone();
            group.account = placed(group.account.take(), account, name);
            let name = yaml_scalar(&unmasked(name));
            out.push_str(&format!("    {name}: {}\n", group_text(&group)));
        }
    }
    out.push_str("  instances:\n");
    for (name, instance) in &imported.instances {
        let mut instance = instance.clone();
        instance.account = placed(instance.account.take(), account, name);
        if let Some(group) = &mut instance.group {
            group.value = Name(unmasked(&group.value).into());
        }
        for (key, value) in instance.tags.iter_mut().flat_map(|tags| &mut tags.0) {
            // A text that begins so stands for a value of a case.
            if value_name(value).is_some() {
                value.insert(0, ' ');
            }
            key.value = Name(key.value.0.replace('$', "_").into());
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

/// The account of something: the one for all, or its own.
fn placed(
    own: Option<Spanned<Name>>,
    all: Option<&str>,
    of: &Spanned<String>,
) -> Option<Spanned<Name>> {
    all.map(|all| Spanned::new(Name(all.into()), of.span)).or(own)
}

/// The accounts, with what is owed; none, if there is only one that owes nothing.
fn accounts(imported: &Imported, all: Option<&str>) -> String {
    let owes = imported.accounts.iter().find_map(|(_, one)| one.arrears_since);
    let financial = imported.instances.iter().find_map(|(_, one)| {
        let locks = one.lock.as_ref()?.0.as_ref()?;
        let lock = locks.0.iter().find(|lock| lock.value == crate::words::Lock::Financial)?;
        let by_use = one
            .billing
            .is_none_or(|billing| billing.value.0 != Some(crate::words::Billing::Subscription));
        by_use.then(|| Spanned::new(crate::format::Known::UNKNOWN, lock.span))
    });
    let one = |name: &str, policy: Option<&str>, since| {
        let span = imported.accounts.first().map(|(name, _)| name.span);
        let policy = policy.zip(span).map(|(policy, span)| Spanned::new(policy.to_owned(), span));
        let account = WrittenAccount { policy, grace: None, arrears_since: since };
        format!("    {}: {}\n", yaml_scalar(name), account_text(&account))
    };
    let lines: String = match all {
        Some(name) => one(name, None, owes.or(financial)),
        None if imported.accounts.is_empty() => match financial {
            Some(since) => one("default", None, Some(since)),
            None => return String::new(),
        },
        None => {
            let accounts = imported.accounts.iter();
            accounts
                .map(|(name, account)| one(name, account.policy, account.arrears_since))
                .collect()
        }
    };
    format!("  accounts:\n{lines}")
}

/// The names that were given.
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

/// A name without what selectors read as a pattern: a masked id has `*`.
fn unmasked(name: &str) -> String {
    name.replace(['*', '?', '$', ';'], "x").replace("..", "xx")
}
