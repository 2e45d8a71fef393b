//! Resolves watches: names of calls become rows of the permissions.

use std::collections::BTreeSet;
use std::sync::Arc;

use globset::GlobSet;

use super::members::Members;
use super::resolver::Resolver;
use super::watch::Watcher;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::format::{Map, Selector, SelectorPart, WrittenWatcher, glob};
use crate::policy::{CallPermission, Policy, caller_verbs};
use crate::words::{InstanceId, RuleId};

/// Resolves the watches of a scenario.
pub fn watchers(resolver: &mut Resolver<'_>, written: &Map<WrittenWatcher>) -> Arc<[Watcher]> {
    if let Some((first, _)) = written.0.first() {
        demand_trails(resolver, first.span);
    }
    let all = written.0.iter().filter_map(|(name, part)| {
        if part.calls.0.is_empty() && part.changes.0.is_empty() {
            let title = format!("the watch `{}` raises no alert", name.value);
            let problem = Problem::at(Code::MissingKey, name.span, title, "nothing is watched");
            let help = "write `calls: [release, set-protection]` or `changes: [protection-lifted]`";
            resolver.problems.add(problem.help(help));
            return None;
        }
        let rows = rows(resolver, &part.calls.0);
        Some(Watcher {
            name: (*name.value.0).into(),
            instances: members(resolver, part.instance.as_ref())?,
            rows,
            changes: part.changes.0.iter().map(|change| change.value).collect(),
            after: part.after,
        })
    });
    all.collect()
}

/// The instances of a selector, or all instances.
pub fn members(resolver: &mut Resolver<'_>, selector: Option<&Selector>) -> Option<Members> {
    let known = resolver.instances.len();
    let Some(selector) = selector else {
        let ids = (0..known).map(InstanceId::from_index).collect();
        return Some(Members { ids, known, all_later: true, later: Vec::new() });
    };
    let ids = resolver.select(selector)?.into_iter().collect();
    let later = selector.parts.iter().filter_map(|part| match part {
        SelectorPart::Text(text) => glob(text),
        SelectorPart::Tags(_) => None,
    });
    Some(Members { ids, known, all_later: false, later: later.collect() })
}

/// Requires that each policy of the scenario states its audit trail and the names of calls.
fn demand_trails(resolver: &mut Resolver<'_>, span: Span) {
    let books = resolver.rulebooks.iter();
    let lacks: Vec<String> = books
        .filter(|book| book.policy.trail.is_none() || book.policy.permissions.is_none())
        .map(|book| book.policy.name.clone())
        .collect();
    for policy in lacks {
        let title = format!("{policy} does not state what its audit trail records");
        let problem = Problem::at(Code::MissingKey, span, title, "no alert can be judged");
        let help = "write `trail:` and `permissions:` in the policy, or extend a built-in edition";
        resolver.problems.add(problem.help(help));
    }
}

/// For each policy, the rows whose calls are named.
fn rows(resolver: &mut Resolver<'_>, calls: &[Spanned<String>]) -> Vec<BTreeSet<RuleId>> {
    let policies: Vec<Arc<Policy>> =
        resolver.rulebooks.iter().map(|book| book.policy.clone()).collect();
    let all: Vec<&CallPermission> =
        policies.iter().flat_map(|policy| &policy.permissions).flat_map(|p| &p.calls).collect();
    let mut globs: Vec<(&Spanned<String>, GlobSet)> = Vec::new();
    let mut verbs = Vec::new();
    for call in calls {
        if caller_verbs().any(|verb| verb == **call) {
            verbs.push(call.value.clone());
            continue;
        }
        let matcher = glob(&call.to_ascii_lowercase());
        let hits = |matcher: &GlobSet| {
            let mut names = all.iter().flat_map(|row| &row.events);
            names.any(|name| matcher.is_match(name.to_ascii_lowercase()))
        };
        match matcher {
            Some(matcher) if hits(&matcher) => globs.push((call, matcher)),
            _ => {
                let title = format!("no call has the name `{}` in the audit trail", **call);
                let names = all.iter().flat_map(|row| &row.events).map(String::as_str);
                let mut known: Vec<&str> = names.collect();
                caller_verbs().for_each(|verb| known.push(verb));
                let words = closest(call, known);
                let problem = Problem::at(Code::UnknownName, call.span, title, "unknown call");
                let note = "`stayput schema scenario` and `stayput rules POLICY` list the verbs and their names in the trail";
                resolver.problems.add(problem.did_you_mean(&words).note(note));
            }
        }
    }
    let named = |event: &str| {
        let event = event.to_ascii_lowercase();
        globs.iter().find(|(_, matcher)| matcher.is_match(&event)).map(|(call, _)| call.span)
    };
    let mut found = Vec::new();
    let mut warned = BTreeSet::new();
    for policy in &policies {
        let mut rows = BTreeSet::new();
        for row in policy.permissions.iter().flat_map(|permissions| &permissions.calls) {
            let missing: Vec<&str> = row
                .events
                .iter()
                .filter(|event| named(event).is_none())
                .map(String::as_str)
                .collect();
            if verbs.iter().any(|verb| row.has(verb))
                || missing.is_empty() && !row.events.is_empty()
            {
                rows.insert(row.rule);
            } else if let Some(span) = row.events.iter().find_map(|event| named(event))
                && warned.insert((span.start, missing.join(" and ")))
            {
                let also = missing.join(" and ");
                let verb = row.verbs.first().map_or("", String::as_str);
                let title = format!("the trail can contain the call `{verb}` as {also} too");
                let problem = Problem::at(Code::PartlyWatched, span, title, "not all of its names");
                resolver.problems.add(
                    problem
                        .note("such a call raises no alert that counts")
                        .help(format!("add {also} to `calls:`, or write the verb `{verb}`")),
                );
            }
        }
        found.push(rows);
    }
    found
}
