//! The differences between two policies or two cases that were run with common random numbers, as
//! text, Markdown, JSON and CSV.

use std::io::{self, Write};

use serde_json::Value as Json;

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{DIFFERENCE_COLUMNS, DIFFERENCES};
use super::csv::rows::case;
use super::csv::tables::{BufferedCsv, Rows, begin};
use super::estimates::{decimal, label, shown, signed};
use super::jsonl::object;
use super::markdown;
use super::policy_diff::ARROW;
use super::text_table::{Page, folded, hanging};
use crate::diagnostics::many;
use crate::experiment::{Observed, Paired, Replications, paired};
use crate::money::Currency;
use crate::run_header::run_name;
use crate::stats::ConfidenceLevel;

/// The figures of a scenario under two policies, or of two of its cases.
#[derive(Debug)]
pub struct PairedRun {
    /// Name of the scenario.
    pub scenario: String,
    /// Names of the old and the new case; equal unless two cases are compared.
    pub cases: [String; 2],
    /// Names of the old and the new policy.
    pub policies: [String; 2],
    /// Number of pairs of replications.
    pub replications: usize,
    /// Number of pairs in which at least one metric differs.
    pub differ: usize,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// Currency of all prices; `None` if the scenario has none.
    pub currency: Option<Currency>,
    /// One entry for each metric.
    pub figures: Vec<Paired>,
}

impl PairedRun {
    /// Pairs replications with equal numbers. `per_cent` and `level` are the same confidence level:
    /// the first is in percent, for the report, and the second is for computing.
    ///
    /// # Errors
    /// If the amounts of the two sides are in different currencies.
    pub fn new(
        old: &Replications,
        new: &Replications,
        per_cent: f64,
        level: ConfidenceLevel,
    ) -> Result<Self, String> {
        if let (Some(before), Some(after)) = (old.currency, new.currency)
            && before != after
        {
            let run = run_name(&new.scenario, &new.case);
            return Err(format!("the amounts of {run} are in {before} and in {after}"));
        }
        let differs = |(old, new): &(&Observed, &Observed)| {
            (old.values, &old.counts) != (new.values, &new.counts)
        };
        Ok(Self {
            scenario: old.scenario.clone(),
            cases: [old.case.clone(), new.case.clone()],
            policies: [old.policy.clone(), new.policy.clone()],
            replications: old.rows.len(),
            differ: old.rows.iter().zip(&new.rows).filter(differs).count(),
            level: per_cent,
            currency: old.currency,
            figures: paired(old, new, level),
        })
    }
}

fn row<'r>(run: &'r PairedRun, one: &'r Paired) -> [Cell<'r>; DIFFERENCE_COLUMNS] {
    [
        Cell::Text(&run.scenario),
        case(&run.cases[0]),
        case(&run.cases[1]),
        Cell::Text(&run.policies[0]),
        Cell::Text(&run.policies[1]),
        Cell::Text(&one.metric),
        Cell::word(one.unit),
        Cell::Number(one.n),
        decimal(one.means.map(|means| means[0])),
        decimal(one.means.map(|means| means[1])),
        decimal(one.difference),
        decimal(one.error),
        decimal(one.interval.map(|interval| interval.low)),
        decimal(one.interval.map(|interval| interval.high)),
        decimal(Some(run.level)),
        Cell::word(one.method),
        Cell::text(run.currency.as_ref().map(Currency::code)),
        Cell::Number(one.fewer),
        Cell::Number(one.alike()),
        Cell::Number(one.more),
    ]
}

/// Writes `differences.csv`.
///
/// # Errors
/// If writing fails.
pub fn paired_csv(all: &[PairedRun], out: impl Write) -> io::Result<()> {
    let mut encoder = FieldEncoder::default();
    let mut table: BufferedCsv<_> = begin(out, &DIFFERENCES, &mut encoder)?;
    for run in all {
        for one in &run.figures {
            table.row(&mut encoder, &row(run, one))?;
        }
    }
    table.flush()
}

/// The differences as JSON objects, with the columns of `differences.csv` as keys.
pub fn paired_json(all: &[PairedRun]) -> Json {
    let objects = |run: &PairedRun| -> Vec<Json> {
        run.figures.iter().map(|one| object("difference", &DIFFERENCES, &row(run, one))).collect()
    };
    all.iter().flat_map(objects).collect()
}

/// The cells of a row in text and Markdown; `None` if no pair of replications completed.
fn text_cells(one: &Paired, currency: Option<Currency>) -> Option<[String; 5]> {
    let ([old, new], difference) = one.means.zip(one.difference)?;
    let signed = |number: f64| signed(number, one.unit);
    let interval = one.interval.map_or("-".to_owned(), |interval| {
        format!("{} to {}", signed(interval.low), signed(interval.high))
    });
    Some([
        label(&one.metric, one.unit, currency),
        shown(old, one.unit),
        shown(new, one.unit),
        signed(difference),
        interval,
    ])
}

fn figures_of(run: &PairedRun) -> impl Iterator<Item = [String; 5]> {
    run.figures.iter().filter_map(|one| text_cells(one, run.currency))
}

fn head(run: &PairedRun) -> [String; 5] {
    let level = format!("{} % interval", run.level);
    [String::new(), "before".into(), "after".into(), "difference".into(), level]
}

fn name(run: &PairedRun) -> String {
    match run.cases.each_ref().map(String::as_str) {
        ["", ""] => run.scenario.clone(),
        [old, new] if old == new => format!("{} [{old}]", run.scenario),
        [old, new] => format!("{} [{old} {ARROW} {new}]", run.scenario),
    }
}

fn summary(run: &PairedRun) -> String {
    let count = many(run.replications, "replication");
    if run.differ == 0 {
        return format!("{count} with common random numbers, no differences");
    }
    format!("{count} with common random numbers, {} differ", run.differ)
}

/// The differences as text.
pub fn paired_text(all: &[PairedRun], page: Page) -> Vec<String> {
    let mut out = Vec::new();
    for run in all {
        out.push(page.paint.bold(&name(run)));
        out.extend(hanging("  ", &summary(run), page.width));
        if run.differ == 0 {
            continue;
        }
        let mut rows = vec![head(run).to_vec()];
        rows.extend(figures_of(run).map(Vec::from));
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
    for run in all {
        out.push(format!("**{}**: {}", markdown::text(&name(run)), summary(run)));
        out.push(String::new());
        if run.differ == 0 {
            continue;
        }
        out.push(format!("| {} |", head(run).join(" | ")));
        out.push("|-|-:|-:|-:|-:|".into());
        let rows = figures_of(run);
        let escaped = |cells: [String; 5]| cells.map(|text| markdown::cell(&text)).join(" | ");
        out.extend(rows.map(|cells| format!("| {} |", escaped(cells))));
        out.push(String::new());
    }
    out
}
