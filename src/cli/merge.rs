//! `stayput merge`: the parts of a study, put together.
//!
//! Any batch system may carry out `run --replications N --shard K/N`. What comes of the parts
//! together is what one machine would have written, byte for byte; parts that are of different
//! studies, or that do not add up to one, are refused, with all that is wrong reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anstream::ColorChoice;

use super::args::RunFormat;
use super::shared::exit::Exit;
use super::shared::load::print_problems;
use super::shared::output_folder;
use super::shared::study::{LARGEST, finish};
use super::shared::{files, terminal};
use crate::diagnostics::{Code, Problem, Problems, Sources, hex_digest};
use crate::experiment::Replications;
use crate::report::{Input, RunEnd, RunFile, WrittenStudy, read_replications};
use crate::stats::Confidence;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folders that `run --replications N --shard K/N --out DIR` wrote, in any order.
    #[arg(value_name = "DIR", required = true)]
    parts: Vec<PathBuf>,
    /// Write the merged tables to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: RunFormat,
}

/// The table of a part.
const TABLE: &str = "replications.csv";

/// A part as it was read.
struct Part {
    path: String,
    file: RunFile,
    study: WrittenStudy,
    replications: Vec<Replications>,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    terminal::install_interrupt_handler();
    let mut problems = Problems::default();
    let mut parts = Vec::new();
    for path in &arguments.parts {
        parts.extend(read(path, &mut problems));
        go_on()?;
    }
    if let Some((first, others)) = parts.split_first() {
        others.iter().for_each(|other| compare(first, other, &mut problems));
        if !problems.refuse() {
            add_up(&parts, &mut problems);
        }
    }
    if problems.refuse() {
        print_problems(&problems, &Sources::default(), terminal::stderr_paint(colour));
        return Err(Exit::BadInput);
    }
    let Some((file, all)) = whole(parts) else { return Err(Exit::BadInput) };
    go_on()?;
    let out = output_folder::begin(arguments.out.as_deref())?;
    let of: Vec<&Replications> = all.iter().collect();
    finish(file, &of, out, (arguments.out.as_deref(), arguments.format), colour)?;
    let answered = all.iter().all(|of| of.complete() == of.rows.len());
    Ok(if answered { Exit::Success } else { Exit::Undecided })
}

/// Ends the verb if somebody asked for it. Nothing has been written by then.
fn go_on() -> Result<(), Exit> {
    if terminal::is_interrupted() {
        terminal::print_stderr("stayput: interrupted; nothing was written");
        return Err(Exit::Interrupted);
    }
    Ok(())
}

/// Reads a part.
fn read(path: &Path, problems: &mut Problems) -> Option<Part> {
    let shown = path.to_string_lossy().into_owned();
    let mut text = |name: &str| {
        let file = path.join(name);
        files::read_text(&file)
            .map_err(|failure| problems.add(Problem::unreadable(&file.to_string_lossy(), failure)))
    };
    let (account, rows) = (text("run.json"), text(TABLE));
    let (Ok(account), Ok(rows)) = (account, rows) else { return None };
    let mut none = |why: String| {
        let title = format!("`{shown}` is not a shard of a study: {why}");
        let help =
            "create shards with `stayput run SCENARIO --replications N --shard K/N --out DIR`";
        problems.add(Problem::bare(Code::BadFormat, title).help(help));
    };
    let file: RunFile = match serde_json::from_str(&account) {
        Ok(file) => file,
        Err(error) => {
            none(format!("run.json is not valid: {error}"));
            return None;
        }
    };
    let Some(study) = file.study.clone().filter(|study| study.until_halfwidth.is_empty()) else {
        none("it was not written by `run --replications`".to_owned());
        return None;
    };
    if let Err(why) = possible(&study).and_then(|()| as_written(&file.outputs, &rows)) {
        none(why);
        return None;
    }
    match read_replications(&rows) {
        Ok(replications) => Some(Part { path: shown, file, study, replications }),
        Err(why) => {
            none(format!("in replications.csv, {why}"));
            None
        }
    }
}

/// Checks figures that a run of this program can have.
fn possible(study: &WrittenStudy) -> Result<(), String> {
    if !(1..=LARGEST).contains(&study.replications) {
        let most = format!("a study has 1 to {LARGEST}");
        return Err(format!("run.json states {} replications; {most}", study.replications));
    }
    if Confidence::per_cent(study.level).is_none() {
        return Err(format!("run.json states a confidence level of {:e} percent", study.level));
    }
    Ok(())
}

/// Checks that the table is the one that the run wrote.
fn as_written(outputs: &[Input], rows: &str) -> Result<(), String> {
    let written = outputs.iter().find(|output| output.name == TABLE);
    match written {
        Some(output) if output.sha256 == hex_digest(&[rows]) => Ok(()),
        Some(_) => Err(format!("{TABLE} was changed after the run wrote it")),
        None => Err(format!("run.json has no digest of {TABLE}")),
    }
}

/// Reports in what a part is of another study than the first one.
fn compare(first: &Part, other: &Part, problems: &mut Problems) {
    let digests = |part: &Part| {
        part.file.inputs.iter().map(|input| input.sha256.clone()).collect::<BTreeSet<_>>()
    };
    let plans = |part: &Part| {
        let names = part.file.runs.iter().map(|run| match run.case.as_str() {
            "" => run.scenario.clone(),
            case => format!("{} [{case}]", run.scenario),
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let policies = |part: &Part| {
        let names = part.file.policies.iter().map(|policy| policy.name.clone());
        names.collect::<Vec<_>>().join(", ")
    };
    let mut differ = |what: &str, [one, two]: [String; 2]| {
        let title =
            format!("`{}` belongs to a different study than `{}`: {what}", other.path, first.path);
        let note = if one == two { None } else { Some(format!("expected {one}, found {two}")) };
        let mut problem = Problem::bare(Code::PartDiffers, title);
        problem.notes.extend(note);
        problems.add(problem);
    };
    let pair = |of: &dyn Fn(&Part) -> String| [of(first), of(other)];
    for (what, of) in [
        (
            "the versions of stayput differ",
            &(|p: &Part| p.file.version.clone()) as &dyn Fn(&Part) -> String,
        ),
        ("the seeds differ", &|p: &Part| seeds(&p.file.runs)),
        ("the numbers of replications differ", &|p: &Part| p.study.replications.to_string()),
        ("the confidence levels differ", &|p: &Part| p.study.level.to_string()),
        ("the event limits differ", &|p: &Part| p.study.max_events.to_string()),
        ("the scenarios or cases differ", &plans),
        ("the policies differ", &policies),
    ] {
        let both = pair(of);
        if both[0] != both[1] {
            differ(what, both);
        }
    }
    let (ours, theirs) = (digests(first), digests(other));
    if ours != theirs {
        // The same file may lie elsewhere on another machine: only what it holds counts.
        let strange = other.file.inputs.iter().filter(|input| !ours.contains(&input.sha256));
        let names: Vec<&str> = strange.map(|input| input.name.as_str()).collect();
        let what = format!("the input files differ: {}", names.join(", "));
        differ(&what, [String::new(), String::new()]);
    }
    if policies(first) == policies(other) && first.file.policies != other.file.policies {
        differ("the contents of the policies differ", [String::new(), String::new()]);
    }
}

/// The seeds of some runs, each once.
fn seeds(runs: &[RunEnd]) -> String {
    let seeds: BTreeSet<u64> = runs.iter().map(|run| run.seed).collect();
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// `3`, or `3 to 7`.
fn range(from: u64, to: u64) -> String {
    if from == to { from.to_string() } else { format!("{from} to {to}") }
}

/// Numbers that follow each other, as ranges.
fn ranges(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == number => *to = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}

/// Reports which replications no part holds, and which more than one.
fn add_up(parts: &[Part], problems: &mut Problems) {
    let Some(first) = parts.first() else { return };
    for run in &first.file.runs {
        let name = if run.case.is_empty() {
            run.scenario.clone()
        } else {
            format!("{} [{}]", run.scenario, run.case)
        };
        // Where each number was found first, and the numbers that were found again.
        let mut found: BTreeMap<u64, &str> = BTreeMap::new();
        let mut again: BTreeMap<[&str; 2], BTreeSet<u64>> = BTreeMap::new();
        let mut differ = BTreeSet::new();
        for part in parts {
            let of = part.replications.iter();
            let of = of.filter(|of| of.scenario == run.scenario && of.case == run.case);
            for (of, row) in of.flat_map(|of| of.rows.iter().map(move |row| (of, row))) {
                differ.insert((of.policy.clone(), of.counts.clone()));
                match found.get(&row.replication) {
                    Some(before) => {
                        again.entry([before, &part.path]).or_default().insert(row.replication);
                    }
                    None => {
                        found.insert(row.replication, &part.path);
                    }
                }
            }
        }
        for ([one, two], numbers) in again {
            for (from, to) in ranges(numbers) {
                let numbers = range(from, to);
                let title = format!("replication {numbers} of {name} is in `{one}` and in `{two}`");
                problems.add(Problem::bare(Code::PartsDoNotAddUp, title));
            }
        }
        let all = first.study.replications;
        let missing = ranges((0..all).filter(|number| !found.contains_key(number)));
        for (from, to) in missing {
            let title = format!("no shard contains replication {} of {name}", range(from, to));
            problems.add(missing_help(parts, Problem::bare(Code::PartsDoNotAddUp, title)));
        }
        for (number, path) in found.range(all..) {
            let title = format!(
                "`{path}` contains replication {number} of {name}, but the study has {all}"
            );
            problems.add(Problem::bare(Code::PartsDoNotAddUp, title));
        }
        if differ.iter().filter(|(_, counts)| !counts.is_empty()).count() > 1 {
            let title = format!("the shards have different `counts` for {name}");
            problems.add(Problem::bare(Code::PartDiffers, title));
        }
    }
}

/// Says which parts are not whole, and which were not given.
fn missing_help(parts: &[Part], mut problem: Problem) -> Problem {
    for part in parts.iter().filter(|part| !part.file.complete) {
        problem.notes.push(format!("`{}` is not complete", part.path));
    }
    let given: BTreeSet<&str> =
        parts.iter().filter_map(|part| part.study.shard.as_deref()).collect();
    let of = given.iter().next().and_then(|shard| shard.split_once('/')).map(|(_, of)| of);
    if let Some((of, count)) = of.and_then(|of| Some((of, of.parse::<u64>().ok()?))) {
        let missing = (1..=count.min(10_000)).map(|part| format!("{part}/{of}"));
        let missing: Vec<String> =
            missing.filter(|shard| !given.contains(shard.as_str())).collect();
        if !missing.is_empty() {
            let more = if missing.len() > 6 { ", …" } else { "" };
            let shown = missing.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
            problem.helps.push(format!("missing shards: {shown}{more}"));
        }
    }
    problem
}

/// The whole study: its account, and the replications of each plan in their order.
fn whole(parts: Vec<Part>) -> Option<(RunFile, Vec<Replications>)> {
    let assumptions: BTreeSet<String> =
        parts.iter().flat_map(|part| part.file.assumptions.iter().cloned()).collect();
    let first = parts.first()?;
    let first_runs = first.file.runs.clone();
    let study = WrittenStudy { shard: None, ..first.study.clone() };
    let mut file = RunFile {
        study: Some(study),
        assumptions: assumptions.into_iter().collect(),
        rows: serde_json::Map::new(),
        outputs: Vec::new(),
        runs: Vec::new(),
        complete: true,
        ..first.file.clone()
    };
    let mut all: BTreeMap<(String, String), Replications> = BTreeMap::new();
    for of in parts.into_iter().flat_map(|part| part.replications) {
        match all.entry((of.scenario.clone(), of.case.clone())) {
            std::collections::btree_map::Entry::Vacant(none) => {
                none.insert(of);
            }
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if known.counts.is_empty() {
                    known.counts = of.counts;
                }
                known.rows.extend(of.rows);
            }
        }
    }
    let mut whole = Vec::new();
    for run in &first_runs {
        let Some(mut of) = all.remove(&(run.scenario.clone(), run.case.clone())) else { continue };
        of.rows.sort_by_key(|row| row.replication);
        let (events, stop) = (of.events(), "replications".to_owned());
        file.runs.push(RunEnd { events, stop, ..run.clone() });
        whole.push(of);
    }
    Some((file, whole))
}
