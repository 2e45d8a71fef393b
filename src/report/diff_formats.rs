//! A diff result in each format: text, JSON, Markdown, CSV.

use std::collections::BTreeMap;
use std::io;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::accepted_changes::{Acceptance, Accepted, accepted_text, stale_json, stale_markdown};
use super::decision_diff::{Changed, changed_json, changed_markdown};
use super::decision_diff_text::changed_text;
use super::diff_json::{diff_json, difference_json};
use super::diff_result::DiffResult;
use super::markdown;
use super::paired::{paired_csv, paired_json, paired_markdown, paired_text};
use super::policy_diff::{diff_markdown, diff_text};
use super::text_table::{Page, hanging};
use crate::diagnostics::many;
use crate::policy::{Difference, Direction};

/// A line for each changed verdict with the instances it applies to: `att-1 att-2 (two-editions)`.
fn affected_lines(result: &DiffResult, direction: Direction) -> Vec<String> {
    let Some(comparison) = &result.comparison else { return Vec::new() };
    let of = result
        .affected_instances
        .iter()
        .filter(|(index, ..)| comparison.differences[*index].direction == direction);
    let mut lines: IndexMap<String, Vec<String>> = IndexMap::new();
    for (index, scenario, names) in of {
        let difference = &comparison.differences[*index];
        let what = format!("{} at {}", difference.subject, difference.place());
        let names = format!("{} ({scenario})", names.join(" "));
        lines.entry(what).or_default().push(names);
    }
    lines.into_iter().map(|(what, names)| format!("{what}: {}", names.join(", "))).collect()
}

/// Readable text.
pub fn diff_result_text(result: &DiffResult, page: Page) -> String {
    let mut out = Vec::new();
    if let Some(comparison) = &result.comparison {
        out.push(diff_text(comparison, page));
    }
    for (direction, title) in [
        (Direction::Worse, "instances affected at the start of a scenario: WORSE OFF"),
        (Direction::Better, "instances affected at the start of a scenario: BETTER OFF"),
    ] {
        let lines = affected_lines(result, direction);
        if !lines.is_empty() {
            out.push(String::new());
            out.push(title.to_owned());
            out.extend(lines.iter().flat_map(|line| hanging("  ", line, page.width)));
        }
    }
    if let Some(compared) = result.compared {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.extend(changed_text(&result.changed, compared, page));
    }
    if !result.paired.is_empty() {
        out.push(String::new());
        out.extend(paired_text(&result.paired, page));
    }
    let taken = &result.accepted.taken;
    if !taken.is_empty() {
        out.push(String::new());
        out.push(format!("{} accepted", many(taken.len(), "change")));
        out.extend(accepted_text(&result.accepted, page.width));
    }
    if result.comparison.is_some() && result.has_changes() {
        let command = format!("accept: {}", result.bless_command());
        // The backslash makes a shell read both lines as one.
        out.push(format!("{command} \\"));
        out.push("          --reason \"…\" [--until 2026-12-31]".to_owned());
    }
    out.join("\n")
}

/// JSON; `stayput schema diff` describes it.
pub fn diff_result_json(result: &DiffResult) -> String {
    let mut reported = result.comparison.as_ref().map_or_else(
        || {
            json!({
                "format": "diff/1",
                "old": result.names[0],
                "new": result.names[1],
                "differences": [],
            })
        },
        diff_json,
    );
    if let (Some(object), Some(compared)) = (reported.as_object_mut(), result.compared) {
        let affected_instances =
            result.affected_instances.iter().map(|(index, scenario, names)| {
                let key = result.comparison.as_ref().map(|c| c.differences[*index].key());
                json!({ "difference": key, "run": scenario, "instances": names })
            });
        object.insert("touched".into(), affected_instances.collect());
        object.insert("compared".into(), compared.into());
        object.insert("decisions".into(), changed_json(&result.changed));
    }
    if let (Some(object), false) = (reported.as_object_mut(), result.paired.is_empty()) {
        object.insert("replications".into(), paired_json(&result.paired));
    }
    let Accepted { taken, stale, .. } = &result.accepted;
    if let (Some(object), false) = (reported.as_object_mut(), taken.is_empty()) {
        object.insert("accepted".into(), accepted_json(result));
    }
    if let (Some(object), false) = (reported.as_object_mut(), result.incomplete.is_empty()) {
        object.insert("incomplete".into(), result.incomplete.clone().into());
    }
    if let (Some(object), false) = (reported.as_object_mut(), stale.is_empty()) {
        object.insert("stale".into(), stale_json(stale));
    }
    format!("{reported:#}")
}

/// Every accepted change: its key, reason, last day, the difference, and the decisions that it
/// changes.
fn accepted_json(result: &DiffResult) -> Json {
    let differences = result.comparison.iter().flat_map(|c| &c.accepted);
    let differences: BTreeMap<String, &Difference> =
        differences.rev().map(|difference| (difference.key(), difference)).collect();
    let one = |one: &Acceptance| {
        let difference = differences.get(&one.change).copied();
        let decisions: Vec<&Changed> = result.accepted.decisions_of(one).collect();
        json!({
            "key": one.change,
            "reason": one.reason,
            "until": one.until,
            "difference": difference.map(difference_json),
            "decisions": changed_json(decisions),
        })
    };
    result.accepted.taken.iter().map(one).collect()
}

/// Paired differences of replications, as `differences.csv`.
///
/// # Errors
/// If the CSV library reports one.
pub fn diff_result_csv(result: &DiffResult) -> io::Result<String> {
    let mut out = Vec::new();
    paired_csv(&result.paired, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Markdown for a pull request.
pub fn diff_result_markdown(result: &DiffResult) -> String {
    let mut out = Vec::new();
    out.extend(result.comparison.as_ref().map(diff_markdown));
    let lines = affected_lines(result, Direction::Worse);
    if !lines.is_empty() {
        out.push(String::new());
        out.extend(lines.into_iter().map(|line| format!("* worse off: {}", markdown::text(&line))));
    }
    if let Some(compared) = result.compared {
        out.push(String::new());
        out.extend(changed_markdown(&result.changed, compared));
    }
    if !result.paired.is_empty() {
        out.push(String::new());
        out.extend(paired_markdown(&result.paired));
    }
    let Accepted { taken, stale, .. } = &result.accepted;
    out.extend(stale_markdown(stale));
    out.extend(result.incomplete.iter().map(|why| format!("\n**{}**", markdown::text(why))));
    if !taken.is_empty() {
        let count = many(taken.len(), "change");
        out.push(format!("\n<details><summary>{count} accepted</summary>\n"));
        let line = |one: &Acceptance| {
            let mut line =
                format!("* {}: {}", markdown::code(&one.change), markdown::text(&one.reason));
            line.extend(one.until.iter().map(|day| format!(", until {day}")));
            line.extend(result.accepted.caused_by(one).map(|caused| format!(", {caused}")));
            line
        };
        out.extend(taken.iter().map(line));
        out.push("\n</details>".into());
    }
    out.join("\n")
}
