//! `stayput init`: prints a first scenario with its expectations, for a small example fleet or for
//! the fleet in the output of a provider's tools.
//!
//! The expectations are the decisions of a simulation of these events. An event that the policy
//! does not know, or that causes no decision, is left out.

use std::path::{Path, PathBuf};

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::import_files::{ImportOptions, ImportedText, import_files};
use super::shared::load::Loader;
use super::shared::terminal;
use crate::diagnostics::Severity;
use crate::experiment::carry_out;
use crate::format::yaml_scalar;
use crate::kernel::Limits;
use crate::plan::{Options, Plan};
use crate::policy::Catalog;
use crate::record::{Record, Start};
use crate::report::{FirstDecision, FirstEvent, first_scenario, small_fleet};
use crate::words::{InstanceId, SubjectKind};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Output of the provider's tools, as for `import`. Without a file, the scenario has a small
    /// fleet.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    options: ImportOptions,
}

/// Path of the scenario while it is compiled: a file in the working directory.
const PATH: &str = "first.yaml";

/// Number of expected decisions from which on only decisions about the target are added.
const MOST_OTHERS: usize = 6;

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let paint = terminal::stderr_paint(colour);
    let mut loader = Loader::new();
    if let Some(option) = arguments.options.needs_files().filter(|_| arguments.files.is_empty()) {
        terminal::print_stderr(&format!(
            "stayput: {option} has no effect on the small fleet; give the output of your \
             provider's tools: stayput init FILE",
        ));
        return Err(Exit::BadInput);
    }
    let ImportedText { text: fleet, listed } = if arguments.files.is_empty() {
        let policy = arguments.options.policy.first().map(String::as_str);
        let Some(fleet) = example_fleet(policy, &mut loader) else {
            loader.print_problems(paint);
            if !loader.problems.refuse() {
                terminal::print_stderr(
                    "stayput: this policy has no protection with an effect on an instance of a \
                     small fleet; give the output of your provider's tools: stayput init FILE",
                );
            }
            return Err(Exit::BadInput);
        };
        ImportedText { text: fleet, listed: 1 }
    } else {
        import_files(&arguments.files, &arguments.options, &mut loader, paint)?
    };
    loader.clear_problems();
    let Some(plan) = compiled(&fleet, &mut loader) else {
        loader.print_problems(paint);
        return Err(Exit::BadInput);
    };
    let Some(target) = target(&plan) else {
        terminal::print(&fleet)?;
        loader.print_problems(paint);
        terminal::print_stderr(if listed == 0 {
            "no instance is listed, so that the scenario has no events and no expectations: add the calls above"
        } else {
            "no instance exists at the start, so that the scenario has no events and no expectations"
        });
        return Ok(Exit::Success);
    };
    let (mut events, mut decided) = (Vec::new(), Trial::default());
    for event in candidates(&plan, &target) {
        events.push(event);
        match decide(&fleet, &events, target.instance, &mut loader) {
            Some(made) if made.number > decided.number => decided = made,
            _ => drop(events.pop()),
        }
    }
    terminal::print(&first_scenario(&fleet, &events, &decided.shown))?;
    terminal::print_stderr("save it as a file, then: stayput run FILE, stayput test FILE");
    Ok(Exit::Success)
}

/// A small fleet on which a protection of the policy has an effect; `None` if there is none or,
/// with errors, if the policy has mistakes.
fn example_fleet(policy: Option<&str>, loader: &mut Loader) -> Option<String> {
    let newest = || Catalog::names().find(|name| Catalog::extends(name).is_none());
    let name = policy.or_else(newest)?;
    let policy = loader.policy(name)?;
    let protections = policy.as_written();
    let settable = protections.iter().map(|(_, protection)| protection);
    let protection =
        settable.into_iter().find(|one| one.of == SubjectKind::Instance && !one.standby)?;
    let fleets = [false, true].map(|in_group| small_fleet(name, &protection.name, in_group));
    // A setting without an effect is a warning.
    let fits = |fleet: &&String| {
        let compiles = compiled(fleet, loader).is_some();
        compiles && loader.problems.count(Severity::Warning) == 0
    };
    fleets.iter().find(fits).cloned()
}

/// The plan of a scenario; `None`, with errors, if it has mistakes.
fn compiled(text: &str, loader: &mut Loader) -> Option<Plan> {
    loader.clear_problems();
    let loaded = loader.scenario(Path::new(PATH), text.to_owned(), &Options::default())?;
    loaded.compiled.plans.into_iter().next()
}

/// The first instance with a protection, else the first one.
fn target(plan: &Plan) -> Option<Start> {
    let starts = || plan.starting_values();
    let protected = starts().find(|start| !start.on.is_empty());
    protected.or_else(|| starts().next())
}

/// The events that are tried, in their order in the scenario.
fn candidates(plan: &Plan, target: &Start) -> Vec<FirstEvent> {
    let instance = yaml_scalar(plan.header.instance(target.instance));
    let account = yaml_scalar(plan.header.account(target.account));
    let mut events = Vec::new();
    if let Some(group) = target.group {
        let group = yaml_scalar(plan.header.group(group));
        events.push(FirstEvent {
            id: "smaller",
            about: "The group becomes smaller by one.",
            after: "1h",
            verb: format!("scale-in: {{ group: {group}, remove: 1 }}"),
        });
    }
    events.push(FirstEvent {
        id: "mis-click",
        about: "A person deletes the instance in the console by mistake.",
        after: "2h",
        verb: format!("release: {{ instance: {instance}, by: ann, via: console }}"),
    });
    events.push(FirstEvent {
        id: "unpaid",
        about: "The bill of the account is not paid.",
        after: "1d",
        verb: format!("overdue: {{ account: {account} }}"),
    });
    events.push(FirstEvent {
        id: "cancelled",
        about: "The subscription of the account ends.",
        after: "2d",
        verb: format!("cancel: {{ account: {account} }}"),
    });
    events
}

/// The decisions of a run.
#[derive(Default)]
struct Trial {
    /// Number of decisions.
    number: usize,
    /// The decisions about the target, and the first ones about other instances.
    shown: Vec<FirstDecision>,
}

/// The decisions of a run with these events; `None` if the policy does not know one of the events,
/// or if the run depends on an unknown fact.
fn decide(
    fleet: &str,
    events: &[FirstEvent],
    target: InstanceId,
    loader: &mut Loader,
) -> Option<Trial> {
    let plan = compiled(&first_scenario(fleet, events, &[]), loader)?;
    let header = plan.header.clone();
    let mut decided = Trial::default();
    let done = carry_out(plan, Limits::default(), None, |record, _| {
        if let Record::Decision(decision) = record {
            decided.number += 1;
            if decision.instance == target || decided.shown.len() < MOST_OTHERS {
                decided.shown.push(FirstDecision::new(decision, &header));
            }
        }
        Ok::<(), std::convert::Infallible>(())
    });
    let (ending, _) = done.unwrap_or_else(|never| match never {});
    ending.is_complete().then_some(decided)
}
