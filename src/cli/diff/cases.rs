//! Two cases of the same scenarios: `diff case=a case=b SCENARIO`.

use super::arguments::Arguments;
use super::recorded::both_cases;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::load::{Loaded, Loader};
use crate::cli::shared::policy_pair::compare_replications;
use crate::cli::shared::run_cases::decisions;
use crate::cli::shared::terminal;
use crate::plan::{Options, Plan};
use crate::report::{DiffResult, Paint, changed};

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
    let mut result = DiffResult {
        names: names.map(|name| format!("case={name}")),
        paths: arguments.paths.iter().map(|path| path.display().to_string()).collect(),
        ..DiffResult::default()
    };
    terminal::install_interrupt_handler();
    for one in &loaded {
        let [old, new] = [plan_of(one, names[0])?, plan_of(one, names[1])?];
        if let Some(pairing) = &pairing {
            compare_replications(pairing, old, new, &mut result)?;
            continue;
        }
        let (mut old, mut new) = (decisions(old.clone())?, decisions(new.clone())?);
        *result.compared.get_or_insert(0) += old.len().max(new.len());
        let case = both_cases(names[0], names[1]);
        old.iter_mut().chain(&mut new).for_each(|row| row.set("case", &case));
        result.changed.extend(changed(&old, &new));
    }
    Ok(result)
}

/// The plan of a case of a scenario.
fn plan_of<'l>(loaded: &'l Loaded, case: &str) -> Result<&'l Plan, Exit> {
    let plans = &loaded.compiled.plans;
    plans.iter().find(|plan| plan.header.case == case).ok_or_else(|| {
        let known: Vec<&str> = plans.iter().map(|plan| plan.header.case.as_str()).collect();
        let known = if known == [""] { "it has no cases".to_owned() } else { known.join(", ") };
        let path = &loaded.path;
        terminal::print_stderr(&format!("stayput: {path} has no case `{case}`: {known}"));
        Exit::BadInput
    })
}
