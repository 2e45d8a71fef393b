//! Policy coverage of a suite, and the changed verdicts (mutations) that its tests detect.

use serde_json::{Value as Json, json};

use super::text_table::{Page, fitted, hanging, headed, listed};
use crate::experiment::{PolicyCoverage, Share};

/// One changed verdict, and whether a test detected it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// Name of the policy, `NAME@EDITION`.
    pub policy: String,
    /// Name of the protection.
    pub protection: String,
    /// Id of the rule.
    pub rule: String,
    /// The verdict of the rule.
    pub from: &'static str,
    /// The verdict that replaced it.
    pub to: &'static str,
    /// The first case that failed; `None` if no case failed.
    pub noticed_by: Option<String>,
    /// Number of passing cases that use the rule.
    pub reached: usize,
}

/// Most names in one line; further names are counted.
const MOST_NAMES: usize = 12;

/// `part` in percent of `total`, rounded down; 0 of 0 is 0 %, so that an empty suite does not look
/// complete.
fn per_cent(part: usize, total: usize) -> usize {
    (part * 100).checked_div(total).unwrap_or(0)
}

/// Reached rules and clock steps of all policies, in percent, rounded down.
pub fn coverage_per_cent(list: &[PolicyCoverage]) -> usize {
    let shares = || list.iter().flat_map(|one| [&one.rules, &one.clocks]);
    per_cent(shares().map(|share| share.reached).sum(), shares().map(|share| share.of).sum())
}

/// Detected mutations in percent, rounded down.
pub fn mutation_per_cent(list: &[Mutant]) -> usize {
    per_cent(list.iter().filter(|one| one.noticed_by.is_some()).count(), list.len())
}

/// The rules and clock steps that were missed, by policy, in one line.
pub fn coverage_missed(list: &[PolicyCoverage]) -> String {
    let missed = list
        .iter()
        .map(|one| (one.policy.as_str(), [&*one.rules.missed, &*one.clocks.missed].concat()));
    by_policy(missed)
}

/// The mutations that were not detected, by policy, in one line.
pub fn mutants_missed(list: &[Mutant]) -> String {
    let mut policies: Vec<(&str, Vec<String>)> = Vec::new();
    for one in list.iter().filter(|one| one.noticed_by.is_none()) {
        let name = format!("{}->{}", one.rule, one.to);
        match policies.iter_mut().find(|(policy, _)| *policy == one.policy) {
            Some((_, rules)) => rules.push(name),
            None => policies.push((&one.policy, vec![name])),
        }
    }
    by_policy(policies.into_iter())
}

fn by_policy<'a>(list: impl Iterator<Item = (&'a str, Vec<String>)>) -> String {
    let some = list.filter(|(_, names)| !names.is_empty());
    some.map(|(policy, names)| format!("{policy} {}", names.join(" ")))
        .collect::<Vec<_>>()
        .join("; ")
}

/// The coverage as text.
pub fn coverage_text(list: &[PolicyCoverage], page: Page) -> String {
    let counted = |share: &Share| format!("{} of {}", share.reached, share.of);
    let mut rows = vec![
        ["", "rules", "cells", "clock steps", "switches", "positions"].map(str::to_owned).to_vec(),
    ];
    rows.extend(list.iter().map(|one| {
        let shares = [&one.rules, &one.cells, &one.clocks, &one.switches, &one.positions];
        std::iter::once(one.policy.clone()).chain(shares.map(counted)).collect()
    }));
    let mut out = vec![format!("{} {} %", page.paint.bold("coverage"), coverage_per_cent(list))];
    out.extend(fitted(&rows, &[], &[0, 0, 1, 1, 2, 3], page.width));
    for one in list {
        let mut missed = Vec::new();
        for (what, list) in [
            ("rules", &one.rules.missed),
            ("clock steps", &one.clocks.missed),
            ("switches", &one.switches.missed),
            ("positions", &one.positions.missed),
            ("cannot occur", &one.unreachable),
        ] {
            if !list.is_empty() {
                missed.push(vec![what.to_owned(), names(list)]);
            }
        }
        if !missed.is_empty() {
            out.extend(hanging("  ", &format!("not covered in {}", one.policy), page.width));
            out.extend(listed(missed, 4, page.width));
        }
    }
    out.join("\n")
}

fn names(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(" ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The mutations that were not detected, as text.
pub fn mutation_text(list: &[Mutant], page: Page) -> String {
    let noticed = list.iter().filter(|one| one.noticed_by.is_some()).count();
    let share = format!("mutations {} %", mutation_per_cent(list));
    let about = format!("{noticed} of {} changed verdicts are detected", list.len());
    let mut out = headed(&share, &about, page);
    let missed = || list.iter().filter(|one| one.noticed_by.is_none());
    let rows = missed().filter(|one| one.reached > 0).map(|one| {
        let cases = crate::diagnostics::many(one.reached, "case");
        vec![
            one.policy.clone(),
            one.protection.clone(),
            one.rule.clone(),
            format!("{} -> {}", one.from, one.to),
            format!("used in {cases}, but no expectation checks it"),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        out.push("  not detected".to_owned());
        out.extend(listed(rows, 4, page.width));
    }
    let mut unreached: Vec<(String, Vec<String>)> = Vec::new();
    for one in missed().filter(|one| one.reached == 0) {
        match unreached.iter_mut().find(|(policy, _)| *policy == one.policy) {
            Some((_, rules)) => rules.push(one.rule.clone()),
            None => unreached.push((one.policy.clone(), vec![one.rule.clone()])),
        }
    }
    if !unreached.is_empty() {
        out.extend(hanging(
            "  ",
            "not detected, because no passing case uses these rules",
            page.width,
        ));
        let rows = unreached.into_iter().map(|(policy, rules)| vec![policy, rules.join(" ")]);
        out.extend(listed(rows.collect(), 4, page.width));
    }
    out.join("\n")
}

/// Coverage and, if there are any, mutations as JSON.
pub fn coverage_json(list: &[PolicyCoverage], mutants: Option<&[Mutant]>) -> Json {
    let share =
        |share: &Share| json!({ "reached": share.reached, "of": share.of, "missed": share.missed });
    let policies = list.iter().map(|one| {
        json!({
            "policy": one.policy,
            "rules": share(&one.rules),
            "cells": { "reached": one.cells.reached, "of": one.cells.of },
            "clocks": share(&one.clocks),
            "switches": share(&one.switches),
            "positions": share(&one.positions),
            "unreachable": one.unreachable,
        })
    });
    let mut reported = json!({
        "per_cent": coverage_per_cent(list),
        "policies": policies.collect::<Vec<_>>(),
    });
    if let (Some(object), Some(mutants)) = (reported.as_object_mut(), mutants) {
        let one = |one: &Mutant| {
            json!({
                "policy": one.policy,
                "protection": one.protection,
                "rule": one.rule,
                "from": one.from,
                "to": one.to,
                "noticed_by": one.noticed_by,
                "reached": one.reached,
            })
        };
        object.insert("mutations_per_cent".into(), mutation_per_cent(mutants).into());
        object.insert("mutations".into(), mutants.iter().map(one).collect());
    }
    reported
}
