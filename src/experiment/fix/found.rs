//! House rules that would have found a way.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::change::FixChange;
use super::check::{Check, OpenWay};
use crate::experiment::alerts::AlertWatch;
use crate::experiment::house::HouseWatch;
use crate::kernel::Limits;
use crate::plan::{HouseDemand, HouseRule, Plan};
use crate::record::Record;
use crate::search::with_steps;
use crate::time::{SimSpan, SimTime};
use crate::words::{Effect, ProtectionSet, RuleSeverity, Trigger};
use crate::world::Run;

/// A house rule that finds a way, or the state that allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBy {
    /// Its demand, as a file states it.
    pub demand: String,
    /// Whether it is broken at the start.
    pub at_start: bool,
    /// Indices of the ways that break it no later than the loss.
    pub ways: Vec<usize>,
}

/// The house rules that are broken at the start, or by one of the ways. A rule about a protection
/// is listed only if the rule holds in the plan of `fixed`, in which a change sets the protection.
pub(super) fn found_by(
    check: &Check<'_>,
    ways: &[OpenWay],
    fixed: Option<(&Check<'_>, &[FixChange])>,
) -> Vec<FoundBy> {
    let mut rules = general(check);
    if let Some((fixed, changes)) = fixed {
        let of_protections = about_protections(check, ways, changes);
        let kept = kept(fixed, &of_protections);
        rules.splice(0..0, kept);
    }
    let rules: Arc<[HouseRule]> = rules.into();
    let mut found: Vec<FoundBy> = rules
        .iter()
        .map(|rule| FoundBy { demand: rule.name.to_string(), at_start: false, ways: Vec::new() })
        .collect();
    let mut note = |record: &Record, way: Option<usize>| {
        let Record::Finding(finding) = record else { return };
        let Some(of) = found.iter_mut().find(|of| *of.demand == *finding.rule) else { return };
        match way {
            None => of.at_start = true,
            Some(number) if of.ways.last() != Some(&number) => of.ways.push(number),
            Some(_) => {}
        }
    };
    let run = Run::start_within(check.plan.clone(), Limits::default());
    let mut watch = HouseWatch::new(rules.clone(), check.plan.watch.clone());
    watch.begin(run.world()).iter().for_each(|record| note(record, None));
    for (number, open) in ways.iter().enumerate() {
        let (part, of) = (&open.part, (&open.hunt, &open.hunted));
        let (plan, _) = with_steps(&check.plan, &check.script, part, of, &open.way);
        let found = findings(plan, rules.clone(), open.way.lost);
        found.iter().for_each(|record| note(record, Some(number)));
    }
    found.retain(|rule| rule.at_start || !rule.ways.is_empty());
    found
}

/// The violations of some rules after the start, up to an instant.
fn findings(plan: Plan, rules: Arc<[HouseRule]>, until: SimTime) -> Vec<Record> {
    let mut alerts = AlertWatch::new(&plan);
    let mut watch = HouseWatch::new(rules, plan.watch.clone());
    let mut run = Run::start_within(plan, Limits::default());
    watch.begin(run.world());
    let mut found = Vec::new();
    while run.next_at().is_some_and(|at| at <= until) && run.step() {
        let raised = alerts.after(run.records(), run.world());
        found.extend(watch.after(run.records(), &raised, run.world()));
    }
    found
}

/// The rules that hold after the events at the start.
fn kept(fixed: &Check<'_>, rules: &[HouseRule]) -> Vec<HouseRule> {
    let start = fixed.plan.header.start;
    let mut run = Run::start_within(fixed.plan.clone(), Limits::default());
    let mut watch = HouseWatch::new(rules.into(), fixed.plan.watch.clone());
    watch.begin(run.world());
    while run.next_at() == Some(start) && run.step() {
        watch.after(run.records(), &[], run.world());
    }
    let kept = rules.iter().enumerate().filter(|(number, _)| !watch.is_broken(*number));
    kept.map(|(_, rule)| rule.clone()).collect()
}

/// Rules that demand that a protection of the changes is in force, one rule for each trigger of the
/// ways.
fn about_protections(check: &Check<'_>, ways: &[OpenWay], changes: &[FixChange]) -> Vec<HouseRule> {
    let decisions = ways.iter().flat_map(|open| &open.replay.decisions);
    let releases = decisions.filter(|decision| decision.effect == Effect::Released);
    let triggers: BTreeSet<Trigger> = releases.map(|decision| decision.trigger).collect();
    let books = &check.plan.header.rulebooks;
    let mut rules = Vec::new();
    for change in changes {
        let (FixChange::Protect { policy, protection, .. }
        | FixChange::ProtectGroup { policy, protection, .. }) = change
        else {
            continue;
        };
        let mut sets = vec![ProtectionSet::EMPTY; books.len()];
        sets[policy.index()] = ProtectionSet::EMPTY.with(*protection);
        let name = &books[policy.index()].policy.protections[protection.index()].name;
        for trigger in &triggers {
            let against = if *trigger == Trigger::Manual {
                String::new()
            } else {
                format!(", against: {trigger}")
            };
            let demand = HouseDemand::InForce(sets.clone(), vec![*trigger]);
            rules.push(rule(check, format!("in-force: {name}{against}"), demand));
        }
    }
    rules
}

/// The rules that do not concern a protection.
fn general(check: &Check<'_>) -> Vec<HouseRule> {
    let day = SimSpan::from_seconds(86_400);
    vec![
        rule(check, "two-people: release".to_owned(), HouseDemand::TwoToRelease),
        rule(check, "two-people: schedule".to_owned(), HouseDemand::TwoToSchedule),
        rule(check, format!("snapshot-within: {day}"), HouseDemand::SnapshotWithin(day)),
    ]
}

fn rule(check: &Check<'_>, name: String, demand: HouseDemand) -> HouseRule {
    HouseRule {
        name: name.into(),
        severity: RuleSeverity::Error,
        instances: check.question.targets.iter().copied().collect(),
        demand,
    }
}
