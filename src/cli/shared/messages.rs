//! Messages that are about no line of a file.

use super::terminal::print_stderr;
use crate::diagnostics::{Code, Problem, Problems, Sources, render};

/// Reports one mistake that stands in no file.
pub fn print_problem(problem: Problem) {
    let mut problems = Problems::default();
    problems.add(problem);
    print_stderr(&render(&problems, &Sources::default(), false));
}

/// Reports that nothing was done, since nothing was there to do it with: no success.
pub fn report_nothing_ran(code: Code, why: &str) {
    print_stderr(&format!("error[{code}]: {why}\nstayput: nothing was run"));
}
