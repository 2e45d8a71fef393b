//! `stayput merge`: merges the parts of a study.
//!
//! Any batch system can run `run --replications N --shard K/N`. The merged result has the same
//! bytes as that of one machine. Parts of different studies, or parts that do not form a complete
//! study, are refused, and all problems are reported at once.
//!
//! The rows of all parts are merged as they are read; only their estimates are kept.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io;
use std::path::{Path, PathBuf};

use anstream::ColorChoice;

use super::args::RunFormat;
use super::shared::exit::Exit;
use super::shared::file_thread::StagedFile;
use super::shared::files::{each_once, shown};
use super::shared::load::print_problems;
use super::shared::output_folder;
use super::shared::study_part::{Part, PartTable, PartUse, TABLE, compare, misplaced};
use super::shared::study_result::{Merged, StudyOutput, publish};
use super::shared::terminal::{self, cannot_write};
use crate::diagnostics::{Code, Problem, Problems, Sources, by_count, many};
use crate::experiment::{Estimator, Observed, StudyEnd};
use crate::report::{
    ReplicationRow, ReplicationsCsv, RunEnd, RunFile, RunNames, WrittenAssumption, WrittenStudy,
    count_names,
};
use crate::run_header::run_name;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folders that `run --replications N --shard K/N --out DIR` wrote, in any order.
    #[arg(value_name = "DIR", required = true)]
    parts: Vec<PathBuf>,
    /// Write the merged tables to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Merge incomplete shards: missing replications are reported (exit code 5).
    #[arg(long)]
    partial: bool,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: Format,
}

/// The output formats. A page and Markdown would need all replications in memory.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Estimates as readable text.
    Text,
    /// The table `estimates.csv`.
    Csv,
    /// Every estimate as JSON, one object per line.
    Jsonl,
}

impl From<Format> for RunFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::Jsonl,
        }
    }
}

/// Most values that are kept in memory for the quantiles of a run; with more, the parts are read
/// again.
const MOST_VALUES: usize = 1 << 21;

/// Number of rows between two checks for an interrupt.
const ROWS_AT_ONCE: u64 = 1 << 12;

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    terminal::install_interrupt_handler();
    let mut problems = Problems::default();
    let (folders, again) = each_once(&arguments.parts);
    let parts = folders.iter().filter_map(|path| Part::read(path, PartUse::Shard, &mut problems));
    let parts: Vec<Part> = parts.collect();
    if let Some((first, others)) = parts.split_first() {
        others.iter().for_each(|other| compare(first, other, &mut problems));
    }
    let mut tables = Vec::new();
    for part in &parts {
        tables.extend(part.table().map_err(|problem| problems.add(*problem)));
    }
    let refuse = |problems: &Problems| refuse(problems, colour);
    let is_readable = !problems.refuse();
    again.iter().for_each(|folder| problems.add(given_twice(folder)));
    let (Some(first), true) = (parts.first(), is_readable) else {
        check_tables(&parts, &mut problems)?;
        return Err(refuse(&problems));
    };
    go_on()?;
    let out = output_folder::begin(arguments.out.as_deref())?;
    let names = count_names(first.file.runs.iter().map(|run| run.counts.as_slice()));
    let table = out.as_ref().map(|out| ReplicationsCsv::new(out.open(TABLE)?, names)).transpose();
    let failed =
        |error: io::Error| cannot_write(arguments.out.as_deref().unwrap_or(Path::new("")), &error);
    let mut merging = Merging {
        table: table.map_err(failed)?,
        all: first.study.replications,
        partial: arguments.partial,
        misfits: BTreeMap::new(),
        problems,
        rows: 0,
        inputs: Inputs::new(&parts, tables),
    };
    merging.inputs.begin(&mut merging.problems);
    let mut merged = Vec::new();
    for run in &first.file.runs {
        merged.push((run, merging.merge(run)?.map_err(failed)?));
    }
    merging.inputs.end(&mut merging.problems);
    let missing = merging.report_misfits();
    if merging.problems.refuse() {
        return Err(refuse(&merging.problems));
    }
    let Merging { table, .. } = merging;
    let rows = table.map(ReplicationsCsv::finish).transpose().map_err(failed)?;
    let is_whole = missing.is_empty();
    missing.iter().for_each(|line| terminal::print_stderr(&format!("stayput: {line}")));
    let level = first.study.confidence();
    let mut file = run_file(&parts, first);
    let mut results = Vec::new();
    for (run, MergedRun { policy, estimator, .. }) in merged {
        let (complete, incomplete) = (estimator.complete, estimator.incomplete);
        let is_here = complete + incomplete == first.study.replications;
        let end = if is_here { StudyEnd::All } else { StudyEnd::Partial };
        let (events, stop) = (estimator.events, end.to_string());
        file.runs.push(RunEnd { events, stop, ..run.clone() });
        file.complete &= end.is_complete();
        let again = |each: &mut dyn FnMut(&Observed)| read_again(&parts, run, each);
        let estimates = estimator.estimates(level, again)?;
        results.push(Merged { policy, complete, incomplete, estimates });
    }
    let answered = results.iter().all(|one| one.incomplete == 0);
    let format = Some(arguments.format.into());
    let output = StudyOutput { folder: out.zip(arguments.out.as_deref()), format, colour };
    publish((file, &first.study), &results, rows.unwrap_or_default(), output)?;
    Ok(if answered && is_whole { Exit::Success } else { Exit::Undecided })
}

fn given_twice(folder: &Path) -> Problem {
    let title = format!("`{}` is given twice", shown(folder));
    Problem::bare(Code::Twice, title).help("name each shard once")
}

/// Checks every table that can be read, although another part has a mistake.
fn check_tables(parts: &[Part], problems: &mut Problems) -> Result<(), Exit> {
    let readable = parts.iter().filter_map(|part| Some((part, part.table().ok()?)));
    for (part, table) in readable {
        if let Err(problem) = read_all(part, table, &mut |_| ())? {
            problems.add(*problem);
        }
    }
    Ok(())
}

fn refuse(problems: &Problems, colour: ColorChoice) -> Exit {
    print_problems(problems, &Sources::default(), terminal::stderr_paint(colour));
    Exit::BadInput
}

/// Ends the command if it was interrupted. Nothing has been written by then.
fn go_on() -> Result<(), Exit> {
    if terminal::is_interrupted() {
        terminal::print_stderr("stayput: interrupted; nothing was written");
        return Err(Exit::Interrupted);
    }
    Ok(())
}

/// The tables of all parts while they are read together.
struct Inputs<'p> {
    parts: &'p [Part],
    tables: Vec<PartTable>,
    /// The next row of each part.
    next: Vec<Option<ReplicationRow>>,
}

impl<'p> Inputs<'p> {
    const fn new(parts: &'p [Part], tables: Vec<PartTable>) -> Self {
        Self { parts, tables, next: Vec::new() }
    }

    fn begin(&mut self, problems: &mut Problems) {
        self.next = vec![None; self.parts.len()];
        (0..self.parts.len()).for_each(|at| self.advance(at, problems));
    }

    /// Takes the next row of a part. A part that is not valid ends there.
    fn advance(&mut self, at: usize, problems: &mut Problems) {
        self.next[at] = self.tables[at].next(&self.parts[at]).unwrap_or_else(|problem| {
            problems.add(*problem);
            None
        });
    }

    /// Reports the rows that belong to no run or are out of order.
    fn end(&self, problems: &mut Problems) {
        for (part, row) in self.parts.iter().zip(&self.next) {
            if let Some(row) = row {
                problems.add(misplaced(part, row));
            }
        }
    }
}

fn is_of(row: &ReplicationRow, run: &RunEnd) -> bool {
    row.scenario == run.scenario && row.case == run.case
}

/// A merge in progress.
struct Merging<'p> {
    table: Option<ReplicationsCsv<StagedFile>>,
    /// Number of replications of the study.
    all: u64,
    partial: bool,
    /// What is missing or not unique, each with its runs. A missing shard is missing in every run.
    misfits: BTreeMap<Misfit, MisfitRuns>,
    problems: Problems,
    rows: u64,
    inputs: Inputs<'p>,
}

/// Replications that do not form one study. A range contains both of its ends.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Misfit {
    /// No part contains them.
    Missing(u64, u64),
    /// The parts with these indices contain them.
    Twice([usize; 2], u64, u64),
}

/// The runs with the same misfit.
#[derive(Debug, Default)]
struct MisfitRuns {
    /// The names of the first ones.
    names: Vec<String>,
    /// The number of runs that are not named.
    others: u64,
}

/// Most different misfits that are reported.
const MOST_MISFITS: usize = 1_000;

/// Most runs that the message about a misfit names.
const MOST_NAMES: usize = 3;

impl MisfitRuns {
    fn add(&mut self, name: &str) {
        if self.names.len() < MOST_NAMES {
            self.names.push(name.to_owned());
        } else {
            self.others += 1;
        }
    }

    /// `a, b and 2 other runs`.
    fn named(&self) -> String {
        let names = self.names.join(", ");
        if self.others == 0 {
            return names;
        }
        format!("{names} and {}", many(self.others, "other run"))
    }
}

/// The replications of a run of the scenario files.
struct MergedRun {
    policy: String,
    estimator: Estimator,
    /// The replication that is expected next.
    next: u64,
    /// Index of the part that contained the replication before it.
    last: usize,
    /// Replications that two parts contain.
    again: BTreeMap<[usize; 2], (u64, u64)>,
}

impl Merging<'_> {
    /// Merges the rows of a run, in the order of their numbers.
    fn merge(&mut self, of: &RunEnd) -> Result<io::Result<MergedRun>, Exit> {
        let name = run_name(&of.scenario, &of.case);
        let policies: Vec<&str> = of.policies.iter().map(|one| one.name.as_str()).collect();
        let mut run = MergedRun {
            policy: policies.join(";"),
            estimator: Estimator::new(&of.counts, MOST_VALUES),
            next: 0,
            last: 0,
            again: BTreeMap::new(),
        };
        let mut heads: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        for (at, row) in self.inputs.next.iter().enumerate() {
            heads.extend(
                row.iter().filter(|r| is_of(r, of)).map(|r| Reverse((r.one.replication, at))),
            );
        }
        while let Some(Reverse((number, at))) = heads.pop() {
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_AT_ONCE) {
                go_on()?;
            }
            let Some(row) = self.inputs.next[at].take() else { continue };
            if let Err(error) = self.take(&mut run, of, &name, (at, &row)) {
                return Ok(Err(error));
            }
            self.inputs.advance(at, &mut self.problems);
            let next = self.inputs.next[at].as_ref().filter(|next| is_of(next, of));
            match next.map(|next| next.one.replication) {
                Some(next) if next > number => heads.push(Reverse((next, at))),
                // This row is not taken; it is reported at the end with all other rows that are
                // left.
                Some(_) | None => {}
            }
        }
        for ([one, two], range) in std::mem::take(&mut run.again) {
            self.misfit(Misfit::Twice([one, two], range.0, range.1), &name);
        }
        self.gap(&name, run.next, self.all);
        Ok(Ok(run))
    }

    fn take(
        &mut self,
        run: &mut MergedRun,
        of: &RunEnd,
        name: &str,
        (at, row): (usize, &ReplicationRow),
    ) -> io::Result<()> {
        let number = row.one.replication;
        let path = &self.inputs.parts[at].path;
        if number >= self.all {
            let title = format!(
                "`{path}` contains replication {number} of {name}, but the study has {}",
                self.all
            );
            self.problems.add(Problem::bare(Code::PartsDoNotAddUp, title));
            return Ok(());
        }
        if number < run.next {
            let pair = [run.last, at];
            match run.again.get_mut(&pair) {
                Some((_, to)) if *to + 1 == number => *to = number,
                Some(range) => {
                    let (from, to) = std::mem::replace(range, (number, number));
                    self.misfit(Misfit::Twice(pair, from, to), name);
                }
                None => {
                    run.again.insert(pair, (number, number));
                }
            }
            return Ok(());
        }
        self.gap(name, run.next, number);
        (run.next, run.last) = (number + 1, at);
        let Some(one) = row.in_order_of(&of.counts) else {
            let title = format!("the shards have different `counts` for {name}");
            self.problems.add(Problem::bare(Code::PartDiffers, title));
            return Ok(());
        };
        if row.policy != run.policy {
            let title = format!("`{path}` has other policies for {name}");
            self.problems.add(Problem::bare(Code::PartDiffers, title));
            return Ok(());
        }
        run.estimator.add(&one);
        let (scenario, case, policy, currency) =
            (&*of.scenario, &*of.case, &*run.policy, of.currency);
        let names = RunNames { scenario, case, policy, currency };
        match &mut self.table {
            Some(table) => table.row(&names, &of.counts, &one),
            None => Ok(()),
        }
    }

    /// Notes that a run has a misfit.
    fn misfit(&mut self, misfit: Misfit, name: &str) {
        if self.misfits.len() < MOST_MISFITS || self.misfits.contains_key(&misfit) {
            self.misfits.entry(misfit).or_default().add(name);
        }
    }

    /// Notes the replications from `from` to before `to`, which no part contains.
    fn gap(&mut self, name: &str, from: u64, to: u64) {
        if from < to {
            self.misfit(Misfit::Missing(from, to - 1), name);
        }
    }

    /// Reports the misfits. Returns the messages about missing replications if they are no problem.
    fn report_misfits(&mut self) -> Vec<String> {
        let mut missing = Vec::new();
        for (misfit, runs) in &self.misfits {
            let runs = runs.named();
            let (problem, is_missing) = match misfit {
                Misfit::Missing(from, to) => {
                    let what = replications(*from, *to);
                    let title = format!("no shard contains {what} of {runs}");
                    let problem = Problem::bare(Code::PartsDoNotAddUp, title);
                    (missing_help(self.inputs.parts, problem), true)
                }
                Misfit::Twice(pair, from, to) => {
                    let [one, two] = pair.map(|at| &self.inputs.parts[at].path);
                    let (what, is) =
                        (replications(*from, *to), by_count(to - from + 1, "is", "are"));
                    let title = format!("{what} of {runs} {is} in `{one}` and in `{two}`");
                    (Problem::bare(Code::PartsDoNotAddUp, title), false)
                }
            };
            if !(is_missing && self.partial) {
                self.problems.add(problem);
            } else if missing.len() < MOST_LINES {
                let notes = problem.notes.iter().chain(&problem.helps);
                let all: Vec<&str> =
                    std::iter::once(&problem.title).chain(notes).map(String::as_str).collect();
                missing.push(all.join("; "));
            } else if missing.len() == MOST_LINES {
                missing.push("more replications are missing".to_owned());
            }
        }
        missing
    }
}

/// Most messages about missing replications.
const MOST_LINES: usize = 20;

/// Reads the replications of a run again.
fn read_again(parts: &[Part], run: &RunEnd, each: &mut dyn FnMut(&Observed)) -> Result<(), Exit> {
    let report = |problem: Box<Problem>| {
        terminal::print_stderr(&format!("stayput: {}", problem.title));
        Exit::BadInput
    };
    for part in parts {
        let table = part.table().map_err(report)?;
        let mut each = |row: ReplicationRow| {
            if is_of(&row, run)
                && let Some(one) = row.in_order_of(&run.counts)
            {
                each(&one);
            }
        };
        read_all(part, table, &mut each)?.map_err(report)?;
    }
    Ok(())
}

/// Reads a table to its end.
fn read_all(
    part: &Part,
    mut table: PartTable,
    each: &mut dyn FnMut(ReplicationRow),
) -> Result<Result<(), Box<Problem>>, Exit> {
    for rows in 1_u64.. {
        if rows.is_multiple_of(ROWS_AT_ONCE) {
            go_on()?;
        }
        match table.next(part) {
            Ok(Some(row)) => each(row),
            Ok(None) => break,
            Err(problem) => return Ok(Err(problem)),
        }
    }
    Ok(Ok(()))
}

/// `replication 3`, or `replications 3 to 7`.
fn replications(from: u64, to: u64) -> String {
    if from == to { format!("replication {from}") } else { format!("replications {from} to {to}") }
}

/// Adds help that names the incomplete parts and the missing shards.
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

/// The run file of the whole study, without its runs.
fn run_file(parts: &[Part], first: &Part) -> RunFile {
    let assumptions = parts.iter().flat_map(|part| part.file.assumptions.iter().cloned());
    RunFile {
        study: Some(WrittenStudy { shard: None, ..first.study.clone() }),
        assumptions: WrittenAssumption::merged(assumptions),
        rows: serde_json::Map::new(),
        outputs: Vec::new(),
        runs: Vec::new(),
        complete: true,
        ..first.file.clone()
    }
}
