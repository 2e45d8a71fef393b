//! The report of `test` as text: one line for each case, then every failure with its location.

use super::text_table::{Paint, table};
use crate::diagnostics::{Code, Problems, Severity, Sources, Span, many};
use crate::experiment::{Failure, Judgement};

/// The result of one case.
#[derive(Debug)]
pub struct CaseReport {
    /// `SCENARIO` or `SCENARIO [CASE]`.
    pub name: String,
    /// Path of the scenario file.
    pub path: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases.
    pub case: String,
    /// The result of its expectations.
    pub judgement: Judgement,
    /// Why it could not be judged; `None` if it was judged.
    pub broken: Option<String>,
    /// The command that runs only this case.
    pub again: String,
}

impl CaseReport {
    /// Whether the case has expectations and all of them were met.
    pub const fn passed(&self) -> bool {
        self.judgement.failures.is_empty() && self.broken.is_none() && self.judgement.judged > 0
    }

    /// The line of the first failed expectation; `None` if no failure has a location.
    pub(super) fn line(&self, sources: &Sources) -> Option<usize> {
        let span = self.judgement.failures.iter().find_map(|failure| failure.span)?;
        Some(sources.line_column(span).0)
    }
}

/// The result of a test run.
#[derive(Debug, Clone, Copy)]
pub struct TestRun<'a> {
    /// Every case that ran, in the order of the files.
    /// Within a file, in the order of its cases.
    pub cases: &'a [CaseReport],
    /// Paths of the files with errors, which did not run.
    pub broken: &'a [String],
    /// All errors and warnings about files.
    pub problems: &'a Problems,
    /// Every text that was read.
    pub sources: &'a Sources,
    /// Requirements on the whole run that were not met, such as a coverage floor.
    pub gates: &'a [String],
}

impl TestRun<'_> {
    /// Whether all cases passed, no file has errors and all gates were met.
    pub fn passed(&self) -> bool {
        self.cases.iter().all(CaseReport::passed)
            && self.broken.is_empty()
            && self.gates.is_empty()
            && !self.problems.refuse()
    }

    /// `5 ran, 4 passed, 1 failed · 56 expectations, 2 failed`.
    pub(super) fn totals(&self) -> String {
        totals(self.cases, self.broken.len())
    }

    /// The errors in a file, one line each.
    pub(super) fn mistakes(&self, path: &str) -> Vec<String> {
        let in_file = self.problems.sorted().into_iter().filter(|problem| {
            let span = problem.labels.first().map(|(span, _)| span.file);
            problem.code.severity() == Severity::Error
                && span.map_or(problem.path.as_deref(), |file| Some(self.sources.path(file)))
                    == Some(path)
        });
        let reported = in_file.map(|problem| {
            let span = problem.labels.first().map(|(span, _)| self.sources.locate(*span));
            let span = span.unwrap_or_else(|| path.to_owned());
            format!("{span} {}: {}", problem.code, problem.title)
        });
        reported.collect()
    }
}

/// The report of a test run as text.
pub fn test_report(run: &TestRun<'_>, paint: Paint) -> String {
    let TestRun { cases, broken, sources, .. } = *run;
    let rows = cases.iter().map(|case| {
        let word = if case.passed() { "PASS" } else { "FAIL" };
        vec![word.to_owned(), case.name.clone(), verdict(case)]
    });
    let broken_rows = broken
        .iter()
        .map(|path| vec!["FAIL".to_owned(), path.clone(), "has errors (see above)".to_owned()]);
    let mut out: Vec<String> = table(rows.chain(broken_rows).collect(), &[])
        .into_iter()
        .map(|line| {
            let (word, rest) = line.split_at(4);
            let word = if word == "PASS" { paint.good(word) } else { paint.bad(word) };
            format!("  {word}{rest}")
        })
        .collect();
    for case in cases.iter().filter(|case| !case.passed()) {
        out.push(String::new());
        out.push(format!("{} {}", paint.bad("FAIL"), paint.bold(&case.name)));
        if let Some(broken) = &case.broken {
            out.push(format!("  {broken}"));
        }
        if case.judgement.judged == 0 && case.broken.is_none() {
            out.push(format!(
                "  {}: {}: no expectations; add `expect:` or store results with `stayput bless`",
                case.path,
                Code::NothingExpected
            ));
        }
        for failure in &case.judgement.failures {
            out.push(String::new());
            out.extend(failure_lines(failure, case, sources));
        }
        out.push(String::new());
        out.push(format!("  again: {}", case.again));
    }
    out.push(String::new());
    out.push(run.totals());
    out.extend(run.gates.iter().map(|gate| format!("{} {gate}", paint.bad("FAIL"))));
    out.join("\n")
}

fn verdict(case: &CaseReport) -> String {
    let judged = case.judgement.judged;
    match case.judgement.failures.len() {
        _ if case.broken.is_some() => "undecided".into(),
        _ if judged == 0 => "no expectations".into(),
        0 => many(judged, "expectation"),
        failed => format!("{}, {failed} failed", many(judged, "expectation")),
    }
}

/// A failure with the line of its expectation, and what happened instead.
pub(super) fn failure_lines(
    failure: &Failure,
    case: &CaseReport,
    sources: &Sources,
) -> Vec<String> {
    let mut lines = Vec::new();
    match failure.span {
        Some(span) => {
            lines.push(format!("  {}  {}", sources.locate(span), failure.title));
            lines.extend(quote(span, sources));
        }
        None => lines.push(format!("  {}  {}", case.path, failure.title)),
    }
    lines.extend(failure.instead.iter().map(|line| format!("     {line}")));
    lines
}

/// The source line of a failed expectation, with its number.
fn quote(span: Span, sources: &Sources) -> Vec<String> {
    let (number, column) = sources.line_column(span);
    let line = sources.text(span.file).lines().nth(number - 1).unwrap_or_default();
    let width = sources.quote(span).lines().next().unwrap_or_default().chars().count().max(1);
    let gutter = " ".repeat(number.to_string().len());
    vec![
        format!("     {number} | {}", line.trim_end()),
        format!("     {gutter} | {}{}", " ".repeat(column - 1), "-".repeat(width)),
    ]
}

fn totals(cases: &[CaseReport], broken: usize) -> String {
    let passed = cases.iter().filter(|case| case.passed()).count();
    let judged: usize = cases.iter().map(|case| case.judgement.judged).sum();
    let unmet: usize = cases.iter().map(|case| case.judgement.failures.len()).sum();
    let mut line = format!(
        "{} ran, {passed} passed, {} failed · {}, {unmet} failed",
        cases.len(),
        cases.len() - passed,
        many(judged, "expectation")
    );
    if broken > 0 {
        line.push_str(&format!(" · {} with errors", many(broken, "file")));
    }
    line
}
