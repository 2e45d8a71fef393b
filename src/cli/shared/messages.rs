//! Messages that are not about a file.

use super::terminal::print_stderr;
use crate::diagnostics::{Code, Problem, Problems, Sources, render};

/// Prints one problem that has no location.
pub fn print_problem(problem: Problem) {
    let mut problems = Problems::default();
    problems.add(problem);
    print_stderr(&render(&problems, &Sources::default(), false));
}

/// Prints that nothing ran, and why.
pub fn report_nothing_ran(code: Code, why: &str) {
    print_stderr(&format!("error[{code}]: {why}\nstayput: nothing was run"));
}
