//! Figures over many replications: for people, as CSV and as lines of JSON.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "numbers are printed here"
)]

use std::io::{self, Write};

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{ESTIMATE_COLUMNS, ESTIMATES};
use super::csv::tables::{BufferedCsv, Rows, begin};
use super::jsonl::object;
use super::text_table::{Paint, table};
use crate::diagnostics::many;
use crate::experiment::{Estimate, Replications};
use crate::time::SimSpan;
use crate::words::{Metric, Unit, Word};

/// In fewer replications than that, what is seen says little of how far it spreads.
const FEW: f64 = 10.0;

/// Replications of a plan, and what they come to.
#[derive(Debug)]
pub struct Estimated<'r> {
    /// The replications.
    pub of: &'r Replications,
    /// The figures.
    pub estimates: Vec<Estimate>,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// The seed of every draw.
    pub seed: u64,
}

/// A decimal as files have it: the shortest that reads back as the same number.
pub(super) fn decimal(number: Option<f64>) -> Cell<'static> {
    // Zero has no sign here.
    number.map_or(Cell::EMPTY, |number| Cell::Decimal(number + 0.0))
}

fn row<'e>(of: &'e Estimated<'_>, one: &'e Estimate) -> [Cell<'e>; ESTIMATE_COLUMNS] {
    let observed = |at: usize| one.observed.map_or(Cell::EMPTY, |all| Cell::Signed(all[at]));
    [
        Cell::Text(&of.of.scenario),
        Cell::Text(&of.of.case),
        Cell::Text(&of.of.policy),
        Cell::Text(&one.metric),
        Cell::word(one.unit),
        Cell::Number(one.replications),
        Cell::Number(one.n),
        decimal(one.mean),
        decimal(one.error),
        decimal(one.interval.map(|interval| interval.low)),
        decimal(one.interval.map(|interval| interval.high)),
        decimal(Some(of.level)),
        Cell::word(one.method),
        observed(0),
        observed(1),
        observed(2),
        observed(3),
        observed(4),
        observed(5),
        observed(6),
    ]
}

/// Writes `estimates.csv`; gives the number of its rows.
///
/// # Errors
/// If it cannot be written.
pub fn estimates_csv(all: &[Estimated<'_>], out: impl Write) -> io::Result<u64> {
    let mut pen = FieldEncoder::default();
    let mut table: BufferedCsv<_> = begin(out, &ESTIMATES, &mut pen)?;
    let mut rows = 0;
    for of in all {
        for one in &of.estimates {
            table.row(&mut pen, &row(of, one))?;
            rows += 1;
        }
    }
    table.flush()?;
    Ok(rows)
}

/// Writes one object a line.
///
/// # Errors
/// If it cannot be written.
pub fn estimates_jsonl(of: &Estimated<'_>, mut out: impl Write) -> io::Result<()> {
    for one in &of.estimates {
        serde_json::to_writer(&mut out, &object("estimate", &ESTIMATES, &row(of, one)))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// A number with about four figures that say something.
pub(super) fn figure(number: f64) -> String {
    let digits = match number.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.digits$}");
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
        return text.trim_start_matches('-').to_owned();
    }
    text
}

/// A figure in its unit, as people read it.
pub(super) fn shown(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => format!("{} %", figure(number * 100.0)),
        Unit::Seconds => {
            let sign = if number < -0.5 { "-" } else { "" };
            format!("{sign}{}", SimSpan::from_seconds(libm::round(number.abs()) as i64))
        }
        Unit::Instances | Unit::Decisions | Unit::Disks | Unit::Gib => figure(number),
    }
}

/// What a figure is called for people: with its unit, unless that is plain.
pub(super) fn label(metric: &str, unit: Unit) -> String {
    match unit {
        Unit::Gib if metric == "gib-lost" => metric.to_owned(),
        Unit::Share | Unit::Seconds => metric.to_owned(),
        Unit::Instances | Unit::Decisions | Unit::Disks | Unit::Gib => {
            format!("{metric} ({})", unit.word())
        }
    }
}

fn people(one: &Estimate) -> Vec<String> {
    let show = |number: Option<f64>| number.map_or("-".to_owned(), |n| shown(n, one.unit));
    let whole = |number: i64| match one.unit {
        Unit::Seconds => SimSpan::from_seconds(number).to_string(),
        Unit::Share | Unit::Instances | Unit::Decisions | Unit::Disks | Unit::Gib => {
            number.to_string()
        }
    };
    let interval = one.interval.map_or("-".to_owned(), |interval| {
        format!("{} to {}", shown(interval.low, one.unit), shown(interval.high, one.unit))
    });
    let mut cells = vec![label(&one.metric, one.unit), show(one.mean), show(one.error), interval];
    match one.observed {
        Some([least, p05, _, p50, _, p95, most]) => {
            cells.extend([least, p05, p50, p95, most].map(whole));
        }
        None => cells.extend(vec![String::new(); 5]),
    }
    cells
}

/// Figures for people.
pub fn estimates_text(of: &Estimated<'_>, paint: Paint) -> String {
    let Replications { scenario, case, policy, .. } = of.of;
    let case = if case.is_empty() { String::new() } else { format!(" [{case}]") };
    let name = paint.bold(&format!("{scenario}{case}"));
    let answers = of.of.answers();
    let policies = policy.replace(';', ", ");
    let (seed, count) = (of.seed, many(answers, "replication"));
    let mut out = vec![format!("{name}   {policies} · seed {seed} · {count}"), String::new()];
    let level = format!("{} % interval", of.level);
    let head = ["", "mean", "std error", &level, "least", "5 %", "median", "95 %", "most"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let reported = of.estimates.iter().filter(|one| !is_the_same(of, one));
    rows.extend(reported.map(people));
    out.extend(table(rows, &[1, 2, 3, 4, 5, 6, 7, 8]).into_iter().map(|line| format!("  {line}")));
    out.push(String::new());
    out.extend(notes(of, answers));
    out.join("\n")
}

/// Whether a figure is the upper end of a count that is known in every replication: then the
/// count itself says as much.
fn is_the_same(of: &Estimated<'_>, one: &Estimate) -> bool {
    let least = Metric::ProtectedLost.word();
    let least = of.estimates.iter().find(|other| other.metric == least);
    one.metric == Metric::ProtectedLostAtMost.word()
        && least.is_some_and(|least| (least.mean, least.observed) == (one.mean, one.observed))
}

/// What one must know to read the figures right.
fn notes(of: &Estimated<'_>, answers: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let find = |name: &str| of.estimates.iter().find(|one| one.metric == name);
    for (first, free) in
        [("first-loss", "loss-free"), ("first-protected-loss", "protected-loss-free")]
    {
        if let Some(some) = find(first).filter(|some| some.n < some.replications) {
            notes.push(format!(
                "{first}: only the {} of {answers} replications in which it occurred; {free} counts the others to the end of the run",
                some.n
            ));
        }
    }
    if find("lost-of-unknown-size").is_some_and(|one| one.mean.is_some_and(|mean| mean > 0.0)) {
        notes.push("gib-lost: known sizes only; some lost disks have no reported size".into());
    }
    if of.estimates.iter().any(|one| one.n > 0 && one.interval.is_none()) {
        notes.push("no interval: all replications gave the same value".into());
    }
    let rare = of.estimates.iter().filter(|one| {
        let hits = one.mean.unwrap_or(0.0) * one.n as f64;
        one.unit == Unit::Share && hits > 0.5 && hits < FEW
    });
    let rare: Vec<&str> = rare.filter_map(|one| one.metric.strip_prefix("any-")).collect();
    if !rare.is_empty() {
        notes.push(format!(
            "seen in few replications: {}; the interval of the mean is too narrow, the interval of the share is reliable",
            rare.join(", ")
        ));
    }
    let without = of.of.rows.len() - answers;
    if without > 0 {
        notes.push(format!(
            "{} gave no answer and are left out; see the column `stop` of replications.csv",
            many(without, "replication")
        ));
    }
    notes
}
