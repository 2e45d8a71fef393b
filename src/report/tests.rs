//! The report of `test`: a line for each case, then every failure with its place.

use super::terminal::{Paint, table};
use crate::experiment::{Failure, Judgement};
use crate::text::{Place, Sources, many};

/// What came of one case.
#[derive(Debug)]
pub struct CaseReport {
    /// `scenario` or `scenario [case]`.
    pub name: String,
    /// The file.
    pub path: String,
    /// The case; empty if there is none.
    pub case: String,
    /// What came of judging it.
    pub judgement: Judgement,
    /// Why it could not be judged, if it could not.
    pub broken: Option<String>,
}

impl CaseReport {
    /// Whether everything expected was met, and anything was expected.
    pub const fn passed(&self) -> bool {
        self.judgement.failures.is_empty() && self.broken.is_none() && self.judgement.judged > 0
    }
}

/// The report of a test run; `broken` are the files that could not be run at all.
pub fn test_report(
    cases: &[CaseReport],
    broken: &[String],
    sources: &Sources,
    paint: Paint,
) -> String {
    let rows = cases.iter().map(|case| {
        let word = if case.passed() { "PASS" } else { "FAIL" };
        vec![word.to_owned(), case.name.clone(), verdict(case)]
    });
    let broken_rows = broken.iter().map(|path| {
        vec!["FAIL".to_owned(), path.clone(), "has mistakes; they are told above".to_owned()]
    });
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
            out.push(format!("  {}: nothing is expected of it; add `expect:`", case.path));
        }
        for failure in &case.judgement.failures {
            out.push(String::new());
            out.extend(tell(failure, case, sources));
        }
        let only =
            if case.case.is_empty() { String::new() } else { format!(" --case {}", case.case) };
        out.push(String::new());
        out.push(format!("  again: stayput test {}{only}", case.path));
    }
    out.push(String::new());
    out.push(totals(cases, broken.len()));
    out.join("\n")
}

fn verdict(case: &CaseReport) -> String {
    let judged = case.judgement.judged;
    match case.judgement.failures.len() {
        _ if case.broken.is_some() => "not judged to its end".into(),
        _ if judged == 0 => "nothing is expected".into(),
        0 => many(judged, "expectation"),
        failed => format!("{}, {failed} not met", many(judged, "expectation")),
    }
}

fn tell(failure: &Failure, case: &CaseReport, sources: &Sources) -> Vec<String> {
    let mut lines = Vec::new();
    match failure.place {
        Some(place) => {
            lines.push(format!("  {}  {}", sources.locate(place), failure.title));
            lines.extend(quote(place, sources));
        }
        None => lines.push(format!("  {}  {}", case.path, failure.title)),
    }
    lines.extend(failure.instead.iter().map(|line| format!("     {line}")));
    lines
}

/// The line that was not met, with its number.
fn quote(place: Place, sources: &Sources) -> Vec<String> {
    let (number, column) = sources.line_column(place);
    let line = sources.text(place.file).lines().nth(number - 1).unwrap_or_default();
    let width = sources.quote(place).lines().next().unwrap_or_default().chars().count().max(1);
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
        "{} ran, {passed} passed, {} failed · {}, {unmet} not met",
        cases.len(),
        cases.len() - passed,
        many(judged, "expectation")
    );
    if broken > 0 {
        line.push_str(&format!(" · {} with mistakes", many(broken, "file")));
    }
    line
}
