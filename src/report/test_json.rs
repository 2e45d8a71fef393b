//! A test run as JSON, and the JSON Schema of that output.

use serde_json::{Value as Json, json};

use super::test_text::TestRun;
use crate::diagnostics::{Problem, Severity, Span};
use crate::experiment::Failure;
use crate::words::Word;

/// The output of `test -f json`; `stayput schema test` prints its schema.
pub fn test_json(run: &TestRun<'_>, coverage: Option<Json>) -> Json {
    let cases = run.cases.iter().map(|case| {
        let failures = case.failures();
        json!({
            "file": case.path,
            "scenario": case.scenario,
            "case": case.case,
            "passed": case.passed(),
            "expectations": case.judgement.judged,
            "undecided": case.broken,
            "again": case.again,
            "failures": failures.map(|f| failure(&f, &case.path, run)).collect::<Vec<_>>(),
        })
    });
    let mut reported = json!({
        "format": "test/1",
        "passed": run.passed(),
        "cases": cases.collect::<Vec<_>>(),
        "broken": run.broken,
        "problems": run.problems.sorted().into_iter().map(|p| problem(p, run)).collect::<Vec<_>>(),
        "gates": run.gates,
    });
    if let (Some(object), Some(coverage)) = (reported.as_object_mut(), coverage) {
        object.insert("coverage".into(), coverage);
    }
    reported
}

fn failure(failure: &Failure, path: &str, run: &TestRun<'_>) -> Json {
    let (line, column) = failure.span.map_or((1, 1), |span| run.sources.line_column(span));
    let file = failure.span.map_or(path, |span| run.sources.path(span.file));
    json!({
        "file": file,
        "line": line,
        "column": column,
        "title": failure.title,
        "instead": failure.lines().collect::<Vec<_>>(),
    })
}

fn problem(problem: &Problem, run: &TestRun<'_>) -> Json {
    let span = problem.labels.first().map(|(span, _)| *span);
    let position = span.map(|span| run.sources.line_column(span));
    let severity = match problem.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "code": problem.code.word(),
        "severity": severity,
        "title": problem.title,
        "file": span.map_or(problem.path.as_deref(), |span| Some(run.sources.path(span.file))),
                "line": position.map(|(line, _)| line),
                "column": position.map(|(_, column)| column),
        "labels": problem.labels.iter().map(|(at, label)| place(*at, label, run)).collect::<Vec<_>>(),
        "notes": problem.notes,
        "helps": problem.helps,
    })
}

/// A place of a problem, and what is there.
fn place(at: Span, label: &str, run: &TestRun<'_>) -> Json {
    let (line, column) = run.sources.line_column(at);
    json!({ "file": run.sources.path(at.file), "line": line, "column": column, "text": label })
}

/// The JSON Schema of [`test_json`].
pub(super) fn schema() -> Json {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let maybe_text = json!({ "type": ["string", "null"] });
    let number = json!({ "type": "integer", "minimum": 0 });
    let maybe_number = json!({ "type": ["integer", "null"], "minimum": 1 });
    let failure = json!({
        "type": "object",
        "properties": {
            "file": text, "line": number, "column": number, "title": text, "instead": texts,
        },
        "required": ["file", "line", "column", "title", "instead"],
    });
    let case = json!({
        "type": "object",
        "properties": {
            "file": text,
            "scenario": text,
            "case": { "type": "string", "description": "empty if the scenario has no cases" },
            "passed": { "type": "boolean" },
            "expectations": number,
            "undecided": maybe_text,
            "again": { "type": "string", "description": "the command that runs it alone" },
            "failures": { "type": "array", "items": failure },
        },
        "required": ["file", "scenario", "case", "passed", "expectations", "failures"],
    });
    let problem = json!({
        "type": "object",
        "properties": {
            "code": text,
            "severity": { "enum": ["error", "warning"] },
            "title": text,
            "file": maybe_text,
            "line": maybe_number,
            "column": maybe_number,
            "labels": {
                "type": "array",
                "description": "the places of the problem, the main one first",
                "items": {
                    "type": "object",
                    "properties": { "file": text, "line": number, "column": number, "text": text },
                },
            },
            "notes": texts,
            "helps": texts,
        },
        "required": ["code", "severity", "title"],
    });
    json!({
        "type": "object",
        "properties": {
            "format": { "const": "test/1" },
            "passed": { "type": "boolean" },
            "cases": { "type": "array", "items": case },
            "broken": texts,
            "problems": { "type": "array", "items": problem },
            "gates": texts,
            "coverage": { "type": "object", "description": "with --coverage or --mutate" },
        },
        "required": ["format", "passed", "cases", "broken", "problems", "gates"],
    })
}
