//! Resolves house rules: instances, protections, and the one demand of each rule.

use std::sync::Arc;

use super::house::{HouseDemand, HouseRule};
use super::protections::protection_of;
use super::resolver::Resolver;
use super::watch_builder::members;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::format::{Map, Name, OneOrMany, TwoPeople, WrittenHouseRule};
use crate::words::{ProtectionSet, RuleSeverity, SubjectKind, Trigger};

/// Resolves the house rules of a scenario.
pub fn house_rules(
    resolver: &mut Resolver<'_>,
    written: &Map<WrittenHouseRule>,
) -> Arc<[HouseRule]> {
    let rules = written.0.iter().filter_map(|(name, rule)| {
        let demand = demand(resolver, &name.value, name.span, rule)?;
        let instances = members(resolver, rule.instance.as_ref())?;
        Some(HouseRule {
            name: (*name.value.0).into(),
            severity: rule.severity.unwrap_or(RuleSeverity::Error),
            instances,
            demand,
        })
    });
    rules.collect()
}

fn demand(
    resolver: &mut Resolver<'_>,
    name: &Name,
    span: Span,
    rule: &WrittenHouseRule,
) -> Option<HouseDemand> {
    let two = rule.two_people.as_ref().map(|two| two.value);
    let demand = match (&rule.in_force, two, rule.snapshot_within, rule.alert_within) {
        (Some(names), None, None, None) => return Some(in_force(resolver, names, rule)),
        (None, Some(TwoPeople::Release), None, None) => HouseDemand::TwoToRelease,
        (None, Some(TwoPeople::Schedule), None, None) => HouseDemand::TwoToSchedule,
        (None, None, Some(within), None) => HouseDemand::SnapshotWithin(within),
        (None, None, None, Some(within)) => HouseDemand::AlertWithin(within),
        _ => {
            let title = format!("the house rule `{name}` needs exactly one demand");
            let problem = Problem::at(Code::Contradiction, span, title, "not one demand");
            resolver.problems.add(
                problem.help("write one of `in-force: PROTECTION`, `two-people: release`, `two-people: schedule`, `snapshot-within: 24h`, `alert-within: 15m`"),
            );
            return None;
        }
    };
    if let Some(first) = rule.against.0.first() {
        let title = "`against` is a key of rules with `in-force`";
        resolver.problems.add(Problem::at(Code::Contradiction, first.span, title, "no effect"));
    }
    Some(demand)
}

/// The demand that protections are in force. At least one of the policies must know each name.
fn in_force(
    resolver: &mut Resolver<'_>,
    names: &OneOrMany<Spanned<String>>,
    rule: &WrittenHouseRule,
) -> HouseDemand {
    let mut sets = vec![ProtectionSet::EMPTY; resolver.rulebooks.len()];
    for name in &names.0 {
        let mut found = Vec::new();
        for (set, book) in sets.iter_mut().zip(&resolver.rulebooks) {
            let of = [SubjectKind::Instance, SubjectKind::Group]
                .map(|kind| protection_of(book, &name.value, name.span, kind));
            let known = of.iter().flatten().next();
            *set = known.map_or(*set, |id| set.with(*id));
            found.push(of);
        }
        if found.iter().flatten().all(Result::is_err) {
            let first = found.into_iter().flatten().next().and_then(Result::err);
            first.into_iter().for_each(|problem| resolver.problems.add(*problem));
        }
    }
    let mut against: Vec<Trigger> = rule.against.0.iter().map(|trigger| trigger.value).collect();
    if against.is_empty() {
        against.push(Trigger::Manual);
    }
    HouseDemand::InForce(sets, against)
}
