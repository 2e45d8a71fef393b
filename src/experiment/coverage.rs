//! Policy coverage of a suite: rules, cells of decision tables, steps of clocks, and switches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::policy::{Finding, Policy, Rulebook};
use crate::record::{Decision, Record, Refusal};
use crate::words::{Outcome, PolicyId, RuleId, SwitchSet, Verdict};
use crate::world::World;

/// The parts of one policy that one case used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Rules that applied.
    pub rules: BTreeSet<RuleId>,
    /// Cells of protections that were on: index of the protection, index of the cell.
    cells: BTreeSet<(usize, usize)>,
    /// Switches that a decision depended on.
    switches: SwitchSet,
    /// The same switches with their positions: index of the switch, index of the position.
    positions: BTreeSet<(usize, u8)>,
}

/// Collects the parts of each policy that a run uses, by the index of the policy.
#[derive(Debug, Clone, Default)]
pub struct Reach(Vec<Reached>);

impl Reach {
    fn policy(&mut self, policy: PolicyId) -> &mut Reached {
        if self.0.len() <= policy.index() {
            self.0.resize(policy.index() + 1, Reached::default());
        }
        &mut self.0[policy.index()]
    }

    /// Adds the parts that a record used.
    pub fn add(&mut self, record: &Record, world: &World) {
        match record {
            Record::Decision(decision) => {
                let book = world.header().rulebook(decision.policy);
                let reached = self.policy(decision.policy);
                reached.rules.extend(decision.rule);
                reached.rules.extend(check_order(book, decision));
                for finding in decision.ruling.findings() {
                    let Some(rule) = finding.rule else { continue };
                    reached.rules.insert(rule);
                    let protection = finding.protection.index();
                    let cell = book.verdicts()[protection].space().cell(&decision.facts);
                    reached.cells.extend(cell.map(|cell| (protection, cell)));
                }
            }
            Record::Request(request) => {
                if let Some(Refusal::Rule(policy, rule)) = request.refusal {
                    self.policy(policy).rules.insert(rule);
                }
            }
            Record::Loss(loss) => {
                self.policy(loss.rule.0).rules.insert(loss.rule.1);
            }
            Record::Alert(alert) => {
                if let Some((policy, rule, _)) = alert.basis {
                    self.policy(policy).rules.insert(rule);
                }
            }
            Record::Change(_) | Record::Finding(_) => {}
        }
    }

    /// The result at the end of the run, by the index of the policy.
    pub fn finish(mut self, world: &World) -> Vec<Reached> {
        for (policy, rule) in world.reached() {
            self.policy(policy).rules.insert(rule);
        }
        for (index, switches) in world.relied().iter().enumerate() {
            self.policy(PolicyId::from_index(index)).switches = *switches;
        }
        self.0
    }
}

/// The rule that decides whether protections or preconditions are checked first; `None` unless a
/// protection holds and a precondition refuses the request.
fn check_order(book: &Rulebook, decision: &Decision) -> Option<RuleId> {
    let facts = &decision.facts;
    let holds = |finding: Finding| {
        let row = book.verdicts()[finding.protection.index()].decide(facts);
        row.is_some_and(|row| row.says == Verdict::Held)
    };
    let refused = matches!(decision.outcome, Outcome::Held | Outcome::Denied);
    (refused && decision.ruling.findings().any(holds) && book.refusal(facts).is_some())
        .then(|| book.answer(&book.tables.check_order, facts))?
        .map(|answer| answer.rule)
}

/// A covered part of a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// Number of covered elements.
    pub reached: usize,
    /// Number of all elements.
    pub of: usize,
    /// Names of the elements that are not covered, in the order of the policy.
    pub missed: Vec<String>,
}

/// The coverage of one policy by a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCoverage {
    /// Name of the policy, `NAME@EDITION`.
    pub policy: String,
    /// Its rules, without the steps of clocks.
    pub rules: Share,
    /// The cells of its protections. Missed cells are not listed.
    pub cells: Share,
    /// The steps of its clocks.
    pub clocks: Share,
    /// Its switches.
    pub switches: Share,
    /// The positions of its switches, each written `SWITCH=POSITION`.
    pub positions: Share,
    /// Rules that the policy marks as unreachable. They are not counted.
    pub unreachable: Vec<String>,
    /// Rules that are marked as unreachable but were used by a case.
    pub refuted: Vec<String>,
}

/// The coverage of a suite.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    policies: BTreeMap<String, (Arc<Policy>, Reached)>,
}

impl Coverage {
    /// Includes a policy even if no case uses it.
    pub fn include(&mut self, policy: &Arc<Policy>) {
        self.entry(policy);
    }

    fn entry(&mut self, policy: &Arc<Policy>) -> &mut Reached {
        let known = self.policies.entry(format!("{} {}", policy.name, policy.digest));
        &mut known.or_insert_with(|| (policy.clone(), Reached::default())).1
    }

    /// Adds the parts that a case used.
    pub fn add(&mut self, books: &[Arc<Rulebook>], reached: &[Reached]) {
        for (book, reached) in books.iter().zip(reached) {
            let all = self.entry(&book.policy);
            all.rules.extend(&reached.rules);
            all.cells.extend(&reached.cells);
            all.switches = all.switches.union(reached.switches);
            let relied = reached.switches.iter();
            all.positions.extend(relied.map(|switch| (switch.index(), book.position(switch))));
        }
    }

    /// The coverage of each policy, in the order of their names.
    pub fn policies(&self) -> Vec<PolicyCoverage> {
        self.policies.values().map(|(policy, reached)| total(policy, reached)).collect()
    }

    /// The first rule of a protection that is not covered, with its policy.
    pub fn next_missed(&self) -> Option<(&Policy, RuleId)> {
        self.policies.values().find_map(|(policy, reached)| {
            let rules = policy.protections.iter().flat_map(|p| p.table.rows()).map(|row| row.rule);
            let missed = rules.into_iter().find(|rule| {
                !reached.rules.contains(rule) && policy.rule(*rule).unreachable.is_none()
            })?;
            Some((&**policy, missed))
        })
    }

    /// All included policies, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values().map(|(policy, _)| &**policy)
    }
}

fn total(policy: &Policy, reached: &Reached) -> PolicyCoverage {
    let steps: BTreeSet<RuleId> =
        policy.clocks.iter().flat_map(|(_, clock)| &clock.steps).map(|step| step.rule).collect();
    let share = |of_clocks: bool| {
        let mut share = Share::default();
        for index in 0..policy.rules.len() {
            let rule = RuleId::from_index(index);
            if steps.contains(&rule) != of_clocks || policy.rule(rule).unreachable.is_some() {
                continue;
            }
            share.of += 1;
            if reached.rules.contains(&rule) {
                share.reached += 1;
            } else {
                share.missed.push(policy.rule(rule).id.clone());
            }
        }
        share
    };
    let (mut switches, mut positions) = (Share::default(), Share::default());
    for (index, switch) in policy.switches.iter().enumerate() {
        let id = crate::words::SwitchId::from_index(index);
        // Switches about unknown facts of a fleet are not counted; every policy has them.
        if policy.unknown.contains(id) {
            continue;
        }
        switches.of += 1;
        if reached.switches.contains(id) {
            switches.reached += 1;
        } else {
            switches.missed.push(switch.name.clone());
        }
        for (value, name) in switch.values.iter().enumerate() {
            positions.of += 1;
            let taken = u8::try_from(value).is_ok_and(|v| reached.positions.contains(&(index, v)));
            if taken {
                positions.reached += 1;
            } else {
                positions.missed.push(format!("{}={name}", switch.name));
            }
        }
    }
    let unreachable = |is: &dyn Fn(RuleId) -> bool| -> Vec<String> {
        let rules = (0..policy.rules.len()).map(RuleId::from_index);
        let rules = rules.filter(|rule| policy.rule(*rule).unreachable.is_some() && is(*rule));
        rules.map(|rule| policy.rule(rule).id.clone()).collect()
    };
    let settings: Vec<u8> = policy.switches.iter().map(|s| s.default.unwrap_or(0)).collect();
    let cells = policy.protections.iter().map(|protection| {
        let table = protection.table.under(&settings, None);
        (0..table.space().cells()).filter(|cell| table.row(*cell).is_some()).count()
    });
    let cells = Share { reached: reached.cells.len(), of: cells.sum(), missed: Vec::new() };
    PolicyCoverage {
        policy: policy.name.clone(),
        rules: share(false),
        cells,
        clocks: share(true),
        switches,
        positions,
        unreachable: unreachable(&|_| true),
        refuted: unreachable(&|rule| reached.rules.contains(&rule)),
    }
}
