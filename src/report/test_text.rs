//! The report of `test` as text: one line for each case, then every failure with its location.

use std::borrow::Cow;

use super::text_table::{Page, columns, command_lines, hanging, padded};
use crate::diagnostics::{Code, Problem, Problems, Severity, Sources, Span, many};
use crate::experiment::{Failure, Judgement};
use unicode_width::UnicodeWidthChar;

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
    /// The first of its expectations in the file; `None` if it has none of its own.
    pub written: Option<Span>,
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

    /// The failed expectations. A case without expectations fails because of that, unless it could
    /// not be judged.
    pub(super) fn failures(&self) -> impl Iterator<Item = Cow<'_, Failure>> {
        let is_empty = self.judgement.judged == 0 && self.broken.is_none();
        let none = is_empty.then(|| Failure {
            span: None,
            title: format!("{}: no expectations", Code::NothingExpected),
            closest: None,
            instead: vec![
                "help: add `expect:`, or store its decisions with `stayput bless`".to_owned(),
            ],
        });
        let failed = self.judgement.failures.iter().map(Cow::Borrowed);
        none.map(Cow::Owned).into_iter().chain(failed)
    }

    /// The place of the first failed expectation, or of the first expectation if none failed: its
    /// file and line. A case without expectations is at the beginning of its file.
    pub(super) fn place<'s>(&'s self, sources: &'s Sources) -> (&'s str, usize, usize) {
        let failed = self.judgement.failures.iter().find_map(|failure| failure.span);
        failed.or(self.written).map_or((self.path.as_str(), 1, 1), |span| {
            let (line, column) = sources.line_column(span);
            (sources.path(span.file), line, column)
        })
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

/// What explains a problem beside its title: the label of its place, other places with theirs,
/// notes and proposed remedies.
pub(super) fn reasons(problem: &Problem, sources: &Sources) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut labels = problem.labels.iter();
    if let Some((_, label)) = labels.next().filter(|(_, label)| !label.is_empty()) {
        reasons.push(label.clone());
    }
    for (span, label) in labels {
        reasons.push(format!("{}: {label}", sources.locate(*span)));
    }
    reasons.extend(problem.notes.iter().map(|note| format!("note: {note}")));
    reasons.extend(problem.helps.iter().map(|help| format!("help: {help}")));
    reasons
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

    /// The errors in a file, each with its reasons on further lines.
    pub(super) fn mistakes(&self, path: &str) -> Vec<String> {
        self.errors().filter(|(file, _)| *file == Some(path)).map(|(_, text)| text).collect()
    }

    /// The errors of files without a row of their own, each with its reasons on further lines. They
    /// affect the exit code like all other errors.
    pub(super) fn other_mistakes(&self) -> Vec<String> {
        let is_shown = |file: &str| self.broken.iter().any(|path| path == file);
        self.errors()
            .filter(|(file, _)| !file.is_some_and(is_shown))
            .map(|(_, text)| text)
            .collect()
    }

    /// Every error with the file that it is in.
    fn errors(&self) -> impl Iterator<Item = (Option<&str>, String)> {
        let all = self.problems.sorted().into_iter();
        all.filter(|problem| problem.code.severity() == Severity::Error).map(|problem| {
            let span = problem.labels.first().map(|(span, _)| *span);
            let file =
                span.map_or(problem.path.as_deref(), |span| Some(self.sources.path(span.file)));
            let place = span.map(|span| self.sources.locate(span));
            let place = place.or_else(|| file.map(str::to_owned));
            let place = place.map(|place| format!("{place} ")).unwrap_or_default();
            let reasons = reasons(problem, self.sources);
            let title = format!("{place}{}: {}", problem.code, problem.title);
            let lines: Vec<String> = std::iter::once(title).chain(reasons).collect();
            (file, lines.join("\n  "))
        })
    }
}

/// The report of a test run as text: failures and a summary; with `verbose`, every case.
pub fn test_report(run: &TestRun<'_>, verbose: bool, page: Page) -> String {
    let TestRun { cases, broken, sources, .. } = *run;
    let (paint, width) = (page.paint, page.width);
    let listed_cases = cases.iter().filter(|case| verbose || !case.passed());
    let rows = listed_cases.map(|case| {
        let word = if case.passed() { "PASS" } else { "FAIL" };
        [word.to_owned(), case.name.clone(), verdict(case)]
    });
    let broken_rows = broken
        .iter()
        .map(|path| ["FAIL".to_owned(), path.clone(), "has errors (see above)".to_owned()]);
    let mut out = case_lines(&rows.chain(broken_rows).collect::<Vec<_>>(), page);
    for case in cases.iter().filter(|case| !case.passed()) {
        if !out.is_empty() {
            out.push(String::new());
        }
        let name = hanging("", &case.name, width - 5).into_iter().enumerate();
        out.extend(name.map(|(index, line)| {
            let head = if index == 0 { paint.bad("FAIL") } else { "    ".to_owned() };
            format!("{head} {}", paint.bold(&line))
        }));
        if let Some(broken) = &case.broken {
            out.extend(hanging("  ", broken, width));
        }
        for failure in case.failures() {
            out.push(String::new());
            out.extend(failure_lines(&failure, case, sources, width));
        }
        out.push(String::new());
        out.extend(command_lines("  again: ", &case.again, width));
    }
    if !out.is_empty() {
        out.push(String::new());
    }
    out.extend(hanging("", &run.totals(), width));
    let fail = paint.bad("FAIL");
    for gate in run.gates {
        let mut lines = hanging("     ", gate, width);
        if let Some(first) = lines.first_mut() {
            *first = format!("{fail} {}", first.trim_start());
        }
        out.extend(lines);
    }
    out.join("\n")
}

/// A line for each case: whether it passed, its name, and the number of its expectations.
fn case_lines(rows: &[[String; 3]], page: Page) -> Vec<String> {
    let wide = |index: usize| rows.iter().map(|row| columns(&row[index])).max().unwrap_or(0);
    let fits = 8 + wide(1) + 2 + wide(2) <= page.width;
    let line = |[word, name, judged]: &[String; 3]| {
        let text = if fits {
            vec![format!("{}  {judged}", padded(name, wide(1)))]
        } else if 8 + columns(name) + 2 + columns(judged) <= page.width {
            vec![format!("{name}  {judged}")]
        } else {
            let mut lines = hanging("", name, page.width - 8);
            lines.push(judged.clone());
            lines
        };
        let paint = page.paint;
        let word = if word == "PASS" { paint.good(word) } else { paint.bad(word) };
        let lines = text.into_iter().enumerate().map(|(index, line)| {
            if index == 0 { format!("  {word}  {line}") } else { format!("        {line}") }
        });
        lines.collect::<Vec<_>>()
    };
    rows.iter().flat_map(line).collect()
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

/// A failure with the line of its expectation and the actual results, in lines of at most `width`
/// columns.
pub(super) fn failure_lines(
    failure: &Failure,
    case: &CaseReport,
    sources: &Sources,
    width: usize,
) -> Vec<String> {
    let place = failure.span.map_or_else(|| case.path.clone(), |span| sources.locate(span));
    let mut lines = unless_it_fits("  ", &format!("{place}  {}", failure.title), width);
    lines.extend(failure.span.iter().flat_map(|span| quote(*span, sources, width)));
    lines.extend(failure.lines().flat_map(|line| unless_it_fits("     ", &line, width)));
    lines
}

/// A line that is wrapped unless it fits.
fn unless_it_fits(first: &str, text: &str, width: usize) -> Vec<String> {
    if columns(first) + columns(text) <= width {
        return vec![format!("{first}{text}")];
    }
    hanging(first, text, width)
}

/// The source line of a failed expectation, with its number. Of a line that is too long, the part
/// around the expectation is shown.
fn quote(span: Span, sources: &Sources, width: usize) -> Vec<String> {
    let (number, column) = sources.line_column(span);
    let line = sources.text(span.file).lines().nth(number - 1).unwrap_or_default().trim_end();
    let marked = sources.quote(span).lines().next().unwrap_or_default();
    let gutter = " ".repeat(number.to_string().len());
    let room = width.saturating_sub(gutter.len() + 8).max(10);
    let before: String = line.chars().take(column - 1).collect();
    // The mark begins in the first half of the shown part, unless the whole line is shown.
    let (mut skipped, of_before) = (0, columns(&before));
    if columns(line) > room {
        for c in before.chars() {
            if of_before - skipped <= room / 2 {
                break;
            }
            skipped += c.width().unwrap_or(0);
        }
    }
    let (mut text, mut at) = (String::new(), 0);
    for c in line.chars() {
        if at >= skipped && at + c.width().unwrap_or(0) <= skipped + room {
            text.push(c);
        }
        at += c.width().unwrap_or(0);
    }
    let start = of_before.saturating_sub(skipped);
    let size = columns(marked).max(1).min(room.saturating_sub(start).max(1));
    vec![
        format!("     {number} | {}", text.trim_end()),
        format!("     {gutter} | {}{}", " ".repeat(start), "-".repeat(size)),
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
