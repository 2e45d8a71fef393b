//! What of its policies a suite reaches: rules, cells of the decision tables, steps of clocks,
//! and switches that something hung on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::policy::{Finding, Policy, Rulebook};
use crate::record::{Decision, Record, Refusal};
use crate::words::{Outcome, PolicyId, RuleId, SwitchSet, Verdict};
use crate::world::World;

/// What one case reached of one policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Rules that had something to say.
    pub rules: BTreeSet<RuleId>,
    /// Cells of protections that were on, by the place of the protection.
    cells: BTreeSet<(usize, usize)>,
    /// Switches that something hung on.
    switches: SwitchSet,
    /// Those switches with the positions that they were in.
    positions: BTreeSet<(usize, u8)>,
}

/// Watches a run: what it reaches of each policy in use.
#[derive(Debug, Clone, Default)]
pub struct Reach(Vec<Reached>);

impl Reach {
    fn of(&mut self, policy: PolicyId) -> &mut Reached {
        if self.0.len() <= policy.index() {
            self.0.resize(policy.index() + 1, Reached::default());
        }
        &mut self.0[policy.index()]
    }

    /// Takes a record in.
    pub fn take(&mut self, record: &Record, world: &World) {
        match record {
            Record::Decision(decision) => {
                let book = world.header().rulebook(decision.policy);
                let reached = self.of(decision.policy);
                reached.rules.extend(decision.rule);
                reached.rules.extend(check_order(book, decision));
                for finding in decision.ruling.findings() {
                    let Some(rule) = finding.rule else { continue };
                    reached.rules.insert(rule);
                    let at = finding.protection.index();
                    let cell = book.verdicts()[at].space().cell(&decision.facts);
                    reached.cells.extend(cell.map(|cell| (at, cell)));
                }
            }
            Record::Request(request) => {
                if let Some(Refusal::Rule(policy, rule)) = request.refusal {
                    self.of(policy).rules.insert(rule);
                }
            }
            Record::Loss(loss) => {
                self.of(loss.rule.0).rules.insert(loss.rule.1);
            }
            Record::Change(_) => {}
        }
    }

    /// What was reached at the end, for each policy in use.
    pub fn finish(mut self, world: &World) -> Vec<Reached> {
        for (policy, rule) in world.reached() {
            self.of(policy).rules.insert(rule);
        }
        for (at, switches) in world.relied().iter().enumerate() {
            self.of(PolicyId::at(at)).switches = *switches;
        }
        self.0
    }
}

/// The rule that said which of two refusals comes first: that is asked where a protection holds
/// and a precondition refuses as well.
fn check_order(book: &Rulebook, decision: &Decision) -> Option<RuleId> {
    let facts = &decision.facts;
    let holds = |finding: Finding| {
        let row = book.verdicts()[finding.protection.index()].decide(facts);
        row.is_some_and(|row| row.says == Verdict::Held)
    };
    let refused = matches!(decision.outcome, Outcome::Held | Outcome::Denied);
    (refused && decision.ruling.findings().any(holds) && book.refusal(facts).is_some())
        .then(|| book.ask(&book.tables.check_order, facts))?
        .map(|answer| answer.rule)
}

/// So many of so many, and the names of the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// How many were reached.
    pub reached: usize,
    /// How many there are.
    pub of: usize,
    /// Those that were not, in the order of the policy.
    pub missed: Vec<String>,
}

/// What a suite reached of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCoverage {
    /// The policy.
    pub policy: String,
    /// Its rules, but for the steps of clocks.
    pub rules: Share,
    /// The cells of its protections. Nobody lists those that were missed.
    pub cells: Share,
    /// The steps of its clocks.
    pub clocks: Share,
    /// Its switches.
    pub switches: Share,
    /// The positions of its switches, each written `SWITCH=POSITION`.
    pub positions: Share,
    /// Rules that no run can come to, as the policy says; they count nowhere.
    pub unreachable: Vec<String>,
    /// Those of them that a case came to all the same.
    pub refuted: Vec<String>,
}

/// Adds up what cases reached.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    policies: BTreeMap<String, (Arc<Policy>, Reached)>,
}

impl Coverage {
    /// Counts a policy, whether a case uses it or not.
    pub fn count(&mut self, policy: &Arc<Policy>) {
        self.entry(policy);
    }

    fn entry(&mut self, policy: &Arc<Policy>) -> &mut Reached {
        let known = self.policies.entry(format!("{} {}", policy.name, policy.digest));
        &mut known.or_insert_with(|| (policy.clone(), Reached::default())).1
    }

    /// Adds what a case reached.
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

    /// What was reached of each policy, by name.
    pub fn policies(&self) -> Vec<PolicyCoverage> {
        self.policies.values().map(|(policy, reached)| sum_up(policy, reached)).collect()
    }

    /// The first rule of a protection that no case reached, with its policy.
    pub fn next_missed(&self) -> Option<(&Policy, RuleId)> {
        self.policies.values().find_map(|(policy, reached)| {
            let rules = policy.protections.iter().flat_map(|p| p.table.rows()).map(|row| row.rule);
            let missed = rules.into_iter().find(|rule| {
                !reached.rules.contains(rule) && policy.rule(*rule).unreachable.is_none()
            })?;
            Some((&**policy, missed))
        })
    }

    /// The policies in use.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values().map(|(policy, _)| &**policy)
    }
}

fn sum_up(policy: &Policy, reached: &Reached) -> PolicyCoverage {
    let steps: BTreeSet<RuleId> =
        policy.clocks.iter().flat_map(|(_, clock)| &clock.steps).map(|step| step.rule).collect();
    let share = |of_clocks: bool| {
        let mut share = Share::default();
        for at in 0..policy.rules.len() {
            let rule = RuleId::at(at);
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
    for (at, switch) in policy.switches.iter().enumerate() {
        let id = crate::words::SwitchId::at(at);
        // Those that every policy has are about the fleet, and not about the documents.
        if policy.unknown.holds(id) {
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
            let taken = u8::try_from(value).is_ok_and(|v| reached.positions.contains(&(at, v)));
            if taken {
                positions.reached += 1;
            } else {
                positions.missed.push(format!("{}={name}", switch.name));
            }
        }
    }
    let named = |of: &dyn Fn(RuleId) -> bool| -> Vec<String> {
        let rules = (0..policy.rules.len()).map(RuleId::at);
        let rules = rules.filter(|rule| policy.rule(*rule).unreachable.is_some() && of(*rule));
        rules.map(|rule| policy.rule(rule).id.clone()).collect()
    };
    let settings: Vec<u8> = policy.switches.iter().map(|s| s.default.unwrap_or(0)).collect();
    let cells = policy.protections.iter().map(|protection| {
        let table = protection.table.under(&settings);
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
        unreachable: named(&|_| true),
        refuted: named(&|rule| reached.rules.contains(&rule)),
    }
}
