//! Two recordings: folders that `run --out` wrote, of decisions or of replications.
//!
//! `DIR#CASE` is one case of a folder. Two recordings of one run each of the same scenario are of
//! two cases, if the cases differ: their runs are compared as one, since the draws of both are
//! the same.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::arguments::Arguments;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::study::Many;
use crate::cli::shared::{files, terminal};
use crate::diagnostics::many;
use crate::experiment::Replications;
use crate::report::{
    DecisionRow, DiffResult, PairedRun, RunFile, changed, read_decisions, read_replications,
};

/// A folder that was named, and the case of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recording {
    folder: PathBuf,
    case: Option<String>,
    name: String,
}

impl Recording {
    /// What a name on the command line means, if it names a folder.
    pub(super) fn named(name: &str) -> Option<Self> {
        let of = |folder: &str, case: Option<&str>| {
            let (folder, case) = (PathBuf::from(folder), case.map(str::to_owned));
            folder.is_dir().then(|| Self { folder, case, name: name.to_owned() })
        };
        of(name, None).or_else(|| {
            let (folder, case) = name.rsplit_once('#')?;
            of(folder, Some(case))
        })
    }

    /// Whether it holds replications, and not the decisions of single runs.
    fn is_study(&self) -> bool {
        self.folder.join("replications.csv").is_file()
    }

    fn read<T>(&self, table: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, Exit> {
        let path = self.folder.join(table);
        let text = files::read_text(&path).map_err(|failure| failure.to_string());
        text.and_then(|text| parse(&text)).map_err(|why| {
            terminal::print_stderr(&format!(
                "stayput: {} is not a recorded run: {why}",
                path.display()
            ));
            Exit::BadInput
        })
    }

    /// What the folder says of its runs; nothing if it does not say it.
    fn account(&self) -> Option<RunFile> {
        let text = files::read_text(&self.folder.join("run.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The runs of a folder that were asked for.
    fn choose<T>(&self, all: Vec<T>, case: impl Fn(&T) -> &str) -> Result<Vec<T>, Exit> {
        let Some(wanted) = &self.case else { return Ok(all) };
        let known: BTreeSet<String> = all.iter().map(|one| case(one).to_owned()).collect();
        let chosen: Vec<T> = all.into_iter().filter(|one| case(one) == wanted).collect();
        if chosen.is_empty() {
            let known: Vec<String> = known.into_iter().filter(|case| !case.is_empty()).collect();
            let of = if known.is_empty() { "it has no cases".to_owned() } else { known.join(", ") };
            let folder = self.folder.display();
            terminal::print_stderr(&format!("stayput: {folder} has no case `{wanted}`: {of}"));
            return Err(Exit::BadInput);
        }
        Ok(chosen)
    }
}

/// What a comparison of two cases is called.
fn both_cases(old: &str, new: &str) -> String {
    format!("{old} -> {new}")
}

/// Two recordings.
///
/// # Errors
/// [`Exit`], after what is wrong was said.
pub(super) fn recorded(arguments: &Arguments, sides: &[Recording; 2]) -> Result<DiffResult, Exit> {
    if !arguments.paths.is_empty() {
        terminal::print_stderr("stayput: scenarios cannot be given together with recorded runs");
        return Err(Exit::BadInput);
    }
    let mut result = match sides.each_ref().map(Recording::is_study) {
        [false, false] => single(sides)?,
        [true, true] => studies(arguments, sides)?,
        [true, false] | [false, true] => {
            terminal::print_stderr("stayput: cannot compare replications with a single run");
            return Err(Exit::BadInput);
        }
    };
    result.names = [arguments.old.clone(), arguments.new.clone()];
    for side in sides {
        if side.account().is_some_and(|file| !file.complete) {
            let why =
                format!("{} is incomplete; only the rows it contains were compared", side.name);
            terminal::print_stderr(&format!("stayput: {why}"));
            result.incomplete.push(why);
        }
    }
    Ok(result)
}

/// Decisions of single runs.
fn single(sides: &[Recording; 2]) -> Result<DiffResult, Exit> {
    let read = |side: &Recording| {
        let rows = side.read("decisions.csv", read_decisions)?;
        side.choose(rows, |row| row.get("case"))
    };
    let (mut old, mut new) = (read(&sides[0])?, read(&sides[1])?);
    let runs = |rows: &[DecisionRow], side: &Recording| -> BTreeSet<(String, String)> {
        // A run without decisions is one all the same.
        let file = side.account();
        let runs = file.iter().flat_map(|file| &file.runs);
        let runs = runs.map(|run| (run.scenario.clone(), run.case.clone()));
        let runs = runs.filter(|(_, case)| side.case.as_ref().is_none_or(|wanted| wanted == case));
        let row = |row: &DecisionRow| (row.get("scenario").to_owned(), row.get("case").to_owned());
        runs.chain(rows.iter().map(row)).collect()
    };
    let of = [runs(&old, &sides[0]), runs(&new, &sides[1])].map(Vec::from_iter);
    if let [[(scenario, before)], [(other, after)]] = of.each_ref().map(Vec::as_slice)
        && scenario == other
        && before != after
    {
        let case = both_cases(before, after);
        old.iter_mut().chain(&mut new).for_each(|row| row.set("case", &case));
    }
    let compared = Some(old.len().max(new.len()));
    Ok(DiffResult { changed: changed(&old, &new), compared, ..DiffResult::default() })
}

/// Replications on the same draws.
fn studies(arguments: &Arguments, sides: &[Recording; 2]) -> Result<DiffResult, Exit> {
    let read = |side: &Recording| {
        let all = side.read("replications.csv", read_replications)?;
        side.choose(all, |of| &of.case)
    };
    let (old, new) = (read(&sides[0])?, read(&sides[1])?);
    let mut result = DiffResult::default();
    let alone = matches!((old.as_slice(), new.as_slice()), ([_], [_]));
    for before in &old {
        let same = |after: &&Replications| {
            after.scenario == before.scenario && (alone || after.case == before.case)
        };
        let Some(after) = new.iter().find(same) else { continue };
        same_draws(sides, before, after)?;
        result.paired.push(pair(arguments, before, after)?);
    }
    if result.paired.is_empty() {
        terminal::print_stderr(
            "stayput: the two folders have no scenario and case in common; name a case as `DIR#CASE`",
        );
        return Err(Exit::BadInput);
    }
    Ok(result)
}

/// Refuses replications whose draws are not the same.
fn same_draws(
    sides: &[Recording; 2],
    before: &Replications,
    after: &Replications,
) -> Result<(), Exit> {
    let seed = |side: &Recording, of: &Replications| {
        let file = side.account()?;
        let run = file.runs.iter().find(|run| run.scenario == of.scenario && run.case == of.case);
        run.map(|run| run.seed)
    };
    match [seed(&sides[0], before), seed(&sides[1], after)] {
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

/// The differences within each replication that both have.
fn pair(arguments: &Arguments, old: &Replications, new: &Replications) -> Result<PairedRun, Exit> {
    let numbers = |of: &Replications| -> BTreeSet<u64> {
        of.rows.iter().map(|row| row.replication).collect()
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
    let kept = |of: &Replications| {
        let mut of = of.clone();
        of.rows.retain(|row| common.contains(&row.replication));
        of.rows.sort_by_key(|row| row.replication);
        of
    };
    let Many { level, .. } = arguments.many;
    Ok(PairedRun::new(&kept(old), &kept(new), level, arguments.many.confidence()))
}
