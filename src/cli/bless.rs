//! `stayput bless`: accepts what `test` or `diff` reported.
//!
//! It writes stored decisions beside their scenarios and accepted changes beside their policy. It
//! never changes a scenario or a policy. Comments in a file of accepted changes are kept until an
//! acceptance is added or dropped.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anstream::ColorChoice;

use super::args::{day, or_default};
use super::shared::accepted_files::{accepted_path, read_accepted_file};
use super::shared::exit::Exit;
use super::shared::files;
use super::shared::load::{Loaded, Loader, has_overlays, refuse_overlays};
use super::shared::messages::{print_problem, report_nothing_ran};
use super::shared::output_file::write;
use super::shared::policy_pair::{self, PairOptions};
use super::shared::run_cases::{Job, RunSettings, judge_all};
use super::shared::snapshots::stored_path;
use super::shared::terminal;
use super::shared::today::today;
use crate::diagnostics::{Code, Problem, Problems, many};
use crate::plan::Options;
use crate::report::{
    Acceptance, AcceptedFile, Accepting, DecisionRow, DiffResult, accept, accepted_yaml,
    decisions_csv, is_reason,
};
use crate::time::CalendarDays;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenarios whose decisions to store beside them. Without a path, update those that are
    /// already stored.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Accept the changes from policy OLD to policy NEW; with paths, also the changed decisions.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], requires = "reason")]
    diff: Option<Vec<String>>,
    /// Why the change is accepted.
    #[arg(long, value_name = "TEXT", requires = "diff", value_parser = reason)]
    reason: Option<String>,
    /// Last day on which the acceptance is valid, such as 2026-12-31.
    #[arg(long, value_name = "DAY", requires = "diff", value_parser = day_as_written)]
    until: Option<String>,
    /// Accept only changes whose key contains this text. Those that are accepted already get the
    /// reason and the last day of this command.
    #[arg(long, value_name = "TEXT", requires = "diff")]
    only: Option<String>,
    /// File of accepted changes (default: beside the new policy).
    #[arg(long, value_name = "FILE", requires = "diff")]
    accepted: Option<PathBuf>,
    /// Write files even if the environment variable CI is set.
    #[arg(long)]
    even_in_ci: bool,
}

/// A day, as written: the file of acceptances keeps the text.
fn day_as_written(text: &str) -> Result<String, String> {
    day(text).map(|_| text.to_owned())
}

/// A reason that a file of acceptances can contain.
fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty; write why the change is accepted".to_owned());
    }
    let why = "it must be one line of text without tabs and other control characters";
    is_reason(text).then(|| text.to_owned()).ok_or_else(|| why.to_owned())
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let ci = std::env::var("CI").is_ok_and(|ci| !ci.is_empty() && ci != "false" && ci != "0");
    if ci && !arguments.even_in_ci {
        terminal::print_stderr(
            "stayput: the environment variable CI is set, and results should be reviewed before they are accepted; run `bless` on your machine, or add `--even-in-ci`",
        );
        return Err(Exit::BadInput);
    }
    match arguments.diff.as_deref() {
        Some([old, new]) => accept_changes(arguments, (old, new), colour),
        _ => store_decisions(arguments, colour),
    }
}

/// Stores the decisions of scenarios.
fn store_decisions(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    if has_overlays() {
        terminal::print_stderr(
            "stayput: stored decisions are those of the scenario alone, which `test` compares without overlays; leave `--with` out",
        );
        return Err(Exit::BadInput);
    }
    let mut loader = Loader::new();
    let mut loaded = loader.scenarios(&or_default(&arguments.paths), &Options::default());
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    if arguments.paths.is_empty() {
        loaded.retain(|one| stored_path(&one.path).symlink_metadata().is_ok());
    }
    let jobs = jobs(&loaded);
    if jobs.is_empty() {
        let why = "nothing to bless; name a scenario to store its decisions";
        report_nothing_ran(Code::NothingFound, why);
        return Err(Exit::NothingRan);
    }
    let before: Vec<Option<String>> = loaded
        .iter()
        .map(|one| {
            let name = stored_path(&one.path);
            loader.read_beside(&one.path, name.file_name()?)
        })
        .collect();
    if loader.problems.refuse() {
        loader.print_problems(terminal::stderr_paint(colour));
        return Err(Exit::BadInput);
    }
    terminal::install_interrupt_handler();
    let settings = RunSettings { limits: crate::kernel::Limits::default(), only: None, jobs: 1 };
    let judged = judge_all(&jobs, settings)?;
    if let Some((name, why)) =
        judged.iter().find_map(|one| one.report.broken.as_ref().map(|why| (&one.report.name, why)))
    {
        terminal::print_stderr(&format!("stayput: {name}: {why}; nothing was written"));
        return Err(Exit::Undecided);
    }
    let mut lines = Vec::new();
    for (file, (one, before)) in loaded.iter().zip(&before).enumerate() {
        let in_file = judged.iter().filter(|judged| judged.file == file);
        let rows: Vec<DecisionRow> = in_file.flat_map(|judged| judged.rows.clone()).collect();
        lines.push(store(&stored_path(&one.path), before.as_deref(), &rows)?);
    }
    terminal::print(&lines.join("\n"))?;
    let unmet: usize = judged.iter().map(|one| one.report.judgement.failures.len()).sum();
    if unmet > 0 {
        let what = many(unmet, "expectation");
        terminal::print_stderr(&format!(
            "{what} failed; `bless` does not change handwritten expectations"
        ));
        return Ok(Exit::Failure);
    }
    Ok(Exit::Success)
}

fn jobs(loaded: &[Loaded]) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    for (file, one) in loaded.iter().enumerate() {
        for plan in &one.compiled.plans {
            jobs.push(Job {
                file,
                path: one.path.clone(),
                plan: Cow::Borrowed(plan),
                again: String::new(),
                keeps: true,
            });
        }
    }
    jobs
}

/// Writes a file of stored decisions if its text differs from the text `before`, and returns a line
/// about it.
fn store(path: &Path, before: Option<&str>, rows: &[DecisionRow]) -> Result<String, Exit> {
    let text = decisions_csv(rows).map_err(|_| Exit::CouldNotWrite)?;
    let shown = files::shown(path);
    if before == Some(text.as_str()) {
        return Ok(format!("{shown}: unchanged"));
    }
    write(path, &text)?;
    let word = if before.is_some() { "updated" } else { "written" };
    Ok(format!("{shown}: {word}, {}", many(rows.len(), "decision")))
}

/// Accepts the differences between two policies.
fn accept_changes(
    arguments: &Arguments,
    names: (&str, &str),
    colour: ColorChoice,
) -> Result<Exit, Exit> {
    let paint = terminal::stderr_paint(colour);
    let over = arguments
        .until
        .as_deref()
        .and_then(CalendarDays::parse_day)
        .is_some_and(|day| day.end <= today());
    if let (Some(until), true) = (&arguments.until, over) {
        terminal::print_stderr(&format!("stayput: {until} is in the past; choose a later day"));
        return Err(Exit::BadInput);
    }
    if arguments.paths.is_empty() {
        refuse_overlays("a comparison of policies")?;
    }
    let mut loader = Loader::new();
    let found =
        policy_pair::policies(names, &arguments.paths, &PairOptions::default(), &mut loader);
    let path = arguments.accepted.clone().unwrap_or_else(|| accepted_path(names.1));
    // A file that the user names may be new.
    let named = arguments.accepted.as_deref();
    let is_new = named.is_some_and(|path| path.symlink_metadata().is_err());
    let file = if is_new { None } else { read_accepted_file(names.1, named, &mut loader) };
    loader.refuse_or_continue(paint)?;
    add_acceptances(arguments, (&path, file.as_ref()), found?)
}

/// Adds the acceptances of the changes of a comparison to their file.
fn add_acceptances(
    arguments: &Arguments,
    (path, file): (&Path, Option<&AcceptedFile>),
    mut result: DiffResult,
) -> Result<Exit, Exit> {
    let wanted = |key: &String| arguments.only.as_ref().is_none_or(|only| key.contains(only));
    if let Some(only) = arguments.only.as_ref().filter(|_| !result.keys().iter().any(wanted)) {
        return nothing_to_accept(&format!("no change has a key that contains `{only}`"), None);
    }
    let mut kept = keep(file, &mut result);
    let before = kept.len();
    let is_shorter = file.is_some_and(|file| before < file.accepted.len());
    let from = result.comparison.as_ref().map(|c| c.old.clone()).unwrap_or_default();
    let accepted = |change: &str| Acceptance {
        from: from.clone(),
        change: change.to_owned(),
        reason: arguments.reason.clone().unwrap_or_default(),
        until: arguments.until.clone(),
    };
    let (mut updated, mut left) = (0, 0);
    for one in kept.iter_mut().filter(|one| one.from == from && wanted(&one.change)) {
        let now = accepted(&one.change);
        match (now == *one, &arguments.only) {
            (true, _) => {}
            (false, Some(_)) => (*one, updated) = (now, updated + 1),
            // Only changes that the command names get another reason or day.
            (false, None) => left += 1,
        }
    }
    let new = result.keys_to_accept(wanted, &kept);
    // A file that would contain the same is not written, so that its comments are kept.
    if new.is_empty() && updated == 0 && !is_shorter {
        let help = "to give accepted changes another reason or day, name them: `--only TEXT`";
        match (file, left) {
            (None, _) => return nothing_to_accept("nothing differs", None),
            (Some(_), 0) => {}
            (Some(_), _) => return nothing_to_accept("every change is accepted", Some(help)),
        }
    } else {
        kept.extend(new.iter().map(|change| accepted(change)));
        write(path, &accepted_yaml(&kept))?;
    }
    let (shown, new) = (files::shown(path), many(new.len(), "change"));
    let updates = if updated > 0 { format!(", {updated} updated") } else { String::new() };
    let kept = before - updated;
    terminal::print(&format!("{shown}: {new} newly accepted{updates}, {kept} kept"))?;
    Ok(Exit::Success)
}

/// Reports that there is nothing to accept, and why.
fn nothing_to_accept(why: &str, help: Option<&str>) -> Result<Exit, Exit> {
    let problem = Problem::bare(Code::FilterMatchesNone, format!("nothing to accept: {why}"));
    print_problem(match help {
        Some(help) => problem.help(help),
        None => problem,
    });
    Err(Exit::NothingRan)
}

/// The acceptances that are still valid. Those that have expired or no longer occur are dropped.
fn keep(file: Option<&AcceptedFile>, result: &mut DiffResult) -> Vec<Acceptance> {
    let (Some(file), Some(comparison)) = (file, &mut result.comparison) else {
        return Vec::new();
    };
    let ran = result.compared.is_some();
    let old = comparison.old.clone();
    let terms = Accepting { ran, today: today(), spent: &result.spent };
    let problems = &mut Problems::default();
    let taken = accept(file, comparison, &mut result.changed, &terms, problems).taken;
    let others = file.accepted.iter().map(Acceptance::from).filter(|one| {
        // An acceptance of another edition is not checked, nor one of a decision if no scenario
        // ran.
        one.from != old || (!ran && one.change.starts_with("decision "))
    });
    others.chain(taken).collect()
}
