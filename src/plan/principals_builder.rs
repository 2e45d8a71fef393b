//! Resolves principals: names become ids, globs become sets of actions.

use globset::GlobSet;

use super::principals::{Grant, Principals, ResourceScope};
use super::resolver::Resolver;
use super::selectors::Candidates as _;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::format::{Map, Name, OneOrMany, WrittenPrincipal, WrittenScenario, WrittenScope, glob};
use crate::policy::Rulebook;
use crate::words::{InstanceId, ProtectionId};
use std::sync::Arc;

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
    let mut reader = Reader { resolver, roles: &written.roles };
    // Every role is read, so that a mistake in an unused role is reported as well.
    for (name, role) in &written.roles.0 {
        reader.grants(role, &mut vec![&name.value]);
    }
    let all = principals.0.iter();
    Some(Principals(all.map(|(_, one)| reader.grants(one, &mut Vec::new())).collect()))
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

struct Reader<'r, 'p> {
    resolver: &'r mut Resolver<'p>,
    roles: &'r Map<WrittenPrincipal>,
}

impl<'r> Reader<'r, '_> {
    /// The grants of a principal or a role, with those of its roles. `path` has the names of the
    /// roles on the way to it.
    fn grants(&mut self, written: &'r WrittenPrincipal, path: &mut Vec<&'r Name>) -> Vec<Grant> {
        let scope = written.scope.as_ref().map(|scope| self.scope(scope));
        let (may, not) = (self.actions(&written.may), self.actions(&written.not));
        let mut grants = vec![Grant { may, not, scopes: Vec::new() }];
        let roles = self.roles;
        for name in &written.roles.0 {
            let Some((role, written)) = roles.0.iter().find(|(role, _)| role.value == name.value)
            else {
                let known = roles.0.iter().map(|(role, _)| &*role.value.0);
                let title = format!("unknown role `{}`", name.value);
                let problem = Problem::at(Code::UnknownName, name.span, title, "not under `roles`");
                self.resolver.problems.add(problem.did_you_mean(&closest(&name.value, known)));
                continue;
            };
            if path.contains(&&role.value) {
                let title = format!("the role `{}` contains itself", role.value);
                let problem = Problem::at(Code::Contradiction, name.span, title, "a circle");
                let problem = problem.and_at(role.span, "defined here");
                self.resolver.problems.add(problem.help("remove it from `roles:` here"));
                continue;
            }
            path.push(&role.value);
            grants.extend(self.grants(written, path));
            path.pop();
        }
        for grant in &mut grants {
            grant.scopes.extend(scope.clone());
        }
        grants
    }

    /// For each policy, which of its actions a list of names and globs contains.
    fn actions(&mut self, written: &OneOrMany<Spanned<String>>) -> Vec<Vec<bool>> {
        let policies = self.resolver.rulebooks.iter().map(|book| &book.policy);
        let known: Vec<Vec<String>> = policies
            .map(|policy| {
                let permissions = policy.permissions.as_ref();
                permissions.map(|known| known.actions.clone()).unwrap_or_default()
            })
            .collect();
        let globs: Vec<GlobSet> =
            written.0.iter().filter_map(|name| self.action(name, &known)).collect();
        let has = |name: &String| {
            let name = name.to_ascii_lowercase();
            globs.iter().any(|glob| glob.is_match(&name))
        };
        known.iter().map(|names| names.iter().map(has).collect()).collect()
    }

    /// A name or glob of actions. Warns if it is close to the name of an action, but matches none.
    fn action(&mut self, name: &Spanned<String>, known: &[Vec<String>]) -> Option<GlobSet> {
        let matcher = glob(&name.to_ascii_lowercase());
        let Some(matcher) = matcher.filter(|_| !name.trim().is_empty()) else {
            let title = format!("`{}` is not the name of an action or a glob", **name);
            self.resolver.problems.add(Problem::at(Code::BadName, name.span, title, "not a name"));
            return None;
        };
        let mut all = known.iter().flatten();
        if !all.any(|action| matcher.is_match(action.to_ascii_lowercase())) {
            let all = known.iter().flatten().map(String::as_str);
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
