//! Estimates over many replications: as text, CSV and JSON lines.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "numbers are printed here"
)]

use std::io::{self, Write};

use super::csv::cells::{Cell, FieldEncoder};
use super::csv::columns::{ESTIMATE_COLUMNS, ESTIMATES};
use super::csv::rows::case;
use super::csv::tables::{BufferedCsv, Rows, begin};
use super::jsonl::line;
use super::text_table::{Page, fitted, hanging, headed};
use crate::diagnostics::many;
use crate::experiment::Estimate;
use crate::money::{Currency, Money, Total};
use crate::run_header::run_name;
use crate::stats::Interval;
use crate::words::{Metric, SHARE, Unit, Word};

/// An event that occurs in fewer replications than this gives no reliable interval of a mean.
const FEW: f64 = 10.0;

/// The estimates from the replications of a plan.
#[derive(Debug)]
pub struct Estimated<'r> {
    /// Name of the scenario.
    pub scenario: &'r str,
    /// Name of the case; empty if the scenario has no cases.
    pub case: &'r str,
    /// Names of the policies in use, joined by `;`.
    pub policy: &'r str,
    /// Number of complete replications.
    pub complete: u64,
    /// Number of replications that did not complete.
    pub incomplete: u64,
    /// One estimate for each metric, in the order of the columns of `replications.csv`.
    pub estimates: Vec<Estimate>,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// Currency of all prices; `None` if the scenario has none.
    pub currency: Option<Currency>,
    /// The seed of the replications.
    pub seed: u64,
}

/// The shortest decimal that reads back as the same number; empty for `None`.
pub(super) fn decimal(number: Option<f64>) -> Cell<'static> {
    // Adding zero turns -0.0 into 0.0.
    number.map_or(Cell::EMPTY, |number| Cell::Decimal(number + 0.0))
}

fn row<'e>(run: &'e Estimated<'_>, one: &'e Estimate) -> [Cell<'e>; ESTIMATE_COLUMNS] {
    let observed = |index: usize| match (one.observed, one.unit) {
        (None, _) => Cell::EMPTY,
        (Some(all), Unit::Money) => Cell::Money(Money::from_millionths(all[index])),
        (Some(all), _) => Cell::Signed(all[index]),
    };
    [
        Cell::Text(run.scenario),
        case(run.case),
        Cell::Text(run.policy),
        Cell::Text(&one.metric),
        Cell::word(one.unit),
        Cell::Number(one.replications),
        Cell::Number(one.n),
        decimal(one.mean),
        decimal(one.error),
        decimal(one.range().map(|interval| interval.low)),
        decimal(one.range().map(|interval| interval.high)),
        decimal(Some(run.level)),
        Cell::word(one.method()),
        observed(0),
        observed(1),
        observed(2),
        observed(3),
        observed(4),
        observed(5),
        observed(6),
        Cell::text(run.currency.as_ref().map(Currency::code)),
        Cell::Number(one.incomplete),
        decimal(one.bounds.map(|bounds| bounds.low)),
        decimal(one.bounds.map(|bounds| bounds.high)),
    ]
}

/// Writes `estimates.csv` and returns the number of its rows.
///
/// # Errors
/// If writing fails.
pub fn estimates_csv(all: &[Estimated<'_>], out: impl Write) -> io::Result<u64> {
    let mut encoder = FieldEncoder::default();
    let mut table: BufferedCsv<_> = begin(out, &ESTIMATES, &mut encoder)?;
    let mut rows = 0;
    for run in all {
        for one in &run.estimates {
            table.row(&mut encoder, &row(run, one))?;
            rows += 1;
        }
    }
    table.flush()?;
    Ok(rows)
}

/// Writes one JSON object per line, with the columns of `estimates.csv` as keys.
///
/// # Errors
/// If writing fails.
pub fn estimates_jsonl(run: &Estimated<'_>, mut out: impl Write) -> io::Result<()> {
    for one in &run.estimates {
        writeln!(out, "{}", line("estimate", &ESTIMATES, &row(run, one)))?;
    }
    Ok(())
}

/// A number with about four significant digits.
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

/// A duration in seconds with three significant digits, in the largest unit that it
/// reaches: `29.2d`.
fn duration(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s")];
    // A number that rounds up to the next unit is shown in that unit: 59.96m is 1h.
    let reaches = |(size, _): &&(f64, &str)| seconds.abs() >= size * 0.9995;
    let (size, unit) = units.iter().find(reaches).unwrap_or(&units[3]);
    let number = seconds / size;
    let digits = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{number:.digits$}");
    let short = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{}{unit}", if short == "-0" { "0" } else { short })
}

/// A number in its unit: percent for shares, a duration for seconds.
pub(super) fn shown(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => format!("{} %", figure(number * 100.0)),
        Unit::Seconds => duration(number),
        Unit::Instances
        | Unit::Decisions
        | Unit::Disks
        | Unit::Resources
        | Unit::Gib
        | Unit::Money => figure(number),
    }
}

/// The two ends of a range, each as `show` writes it.
pub(super) fn from_to(range: Interval, show: impl Fn(f64) -> String) -> String {
    format!("{} to {}", show(range.low), show(range.high))
}

/// The mean, or the bounds of a share; `None` without either.
pub(super) fn mean_or_bounds(one: &Estimate) -> Option<String> {
    let show = |number| shown(number, one.unit);
    one.mean.map(show).or_else(|| Some(from_to(one.bounds?, show)))
}

/// A difference in its unit, with its sign.
pub(super) fn signed(number: f64, unit: Unit) -> String {
    let text = shown(number, unit);
    if number > 0.0 { format!("+{text}") } else { text }
}

/// The name of a metric, with its unit unless name and value already show it.
pub(super) fn label(metric: &str, unit: Unit, currency: Option<Currency>) -> String {
    match unit {
        Unit::Money => match currency {
            Some(currency) => format!("{metric} ({currency})"),
            None => metric.to_owned(),
        },
        Unit::Gib if metric == "gib-lost" => metric.to_owned(),
        Unit::Share | Unit::Seconds => metric.to_owned(),
        Unit::Instances | Unit::Decisions | Unit::Disks | Unit::Resources | Unit::Gib => {
            format!("{metric} ({})", unit.word())
        }
    }
}

/// The cells of an estimate in the text table.
fn text_cells(one: &Estimate, currency: Option<Currency>) -> Vec<String> {
    let show = |number: Option<f64>| number.map_or("-".to_owned(), |n| shown(n, one.unit));
    let whole = |number: i64| match one.unit {
        Unit::Money => Total::from(Money::from_millionths(number)).to_string(),
        Unit::Seconds => duration(number as f64),
        Unit::Share
        | Unit::Instances
        | Unit::Decisions
        | Unit::Disks
        | Unit::Resources
        | Unit::Gib => number.to_string(),
    };
    let interval = one.range().map(|range| from_to(range, |number| shown(number, one.unit)));
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let name = label(&one.metric, one.unit, currency);
    let mut cells = vec![name, or_dash(mean_or_bounds(one)), show(one.error), or_dash(interval)];
    match one.observed {
        Some([least, p05, _, p50, _, p95, most]) => {
            cells.extend([least, p05, p50, p95, most].map(whole));
        }
        None => cells.extend(vec![String::new(); 5]),
    }
    cells
}

/// Ranks of the columns: on a narrow page, the columns with the highest ranks are left out first.
const RANKS: [u8; 9] = [0, 0, 3, 1, 4, 6, 2, 5, 4];

/// Estimates as a text table with notes.
pub fn estimates_text(run: &Estimated<'_>, page: Page) -> String {
    let Estimated { scenario, case, policy, complete, .. } = run;
    let policies = policy.replace(';', ", ");
    let (seed, count) = (run.seed, many(*complete + run.incomplete, "replication"));
    let about = format!("{policies} · seed {seed} · {count}");
    let mut out = headed(&run_name(scenario, case), &about, page);
    out.push(String::new());
    let level = format!("{} % interval", run.level);
    let head = ["", "mean", "std error", &level, "least", "5 %", "median", "95 %", "most"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let has_figure = |one: &&Estimate| run.incomplete == 0 || one.unit == Unit::Share;
    let reported = run.estimates.iter().filter(has_figure).filter(|one| !is_redundant(run, one));
    rows.extend(reported.map(|one| text_cells(one, run.currency)));
    out.extend(fitted(&rows, &[1, 2, 3, 4, 5, 6, 7, 8], &RANKS, page.width));
    out.push(String::new());
    out.extend(notes(run, *complete).iter().flat_map(|note| hanging("", note, page.width)));
    out.join("\n")
}

/// Whether an estimate is the share of a few replications out of more.
fn is_rare(one: &Estimate) -> bool {
    let all = one.n as f64;
    let hits = one.mean.unwrap_or(0.0) * all;
    one.unit == Unit::Share && hits > 0.5 && hits < FEW && hits < all - 0.5
}

/// Whether an estimate would add nothing: a bound that equals the other one, or a number
/// of missing prices that is zero.
fn is_redundant(run: &Estimated<'_>, one: &Estimate) -> bool {
    let unstated = [Metric::LostWithoutWorth, Metric::BilledWithoutPrice].map(Metric::word);
    if unstated.contains(&&*one.metric) {
        return one.mean == Some(0.0);
    }
    let (share, name) = match one.metric.strip_prefix(SHARE) {
        Some(name) => (SHARE, name),
        None => ("", &*one.metric),
    };
    let Some(bounded) = Metric::spelled(name).and_then(Metric::bounds) else { return false };
    let bounded = format!("{share}{bounded}");
    let other = run.estimates.iter().find(|other| other.metric == bounded);
    let figures = |one: &Estimate| (one.mean, one.bounds, one.observed);
    other.is_some_and(|other| figures(other) == figures(one))
}

/// Notes on the meaning of the figures. `complete` is the number of complete replications.
fn notes(run: &Estimated<'_>, complete: u64) -> Vec<String> {
    let mut notes = Vec::new();
    if run.incomplete > 0 {
        notes.push(format!(
            "{} did not complete; see the column `stop` of replications.csv. Each share is given \
             from its least, with those of them that had the loss before they stopped, to its \
             most, with all of them, and with the interval around both. Other metrics have no figure, because the replications that completed are no random sample",
            many(run.incomplete, "replication")
        ));
        return notes;
    }
    let find = |name: &str| run.estimates.iter().find(|one| one.metric == name);
    for (first, free) in
        [("first-loss", "loss-free"), ("first-protected-loss", "protected-loss-free")]
    {
        match find(first) {
            Some(none) if none.n == 0 => notes.push(format!(
                "{first}: it occurred in no replication; {free} is the length of the run in each of them"
            )),
            Some(some) if some.n < some.replications => notes.push(format!(
                "{first}: only the {} of {complete} replications in which it occurred; {free} counts the others to the end of the run",
                some.n
            )),
            Some(_) | None => {}
        }
    }
    if find("lost-of-unknown-size").is_some_and(|one| one.mean.is_some_and(|mean| mean > 0.0)) {
        notes.push("gib-lost: known sizes only; some lost disks have no reported size".into());
    }
    for (sum, unstated, what) in [
        ("worth-lost", "lost-without-worth", "released instances have no `worth`"),
        ("billed-until-end", "billed-without-price", "resources have no `hourly`"),
    ] {
        if find(unstated).is_some_and(|one| one.mean.is_some_and(|mean| mean > 0.0)) {
            notes.push(format!("{sum}: stated prices only; some {what}"));
        }
    }
    if run.estimates.iter().any(|one| one.n > 0 && one.interval.is_none()) {
        notes.push("no interval: all replications gave the same value".into());
    }
    let rare = run.estimates.iter().filter(|one| is_rare(one) && !is_redundant(run, one));
    // Without an interval of the mean there is nothing to warn of.
    let has_interval = |name: &&str| find(name).is_some_and(|one| one.interval.is_some());
    let rare = rare.filter_map(|one| one.metric.strip_prefix(SHARE)).filter(has_interval);
    let rare: Vec<&str> = rare.collect();
    if !rare.is_empty() {
        notes.push(format!(
            "seen in few replications: {}; the interval of the mean is too narrow, the interval of the share is reliable",
            rare.join(", ")
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (seconds, text) in [
            (0.0, "0s"),
            (-0.001, "0s"),
            (0.5, "0.5s"),
            (59.98, "1m"),
            (3_661.0, "1.02h"),
            (-90.0, "-1.5m"),
            (86_399.0, "1d"),
            (2_523_456.0, "29.2d"),
            (107_136_000.0, "1240d"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }
}
