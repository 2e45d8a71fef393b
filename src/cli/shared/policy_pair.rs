//! The comparison of two policies, with the scenarios that are run under both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files;
use super::load::{FileKind, Loaded, Loader};
use super::messages::report_nothing_ran;
use super::progress::Progress;
use super::run_cases::RecordedRun;
use super::run_end::name_of;
use super::study::{PlanStudy, ReplicationOptions};
use super::terminal;
use crate::cli::args::Overrides;
use crate::diagnostics::{many, visible};
use crate::experiment::{WorkerPool, affected_instances};
use crate::plan::{Options, Plan};
use crate::policy::{Class, Comparison, Difference, already, compare};
use crate::report::{AcceptedFile, ChangesInOldRuns, DiffResult, PairedRun, Suspects, changed};
use crate::world::Run;

/// Options of a comparison of two policies.
#[derive(Default)]
pub struct PairOptions<'a> {
    /// The settings for replications; `None` to compare decisions.
    pub pairing: Option<&'a Pairing>,
    /// The changes that were accepted before; `None` if there is no file of them.
    pub accepted: Option<&'a AcceptedFile>,
}

/// The settings of a comparison of replications.
pub struct Pairing {
    pub options: ReplicationOptions,
    /// The seed; `None` for the scenarios' own.
    pub seed: Option<u64>,
    pub workers: WorkerPool,
}

/// Compares two policies, and runs the scenarios under both.
///
/// # Errors
/// [`Exit`]. Mistakes in files are left in `loader`; everything else has been reported.
pub fn policies(
    names: (&str, &str),
    paths: &[PathBuf],
    options: &PairOptions<'_>,
    loader: &mut Loader,
) -> Result<DiffResult, Exit> {
    let names = [names.0, names.1];
    let loaded = names.map(|name| loader.policy(name));
    let [Some(old), Some(new)] = &loaded else { return Err(Exit::BadInput) };
    let pairing = options.pairing;
    let mut result = DiffResult {
        names: names.map(|name| visible(name).into_owned()),
        paths: paths.iter().map(|path| files::shown(path)).collect(),
        ..DiffResult::default()
    };
    let comparison = compare(old, new);
    let keys = missing(options.accepted, &comparison);
    result.spent = already(old, &keys);
    let mut decided = ChangesInOldRuns::new(keys);
    if paths.is_empty() {
        result.comparison = Some(comparison);
        return Ok(result);
    }
    let suspects = Suspects::new(&comparison);
    let about = [&old.name, &new.name].map(|name| family(name).to_owned());
    let (mut ran, mut skipped) = (0, 0);
    terminal::install_interrupt_handler();
    // This loader keeps the policies, so that each is read once for all scenarios.
    let mut scratch = Loader::new();
    for (path, named) in loader.find(paths) {
        let Some(text) = loader.read(&path) else { continue };
        if !named && loader.kind(&path, &text) != Some(FileKind::Scenario) {
            continue;
        }
        let seed = pairing.and_then(|pairing| pairing.seed);
        let Some(both) =
            under_both([loader, &mut scratch], (&path, &text), names, (named, seed), &about)
        else {
            skipped += 1;
            continue;
        };
        let [Some(old), Some(new)] = both else { continue };
        for (old, new) in old.compiled.plans.into_iter().zip(new.compiled.plans) {
            ran += 1;
            result.affected_instances.extend(affected(&comparison, &old));
            match pairing {
                Some(pairing) => compare_replications(pairing, &old, &new, &mut result)?,
                None => compare_decisions(old, new, &suspects, &mut decided, &mut result)?,
            }
        }
    }
    if skipped > 0 {
        let what = many(skipped, "scenario");
        terminal::print_stderr(&format!("skipped {what}: other policies"));
    }
    if ran == 0 && !loader.problems.refuse() {
        report_nothing_ran(
            crate::diagnostics::Code::NothingFound,
            "no scenario uses these policies",
        );
        return Err(Exit::NothingRan);
    }
    result.comparison = Some(comparison);
    result.spent.append(&mut decided.made());
    Ok(result)
}

/// Keys of the accepted changes of the old policy that are not among the differences.
fn missing(file: Option<&AcceptedFile>, comparison: &Comparison) -> Vec<String> {
    let Some(file) = file else { return Vec::new() };
    let present: BTreeSet<String> = comparison.differences.iter().map(Difference::key).collect();
    let accepted = file.accepted.iter().filter(|one| one.from.value == comparison.old);
    accepted.map(|one| one.change.value.clone()).filter(|key| !present.contains(key)).collect()
}

/// The part of the name of an edition before `@`.
fn family(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// A scenario, compiled under each of two policies. `None` if it was found in a folder, names
/// another family of policies, and does not compile under these.
fn under_both(
    [loader, scratch]: [&mut Loader; 2],
    (path, text): (&Path, &str),
    names: [&str; 2],
    (named, seed): (bool, Option<u64>),
    about: &[String; 2],
) -> Option<[Option<Loaded>; 2]> {
    scratch.clear_problems();
    let options = names.map(|name| {
        let beside = names.map(str::to_owned).to_vec();
        Options {
            policy: Some(name.to_owned()),
            beside,
            seed,
            unjudged: true,
            ..Options::default()
        }
    });
    let parsed = scratch.parsed(path, text.to_owned());
    let [old, new] = &options;
    // A scenario of another family has mistakes under the first policy: the second is not tried.
    let tried = scratch.try_scenario(&parsed, old);
    let tried = tried.and_then(|old| Some([old, scratch.try_scenario(&parsed, new)?]));
    if let Some(tried) = tried {
        return Some(tried.map(Some));
    }
    let is_known = |own: &str| about.iter().any(|known| known == family(own));
    if !named && parsed.policy().is_some_and(|own| !is_known(own)) {
        return None;
    }
    // Compile again with the loader whose problems are reported.
    Some(options.map(|options| loader.scenario(path, text.to_owned(), &options)))
}

/// Runs a plan under each of two policies, and adds the decisions that differ, with their causes.
fn compare_decisions(
    old: Plan,
    new: Plan,
    suspects: &Suspects<'_>,
    decided: &mut ChangesInOldRuns,
    result: &mut DiffResult,
) -> Result<(), Exit> {
    let name = name_of(&old.header);
    let old = RecordedRun::of(old)?;
    decided.search(&name, &old.rows);
    let new = RecordedRun::of(new)?;
    *result.compared.get_or_insert(0) += old.rows.len().max(new.rows.len());
    let mut changed = changed(&old.rows, &new.rows);
    if !changed.is_empty() {
        old.find_causes(new, suspects, &mut changed);
        result.changed.append(&mut changed);
    }
    Ok(())
}

/// Runs the same replications under each of two policies. They use common random numbers, because
/// a stream depends only on seed, replication and name. If a replication does not complete, the
/// result is incomplete, and the differences of shares are bounds.
pub fn compare_replications(
    pairing: &Pairing,
    old: &Plan,
    new: &Plan,
    result: &mut DiffResult,
) -> Result<(), Exit> {
    let overrides = Overrides::default();
    let numbers = 0..pairing.options.replications.unwrap_or(0);
    let level = pairing.options.confidence();
    let progress = Progress::new(2 * numbers.end, "replications");
    let mut both = Vec::new();
    for plan in [old, new] {
        let replicated = PlanStudy::new(plan, &overrides);
        let study = replicated.carry_out(&pairing.workers, numbers.clone(), &[], level, &progress);
        if terminal::is_interrupted() {
            drop(progress);
            terminal::print_stderr("stayput: interrupted");
            return Err(Exit::Interrupted);
        }
        study.report_broken();
        both.push(study.replications);
    }
    let [old, new] = both.as_slice() else { return Err(Exit::InternalError) };
    let paired = PairedRun::new(old, new, pairing.options.level, level);
    let paired = paired.map_err(|why| {
        terminal::print_stderr(&format!("stayput: {why}"));
        Exit::BadInput
    })?;
    if paired.incomplete > 0 {
        let (name, of) = (paired.name(), many(paired.replications, "pair"));
        let why = format!("{name}: {} of {of} of replications did not complete", paired.incomplete);
        result.incomplete.push(why);
    }
    result.paired.push(paired);
    Ok(())
}

/// The instances of the initial fleet that a changed verdict affects, for
/// [`DiffResult::affected_instances`].
fn affected(comparison: &Comparison, plan: &Plan) -> Vec<(usize, String, Vec<String>)> {
    let differs = |d: &Difference| matches!(d.class, Class::Verdict | Class::Presence);
    let run = Run::start(plan.clone());
    let differing = comparison.differences.iter().enumerate().filter(|(_, d)| differs(d));
    let affected = differing.map(|(number, difference)| {
        let names = affected_instances(difference, run.world());
        (number, name_of(&plan.header), names)
    });
    affected.filter(|(.., names)| !names.is_empty()).collect()
}
