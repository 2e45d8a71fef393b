//! The differences between two policies or two cases that were run with common random numbers, as
//! text, Markdown, JSON and CSV.

use std::io::{self, Write};

use serde_json::Value as Json;

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{DIFFERENCE_COLUMNS, DIFFERENCES};
use super::csv::rows::case;
use super::csv::tables::{BufferedCsv, Rows, begin};
use super::decision_diff::differing;
use super::estimates::{decimal, from_to, label, shown, signed};
use super::jsonl::object;
use super::markdown;
use super::policy_diff::ARROW;
use super::text_table::{Page, folded, hanging};
use crate::diagnostics::many;
use crate::experiment::{Observed, Paired, Replications, count_incomplete, paired};
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
    /// Number of pairs in which at least one metric differs, among the pairs that completed.
    pub differ: usize,
    /// Number of pairs of which at least one replication did not complete.
    pub incomplete: u64,
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
            old.stop.is_complete()
                && new.stop.is_complete()
                && (old.values, &old.counts) != (new.values, &new.counts)
        };
        Ok(Self {
            scenario: old.scenario.clone(),
            cases: [old.case.clone(), new.case.clone()],
            policies: [old.policy.clone(), new.policy.clone()],
            replications: old.rows.len(),
            differ: old.rows.iter().zip(&new.rows).filter(differs).count(),
            incomplete: count_incomplete(old, new),
            level: per_cent,
            currency: old.currency,
            figures: paired(old, new, level),
        })
    }

    /// The scenario, with its case or the two cases that are compared.
    pub fn name(&self) -> String {
        match self.cases.each_ref().map(String::as_str) {
            ["", ""] => self.scenario.clone(),
            [old, new] if old == new => format!("{} [{old}]", self.scenario),
            [old, new] => format!("{} [{old} {ARROW} {new}]", self.scenario),
        }
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
        decimal(one.range().map(|interval| interval.low)),
        decimal(one.range().map(|interval| interval.high)),
        decimal(Some(run.level)),
        Cell::word(one.method()),
        Cell::text(run.currency.as_ref().map(Currency::code)),
        Cell::Number(one.fewer),
        Cell::Number(one.alike()),
        Cell::Number(one.more),
        Cell::Number(one.incomplete),
        decimal(one.bounds.map(|bounds| bounds.low)),
        decimal(one.bounds.map(|bounds| bounds.high)),
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

/// The difference with its sign, or its bounds; `None` without either.
pub(super) fn difference_or_bounds(one: &Paired) -> Option<String> {
    let signed = |number| signed(number, one.unit);
    one.difference.map(signed).or_else(|| Some(from_to(one.bounds?, signed)))
}

/// The cells of a row in text and Markdown; `None` if it has no figure.
fn text_cells(one: &Paired, currency: Option<Currency>) -> Option<[String; 5]> {
    let difference = difference_or_bounds(one)?;
    let interval = one.range().map(|range| from_to(range, |number| signed(number, one.unit)));
    let mean = |side: usize| one.means.map(|means| shown(means[side], one.unit));
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let name = label(&one.metric, one.unit, currency);
    Some([name, or_dash(mean(0)), or_dash(mean(1)), difference, or_dash(interval)])
}

fn figures_of(run: &PairedRun) -> impl Iterator<Item = [String; 5]> {
    run.figures.iter().filter_map(|one| text_cells(one, run.currency))
}

fn head(run: &PairedRun) -> [String; 5] {
    let level = format!("{} % interval", run.level);
    [String::new(), "before".into(), "after".into(), "difference".into(), level]
}

fn summary(run: &PairedRun) -> String {
    let count = many(run.replications, "replication");
    let differ = if run.differ == 0 { "no differences".to_owned() } else { differing(run.differ) };
    if run.incomplete == 0 {
        return format!("{count} with common random numbers, {differ}");
    }
    format!(
        "{count} with common random numbers; {} did not complete on both sides, so a share is given from its least to \
         its greatest difference, and other metrics have no figure; among the others {differ}",
        run.incomplete
    )
}

/// Whether nothing differs and nothing is unknown.
const fn is_same(run: &PairedRun) -> bool {
    run.differ == 0 && run.incomplete == 0
}

/// The differences as text.
pub fn paired_text(all: &[PairedRun], page: Page) -> Vec<String> {
    let mut out = Vec::new();
    for run in all {
        out.push(page.paint.bold(&run.name()));
        out.extend(hanging("  ", &summary(run), page.width));
        if is_same(run) {
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
        out.push(format!("**{}**: {}", markdown::text(&run.name()), summary(run)));
        out.push(String::new());
        if is_same(run) {
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
