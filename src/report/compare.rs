//! The cases of a scenario side by side: what is lost, when, what it is worth, and what would have
//! kept it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::item::{EndOfRun, Report, RunItem};
use super::names::NameRanges;
use super::prevented::PreventedLosses;
use super::text_table::{Page, columns, hanging, padded};
use super::timeline_text::instant;
use crate::experiment::Summary;
use crate::record::{Decision, Record};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Effect, Fate, InstanceId, Outcome, Trigger, Word};

/// Most releases of a case that are compared by instance.
const MOST: usize = 100_000;

/// Most rows of instances that differ.
const MOST_ROWS: usize = 200;

/// Compares the cases of each scenario, as text or as JSON lines.
pub struct SideBySide<W: Write> {
    out: W,
    /// The layout of text; `None` for JSON lines.
    page: Option<Page>,
    released: Vec<(InstanceId, SimTime, Trigger)>,
    prevented: PreventedLosses,
    cases: Vec<ComparedCase>,
}

/// What is compared of a case.
struct ComparedCase {
    scenario: String,
    case: String,
    /// Its figures, in the order of rows.
    figures: Vec<Figure>,
    /// What would have kept how many instances, and until when: for JSON, and for people.
    remedies: Vec<(String, u64, Option<SimTime>, String)>,
    /// When and through what each instance was released.
    released: BTreeMap<String, String>,
    instances: Vec<String>,
    /// Number of releases that are not among them.
    others: usize,
}

/// A figure of a case: its key in JSON, its head for people, and its value.
struct Figure(&'static str, &'static str, String);

impl<W: Write> SideBySide<W> {
    /// Writes text for `page` to `out`, or JSON lines if there is none.
    pub fn new(out: W, page: Option<Page>) -> Self {
        let prevented = PreventedLosses::default();
        Self { out, page, released: Vec::new(), prevented, cases: Vec::new() }
    }

    fn decision(&mut self, decision: &Decision) {
        self.prevented.add(decision);
        if decision.effect == Effect::Released {
            self.released.push((decision.instance, decision.at, decision.trigger));
        }
    }

    fn end(&mut self, end: &EndOfRun<'_>) {
        let header = end.header;
        let released = std::mem::take(&mut self.released);
        let first = released.first().copied();
        let figures = figures(end.summary, first, header);
        let remedies = std::mem::take(&mut self.prevented).items(header).into_iter();
        let remedies = remedies.map(|(until, text, ids)| {
            let until = (until != SimTime::NEVER).then_some(until);
            let before = until.map(|at| format!(", until {}", instant(at, header)));
            let shown = format!("{}{}", ids.count(), before.unwrap_or_default());
            (text, ids.count(), until, shown)
        });
        self.cases.push(ComparedCase {
            scenario: header.scenario.clone(),
            case: header.case.clone(),
            figures,
            remedies: remedies.collect(),
            others: released.len().saturating_sub(MOST),
            released: released
                .into_iter()
                .take(MOST)
                .map(|(id, at, trigger)| {
                    let text = format!("{} {}", instant(at, header), trigger.word());
                    (header.instance(id).to_owned(), text)
                })
                .collect(),
            instances: header.instances.iter().take(MOST).map(str::to_owned).collect(),
        });
    }
}

/// The figures of a case.
fn figures(
    summary: &Summary,
    first: Option<(InstanceId, SimTime, Trigger)>,
    header: &RunHeader,
) -> Vec<Figure> {
    let gib = |fate| summary.resources(fate).map(|(_, _, gib)| gib).sum::<u64>();
    let count = |fate| summary.resources(fate).map(|(_, count, _)| count).sum::<u64>();
    let (least, most) = summary.protected_lost;
    let protected = if least < most { format!("{least} to {most}") } else { least.to_string() };
    let at = first.map(|(_, at, _)| instant(at, header));
    let through = first.map(|(_, _, trigger)| trigger.word().to_owned());
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let decided = |outcome| summary.outcome(outcome).to_string();
    let mut rows = vec![
        Figure("instances", "instances", header.instances.len().to_string()),
        Figure("released", "released", summary.released.to_string()),
        Figure("released_protected", "with a protection on", protected),
        Figure("first_loss", "first loss", or_dash(at)),
        Figure("first_loss_trigger", "through", or_dash(through)),
        Figure("resources_lost", "resources lost", count(Fate::Lost).to_string()),
        Figure("gib_lost", "GiB lost (known)", gib(Fate::Lost).to_string()),
        Figure("left_billed", "left behind, billed", count(Fate::KeptBilled).to_string()),
        Figure("held", "decisions held", decided(Outcome::Held)),
        Figure("overridden", "decisions overridden", decided(Outcome::Overridden)),
    ];
    if let Some(currency) = header.currency {
        let worth = format!("{} {currency}", summary.money.lost);
        let billed = format!("{} {currency}", summary.money.billed);
        rows.push(Figure("worth_lost", "worth lost", worth));
        rows.push(Figure("billed_to_end", "billed to the end", billed));
    }
    rows
}

impl<W: Write> Report<RunItem<'_>> for SideBySide<W> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Start(_) => {
                self.released.clear();
                self.prevented = PreventedLosses::default();
            }
            RunItem::Record(Record::Decision(decision), _) => self.decision(decision),
            RunItem::Record(..) => {}
            RunItem::End(end) => self.end(end),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut scenarios: IndexMap<&str, Vec<&ComparedCase>> = IndexMap::new();
        for case in &self.cases {
            scenarios.entry(&case.scenario).or_default().push(case);
        }
        let mut texts: Vec<String> = Vec::new();
        for (name, cases) in scenarios {
            texts.push(match self.page {
                Some(page) => text(name, &cases, page).join("\n"),
                None => json_line(name, &cases).to_string(),
            });
        }
        let gap = if self.page.is_some() { "\n\n" } else { "\n" };
        self.out.write_all(format!("{}\n", texts.join(gap)).as_bytes())?;
        self.out.flush()
    }
}

/// Rows of the comparison: a head, and a cell for each case.
fn rows(cases: &[&ComparedCase]) -> Vec<Vec<String>> {
    let mut rows: IndexMap<String, Vec<String>> = IndexMap::new();
    for (index, case) in cases.iter().enumerate() {
        let remedies = case.remedies.iter();
        let remedies = remedies.map(|(text, _, _, shown)| (format!("kept by: {text}"), shown));
        let figures = case.figures.iter().map(|Figure(_, head, value)| ((*head).to_owned(), value));
        for (head, value) in figures.chain(remedies) {
            let row = rows.entry(head).or_insert_with(|| vec!["-".to_owned(); cases.len()]);
            if row[index] == "-" {
                row[index].clone_from(value);
            } else {
                row[index] = format!("{}; {value}", row[index]);
            }
        }
    }
    rows.into_iter().map(|(head, cells)| [vec![head], cells].concat()).collect()
}

/// Instances that do not end alike in all cases: their names, and their end in each case.
fn differences(cases: &[&ComparedCase]) -> Vec<Vec<String>> {
    let mut kinds: IndexMap<Vec<&str>, NameRanges<'_>> = IndexMap::new();
    let mut names: IndexMap<&str, ()> = IndexMap::new();
    for name in cases.iter().flat_map(|case| &case.instances) {
        names.insert(name, ());
    }
    for name in names.keys() {
        let ends: Vec<&str> = cases.iter().copied().map(|case| case.end_of(name)).collect();
        if ends.iter().any(|end| *end != ends[0]) {
            kinds.entry(ends).or_default().add(name);
        }
    }
    let row = |(ends, names): (Vec<&str>, NameRanges<'_>)| {
        std::iter::once(names.text()).chain(ends.into_iter().map(str::to_owned)).collect()
    };
    kinds.into_iter().map(row).collect()
}

impl ComparedCase {
    /// What became of an instance.
    fn end_of(&self, name: &str) -> &str {
        self.released.get(name).map_or("kept", String::as_str)
    }
}

fn text(name: &str, cases: &[&ComparedCase], page: Page) -> Vec<String> {
    let titles = cases.iter().map(|case| match case.case.as_str() {
        "" => "(one case)".to_owned(),
        name => name.to_owned(),
    });
    let titles: Vec<String> = titles.collect();
    let mut out: Vec<String> =
        hanging("", name, page.width).iter().map(|line| page.paint.bold(line)).collect();
    out.push(String::new());
    out.extend(side_by_side("", &titles, &rows(cases), page.width));
    let mut differences = differences(cases);
    let more = differences.len().saturating_sub(MOST_ROWS);
    differences.truncate(MOST_ROWS);
    if !differences.is_empty() {
        out.push(String::new());
        out.extend(side_by_side("instances that differ", &titles, &differences, page.width));
    }
    if more > 0 {
        out.push(format!("  … {more} more rows; see instances.csv of `--out DIR`"));
    }
    let others: usize = cases.iter().map(|case| case.others).sum();
    if others > 0 {
        let text = format!("{others} more releases are counted and not compared by instance");
        out.extend(hanging("  ", &text, page.width));
    }
    out
}

/// Fewest columns of a case beside others.
const NARROWEST: usize = 13;

/// Rows with a column for each case, in which texts wrap. As many cases stand side by side as fit.
fn side_by_side(
    corner: &str,
    titles: &[String],
    rows: &[Vec<String>],
    width: usize,
) -> Vec<String> {
    let heads = std::iter::once(corner).chain(rows.iter().map(|row| row[0].as_str()));
    let head = heads.map(columns).max().unwrap_or(0).min((width / 3).max(NARROWEST));
    let room = width.saturating_sub(2 + head);
    let together = (room / (NARROWEST + 2)).clamp(1, titles.len().max(1));
    let mut out = Vec::new();
    for from in (0..titles.len()).step_by(together) {
        let to = (from + together).min(titles.len());
        let share = (room / (to - from)).saturating_sub(2).max(NARROWEST);
        let mut cells = vec![[vec![corner.to_owned()], titles[from..to].to_vec()].concat()];
        cells.extend(rows.iter().map(|row| [&row[..1], &row[from + 1..=to]].concat()));
        let widths: Vec<usize> = (0..=to - from)
            .map(|at| {
                let widest = cells.iter().map(|row| columns(&row[at])).max().unwrap_or(0);
                widest.min(if at == 0 { head } else { share })
            })
            .collect();
        if from > 0 {
            out.push(String::new());
        }
        out.extend(cells.iter().flat_map(|row| wrapped(row, &widths)));
    }
    out
}

/// A row whose cells wrap within columns of these widths.
fn wrapped(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> =
        row.iter().zip(widths).map(|(cell, width)| hanging("", cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let parts = cells.iter().zip(widths);
        let parts = parts.map(|(lines, width)| padded(lines.get(at).map_or("", |l| l), *width));
        format!("  {}", parts.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

fn json_line(name: &str, cases: &[&ComparedCase]) -> Json {
    let one = |case: &&ComparedCase| {
        let value = |text: &str| text.parse::<u64>().map_or_else(|_| Json::from(text), Json::from);
        let figures: serde_json::Map<String, Json> = case
            .figures
            .iter()
            .filter(|Figure(_, _, text)| text != "-")
            .map(|Figure(key, _, text)| ((*key).to_owned(), value(text)))
            .collect();
        let remedies: Vec<Json> = case
            .remedies
            .iter()
            .map(|(text, count, until, _)| {
                let until = until.map(|at| at.to_string());
                json!({ "remedy": text, "instances": count, "until": until })
            })
            .collect();
        json!({ "case": case.case, "figures": figures, "remedies": remedies })
    };
    let differ: Vec<Json> = differences(cases)
        .into_iter()
        .map(|row| json!({ "instances": row[0], "ends": row[1..] }))
        .collect();
    let cases: Vec<Json> = cases.iter().map(one).collect();
    json!({ "record": "comparison", "scenario": name, "cases": cases, "differ": differ })
}
