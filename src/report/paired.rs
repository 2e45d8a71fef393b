//! Two policies, or two cases, on the same draws: what differs, for people, pull requests and
//! machines.

use std::io::{self, Write};

use serde_json::Value as Json;

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{DIFFERENCE_COLUMNS, DIFFERENCES};
use super::csv::tables::{BufferedCsv, Rows, begin};
use super::estimates::{decimal, label, shown};
use super::jsonl::object;
use super::policy_diff::ARROW;
use super::text_table::{Page, folded, hanging};
use crate::diagnostics::many;
use crate::experiment::Paired;

/// A scenario's figures under two policies, or of two of its cases.
#[derive(Debug)]
pub struct PairedRun {
    /// The scenario.
    pub scenario: String,
    /// Its old case and its new one: the same, unless two cases are compared.
    pub cases: [String; 2],
    /// The old policy and the new one.
    pub policies: [String; 2],
    /// How many replications.
    pub replications: usize,
    /// In how many of them anything that is counted differs.
    pub differ: usize,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// The figures.
    pub figures: Vec<Paired>,
}

fn row<'r>(of: &'r PairedRun, one: &'r Paired) -> [Cell<'r>; DIFFERENCE_COLUMNS] {
    [
        Cell::Text(&of.scenario),
        Cell::Text(&of.cases[0]),
        Cell::Text(&of.cases[1]),
        Cell::Text(&of.policies[0]),
        Cell::Text(&of.policies[1]),
        Cell::Text(&one.metric),
        Cell::word(one.unit),
        Cell::Number(one.n),
        decimal(one.means.map(|means| means[0])),
        decimal(one.means.map(|means| means[1])),
        decimal(one.difference),
        decimal(one.error),
        decimal(one.interval.map(|interval| interval.low)),
        decimal(one.interval.map(|interval| interval.high)),
        decimal(Some(of.level)),
        Cell::word(one.method),
    ]
}

/// The differences as CSV.
///
/// # Errors
/// If they cannot be written.
pub fn paired_csv(all: &[PairedRun], out: impl Write) -> io::Result<()> {
    let mut pen = FieldEncoder::default();
    let mut table: BufferedCsv<_> = begin(out, &DIFFERENCES, &mut pen)?;
    for of in all {
        for one in &of.figures {
            table.row(&mut pen, &row(of, one))?;
        }
    }
    table.flush()
}

/// The differences for machines: objects with the columns of `differences.csv`.
pub fn paired_json(all: &[PairedRun]) -> Json {
    let one = |of: &PairedRun| -> Vec<Json> {
        of.figures.iter().map(|one| object("difference", &DIFFERENCES, &row(of, one))).collect()
    };
    all.iter().flat_map(one).collect()
}

/// The cells of a row for people.
fn people(one: &Paired) -> Option<[String; 5]> {
    let ([old, new], difference) = one.means.zip(one.difference)?;
    let signed = |number: f64| {
        let text = shown(number, one.unit);
        if number > 0.0 { format!("+{text}") } else { text }
    };
    let interval = one.interval.map_or("-".to_owned(), |interval| {
        format!("{} to {}", signed(interval.low), signed(interval.high))
    });
    Some([
        label(&one.metric, one.unit),
        shown(old, one.unit),
        shown(new, one.unit),
        signed(difference),
        interval,
    ])
}

fn head(of: &PairedRun) -> [String; 5] {
    let level = format!("{} % interval", of.level);
    [String::new(), "before".into(), "after".into(), "difference".into(), level]
}

fn name(of: &PairedRun) -> String {
    match of.cases.each_ref().map(String::as_str) {
        ["", ""] => of.scenario.clone(),
        [old, new] if old == new => format!("{} [{old}]", of.scenario),
        [old, new] => format!("{} [{old} {ARROW} {new}]", of.scenario),
    }
}

fn sum(of: &PairedRun) -> String {
    let count = many(of.replications, "replication");
    if of.differ == 0 {
        return format!("{count} with common random numbers, no differences");
    }
    format!("{count} with common random numbers, {} differ", of.differ)
}

/// The differences for people.
pub fn paired_text(all: &[PairedRun], page: Page) -> Vec<String> {
    let mut out = Vec::new();
    for of in all {
        out.push(page.paint.bold(&name(of)));
        out.extend(hanging("  ", &sum(of), page.width));
        if of.differ == 0 {
            continue;
        }
        let mut rows = vec![head(of).to_vec()];
        rows.extend(of.figures.iter().filter_map(people).map(Vec::from));
        out.push(String::new());
        out.extend(folded(&rows, &[1, 2, 3, 4], 4, page.width).concat());
        out.push(String::new());
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out
}

/// The differences as Markdown.
pub fn paired_markdown(all: &[PairedRun]) -> Vec<String> {
    let mut out = Vec::new();
    for of in all {
        out.push(format!("**{}**: {}", name(of), sum(of)));
        out.push(String::new());
        if of.differ == 0 {
            continue;
        }
        out.push(format!("| {} |", head(of).join(" | ")));
        out.push("|-|-:|-:|-:|-:|".into());
        let rows = of.figures.iter().filter_map(people);
        out.extend(rows.map(|cells| format!("| {} |", cells.join(" | "))));
        out.push(String::new());
    }
    out
}
