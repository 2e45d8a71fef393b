//! What was found, in each format.

use serde_json::json;

use super::arguments::Arguments;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::findings::Findings;
use crate::cli::shared::terminal;
use crate::diagnostics::many;
use crate::policy::Direction;
use crate::report::{
    Acceptance, Accepted, Page, accepted_json, accepted_text, changed_json, changed_markdown,
    changed_text, diff_json, diff_markdown, diff_text, hanging, paired_csv, paired_json,
    paired_markdown, paired_text, stale_json, stale_markdown,
};

/// Whom the worse of the changed verdicts touch: `att-1 att-2 (two-editions)`.
fn touched_lines(findings: &Findings, direction: Direction) -> Vec<String> {
    let Some(comparison) = &findings.comparison else { return Vec::new() };
    let of = findings
        .affected_instances
        .iter()
        .filter(|(at, ..)| comparison.differences[*at].direction == direction);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (at, scenario, names) in of {
        let difference = &comparison.differences[*at];
        let what = format!("{} at {}", difference.subject, difference.place());
        let names = format!("{} ({scenario})", names.join(" "));
        match lines.iter_mut().find(|(known, _)| *known == what) {
            Some((_, all)) => all.push(names),
            None => lines.push((what, vec![names])),
        }
    }
    lines.into_iter().map(|(what, names)| format!("{what}: {}", names.join(", "))).collect()
}

pub(super) fn text(arguments: &Arguments, findings: &Findings, page: Page) -> String {
    let mut out = Vec::new();
    if let Some(comparison) = &findings.comparison {
        out.push(diff_text(comparison, page));
    }
    for (direction, title) in [
        (Direction::Worse, "instances affected at the start of a scenario: WORSE OFF"),
        (Direction::Better, "instances affected at the start of a scenario: BETTER OFF"),
    ] {
        let lines = touched_lines(findings, direction);
        if !lines.is_empty() {
            out.push(String::new());
            out.push(title.to_owned());
            out.extend(lines.iter().flat_map(|line| hanging("  ", line, page.width)));
        }
    }
    if let Some(compared) = findings.compared {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.extend(changed_text(&findings.changed, compared, page));
    }
    if !findings.paired.is_empty() {
        out.push(String::new());
        out.extend(paired_text(&findings.paired, page));
    }
    let taken = &findings.accepted.taken;
    if !taken.is_empty() {
        out.push(String::new());
        out.push(format!("{} accepted", many(taken.len(), "change")));
        out.extend(accepted_text(taken, page.width));
    }
    if findings.comparison.is_some() && !findings.keys().is_empty() {
        let paths = arguments.paths.iter().map(|path| path.display().to_string());
        let paths: Vec<String> = std::iter::once(String::new()).chain(paths).collect();
        let Arguments { old, new, .. } = arguments;
        let command = format!("accept: stayput bless --diff {old} {new}{}", paths.join(" "));
        // A shell takes it as one line.
        out.push(format!("{command} \\"));
        out.push("          --reason \"…\" [--until 2026-12-31]".to_owned());
    }
    out.join("\n")
}

pub(super) fn json(arguments: &Arguments, findings: &Findings) -> String {
    let mut reported = findings.comparison.as_ref().map_or_else(
        || {
            json!({
                "format": "diff/1",
                "old": arguments.old,
                "new": arguments.new,
                "differences": [],
            })
        },
        diff_json,
    );
    if let (Some(object), Some(compared)) = (reported.as_object_mut(), findings.compared) {
        let affected_instances = findings.affected_instances.iter().map(|(at, scenario, names)| {
            let key = findings.comparison.as_ref().map(|c| c.differences[*at].key());
            json!({ "difference": key, "run": scenario, "instances": names })
        });
        object.insert("touched".into(), affected_instances.collect());
        object.insert("compared".into(), compared.into());
        object.insert("decisions".into(), changed_json(&findings.changed));
    }
    if let (Some(object), false) = (reported.as_object_mut(), findings.paired.is_empty()) {
        object.insert("replications".into(), paired_json(&findings.paired));
    }
    let Accepted { taken, stale } = &findings.accepted;
    if let (Some(object), false) = (reported.as_object_mut(), taken.is_empty()) {
        object.insert("accepted".into(), accepted_json(taken));
    }
    if let (Some(object), false) = (reported.as_object_mut(), findings.incomplete.is_empty()) {
        object.insert("incomplete".into(), findings.incomplete.clone().into());
    }
    if let (Some(object), false) = (reported.as_object_mut(), stale.is_empty()) {
        object.insert("stale".into(), stale_json(stale));
    }
    format!("{reported:#}")
}

pub(super) fn csv(findings: &Findings) -> Result<String, Exit> {
    let mut out = Vec::new();
    let written = paired_csv(&findings.paired, &mut out).map_err(|error| {
        terminal::could_not_write("standard output", &error).unwrap_or(Exit::Success)
    });
    written.map(|()| String::from_utf8_lossy(&out).into_owned())
}

pub(super) fn markdown(findings: &Findings) -> String {
    let mut out = Vec::new();
    out.extend(findings.comparison.as_ref().map(diff_markdown));
    let lines = touched_lines(findings, Direction::Worse);
    if !lines.is_empty() {
        out.push(String::new());
        out.extend(lines.into_iter().map(|line| format!("* worse off: {line}")));
    }
    if let Some(compared) = findings.compared {
        out.push(String::new());
        out.extend(changed_markdown(&findings.changed, compared));
    }
    if !findings.paired.is_empty() {
        out.push(String::new());
        out.extend(paired_markdown(&findings.paired));
    }
    let Accepted { taken, stale } = &findings.accepted;
    out.extend(stale_markdown(stale));
    out.extend(findings.incomplete.iter().map(|why| format!("\n**{why}**")));
    if !taken.is_empty() {
        let count = many(taken.len(), "change");
        out.push(format!("\n<details><summary>{count} accepted</summary>\n"));
        let line = |one: &Acceptance| format!("* `{}`: {}", one.change, one.reason);
        out.extend(taken.iter().map(line));
        out.push("\n</details>".into());
    }
    out.join("\n")
}
