//! Two policies, and the scenarios that are run under both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::load::{Kind, Loaded, Loader};
use super::messages::report_nothing_ran;
use super::progress::Progress;
use super::run_cases::decisions;
use super::run_end::name_of;
use super::study::{Many, Template};
use super::terminal;
use crate::cli::args::Overrides;
use crate::diagnostics::many;
use crate::experiment::{WorkerPool, affected_instances};
use crate::format::parse_yaml;
use crate::plan::{Options, Plan};
use crate::policy::{Class, Comparison, Difference, already, compare};
use crate::report::{AcceptedFile, ChangesInOldRuns, DiffResult, PairedRun, changed};
use crate::world::Run;

/// What is asked of two policies, besides what they differ in.
#[derive(Default)]
pub struct Asked<'a> {
    /// To compare replications, and not decisions.
    pub pairing: Option<&'a Pairing>,
    /// The changes that were accepted before.
    pub accepted: Option<&'a AcceptedFile>,
}

/// On what terms replications are compared.
pub struct Pairing {
    pub many: Many,
    pub seed: Option<u64>,
    pub crew: WorkerPool,
}

/// Two policies, and the scenarios that are run under both.
///
/// # Errors
/// [`Exit`], after everything but the mistakes in files has been reported.
pub fn policies(
    names: (&str, &str),
    paths: &[PathBuf],
    asked: &Asked<'_>,
    loader: &mut Loader,
) -> Result<DiffResult, Exit> {
    let names = [names.0, names.1];
    let loaded = names.map(|name| loader.policy(name));
    let [Some(old), Some(new)] = &loaded else { return Err(Exit::BadInput) };
    let pairing = asked.pairing;
    let mut result = DiffResult {
        names: names.map(str::to_owned),
        paths: paths.iter().map(|path| path.display().to_string()).collect(),
        comparison: Some(compare(old, new)),
        ..DiffResult::default()
    };
    let keys = missing(asked.accepted, result.comparison.as_ref());
    result.spent = already(old, &keys);
    let mut decided = ChangesInOldRuns::new(keys);
    if paths.is_empty() {
        return Ok(result);
    }
    let about = [&old.name, &new.name].map(|name| family(name).to_owned());
    let (mut ran, mut passed_over) = (0, 0);
    terminal::install_interrupt_handler();
    // It reads each policy once for all scenarios.
    let mut scratch = Loader::new();
    for (path, named) in loader.find(paths) {
        let Some(text) = loader.read(&path) else { continue };
        if !named && loader.kind(&path, &text) != Some(Kind::Scenario) {
            continue;
        }
        let seed = pairing.and_then(|pairing| pairing.seed);
        let Some(both) =
            under_both([loader, &mut scratch], (&path, &text), names, (named, seed), &about)
        else {
            passed_over += 1;
            continue;
        };
        let [Some(old), Some(new)] = both else { continue };
        for (old, new) in old.compiled.plans.into_iter().zip(new.compiled.plans) {
            ran += 1;
            match pairing {
                Some(pairing) => pair(pairing, &old, &new, &mut result)?,
                None => judge(old, new, &mut decided, &mut result)?,
            }
        }
    }
    if passed_over > 0 {
        let what = many(passed_over, "scenario");
        terminal::print_stderr(&format!("skipped {what}: other policies"));
    }
    if ran == 0 && !loader.problems.refuse() {
        report_nothing_ran(
            crate::diagnostics::Code::NothingFound,
            "no scenario uses these policies",
        );
        return Err(Exit::NothingRan);
    }
    result.spent.append(&mut decided.made());
    Ok(result)
}

/// The accepted changes from the old policy that no difference shows.
fn missing(file: Option<&AcceptedFile>, comparison: Option<&Comparison>) -> Vec<String> {
    let (Some(file), Some(comparison)) = (file, comparison) else { return Vec::new() };
    let there: BTreeSet<String> = comparison.differences.iter().map(Difference::key).collect();
    let of = file.accepted.iter().filter(|part| part.from.value == comparison.old);
    of.map(|part| part.change.value.clone()).filter(|key| !there.contains(key)).collect()
}

/// The provider's product that an edition is about.
fn family(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// A scenario, compiled under each of two policies. `None` if it was found in a folder, is about
/// another policy, and does not apply under these.
fn under_both(
    [loader, scratch]: [&mut Loader; 2],
    (path, text): (&Path, &str),
    names: [&str; 2],
    (named, seed): (bool, Option<u64>),
    about: &[String; 2],
) -> Option<[Option<Loaded>; 2]> {
    scratch.forget_problems();
    let compile = |loader: &mut Loader| {
        names.map(|name| {
            let beside = names.map(str::to_owned).to_vec();
            let options = Options { policy: Some(name.to_owned()), beside, seed, unjudged: true };
            loader.scenario(path, text.to_owned(), &options)
        })
    };
    let tried = compile(scratch);
    if tried.iter().all(Option::is_some) {
        return Some(tried);
    }
    let own = policy_of(text);
    let foreign = own.is_some_and(|own| !about.iter().any(|known| known == family(&own)));
    if foreign && !named {
        return None;
    }
    // Once more where its mistakes are reported.
    Some(compile(loader))
}

/// The policy that a scenario names.
fn policy_of(text: &str) -> Option<String> {
    let mut sources = crate::diagnostics::Sources::default();
    let file = sources.add("", text);
    let node = parse_yaml(&sources, file, &mut crate::diagnostics::Problems::default())?;
    node.get("policy")?.scalar().map(str::to_owned)
}

/// Runs a plan under each of two policies, and keeps what differs.
fn judge(
    old: Plan,
    new: Plan,
    decided: &mut ChangesInOldRuns,
    result: &mut DiffResult,
) -> Result<(), Exit> {
    note_affected(&old, result);
    let name = name_of(&old.header);
    let old = decisions(old)?;
    decided.search(&name, &old);
    let new = decisions(new)?;
    *result.compared.get_or_insert(0) += old.len().max(new.len());
    result.changed.extend(changed(&old, &new));
    Ok(())
}

/// Carries out the same replications under each of two policies: their draws are the same, since
/// a stream hangs on seed, number and name alone.
fn pair(pairing: &Pairing, old: &Plan, new: &Plan, result: &mut DiffResult) -> Result<(), Exit> {
    note_affected(old, result);
    let overrides = Overrides::default();
    let numbers = 0..pairing.many.replications.unwrap_or(0);
    let level = pairing.many.confidence();
    let progress = Progress::of(2 * numbers.end, "replications");
    let mut both = Vec::new();
    for plan in [old, new] {
        let template = Template::of(plan, &overrides);
        let carried = template.carry_out(&pairing.crew, numbers.clone(), &[], level, &progress);
        if terminal::is_interrupted() {
            drop(progress);
            terminal::print_stderr("stayput: interrupted");
            return Err(Exit::Interrupted);
        }
        if carried.judge(&overrides) != Exit::Success {
            return Err(Exit::Undecided);
        }
        both.push(carried.of);
    }
    let [old, new] = both.as_slice() else { return Err(Exit::InternalError) };
    result.paired.push(PairedRun::new(old, new, pairing.many.level, level));
    Ok(())
}

/// Remembers which instances of the fleet a changed verdict is about.
fn note_affected(plan: &Plan, result: &mut DiffResult) {
    let Some(comparison) = &result.comparison else { return };
    let run = Run::start(plan.clone());
    for (number, difference) in comparison.differences.iter().enumerate() {
        if !matches!(difference.class, Class::Verdict | Class::Presence) {
            continue;
        }
        let names = affected_instances(difference, run.world());
        if !names.is_empty() {
            result.affected_instances.push((number, name_of(&plan.header), names));
        }
    }
}
