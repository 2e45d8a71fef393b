//! Annotations for a pull request on GitHub: workflow commands, one per line.
//!
//! The platform shows ten errors and ten warnings per step and silently drops the rest. Therefore
//! the most important come first, no more than ten are written, and a line counts the others.

use super::test_text::{TestRun, reasons};
use crate::diagnostics::{Severity, many};
use crate::words::Word;

/// Number of annotations of one severity that the platform shows per step.
const SHOWN: usize = 10;

struct Annotation {
    file: String,
    line: usize,
    column: usize,
    title: String,
    text: String,
}

/// The annotations of a test run.
pub fn github(run: &TestRun<'_>) -> String {
    let errors = errors(run);
    let warnings = problems(run, Severity::Warning);
    let mut out: Vec<String> = Vec::new();
    out.extend(errors.iter().take(SHOWN).map(|one| command("error", one)));
    out.extend(warnings.iter().take(SHOWN).map(|one| command("warning", one)));
    let left = |list: &[Annotation]| list.len().saturating_sub(SHOWN);
    let (more_errors, more_warnings) = (left(&errors), left(&warnings));
    if more_errors + more_warnings > 0 {
        out.push(format!(
            "{} and {} more are not shown as annotations; see the report of `stayput test`",
            many(more_errors, "error"),
            many(more_warnings, "warning")
        ));
    }
    out.push(run.totals());
    out.join("\n")
}

/// Errors in files first, then cases that could not be judged, then failed expectations.
fn errors(run: &TestRun<'_>) -> Vec<Annotation> {
    let mut list = problems(run, Severity::Error);
    let about = |path: &str, title: &str, text: String| Annotation {
        file: path.to_owned(),
        line: 1,
        column: 1,
        title: title.to_owned(),
        text,
    };
    for case in run.cases.iter().filter(|case| !case.passed()) {
        let Some(broken) = &case.broken else { continue };
        let (file, line, column) = case.place(run.sources);
        list.push(Annotation { line, column, ..about(file, &case.name, broken.clone()) });
    }
    for case in run.cases {
        for failure in case.failures() {
            let text = std::iter::once(failure.title.clone()).chain(failure.lines());
            let text = text.collect::<Vec<_>>().join("\n");
            let mut one = about(&case.path, &case.name, text);
            if let Some(span) = failure.span {
                (one.line, one.column) = run.sources.line_column(span);
                run.sources.path(span.file).clone_into(&mut one.file);
            }
            list.push(one);
        }
    }
    list.extend(run.gates.iter().map(|gate| about(".", "gate", gate.clone())));
    list
}

fn problems(run: &TestRun<'_>, severity: Severity) -> Vec<Annotation> {
    let problems = run.problems.sorted().into_iter().filter(|p| p.code.severity() == severity);
    let one = |problem: &crate::diagnostics::Problem| {
        let span = problem.labels.first().map(|(span, _)| *span);
        let (line, column) = span.map_or((1, 1), |span| run.sources.line_column(span));
        let file = span.map(|span| run.sources.path(span.file).to_owned());
        let mut text = problem.title.clone();
        for reason in reasons(problem, run.sources) {
            text.push_str(&format!("\n{reason}"));
        }
        Annotation {
            file: file.or_else(|| problem.path.clone()).unwrap_or_else(|| ".".to_owned()),
            line,
            column,
            title: problem.code.word().to_owned(),
            text,
        }
    };
    problems.map(one).collect()
}

fn command(kind: &str, one: &Annotation) -> String {
    let Annotation { file, line, column, title, text } = one;
    format!(
        "::{kind} file={},line={line},col={column},title={}::{}",
        property(file.trim_start_matches("./")),
        property(title),
        data(text)
    )
}

/// Escapes the characters that end a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the characters that end a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
