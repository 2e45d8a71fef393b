//! A test run as Markdown, for a comment on a pull request.

use super::markdown::{cell, code_cell, text};
use super::test_text::TestRun;
use crate::diagnostics::many;

/// Size limit of the report in bytes. GitHub accepts comments of up to 65 536 characters.
const MOST: usize = 60_000;

/// The report: failures first, then the passed cases in a collapsed section.
pub fn test_markdown(run: &TestRun<'_>) -> String {
    let (passed, failed): (Vec<_>, Vec<_>) = run.cases.iter().partition(|case| case.passed());
    let word = if run.passed() { "PASS" } else { "FAIL" };
    let mut out = vec![format!("**stayput** · {word} · {}", run.totals()), String::new()];
    let others = run.other_mistakes();
    if !failed.is_empty() || !run.broken.is_empty() || !others.is_empty() {
        out.push("| | scenario | where | what |".into());
        out.push("|-|-|-|-|".into());
    }
    for path in run.broken {
        out.push(format!(
            "| error | | {} | {} |",
            code_cell(path),
            cell(&on_one_line(&run.mistakes(path).join("; ")))
        ));
    }
    out.extend(others.iter().map(|why| format!("| error | | | {} |", cell(&on_one_line(why)))));
    for case in &failed {
        if let Some(broken) = &case.broken {
            let (name, path, why) = (cell(&case.name), code_cell(&case.path), cell(broken));
            out.push(format!("| undecided | {name} | {path} | {why} |"));
        }
        for failure in case.failures() {
            let span = failure.span.map(|span| run.sources.locate(span));
            let span = span.unwrap_or_else(|| case.path.clone());
            let mut what = cell(&failure.title);
            for line in failure.lines() {
                what.push_str(&format!("<br>{}", cell(line.trim())));
            }
            out.push(format!("| FAIL | {} | {} | {what} |", cell(&case.name), code_cell(&span)));
        }
    }
    out.extend(run.gates.iter().map(|gate| format!("\n**{}**", text(gate))));
    if !passed.is_empty() {
        let count = many(passed.len(), "case");
        out.push(String::new());
        out.push(format!("<details><summary>{count} passed</summary>"));
        out.push(String::new());
        out.extend(passed.iter().map(|case| {
            format!("* {} ({})", text(&case.name), many(case.judgement.judged, "expectation"))
        }));
        out.push(String::new());
        out.push("</details>".into());
    }
    cut(&out)
}

/// The first whole lines that fit, then the number of lines left out.
fn cut(lines: &[String]) -> String {
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        if text.len() + line.len() > MOST {
            let left = lines.len() - number;
            text.push_str(&format!("\n… and {} more, in the full report", many(left, "line")));
            return text;
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Errors with their reasons on one line.
fn on_one_line(lines: &str) -> String {
    lines.replace("\n  ", " · ")
}
