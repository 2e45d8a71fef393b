//! `JUnit` XML of a test run, as common CI servers read it.
//!
//! A suite is a file, a test case is a case of a scenario, a failure is a failed expectation, and
//! an error is a case that could not be judged, a file with errors, or a requirement that is not
//! met. Every case has `file`, `line` and `time`. The time is zero and the host is left out: the
//! same run gives the same bytes.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::test_text::{CaseReport, TestRun, failure_lines};

/// The report as XML.
///
/// # Errors
/// If the XML writer fails.
pub fn junit(run: &TestRun<'_>) -> Result<String, String> {
    let mut report = Report::new("stayput");
    let mut files: Vec<&str> = Vec::new();
    for path in run.cases.iter().map(|case| &case.path).chain(run.broken) {
        if !files.contains(&path.as_str()) {
            files.push(path);
        }
    }
    for file in files {
        let mut suite = TestSuite::new(file);
        for case in run.cases.iter().filter(|case| case.path == file) {
            suite.add_test_case(test_case(case, run));
        }
        if run.broken.iter().any(|path| path == file) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("mistakes").set_message("the file has errors");
            status.set_description(run.mistakes(file).join("\n"));
            let mistake = run.problems.sorted().into_iter().find_map(|problem| {
                let (span, _) = problem.labels.first()?;
                let line = run.sources.line_column(*span).0;
                (run.sources.path(span.file) == file).then_some(line)
            });
            let name = file.trim_start_matches("./").to_owned();
            suite.add_test_case(placed(TestCase::new(name, status), file, mistake.unwrap_or(1)));
        }
        report.add_test_suite(suite);
    }
    let unmet: Vec<String> = run.other_mistakes().into_iter().chain(run.gates.to_vec()).collect();
    if !unmet.is_empty() {
        let mut suite = TestSuite::new("stayput");
        for why in unmet {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let (title, reasons) = why.split_once('\n').unwrap_or((&why, ""));
            status.set_type("requirement").set_message(title);
            if !reasons.is_empty() {
                status.set_description(reasons);
            }
            let name = why.split(':').next().unwrap_or_default().to_owned();
            suite.add_test_case(placed(TestCase::new(name, status), "stayput", 1));
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(|error| error.to_string())?;
    // The schema of Jenkins allows this count for a suite, but not for all suites together.
    Ok(text.replacen(" skipped=\"0\"", "", 1))
}

fn test_case(case: &CaseReport, run: &TestRun<'_>) -> TestCase {
    let status = if let Some(broken) = &case.broken {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("undecided").set_message(broken.clone());
        status
    } else if case.passed() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let message = case.failures().next().map(|failure| failure.title.clone());
        let reported =
            case.failures().flat_map(|f| failure_lines(&f, case, run.sources, usize::MAX));
        status.set_type("expectation").set_message(message.unwrap_or_default());
        status.set_description(reported.collect::<Vec<_>>().join("\n"));
        status
    };
    let (file, line, _) = case.place(run.sources);
    let mut reported = placed(TestCase::new(case.name.clone(), status), &case.path, line);
    reported.extra.insert("file".into(), file.trim_start_matches("./").into());
    reported
}

/// A test case with its dotted class name, file, line and time.
fn placed(mut case: TestCase, path: &str, line: usize) -> TestCase {
    let path = path.trim_start_matches("./");
    let stem = path.trim_end_matches(".yaml").trim_end_matches(".yml");
    // A dot within a name would begin another package.
    let parts = stem.split('/').filter(|part| !part.is_empty() && *part != "..");
    case.set_classname(parts.map(|part| part.replace('.', "_")).collect::<Vec<_>>().join("."));
    case.set_time(Duration::ZERO);
    case.extra.insert("file".into(), path.into());
    case.extra.insert("line".into(), line.to_string().into());
    case
}
