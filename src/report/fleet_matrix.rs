//! The decision tables of a fleet: for each of its policies, the situations in which its instances
//! can be, with the number of instances that have each protection.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::csv::tables::{io_error, writer};
use super::matrix::{Line, columns, grid, heading, lines, varied, verdict_text};
use super::text_table::{Page, hanging, listed};
use crate::diagnostics::many;
use crate::plan::Plan;
use crate::policy::{Column, Over, Rulebook, Space};
use crate::words::{
    Billing, Lifecycle, Membership, Orchestration, PolicyId, ProtectionId, RuleId, Trigger, Word,
};

/// The facts about an instance that do not change during a run; `None` if they are unknown. The
/// state, the locks and the term do change, so they do not restrict the situations of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FixedFacts {
    billing: Option<Billing>,
    membership: Option<Membership>,
    /// The orchestration of its group.
    orchestration: Option<Orchestration>,
}

/// The instances of a kind.
#[derive(Default)]
struct Counts {
    instances: usize,
    on: BTreeMap<ProtectionId, usize>,
    unknown: BTreeMap<ProtectionId, usize>,
}

/// The instances of a policy at the start, by kind.
struct Population {
    policy: PolicyId,
    kinds: BTreeMap<FixedFacts, Counts>,
}

impl Population {
    /// The populations of the policies that have instances.
    fn all(plan: &Plan) -> Vec<Self> {
        let mut all: BTreeMap<PolicyId, BTreeMap<FixedFacts, Counts>> = BTreeMap::new();
        for start in plan.starting_values().filter(|start| start.state != Lifecycle::Absent) {
            let kinds = all.entry(start.policy).or_default();
            let kind = FixedFacts {
                billing: start.billing,
                membership: start.membership,
                orchestration: plan.orchestration(&start),
            };
            let counts = kinds.entry(kind).or_default();
            counts.instances += 1;
            for id in start.on.iter() {
                *counts.on.entry(id).or_default() += 1;
            }
            for id in start.unknown.iter() {
                *counts.unknown.entry(id).or_default() += 1;
            }
        }
        all.into_iter().map(|(policy, kinds)| Self { policy, kinds }).collect()
    }

    /// The instances that can be in one of some cells.
    fn within(&self, space: &Space, cells: &[usize]) -> Counts {
        let mut sum = Counts::default();
        for (kind, counts) in &self.kinds {
            if cells.iter().any(|cell| fits(space, *cell, *kind)) {
                sum.add(counts);
            }
        }
        sum
    }

    fn total(&self) -> Counts {
        let mut sum = Counts::default();
        self.kinds.values().for_each(|counts| sum.add(counts));
        sum
    }

    fn lines(&self, book: &Rulebook) -> (Space, Vec<Line>) {
        lines(book, |space, cell| self.kinds.keys().any(|kind| fits(space, cell, *kind)))
    }
}

impl Counts {
    fn add(&mut self, more: &Self) {
        self.instances += more.instances;
        for (sum, more) in [(&mut self.on, &more.on), (&mut self.unknown, &more.unknown)] {
            for (id, count) in more {
                *sum.entry(*id).or_default() += count;
            }
        }
    }

    fn on(&self, id: ProtectionId) -> usize {
        self.on.get(&id).copied().unwrap_or(0)
    }

    fn unknown(&self, id: ProtectionId) -> usize {
        self.unknown.get(&id).copied().unwrap_or(0)
    }

    /// The number of instances with a protection: `on 3`, or `on 3, unknown 2`.
    fn text(&self, id: ProtectionId) -> String {
        match self.unknown(id) {
            0 => format!("on {}", self.on(id)),
            unknown => format!("on {}, unknown {unknown}", self.on(id)),
        }
    }
}

/// Whether an instance of a kind can be in a cell.
fn fits(space: &Space, cell: usize, kind: FixedFacts) -> bool {
    space.axes().iter().enumerate().all(|(axis, one)| {
        let here = space.word(cell, axis);
        let word = match one.over {
            Over::Column(Column::Trigger) => {
                // In every policy, a clock concerns instances of one kind of billing.
                let of_clock = [
                    (Trigger::SpotReclaim, Billing::Spot),
                    (Trigger::Expiry, Billing::Subscription),
                ];
                let of_clock = of_clock.iter().find(|(trigger, _)| trigger.index() == here);
                return of_clock.is_none_or(|(_, of)| kind.billing.is_none_or(|own| own == *of));
            }
            Over::Column(Column::Billing) => kind.billing.map(Word::index),
            Over::Column(Column::Membership) => kind.membership.map(Word::index),
            Over::Column(Column::Orchestration) => kind.orchestration.map(Word::index),
            Over::Column(_) | Over::Switch(_) => None,
        };
        word.is_none_or(|word| here == word)
    })
}

/// The matrix of a fleet as text: one table for each of its policies.
pub fn fleet_matrix_text(plan: &Plan, page: Page) -> String {
    let mut out = Vec::new();
    for population in Population::all(plan) {
        let book = plan.header.rulebook(population.policy);
        table_of(&population, book, page, &mut out);
    }
    if out.is_empty() {
        out.push("the fleet has no instance at the start".to_owned());
    }
    out.join("\n")
}

fn table_of(population: &Population, book: &Rulebook, page: Page, out: &mut Vec<String>) {
    let policy = &book.policy;
    let (space, lines) = population.lines(book);
    let total = population.total();
    out.push(page.paint.bold(&policy.name));
    let about = format!(
        "{}, in the situations that their billing, membership and orchestration allow",
        many(total.instances, "instance")
    );
    out.extend(hanging("", &about, page.width));
    out.push(String::new());
    let axes = varied(&space, &lines);
    let mut head = heading(policy, &space, &axes);
    head.insert(axes.len(), "instances".to_owned());
    let mut rows = vec![head];
    let mut trigger = "";
    let mut cited: BTreeSet<RuleId> = BTreeSet::new();
    for line in &lines {
        let mut row: Vec<String> = axes.iter().map(|axis| line.words[*axis].clone()).collect();
        // A trigger is named once, before its first row.
        if std::mem::replace(&mut trigger, &line.words[0]) == line.words[0] {
            row[0].clear();
        }
        let counts = population.within(&space, &line.cells);
        row.push(counts.instances.to_string());
        for ((id, protection), (rule, verdict)) in
            policy.as_written().into_iter().zip(&line.answers)
        {
            cited.insert(*rule);
            row.push(verdict_text(policy, protection, *rule, *verdict));
            row.push(format!("{} ({})", policy.rule(*rule).id, counts.text(id)));
        }
        rows.push(row);
    }
    out.extend(grid(&rows, axes.len() + 1, page.width));
    out.push(String::new());
    out.push("+ observed  * inferred  ? unconfirmed  ! assumed".to_owned());
    out.push(String::new());
    let protections = policy.as_written().into_iter().map(|(id, protection)| {
        vec![protection.name.clone(), format!("{} of {}", total.text(id), total.instances)]
    });
    out.push("protections".to_owned());
    out.extend(listed(protections.collect(), 2, page.width));
    out.push(String::new());
    out.push("rules".to_owned());
    let rules = cited.into_iter().map(|id| {
        let rule = policy.rule(id);
        vec![
            rule.id.clone(),
            rule.confidence.word().to_owned(),
            policy.source_keys(id),
            rule.because.clone().unwrap_or_default(),
        ]
    });
    out.extend(listed(rules.collect(), 2, page.width));
    out.push(String::new());
}

/// The matrix of a fleet as CSV: one row for each situation and protection. A row has a cell for
/// each column that one of the policies tests; the cell is empty if it stands for all words.
///
/// # Errors
/// If writing fails.
pub fn fleet_matrix_csv(plan: &Plan, out: impl Write) -> io::Result<()> {
    let mut writer = writer(out);
    let tables: Vec<_> = Population::all(plan)
        .into_iter()
        .map(|population| {
            let (space, lines) = population.lines(plan.header.rulebook(population.policy));
            (population, space, lines)
        })
        .collect();
    let mut axes: Vec<Column> = Vec::new();
    for column in tables.iter().flat_map(|(_, space, _)| columns(space)) {
        if !axes.contains(&column) {
            axes.push(column);
        }
    }
    let mut head = vec!["policy"];
    head.extend(axes.iter().map(|column| column.name()));
    head.extend([
        "instances",
        "protection",
        "on",
        "unknown",
        "verdict",
        "rule",
        "confidence",
        "source",
    ]);
    writer.write_record(head).map_err(io_error)?;
    for (population, space, lines) in &tables {
        let policy = &plan.header.rulebook(population.policy).policy;
        let own = columns(space);
        for line in lines {
            let counts = population.within(space, &line.cells);
            for ((id, protection), (rule, verdict)) in
                policy.as_written().into_iter().zip(&line.answers)
            {
                let word = |column: &Column| {
                    let at = own.iter().position(|own| own == column);
                    at.map_or_else(String::new, |at| line.words[at].replace(' ', ";"))
                };
                let rule_of = policy.rule(*rule);
                let mut row = vec![policy.name.clone()];
                row.extend(axes.iter().map(word));
                row.extend([
                    counts.instances.to_string(),
                    protection.name.clone(),
                    counts.on(id).to_string(),
                    counts.unknown(id).to_string(),
                    verdict.word().to_owned(),
                    rule_of.id.clone(),
                    rule_of.confidence.word().to_owned(),
                    policy.source_keys(*rule),
                ]);
                writer.write_record(row).map_err(io_error)?;
            }
        }
    }
    writer.flush()
}
