//! The page of `test`: failures first, each with the course of its case, then suites and coverage.

use maud::{Markup, html};

use super::page::{heads, number_heads, page};
use super::run::RunPage;
use super::tables::prose;
use crate::diagnostics::{Sources, by_count};
use crate::experiment::{Failure, PolicyCoverage, Share};
use crate::report::coverage::{Mutant, coverage_per_cent, mutation_per_cent};
use crate::report::figures::{many, number};
use crate::report::test_text::{CaseReport, TestRun};

/// Number of names of a list that are spelled out.
const MOST_NAMES: usize = 60;

/// The contents of a page of tests besides the results.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestExtras<'a> {
    /// Courses of failed cases: index of the case, and its run.
    pub courses: &'a [(usize, RunPage)],
    /// Coverage of each policy; empty if it was not measured.
    pub coverage: &'a [PolicyCoverage],
    /// Changed verdicts; `None` if no verdicts were changed.
    pub mutants: Option<&'a [Mutant]>,
}

/// The page of a test run.
pub fn test_page(run: &TestRun<'_>, extras: &TestExtras<'_>) -> String {
    let failed: Vec<(usize, &CaseReport)> =
        run.cases.iter().enumerate().filter(|(_, case)| !case.passed()).collect();
    let title = format!("stayput test: {}", many(run.cases.len() as u64, "case"));
    page(
        &title,
        &html! {
            h1 { (title) }
            p.m { "stayput " (env!("CARGO_PKG_VERSION")) }
            p.lead { b { (verdict(run, failed.len())) } " " (run.totals()) "." }
            nav aria-label="On this page" { ul {
                @if !run.broken.is_empty() { li { a href="#broken" { "Files with errors" } } }
                @if !failed.is_empty() { li { a href="#failures" { "Failures" } } }
                li { a href="#suites" { "All cases" } }
                @if !extras.coverage.is_empty() { li { a href="#coverage" { "Coverage" } } }
                @if extras.mutants.is_some() { li { a href="#mutants" { "Changed verdicts" } } }
            } }
            @if !run.gates.is_empty() {
                ul { @for gate in run.gates { li { b { "Not met: " } (gate) } } }
            }
            (broken(run))
            @if !failed.is_empty() {
                h2 #failures { "Failures" }
                @for (index, case) in &failed {
                    (failed_case(*index, case, run.sources, extras))
                }
            }
            (suites(run))
            (coverage(extras.coverage))
            @if let Some(mutants) = extras.mutants { (mutations(mutants)) }
        },
    )
}

fn verdict(run: &TestRun<'_>, failed: usize) -> String {
    if run.passed() {
        return "Every case passes.".to_owned();
    }
    let mut parts = Vec::new();
    if !run.broken.is_empty() {
        let verb = by_count(run.broken.len(), "has", "have");
        parts.push(format!("{} {verb} errors", many(run.broken.len() as u64, "file")));
    }
    if failed > 0 {
        let verb = by_count(failed, "fails", "fail");
        parts.push(format!("{failed} of {} {verb}", many(run.cases.len() as u64, "case")));
    }
    if !run.gates.is_empty() {
        let verb = by_count(run.gates.len(), "is", "are");
        parts.push(format!("{} {verb} not met", many(run.gates.len() as u64, "requirement")));
    }
    if parts.is_empty() {
        parts.push("the run has errors".to_owned());
    }
    format!("{}.", parts.join(", "))
}

fn broken(run: &TestRun<'_>) -> Markup {
    html! {
        @if !run.broken.is_empty() {
            h2 #broken { "Files with errors" }
            p.m { "These files did not run." }
            @for path in run.broken {
                article.fail {
                    h3 { code { (path) } }
                    pre { @for line in run.mistakes(path) { (line) "\n" } }
                }
            }
        }
    }
}

/// Id of a case on the page.
fn case_id(index: usize) -> String {
    format!("t{}", index + 1)
}

fn failed_case(
    index: usize,
    case: &CaseReport,
    sources: &Sources,
    extras: &TestExtras<'_>,
) -> Markup {
    let course = extras.courses.iter().find(|(of, _)| *of == index);
    html! {
        article.fail id=(case_id(index)) {
            h3 { (case.name) " " span.m { code { (case.path) } } }
            @if let Some(why) = &case.broken { p { b { "Undecided: " } (why) } }
            @for failure in case.failures() { (failure_of(&failure, sources)) }
            @if let Some((_, run)) = course {
                details { summary { "What happened" } (run.courses(1_000 * (index + 1))) }
            }
            pre { (case.again) }
        }
    }
}

/// The sentence of a failed expectation, the keys that differ side by side, and the history.
fn failure_of(failure: &Failure, sources: &Sources) -> Markup {
    html! {
        p {
            b { (prose(&failure.title)) }
            @if let Some(span) = failure.span { " " span.m { code { (sources.locate(span)) } } }
        }
        @if let Some(closest) = &failure.closest {
            div.ea {
                div {
                    b { "expected" }
                    pre { @for one in &closest.keys { (one.key) ": " (one.expected) "\n" } }
                }
                div {
                    b { "actual" } ", at +" (closest.elapsed)
                    pre { @for one in &closest.keys { (one.key) ": " (one.actual) "\n" } }
                }
            }
        }
        @if !failure.instead.is_empty() {
            pre { @for line in &failure.instead { (line.trim()) "\n" } }
        }
    }
}

/// Every case, by folder.
fn suites(run: &TestRun<'_>) -> Markup {
    let mut folders: Vec<(&str, Vec<(usize, &CaseReport)>)> = Vec::new();
    for (index, case) in run.cases.iter().enumerate() {
        let folder = case.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, cases)) => cases.push((index, case)),
            None => folders.push((folder, vec![(index, case)])),
        }
    }
    html! {
        h2 #suites { "All cases" }
        @for (folder, cases) in &folders {
            @let failed = cases.iter().filter(|(_, case)| !case.passed()).count();
            details {
                summary {
                    b { (folder) } ": " (many(cases.len() as u64, "case")) ", "
                    @if failed == 0 { "all pass" } @else { (failed) " not passed" }
                }
                div.wrap { table.stack data-sort data-filter="Find a case" {
                    caption.vh { "Cases in " (folder) }
                    thead { tr {
                        (heads(&["result", "case"]))
                        (number_heads(&["expectations", "failed"]))
                        th scope="col" { "file" }
                    } }
                    tbody { @for (index, case) in cases { tr {
                        td data-l="result" {
                            @if case.passed() { "✓ pass" }
                            @else { a href={ "#" (case_id(*index)) } { "✗ " (word(case)) } }
                        }
                        th scope="row" data-l="case" { span { (case.name) } }
                        td.n data-l="expectations" { (number(case.judgement.judged as u64)) }
                        td.n data-l="failed" { (number(case.judgement.failures.len() as u64)) }
                        td data-l="file" { code { (case.path) } }
                    } } }
                } }
            }
        }
    }
}

fn word(case: &CaseReport) -> &'static str {
    if case.broken.is_some() { "undecided" } else { "fail" }
}

fn coverage(list: &[PolicyCoverage]) -> Markup {
    let share =
        |share: &Share| format!("{} of {}", number(share.reached as u64), number(share.of as u64));
    html! {
        @if !list.is_empty() {
            h2 #coverage { "Coverage: " (coverage_per_cent(list)) " % of rules and clock steps" }
            div.wrap { table.stack {
                caption.vh { "Coverage by edition" }
                thead { tr {
                    th scope="col" { "edition" }
                    (number_heads(&["rules", "cells", "clock steps", "switches", "positions"]))
                    th scope="col" { "not covered" }
                } }
                tbody { @for one in list { tr {
                    th.nw scope="row" data-l="edition" { span { (one.policy) } }
                    td.n data-l="rules" { (share(&one.rules)) }
                    td.n data-l="cells" { (share(&one.cells)) }
                    td.n data-l="clock steps" { (share(&one.clocks)) }
                    td.n data-l="switches" { (share(&one.switches)) }
                    td.n data-l="positions" { (share(&one.positions)) }
                    td data-l="not covered" { span { (missed(one)) } }
                } } }
            } }
        }
    }
}

fn missed(one: &PolicyCoverage) -> String {
    let all: Vec<&str> = [&one.rules, &one.clocks, &one.switches, &one.positions]
        .into_iter()
        .flat_map(|share| share.missed.iter().map(String::as_str))
        .collect();
    let shown = all.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(" ");
    match all.len().saturating_sub(MOST_NAMES) {
        0 if all.is_empty() => "—".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn mutations(mutants: &[Mutant]) -> Markup {
    let missed: Vec<&Mutant> = mutants.iter().filter(|one| one.noticed_by.is_none()).collect();
    html! {
        h2 #mutants { "Changed verdicts: " (mutation_per_cent(mutants)) " % are detected" }
        p { (number((mutants.len() - missed.len()) as u64)) " of "
            (many(mutants.len() as u64, "changed verdict")) " make a test fail." }
        @if !missed.is_empty() {
            div.wrap { table.stack {
                caption { "Changed verdicts that no test detects" }
                thead { tr {
                    (heads(&["policy", "protection", "rule", "verdict"]))
                    th.n scope="col" { "cases that use the rule" }
                } }
                tbody { @for one in missed.iter().take(500) { tr {
                    th scope="row" data-l="policy" { span { (one.policy) } }
                    td data-l="protection" { (one.protection) }
                    td data-l="rule" { (one.rule) }
                    td data-l="verdict" { (one.from) " → " (one.to) }
                    td.n data-l="cases" { (number(one.reached as u64)) }
                } } }
            } }
            @if missed.len() > 500 { p.m { "and " (missed.len() - 500) " more" } }
        }
    }
}
