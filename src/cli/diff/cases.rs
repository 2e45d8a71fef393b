//! Two cases of the same scenarios: `diff case=a case=b SCENARIO`.

use super::arguments::Arguments;
use super::plans::{compare_plans, empty_result};
use super::recorded::both_cases;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::load::{Loaded, Loader, known_cases};
use crate::cli::shared::terminal;
use crate::plan::{Options, Plan};
use crate::report::{DecisionRow, DiffResult, Paint};

/// The case of `case=NAME`; `None` if the argument is something else.
pub(super) fn case_named(argument: &str) -> Option<&str> {
    argument.strip_prefix("case=")
}

/// Compares two cases of each scenario: their decisions, or their replications with common random
/// numbers.
///
/// # Errors
/// [`Exit`], after the mistake was reported.
pub(super) fn cases(
    arguments: &Arguments,
    names: [&str; 2],
    paint: Paint,
) -> Result<DiffResult, Exit> {
    if arguments.paths.is_empty() {
        terminal::print_stderr("stayput: name the scenario whose cases to compare");
        return Err(Exit::BadInput);
    }
    let mut loader = Loader::new();
    let options = Options { seed: arguments.seed, unjudged: true, ..Options::default() };
    let loaded = loader.scenarios(&arguments.paths, &options);
    loader.refuse_or_continue(paint)?;
    let pairing = arguments.pairing()?;
    let mut result = empty_result(names.map(|name| format!("case={name}")), &arguments.paths);
    terminal::install_interrupt_handler();
    for one in &loaded {
        let plans = [plan_of(one, names[0])?, plan_of(one, names[1])?];
        let case = both_cases(names[0], names[1]);
        let align = |old: &mut [DecisionRow], new: &mut [DecisionRow]| {
            old.iter_mut().chain(new).for_each(|row| row.set("case", &case));
        };
        compare_plans(pairing.as_ref(), plans, align, &mut result)?;
    }
    Ok(result)
}

/// The plan of a case of a scenario.
fn plan_of<'l>(loaded: &'l Loaded, case: &str) -> Result<&'l Plan, Exit> {
    let plans = &loaded.compiled.plans;
    plans.iter().find(|plan| plan.header.case == case).ok_or_else(|| {
        let known: Vec<String> = plans.iter().map(|plan| plan.header.case.clone()).collect();
        let (path, known) = (&loaded.path, known_cases(case, &known));
        terminal::print_stderr(&format!("stayput: {path} has no case `{case}`{known}"));
        Exit::BadInput
    })
}
