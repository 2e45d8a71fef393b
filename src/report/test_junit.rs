//! `JUnit` XML of a test run, as common CI servers read it.
//!
//! A suite is a file, a test case is a case of a scenario, a failure is a failed expectation, and
//! an error is a case that could not be judged. Time and host are left out, so that the same run
//! gives the same bytes.

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
            let mut case = TestCase::new(file, status);
            case.set_classname(file);
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| error.to_string())
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
        let first = case.judgement.failures.first();
        let message = first.map_or("no expectations", |failure| failure.title.as_str());
        let reported = case
            .judgement
            .failures
            .iter()
            .flat_map(|f| failure_lines(f, case, run.sources, usize::MAX));
        status.set_type("expectation").set_message(message);
        status.set_description(reported.collect::<Vec<_>>().join("\n"));
        status
    };
    let mut reported = TestCase::new(case.name.clone(), status);
    let path = case.path.trim_start_matches("./");
    reported.set_classname(path.trim_end_matches(".yaml").replace('/', "."));
    reported.extra.insert("file".into(), path.into());
    if let Some(line) = case.line(run.sources) {
        reported.extra.insert("line".into(), line.to_string().into());
    }
    reported
}
