//! Two recordings: folders that `run --out` wrote, with decisions or replications.
//!
//! `DIR#CASE` names one case of a folder. If each side contains one run of the same scenario and
//! the cases differ, the two cases are compared with each other, because they use common random
//! numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::arguments::{Arguments, Format};
use crate::cli::shared::exit::Exit;
use crate::cli::shared::load::{known_cases, refuse_overlays};
use crate::cli::shared::study::ReplicationOptions;
use crate::cli::shared::study_part::TABLE;
use crate::cli::shared::{files, terminal};
use crate::diagnostics::{hex_digest, many, visible};
use crate::experiment::Replications;
use crate::report::{
    DecisionRow, DiffResult, PairedRun, RunFile, changed, read_decisions, read_replications,
};
use crate::run_header::run_name;

/// Scenario and case of a run.
type RunOf = (String, String);

/// A folder of the command line, and the case to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recording {
    folder: PathBuf,
    /// The case; `None` for all cases.
    case: Option<String>,
    /// The argument, as messages show it.
    name: String,
}

impl Recording {
    /// Parses `DIR` or `DIR#CASE`; `None` if the folder does not exist.
    pub(super) fn named(name: &str) -> Option<Self> {
        let recording = |folder: &str, case: Option<&str>| {
            let (folder, case) = (PathBuf::from(folder), case.map(str::to_owned));
            folder.is_dir().then(|| Self { folder, case, name: visible(name).into_owned() })
        };
        // The names of folders and of cases may contain a `#` themselves.
        let mut parts = name.match_indices('#');
        let of_case = |(at, _)| recording(&name[..at], Some(&name[at + 1..]));
        recording(name, None).or_else(|| parts.find_map(of_case))
    }

    /// Whether it contains replications instead of single runs.
    fn is_study(&self) -> bool {
        self.folder.join(TABLE).is_file()
    }

    fn read<T>(&self, table: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, Exit> {
        let path = self.folder.join(table);
        let text = files::read_text(&path).map_err(|failure| failure.to_string());
        text.and_then(|text| {
            self.check_digest(table, &text)?;
            parse(&text)
        })
        .map_err(|why| {
            terminal::print_stderr(&format!(
                "stayput: {} is not a recorded run: {why}",
                files::shown(&path)
            ));
            Exit::BadInput
        })
    }

    /// Checks that a table is the one that the run wrote.
    fn check_digest(&self, table: &str, text: &str) -> Result<(), String> {
        let file = self.run_file();
        let written = file.iter().flat_map(|file| &file.outputs).find(|file| file.name == table);
        match written {
            Some(written) if written.sha256 != hex_digest(&[text]) => {
                Err(format!("{table} was changed after the run wrote it"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The run file of the folder; `None` if there is none or it is not valid.
    fn run_file(&self) -> Option<RunFile> {
        let text = files::read_text(&self.folder.join("run.json")).ok()?;
        RunFile::parse(&text).ok()
    }

    /// The seeds of the runs that the run file lists.
    fn seeds(&self) -> BTreeMap<RunOf, u64> {
        let file = self.run_file();
        let runs = file.iter().flat_map(|file| &file.runs).rev();
        runs.map(|run| ((run.scenario.clone(), run.case.clone()), run.seed)).collect()
    }

    /// The elements of the chosen case, or all if no case was chosen.
    fn choose<T>(&self, all: Vec<T>, case: impl Fn(&T) -> &str) -> Result<Vec<T>, Exit> {
        let Some(wanted) = &self.case else { return Ok(all) };
        let known: BTreeSet<String> = all.iter().map(|one| case(one).to_owned()).collect();
        let chosen: Vec<T> = all.into_iter().filter(|one| case(one) == wanted).collect();
        if chosen.is_empty() {
            let known: Vec<String> = known.into_iter().collect();
            let (folder, known) = (files::shown(&self.folder), known_cases(wanted, &known));
            terminal::print_stderr(&format!("stayput: {folder} has no case `{wanted}`{known}"));
            return Err(Exit::BadInput);
        }
        Ok(chosen)
    }
}

/// The name of a comparison of two cases.
pub(super) fn both_cases(old: &str, new: &str) -> String {
    format!("{old} -> {new}")
}

/// Compares two recordings.
///
/// # Errors
/// [`Exit`], after the mistake was reported.
pub(super) fn recorded(arguments: &Arguments, sides: &[Recording; 2]) -> Result<DiffResult, Exit> {
    if !arguments.paths.is_empty() {
        terminal::print_stderr("stayput: scenarios cannot be given together with recorded runs");
        return Err(Exit::BadInput);
    }
    refuse_overlays("recorded runs")?;
    let mut result = match sides.each_ref().map(Recording::is_study) {
        [false, false] if matches!(arguments.format, Format::Csv) => {
            terminal::print_stderr(
                "stayput: `-f csv` prints differences between replications, and these folders contain \
                 single runs; use another format",
            );
            return Err(Exit::BadInput);
        }
        [false, false] => single(sides)?,
        [true, true] => studies(arguments, sides)?,
        [true, false] | [false, true] => {
            terminal::print_stderr("stayput: cannot compare replications with a single run");
            return Err(Exit::BadInput);
        }
    };
    let names = [arguments.old.as_str(), arguments.new_name()?];
    result.names = names.map(|name| visible(name).into_owned());
    for side in sides {
        if side.run_file().is_some_and(|file| !file.complete) {
            let why =
                format!("{} is incomplete; only the rows it contains were compared", side.name);
            result.incomplete.push(why);
        }
    }
    result.incomplete.iter().for_each(|why| terminal::print_stderr(&format!("stayput: {why}")));
    Ok(result)
}

/// Compares the decisions of single runs.
fn single(sides: &[Recording; 2]) -> Result<DiffResult, Exit> {
    let read = |side: &Recording| {
        let rows = side.read("decisions.csv", read_decisions)?;
        side.choose(rows, |row| row.get("case"))
    };
    let (mut old, mut new) = (read(&sides[0])?, read(&sides[1])?);
    let runs = |rows: &[DecisionRow], side: &Recording| -> BTreeSet<RunOf> {
        // The run file also lists runs without decisions.
        let file = side.run_file();
        let runs = file.iter().flat_map(|file| &file.runs);
        let runs = runs.map(|run| (run.scenario.clone(), run.case.clone()));
        let runs = runs.filter(|(_, case)| side.case.as_ref().is_none_or(|wanted| wanted == case));
        let row = |row: &DecisionRow| (row.get("scenario").to_owned(), row.get("case").to_owned());
        runs.chain(rows.iter().map(row)).collect()
    };
    let runs = [runs(&old, &sides[0]), runs(&new, &sides[1])].map(Vec::from_iter);
    if let [[(scenario, before)], [(other, after)]] = runs.each_ref().map(Vec::as_slice)
        && scenario == other
        && before != after
    {
        let case = both_cases(before, after);
        old.iter_mut().chain(&mut new).for_each(|row| row.set("case", &case));
    }
    let compared = Some(old.len().max(new.len()));
    Ok(DiffResult { changed: changed(&old, &new), compared, ..DiffResult::default() })
}

/// Compares replications with common random numbers.
fn studies(arguments: &Arguments, sides: &[Recording; 2]) -> Result<DiffResult, Exit> {
    let read = |side: &Recording| {
        let all = side.read(TABLE, read_replications)?;
        side.choose(all, |run| &run.case)
    };
    let (old, new) = (read(&sides[0])?, read(&sides[1])?);
    let mut result = DiffResult::default();
    let single_pair = matches!((old.as_slice(), new.as_slice()), ([_], [_]));
    // Two single runs are compared whatever their cases are.
    let name = |run: &Replications| {
        let case = if single_pair { "" } else { run.case.as_str() };
        (run.scenario.clone(), case.to_owned())
    };
    let named = |runs: &[Replications]| -> BTreeMap<RunOf, usize> {
        runs.iter().enumerate().rev().map(|(index, run)| (name(run), index)).collect()
    };
    let (in_old, in_new) = (named(&old), named(&new));
    let seeds = sides.each_ref().map(Recording::seeds);
    for before in &old {
        let Some(after) = in_new.get(&name(before)).map(|index| &new[*index]) else { continue };
        check_common_seed(sides, &seeds, [before, after])?;
        result.paired.push(pair(arguments, before, after)?);
    }
    if result.paired.is_empty() {
        terminal::print_stderr(
            "stayput: the two folders have no scenario and case in common; name a case as `DIR#CASE`",
        );
        return Err(Exit::BadInput);
    }
    for (runs, others, side) in [(&old, &in_new, &sides[0]), (&new, &in_old, &sides[1])] {
        for run in runs.iter().filter(|run| !others.contains_key(&name(run))) {
            let name = run_name(&run.scenario, &run.case);
            let why = format!("{name} was not compared, because only {} contains it", side.name);
            result.incomplete.push(why);
        }
    }
    Ok(result)
}

/// Refuses replications with different seeds.
fn check_common_seed(
    sides: &[Recording; 2],
    seeds: &[BTreeMap<RunOf, u64>; 2],
    [old, new]: [&Replications; 2],
) -> Result<(), Exit> {
    let seed = |seeds: &BTreeMap<RunOf, u64>, of: &Replications| {
        seeds.get(&(of.scenario.clone(), of.case.clone())).copied()
    };
    match [seed(&seeds[0], old), seed(&seeds[1], new)] {
        [Some(old), Some(new)] if old != new => {
            terminal::print_stderr(&format!(
                "stayput: {} and {} use different random numbers: the seeds are {old} and {new}",
                sides[0].name, sides[1].name
            ));
            Err(Exit::BadInput)
        }
        _ => Ok(()),
    }
}

/// The differences within each replication that both sides contain.
fn pair(arguments: &Arguments, old: &Replications, new: &Replications) -> Result<PairedRun, Exit> {
    let numbers = |all: &Replications| -> BTreeSet<u64> {
        all.rows.iter().map(|row| row.replication).collect()
    };
    let (before, after) = (numbers(old), numbers(new));
    let common: BTreeSet<u64> = before.intersection(&after).copied().collect();
    let only = before.symmetric_difference(&after).count();
    if only > 0 {
        let what = many(only, "replication");
        terminal::print_stderr(&format!(
            "stayput: skipped {what} of {} that only one side contains",
            old.scenario
        ));
    }
    if common.is_empty() {
        terminal::print_stderr("stayput: the two sides have no replication in common");
        return Err(Exit::BadInput);
    }
    let in_common = |all: &Replications| {
        let mut kept = all.clone();
        kept.rows.retain(|row| common.contains(&row.replication));
        kept.rows.sort_by_key(|row| row.replication);
        kept
    };
    let ReplicationOptions { level, .. } = arguments.replicated;
    let confidence = arguments.replicated.confidence();
    PairedRun::new(&in_common(old), &in_common(new), level, confidence).map_err(|why| {
        terminal::print_stderr(&format!("stayput: {why}"));
        Exit::BadInput
    })
}
