//! Scenarios without and with the overlays of the command line: `diff --with FILE SCENARIO`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::arguments::Arguments;
use super::plans::{compare_plans, empty_result};
use super::recorded::Recording;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::files::read_text;
use crate::cli::shared::load::{FileKind, Loaded, Loader, has_overlays, kind_of};
use crate::cli::shared::terminal;
use crate::plan::{Options, Plan};
use crate::report::{DecisionRow, DiffResult, Paint};
use crate::run_header::{UNNAMED, numbered};

/// Whether the arguments name scenarios alone, to compare them without and with an overlay.
pub(super) fn compares_overlays(arguments: &Arguments) -> bool {
    let path = Path::new(&arguments.old);
    let is_scenario = || match read_text(path) {
        Ok(text) => kind_of(&text) == Some(FileKind::Scenario),
        Err(_) => false,
    };
    has_overlays()
        && Recording::named(&arguments.old).is_none()
        && (path.is_dir() || path.is_file() && is_scenario())
}

/// Compares the decisions of scenarios without and with the overlays, or their replications with
/// common random numbers.
///
/// # Errors
/// [`Exit`], after the mistake was reported.
pub(super) fn overlays(arguments: &Arguments, paint: Paint) -> Result<DiffResult, Exit> {
    let named = std::iter::once(&arguments.old).chain(&arguments.new).map(PathBuf::from);
    let paths: Vec<PathBuf> = named.chain(arguments.paths.iter().cloned()).collect();
    let options = Options { seed: arguments.seed, unjudged: true, ..Options::default() };
    let load = |mut loader: Loader| -> Result<Vec<Loaded>, Exit> {
        let loaded = loader.scenarios(&paths, &options);
        loader.refuse_or_continue(paint)?;
        Ok(loaded)
    };
    let (before, after) = (load(Loader::without_overlays())?, load(Loader::new())?);
    let pairing = arguments.pairing()?;
    let mut result = empty_result(["without", "with"].map(str::to_owned), &paths);
    terminal::install_interrupt_handler();
    for (old, new) in before.iter().zip(&after) {
        let new = new.compiled.plans.iter().map(|plan| (plan.header.case.as_str(), plan));
        let new: BTreeMap<&str, &Plan> = new.rev().collect();
        for old in &old.compiled.plans {
            let case = &old.header.case;
            let Some(new) = new.get(case.as_str()).copied() else {
                terminal::print_stderr(&format!("stayput: the overlay removes the case `{case}`"));
                return Err(Exit::BadInput);
            };
            let added = added_events(old, new);
            let align = |_: &mut [DecisionRow], new: &mut [DecisionRow]| {
                new.iter_mut().for_each(|row| number_as_before(row, added));
            };
            compare_plans(pairing.as_ref(), [old, new], align, &mut result)?;
        }
    }
    Ok(result)
}

/// Number of events that the overlays put before those of the scenario.
fn added_events(old: &Plan, new: &Plan) -> u32 {
    let added = new.script.len().saturating_sub(old.script.len());
    u32::try_from(added).unwrap_or(u32::MAX)
}

/// Gives the events without an `id` the numbers that they have without the overlays.
fn number_as_before(row: &mut DecisionRow, added: u32) {
    for column in ["event", "root_event"] {
        if let Some(number) = numbered(row.get(column)) {
            let name = match number.checked_sub(added) {
                None | Some(0) => format!("with-{number}"),
                Some(before) => format!("{UNNAMED}{before}"),
            };
            row.set(column, &name);
        }
    }
}
