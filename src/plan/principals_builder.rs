//! Resolves principals: names become ids, globs become sets of actions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::GlobSet;

use super::principals::{Grant, Principals, ResourceScope, StatedPermissions};
use super::resolver::Resolver;
use super::selectors::Candidates as _;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::format::{Map, Name, OneOrMany, WrittenPrincipal, WrittenScenario, WrittenScope, glob};
use crate::policy::Rulebook;
use crate::words::{InstanceId, ProtectionId};

/// Makes the principals the first callers, so that their ids are known before any event is read.
pub fn name_principals(resolver: &mut Resolver<'_>, written: &WrittenScenario) {
    let Some(principals) = &written.principals else { return };
    for (name, _) in &principals.0 {
        if let Err(first) = resolver.actors.define(&name.value, Some(name.span)) {
            let title = format!("the principal `{}` is defined twice", name.value);
            let problem = Problem::at(Code::Twice, name.span, title, "second definition");
            resolver.problems.add(match first {
                Some(first) => problem.and_at(first, "first definition"),
                None => problem,
            });
        }
    }
    resolver.principals = Some(resolver.actors.len());
}

/// Resolves the principals; `None` if the scenario states none.
pub fn principals(resolver: &mut Resolver<'_>, written: &WrittenScenario) -> Option<Principals> {
    let Some(principals) = &written.principals else {
        if let Some((name, _)) = written.roles.0.first() {
            let title = "`roles` has no effect without `principals`";
            let problem =
                Problem::at(Code::Contradiction, name.span, title, "no principal has a role");
            let problem = problem.help("write `principals: { NAME: { roles: [ROLE] } }`");
            resolver.problems.add(problem);
        }
        return None;
    };
    demand_permissions(resolver, principals);
    let mut reader = Reader::of(resolver, &written.roles);
    let mut all = Principals::default();
    // Every role is read, so that a mistake in an unused role is reported as well.
    for (_, one) in written.roles.0.iter().chain(&principals.0) {
        all.stated.push(reader.permissions(one));
    }
    let everyone = written.roles.0.iter().chain(&principals.0);
    let links: Vec<_> = everyone.map(|(_, one)| reader.links(&one.roles.0)).collect();
    reader.report_circles(&links);
    for (number, (name, _)) in principals.0.iter().enumerate() {
        let own = written.roles.0.len() + number;
        all.grants.push(reader.grants(own, &links, &all.stated, name.span));
    }
    Some(all)
}

/// Requires that each policy of the scenario states permissions, also for each protection.
fn demand_permissions(resolver: &mut Resolver<'_>, principals: &Map<WrittenPrincipal>) {
    let span = principals.0.first().map_or(Span::NOWHERE, |(name, _)| name.span);
    let lacks = |book: &Arc<Rulebook>| {
        let policy = &book.policy;
        let Some(known) = &policy.permissions else {
            return Some(format!(
                "{} states no permissions, so no call can be checked",
                policy.name
            ));
        };
        let ids = (0..policy.protections.len()).map(ProtectionId::from_index);
        let open = ids.into_iter().find(|id| !known.sets(*id))?;
        let open = &policy.protections[open.index()].name;
        Some(format!("{} does not state which permission sets `{open}`", policy.name))
    };
    let titles: Vec<String> = resolver.rulebooks.iter().filter_map(lacks).collect();
    for title in titles {
        let problem = Problem::at(Code::NoPermissions, span, title, "a principal");
        resolver.problems.add(
            problem
                .help("use a built-in edition, or write `permissions:` in the policy")
                .help("or remove `principals:`, so that every caller may make every call"),
        );
    }
}

/// How far a role has been searched for circles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Before,
    OnTheWay,
    Done,
}

/// Most grants of all principals together, counting each scope on the way to a grant.
const MOST_GRANTS: usize = 4_000_000;

struct Reader<'r, 'p> {
    resolver: &'r mut Resolver<'p>,
    roles: &'r Map<WrittenPrincipal>,
    /// The place of each role in `roles`.
    places: BTreeMap<&'r str, usize>,
    /// For each policy, the names of its actions.
    known: Vec<Vec<String>>,
    /// How many more grants there may be.
    left: usize,
}

impl<'r, 'p> Reader<'r, 'p> {
    fn of(resolver: &'r mut Resolver<'p>, roles: &'r Map<WrittenPrincipal>) -> Self {
        let policies = resolver.rulebooks.iter().map(|book| &book.policy);
        let known = policies.map(|policy| {
            let permissions = policy.permissions.as_ref();
            permissions.map(|known| known.actions.clone()).unwrap_or_default()
        });
        let places = roles.0.iter().enumerate().map(|(at, (role, _))| (&*role.value.0, at));
        let (known, places) = (known.collect(), places.collect());
        Self { resolver, roles, places, known, left: MOST_GRANTS }
    }

    /// What a principal or a role states itself.
    fn permissions(&mut self, written: &WrittenPrincipal) -> StatedPermissions {
        let scope = written.scope.as_ref().map(|scope| self.scope(scope));
        StatedPermissions {
            may: self.actions(&written.may),
            not: self.actions(&written.not),
            scope,
        }
    }

    /// The places of the roles that are named, each with the span of its name.
    fn links(&mut self, names: &[Spanned<Name>]) -> Vec<(usize, Span)> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            if let Some(place) = self.places.get(&*name.value.0) {
                found.push((*place, name.span));
                continue;
            }
            let known = self.places.keys().copied().take(1_000);
            let title = format!("unknown role `{}`", name.value);
            let problem = Problem::at(Code::UnknownName, name.span, title, "not under `roles`");
            self.resolver.problems.add(problem.did_you_mean(&closest(&name.value, known)));
        }
        found
    }

    /// Reports each role that contains itself, once for each circle. Roles can be nested to any
    /// depth, so that the way to a role is a list and not a recursion.
    fn report_circles(&mut self, links: &[Vec<(usize, Span)>]) {
        let mut visits = vec![Visit::Before; links.len()];
        for start in 0..links.len() {
            let mut way = vec![(start, 0)];
            while let Some((role, next)) = way.last_mut() {
                let role = *role;
                let Some(visit) = visits.get_mut(role).filter(|visit| **visit != Visit::Done)
                else {
                    way.pop();
                    continue;
                };
                *visit = Visit::OnTheWay;
                let Some((inner, span)) = links.get(role).and_then(|links| links.get(*next)) else {
                    *visit = Visit::Done;
                    continue;
                };
                *next += 1;
                match visits.get(*inner) {
                    Some(Visit::OnTheWay) => self.report_circle(*inner, *span),
                    Some(Visit::Before) => way.push((*inner, 0)),
                    Some(Visit::Done) | None => {}
                }
            }
        }
    }

    fn report_circle(&mut self, role: usize, span: Span) {
        let Some((role, _)) = self.roles.0.get(role) else { return };
        let title = format!("the role `{}` contains itself", role.value);
        let problem = Problem::at(Code::Contradiction, span, title, "a circle");
        let problem = problem.and_at(role.span, "defined here");
        self.resolver.problems.add(problem.help("remove it from `roles:` here"));
    }

    /// All grants of a principal: its own, and those of its roles and of their roles. A role that
    /// is reached on several ways counts once for each set of scopes on the way.
    fn grants(
        &mut self,
        own: usize,
        links: &[Vec<(usize, Span)>],
        stated: &[StatedPermissions],
        span: Span,
    ) -> Vec<Grant> {
        let mut found: BTreeSet<Grant> = BTreeSet::new();
        let mut open = vec![Grant { of: own, within: BTreeSet::new() }];
        while let Some(mut grant) = open.pop() {
            if stated.get(grant.of).is_some_and(|one| one.scope.is_some()) {
                grant.within.insert(grant.of);
            }
            if found.contains(&grant) {
                continue;
            }
            let inner = links.get(grant.of).map(Vec::as_slice).unwrap_or_default();
            let size = 1 + inner.len() * (1 + grant.within.len());
            let Some(left) = self.left.checked_sub(size) else {
                let title = "the nested roles give more than 4,000,000 permissions";
                let problem = Problem::at(Code::BadNumber, span, title, "one too many");
                self.resolver.problems.add(problem.help("use fewer roles with scopes"));
                break;
            };
            self.left = left;
            open.extend(
                inner.iter().map(|(of, _)| Grant { of: *of, within: grant.within.clone() }),
            );
            found.insert(grant);
        }
        found.into_iter().collect()
    }

    /// For each policy, which of its actions a list of names and globs contains.
    fn actions(&mut self, written: &OneOrMany<Spanned<String>>) -> Vec<Vec<bool>> {
        let globs: Vec<GlobSet> = written.0.iter().filter_map(|name| self.action(name)).collect();
        let has = |name: &String| {
            let name = name.to_ascii_lowercase();
            globs.iter().any(|glob| glob.is_match(&name))
        };
        self.known.iter().map(|names| names.iter().map(has).collect()).collect()
    }

    /// A name or glob of actions. Warns if it is close to the name of an action, but matches none.
    fn action(&mut self, name: &Spanned<String>) -> Option<GlobSet> {
        let matcher = glob(&name.to_ascii_lowercase());
        let Some(matcher) = matcher.filter(|_| !name.trim().is_empty()) else {
            let title = format!("`{}` is not the name of an action or a glob", **name);
            self.resolver.problems.add(Problem::at(Code::BadName, name.span, title, "not a name"));
            return None;
        };
        let mut all = self.known.iter().flatten();
        if !all.any(|action| matcher.is_match(action.to_ascii_lowercase())) {
            let all = self.known.iter().flatten().map(String::as_str);
            let close = closest(name, all);
            if !close.is_empty() {
                let title = format!("no call of these policies needs the action `{}`", **name);
                let label = "has no effect";
                let problem = Problem::at(Code::UnknownAction, name.span, title, label);
                self.resolver.problems.add(problem.did_you_mean(&close));
            }
        }
        Some(matcher)
    }

    fn scope(&mut self, written: &WrittenScope) -> ResourceScope {
        let resolver = &mut *self.resolver;
        let mut scope = ResourceScope::default();
        if let Some(tags) = &written.tags {
            let resolver = &*resolver;
            let has = |id: InstanceId| {
                tags.0.iter().all(|(key, values)| {
                    values.0.iter().any(|value| resolver.tagged(id, &key.value, value))
                })
            };
            let ids = (0..resolver.instances.len()).map(InstanceId::from_index);
            scope.instances = Some(ids.filter(|id| has(*id)).collect());
        }
        if let Some(selector) = &written.instance {
            let named = resolver.select(selector).unwrap_or_default().into_iter().collect();
            scope.instances = Some(match scope.instances.take() {
                Some(tagged) => tagged.intersection(&named).copied().collect(),
                None => named,
            });
        }
        let mut groups = Vec::new();
        for group in &written.group.0 {
            groups.extend(resolver.group(group, group.span));
        }
        let mut accounts = Vec::new();
        for account in &written.account.0 {
            accounts.extend(resolver.account(&account.value, account.span));
        }
        scope.groups = (!written.group.0.is_empty()).then_some(groups);
        scope.accounts = (!written.account.0.is_empty()).then_some(accounts);
        scope
    }
}
