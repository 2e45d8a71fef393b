//! The cases of a scenario side by side in each format: text, Markdown, JSON, CSV.

use std::io::{self, Write};

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::compare_cases::{ComparedCase, ComparedRemedy, Figures, InstanceFate, differences};
use super::csv::cells::FieldEncoder;
use super::csv::columns::COMPARISON;
use super::csv::tables::{BufferedCsv, Rows, begin};
use super::jsonl::object;
use super::markdown as escaped;
use super::text_table::{Page, columns, hanging, padded};
use crate::words::Word;

/// Most rows of instances that differ, in text and Markdown.
const MOST_ROWS: usize = 200;

/// The figures of a case for people: a head and a value each. If the run stopped before its end,
/// its totals are lower bounds. `ended`: whether to show how the run ended.
fn figures(case: &ComparedCase, ended: bool) -> Vec<(&'static str, String)> {
    let f: &Figures = &case.figures;
    let (least, most) = f.protected;
    let is_whole = case.stop.is_complete();
    let total = |text: String| if is_whole { text } else { format!("at least {text}") };
    let number = |count: u64| total(count.to_string());
    let or_dash =
        |text: Option<&str>| text.unwrap_or(if is_whole { "-" } else { "unknown" }).to_owned();
    let mut rows = Vec::new();
    if ended {
        rows.push(("ended", case.stop.word().to_owned()));
    }
    let (at, trigger) = (f.first.as_ref().map(|(at, _)| at), f.first.as_ref().map(|(_, by)| by));
    rows.extend([
        ("instances", f.instances.to_string()),
        ("released", number(f.released)),
        (
            "with a protection on",
            if least < most && is_whole { format!("{least} to {most}") } else { number(least) },
        ),
        ("first loss", or_dash(at.map(|shown| shown.text.as_str()))),
        ("through", or_dash(trigger.map(|trigger| trigger.word()))),
        ("resources lost", number(f.resources_lost)),
        ("GiB lost (known)", number(f.gib_lost)),
        ("left behind, billed", number(f.left_billed)),
        ("decisions held", number(f.held)),
        ("decisions overridden", number(f.overridden)),
    ]);
    if let Some((lost, billed, currency)) = &f.money {
        rows.push(("worth lost", total(format!("{lost} {currency}"))));
        rows.push(("billed to the end", total(format!("{billed} {currency}"))));
    }
    rows
}

/// Rows of the comparison: a head, and a cell for each case.
fn rows(cases: &[&ComparedCase]) -> Vec<Vec<String>> {
    let mut rows: IndexMap<String, Vec<String>> = IndexMap::new();
    let ended = cases.iter().any(|case| !case.stop.is_complete());
    for (index, case) in cases.iter().enumerate() {
        let remedy = |one: &ComparedRemedy| {
            let until = one.until.as_ref().map(|until| format!(", until {}", until.text));
            let value = format!("{}{}", one.instances, until.unwrap_or_default());
            (format!("remedy: {}", one.text), value)
        };
        let figures = figures(case, ended).into_iter();
        let figures = figures.map(|(head, value)| (head.to_owned(), value));
        for (head, value) in figures.chain(case.remedies.iter().map(remedy)) {
            let row = rows.entry(head).or_insert_with(|| vec!["-".to_owned(); cases.len()]);
            row[index] = if row[index] == "-" { value } else { format!("{}; {value}", row[index]) };
        }
    }
    rows.into_iter().map(|(head, cells)| [vec![head], cells].concat()).collect()
}

/// Rows of the instances that differ, and a sentence about those that are not listed.
fn differing(cases: &[&ComparedCase]) -> (Vec<Vec<String>>, Vec<String>) {
    let end = |fate: InstanceFate<'_>| match fate {
        InstanceFate::Kept => "kept".to_owned(),
        InstanceFate::Released(release) => format!("{} {}", release.when.text, release.by.word()),
        InstanceFate::Unknown => "unknown".to_owned(),
    };
    let all = differences(cases);
    let left = all.len().saturating_sub(MOST_ROWS);
    let rows = all
        .into_iter()
        .take(MOST_ROWS)
        .map(|(names, ends)| std::iter::once(names).chain(ends.into_iter().map(end)).collect());
    let rows = rows.collect();
    let mut notes = Vec::new();
    if left > 0 {
        notes.push(format!("… {left} more rows; see instances.csv of `--out DIR`"));
    }
    for case in cases.iter().filter(|case| !case.stop.is_complete()) {
        let name = title(case);
        notes.push(format!("{name} stopped before its end ({}): its totals are lower bounds, and what it had not released by then is unknown", case.stop));
    }
    let others: usize = cases.iter().map(|case| case.others).sum();
    if others > 0 {
        notes.push(format!(
            "{others} more releases are counted; instances that may be among them are not compared"
        ));
    }
    (rows, notes)
}

fn title(case: &ComparedCase) -> String {
    match case.case.as_str() {
        "" => "(one case)".to_owned(),
        name => name.to_owned(),
    }
}

fn titles(cases: &[&ComparedCase]) -> Vec<String> {
    cases.iter().map(|case| title(case)).collect()
}

const DIFFER: &str = "instances that differ";

pub(super) fn text(name: &str, cases: &[&ComparedCase], page: Page) -> Vec<String> {
    let titles = titles(cases);
    let mut out: Vec<String> =
        hanging("", name, page.width).iter().map(|line| page.paint.bold(line)).collect();
    out.push(String::new());
    out.extend(side_by_side("", &titles, &rows(cases), page.width));
    let (differing, notes) = differing(cases);
    if !differing.is_empty() {
        out.push(String::new());
        out.extend(side_by_side(DIFFER, &titles, &differing, page.width));
    }
    out.extend(notes.iter().flat_map(|note| hanging("  ", note, page.width)));
    out
}

/// Markdown for a pull request.
pub(super) fn markdown(name: &str, cases: &[&ComparedCase]) -> Vec<String> {
    let titles = titles(cases);
    let mut out = vec![format!("**{}**", escaped::text(name)), String::new()];
    let mut table = |corner: &str, align: &str, rows: &[Vec<String>]| {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| escaped::cell(cell)).collect();
            format!("| {} |", cells.join(" | "))
        };
        out.push(line(&[vec![corner.to_owned()], titles.clone()].concat()));
        out.push(format!("|-|{}", format!("{align}|").repeat(titles.len())));
        out.extend(rows.iter().map(|row| line(row)));
        out.push(String::new());
    };
    table("", "-:", &rows(cases));
    let (differing, notes) = differing(cases);
    if !differing.is_empty() {
        table(DIFFER, "-", &differing);
    }
    out.extend(notes.iter().map(|note| escaped::text(note)));
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out
}

/// The table `comparison.csv`.
pub(super) fn csv(cases: &[ComparedCase], out: &mut impl Write) -> io::Result<()> {
    let mut encoder = FieldEncoder::default();
    let mut table: BufferedCsv<_> = begin(out, &COMPARISON, &mut encoder)?;
    for case in cases {
        table.row(&mut encoder, &case.row())?;
    }
    table.flush()
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

/// One object for a scenario. Figures have the columns of `comparison.csv` as keys.
pub(super) fn json_line(name: &str, cases: &[&ComparedCase]) -> Json {
    let end = |fate: InstanceFate<'_>| match fate {
        InstanceFate::Kept => Json::Null,
        InstanceFate::Released(release) => {
            json!({ "at": release.when.at.to_string(), "trigger": release.by.word() })
        }
        InstanceFate::Unknown => "unknown".into(),
    };
    let remedy = |one: &ComparedRemedy| {
        let until = one.until.as_ref().map(|until| until.at.to_string());
        json!({ "remedy": one.text, "instances": one.instances, "until": until })
    };
    let case = |case: &&ComparedCase| {
        let mut figures = object("comparison", &COMPARISON, &case.row());
        let name = figures["case"].clone();
        if let Some(figures) = figures.as_object_mut() {
            let named = |key: &str| !matches!(key, "record" | "scenario" | "case");
            *figures = std::mem::take(figures)
                .into_iter()
                .filter(|(key, _)| named(key))
                .collect::<Map<String, Json>>();
        }
        let remedies: Vec<Json> = case.remedies.iter().map(remedy).collect();
        json!({ "case": name, "figures": figures, "remedies": remedies })
    };
    let differ = |(instances, ends): (String, Vec<InstanceFate<'_>>)| {
        let ends: Vec<Json> = ends.into_iter().map(end).collect();
        json!({ "instances": instances, "ends": ends })
    };
    let differ: Vec<Json> = differences(cases).into_iter().map(differ).collect();
    let cases: Vec<Json> = cases.iter().map(case).collect();
    json!({ "record": "comparison", "scenario": name, "cases": cases, "differ": differ })
}
