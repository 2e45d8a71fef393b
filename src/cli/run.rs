//! `stayput run`: simulates scenarios and prints their timelines.

use std::collections::BTreeMap;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use super::args::{Conflict, Overrides, RunFormat};
use super::shared::exit::Exit;
use super::shared::file_thread::StagedFile;
use super::shared::format_target::ReportTarget;
use super::shared::load::{Loaded, Loader, is_selected, plans};
use super::shared::messages::print_problem;
use super::shared::output_folder::{self, OutputFolder};
use super::shared::progress::Progress;
use super::shared::run_end::{WrittenPlan, judge_ending, run_end, undecided};
use super::shared::run_inputs::{
    assumed, inputs, note_policies, note_sources, page_inputs, without_folder,
};
use super::shared::study;
use super::shared::terminal::{self, cannot_write};
use crate::diagnostics::{Code, Problem};
use crate::experiment::{Ending, Stopped, Summary, carry_out_while};
use crate::plan::{Options, Plan, Starts, Unread};
use crate::record::InstanceRow;
use crate::report::{
    BlockCsv, BufferedCsv, ComparisonFormat, CsvTables, CsvThread, DecisionsCsv, Detail, EndOfRun,
    JsonLines, Made, Page, Report, RunFile, RunItem, RunPage, SideBySide, Text, WrittenAssumption,
    shell_command,
};
use crate::run_header::run_name;
use crate::time::SimSpan;
use crate::world::World;
use anstream::ColorChoice;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenario files.
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    study: study::StudyOptions,
    /// Run only replication K and write all of its records. It uses the same random numbers as
    /// replication K of `--replications`.
    #[arg(long, value_name = "K")]
    #[arg(conflicts_with_all = ["replications", "until_halfwidth", "shard", "resume", "jobs"])]
    replication: Option<u64>,
    /// Write the CSV tables to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: RunFormat,
    /// Print the cases of each scenario side by side: losses with their times and worth, remedies,
    /// and the instances that differ. With `--replications`, print paired differences of the cases.
    #[arg(long, conflicts_with_all = ["summary", "quiet"])]
    compare: bool,
    /// Print the summary of each run without its timeline.
    #[arg(long, conflicts_with_all = ["replications", "until_halfwidth"])]
    summary: bool,
    /// Print nothing on standard output; the exit code and written files are the result.
    #[arg(short, long, conflicts_with = "summary")]
    quiet: bool,
    /// Write one HTML page to this file, and print the other format as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Arguments {
    /// Whether a page is printed on standard output.
    fn prints_page(&self) -> bool {
        self.format == RunFormat::Html && !self.quiet
    }

    /// The arguments that exclude each other because of a value.
    pub(super) fn conflict(&self) -> Option<Conflict> {
        let is_text = self.format == RunFormat::Text;
        (self.summary && !is_text).then(|| Conflict::with_format("--summary", &self.format))
    }
}

/// The format of a comparison of cases; a page has one of its own.
const fn comparison_format(format: RunFormat, page: Page) -> ComparisonFormat {
    match format {
        RunFormat::Text | RunFormat::Html => ComparisonFormat::Text(page),
        RunFormat::Jsonl => ComparisonFormat::JsonLines,
        RunFormat::Csv => ComparisonFormat::Csv,
        RunFormat::Markdown => ComparisonFormat::Markdown,
    }
}

/// Why a run ended early.
enum Broken {
    /// A write failed; `None` if the reader closed standard output.
    Write(Option<Exit>),
    /// A table changed after it was checked.
    Input(String),
    /// A table that was checked during the run has to be checked before it.
    Unchecked,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    match attempts(arguments, colour) {
        // The reason why the partial result could not be written has been printed.
        Err(Exit::CouldNotWrite) if terminal::is_interrupted() => Err(Exit::Interrupted),
        ended => ended,
    }
}

/// Runs the scenarios; once more if a table must be checked whole before the run.
fn attempts(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    if may_check_during_run(arguments)?
        && let Some(exit) = run_once(arguments, colour, Some(FIRST_ROWS))?
    {
        return Ok(exit);
    }
    // Nothing of the first attempt is left, and no message was printed.
    Ok(run_once(arguments, colour, None)?.unwrap_or(Exit::BadInput))
}

/// Number of rows of a large table of events that are checked before a run if the others are
/// checked while it is in progress. They contain every name of most tables.
const FIRST_ROWS: usize = 1 << 16;

/// Whether a table of events may be checked while the run is in progress: nothing is printed before
/// the end, so that everything can be withdrawn, and there is a core for it.
fn may_check_during_run(arguments: &Arguments) -> Result<bool, Exit> {
    let is_one_run = arguments.scenarios.len() == 1 && !arguments.study.is_requested()?;
    // A selection can fail, with a message that must follow those about the table.
    let is_whole = arguments.overrides.case.is_none() && arguments.overrides.filter.is_none();
    let is_silent = arguments.quiet && arguments.html.is_none();
    // Counting cores reads files, so it comes last.
    let has_core = || std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
    Ok(is_one_run && is_whole && is_silent && has_core())
}

/// Runs the scenarios; `None` if a table of which only the first rows were checked before the run
/// has to be checked whole. Then nothing is written or printed.
fn run_once(
    arguments: &Arguments,
    colour: ColorChoice,
    first_rows: Option<usize>,
) -> Result<Option<Exit>, Exit> {
    let paint = terminal::stderr_paint(colour);
    let mut loader = Loader::new();
    let options = Options { first_rows, ..arguments.overrides.options() };
    let loaded = loader.scenarios(&arguments.scenarios, &options);
    if first_rows.is_some() && !loader.problems.is_empty() {
        return Ok(None);
    }
    loader.refuse_or_continue(paint)?;
    if arguments.out.is_some() || !arguments.quiet && arguments.format == RunFormat::Csv {
        refuse_same_runs(&loaded, &arguments.overrides)?;
    }
    let plans = plans(loaded, arguments.overrides.case.as_deref(), arguments.overrides.filter())?;
    if arguments.format == RunFormat::Markdown && !arguments.compare {
        terminal::print_stderr("stayput: `-f markdown` prints cases side by side; add `--compare`");
        return Err(Exit::BadInput);
    }
    terminal::install_interrupt_handler();
    if arguments.study.is_requested()? {
        let request = study::StudyRequest {
            options: &arguments.study,
            scenarios: &arguments.scenarios,
            overrides: &arguments.overrides,
            out: arguments.out.as_deref(),
            format: (!arguments.quiet).then_some(arguments.format),
            compare: arguments.compare,
            html: arguments.html.as_deref(),
        };
        return study::run(&request, &plans, &loader, colour).map(Some);
    }
    run_plans(arguments, colour, plans, loader)
}

/// Runs the plans one after the other, and writes the reports. The result is that of [`run_once`].
fn run_plans(
    arguments: &Arguments,
    colour: ColorChoice,
    plans: Vec<Plan>,
    mut loader: Loader,
) -> Result<Option<Exit>, Exit> {
    let out = output_folder::begin(arguments.out.as_deref())?;
    let html = arguments.html.as_deref().map(|path| ReportTarget::begin(Some(path))).transpose()?;
    let mut running = Running::new(arguments, out.as_ref(), terminal::page(colour))?;
    let mut exit = Exit::Success;
    let lost = if out.is_some() { "; no tables were written" } else { "" };
    let mut left = plans.len();
    for mut plan in plans {
        left -= 1;
        plan.header.replication = arguments.replication.unwrap_or(0);
        match running.carry_out(plan, &mut loader) {
            Ok(one) => exit = exit.max(one),
            // The reader closed standard output, and no tables are written.
            Err(Broken::Write(None)) => return Ok(Some(exit)),
            Err(Broken::Write(Some(exit))) => return Err(exit),
            Err(Broken::Unchecked) => return Ok(None),
            Err(Broken::Input(why)) => {
                terminal::print_stderr(&format!("stayput: {why}{lost}"));
                return Err(Exit::BadInput);
            }
        }
        if terminal::is_interrupted() {
            running.file.complete &= left == 0;
            break;
        }
    }
    let page = running.page.take().map(|page| {
        page.page(&Made {
            command: command(arguments),
            inputs: page_inputs(&inputs(&loader), &running.file.policies),
        })
    });
    let is_complete = running.file.complete;
    let file = running.finish(&loader)?;
    if let Some(page) = page {
        let to_stdout = arguments.prints_page().then_some(ReportTarget::Stdout);
        html.into_iter()
            .chain(to_stdout)
            .try_for_each(|target| target.finish_result(&page, is_complete))?;
    }
    if let (Some(out), Some(mut file)) = (out, file) {
        output_folder::finish(out, &mut file)?;
    }
    if terminal::is_interrupted() {
        terminal::print_stderr("stayput: interrupted");
        return Err(Exit::Interrupted);
    }
    Ok(Some(exit))
}

/// The reports of a run, and the contents of its run file.
struct Running<'a> {
    arguments: &'a Arguments,
    tables: Option<CsvThread>,
    /// The report on standard output; `None` once its reader has closed the pipe.
    printed: Option<Box<dyn for<'r> Report<RunItem<'r>>>>,
    /// The HTML page; `None` if none was requested.
    page: Option<RunPage>,
    /// The run file, so far.
    file: RunFile,
}

impl<'a> Running<'a> {
    fn new(arguments: &'a Arguments, out: Option<&OutputFolder>, page: Page) -> Result<Self, Exit> {
        let tables = match (out, &arguments.out) {
            (Some(out), Some(path)) => {
                let tables = CsvTables::<BlockCsv<StagedFile>>::new(|name| out.open(name));
                let tables = tables.and_then(CsvThread::start);
                Some(tables.map_err(|error| cannot_write(path, &error))?)
            }
            _ => None,
        };
        let stdout = io::stdout().lock();
        let detail = if arguments.summary { Detail::Summary } else { Detail::Timeline };
        let printed: Option<Box<dyn for<'r> Report<RunItem<'r>>>> = match arguments.format {
            _ if arguments.quiet => None,
            RunFormat::Html => None,
            format if arguments.compare => {
                Some(Box::new(SideBySide::new(stdout, comparison_format(format, page))))
            }
            // This format without `--compare` was refused.
            RunFormat::Markdown => None,
            RunFormat::Text => Some(Box::new(Text::new(stdout, page, detail))),
            RunFormat::Jsonl => Some(Box::new(JsonLines::new(BufWriter::new(stdout)))),
            RunFormat::Csv => {
                let decisions = DecisionsCsv::<BufferedCsv<_>>::new(stdout);
                Some(Box::new(decisions.map_err(|error| {
                    terminal::could_not_write("standard output", &error).unwrap_or(Exit::Success)
                })?))
            }
        };
        let command_line = std::env::args_os().skip(1);
        let command_line = command_line.map(|word| word.to_string_lossy().into_owned());
        Ok(Self {
            arguments,
            tables,
            printed,
            page: (arguments.prints_page() || arguments.html.is_some()).then(RunPage::default),
            file: RunFile::new(command_line.collect(), Vec::new()),
        })
    }

    fn carry_out(&mut self, plan: Plan, loader: &mut Loader) -> Result<Exit, Broken> {
        let unchecked = plan.script.unchecked().cloned();
        let expectations = plan.expectations.len();
        let limits = self.arguments.overrides.limits();
        let mut summary = Summary::default();
        self.write(&RunItem::Start(&plan))?;
        // Only the run file beside the tables contains the values and places of the scenario's
        // text.
        let written = if self.tables.is_some() {
            WrittenPlan::of(&plan, &loader.sources)
        } else {
            WrittenPlan::default()
        };
        let shows_starts = self.tables.is_some() || self.page.is_some();
        let starts: Starts =
            if shows_starts { plan.starting_values().collect() } else { Starts::default() };
        let may_continue = || !terminal::is_interrupted();
        let progress = Progress::new(days(plan.header.elapsed(plan.header.end)), "days");
        let (ending, run) = carry_out_while(plan, limits, None, may_continue, |record, world| {
            let header = world.header();
            progress.reached(|| days(header.elapsed(record.at())));
            summary.add(record);
            self.write(&RunItem::Record(record, header))
        })?;
        drop(progress);
        let world = run.world();
        if let Some(table) = unchecked {
            let sha256 = table.settle().map_err(|_| Broken::Unchecked)?;
            loader.sources.add_streamed(table.path(), sha256);
        }
        if let Some(Unread { path, why }) = world.unread() {
            return Err(Broken::Input(format!("{path}: {why}")));
        }
        let header = world.header();
        summary.set_switches(world.relied());
        let interrupted = ending.word() == Stopped::Interrupted;
        let instances = || -> Box<dyn Iterator<Item = InstanceRow>> {
            // An interrupted run has no instances at its end.
            if interrupted {
                Box::new(std::iter::empty())
            } else {
                Box::new(world.instance_rows(&starts))
            }
        };
        let early = undecided(&ending, header);
        let early = early.as_deref();
        let stop = ending.word();
        let (summary_so_far, instances) = (&summary, &instances);
        let end =
            EndOfRun { header, summary: summary_so_far, stop, early, expectations, instances };
        self.write(&RunItem::End(&end))?;
        self.note(&summary, world, &ending, written);
        if interrupted {
            return Ok(Exit::Success); // which is reported once, at the end
        }
        Ok(judge_ending(&ending, &summary, header, self.arguments.overrides.only))
    }

    fn write(&mut self, item: &RunItem<'_>) -> Result<(), Broken> {
        if let Some(printed) = &mut self.printed
            && let Err(error) = printed.write(item)
        {
            let exit = terminal::could_not_write("standard output", &error);
            // A run that writes tables goes on without the reader of standard output.
            if exit.is_some() || self.tables.is_none() && self.page.is_none() {
                return Err(Broken::Write(exit));
            }
            self.printed = None;
        }
        if let Some(page) = &mut self.page {
            page.add(item);
        }
        let Some(tables) = &mut self.tables else { return Ok(()) };
        tables.write(item).map_err(|error| {
            Broken::Write(self.arguments.out.as_ref().map(|path| cannot_write(path, &error)))
        })
    }

    /// Adds a finished run to the contents of the run file.
    fn note(&mut self, summary: &Summary, world: &World, ending: &Ending, written: WrittenPlan) {
        let header = world.header();
        let file = &mut self.file;
        file.complete &= ending.is_complete();
        file.runs.push(run_end(header, written, ending.events, ending.word()));
        let decisions = |policy, switch| Some(summary.decisions_on(policy, switch));
        file.assumptions.extend(assumed(header, summary.switches(), decisions));
        note_policies(header, &mut file.policies);
        note_sources(header, &mut file.sources);
    }

    /// Closes every output; returns the run file if tables were written.
    fn finish(mut self, loader: &Loader) -> Result<Option<RunFile>, Exit> {
        if let Some(Err(error)) = self.printed.take().map(|mut printed| printed.finish())
            && let Some(exit) = terminal::could_not_write("standard output", &error)
        {
            return Err(exit);
        }
        let Some(mut tables) = self.tables.take() else { return Ok(None) };
        tables.finish().map_err(|error| match &self.arguments.out {
            Some(path) => cannot_write(path, &error),
            None => Exit::CouldNotWrite,
        })?;
        let counts = tables.counts().iter();
        Ok(Some(RunFile {
            inputs: inputs(loader),
            assumptions: WrittenAssumption::merged(self.file.assumptions),
            rows: counts.map(|&(file, rows)| (file.to_owned(), rows.into())).collect(),
            ..self.file
        }))
    }
}

/// Refuses two runs of the same name and case, whose rows in tables would have the same keys.
fn refuse_same_runs(loaded: &[Loaded], overrides: &Overrides) -> Result<(), Exit> {
    let mut known: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for one in loaded {
        for plan in &one.compiled.plans {
            let (name, case) = (&*plan.header.scenario, &*plan.header.case);
            if overrides.case.as_ref().is_some_and(|wanted| wanted != case)
                || !is_selected(overrides.filter(), &one.path, &plan.header)
            {
                continue;
            }
            let Some(first) = known.insert((name, case), &one.path) else { continue };
            let run = run_name(name, case);
            let title = format!("`{first}` and `{}` are both called {run}", one.path);
            let help = "give one of them another `name:`, or run each into its own folder";
            let problem = Problem::bare(Code::Twice, title).help(help);
            print_problem(problem.note("tables identify a run by scenario and case"));
            return Err(Exit::BadInput);
        }
    }
    Ok(())
}

/// The command that produces the page again, with the options that affect its content.
fn command(arguments: &Arguments) -> String {
    let scenarios = arguments.scenarios.iter().map(|path| path.to_string_lossy().into_owned());
    let mut words: Vec<String> = scenarios.chain(arguments.overrides.words()).collect();
    if let Some(number) = arguments.replication {
        words.extend(["--replication".to_owned(), number.to_string()]);
    }
    words.extend(["--html", "report.html"].map(str::to_owned));
    let words: Vec<String> = words.iter().map(|word| without_folder(word)).collect();
    shell_command(std::iter::once("run").chain(words.iter().map(String::as_str)))
}

/// Whole days.
const fn days(span: SimSpan) -> u64 {
    span.seconds().unsigned_abs() / 86_400
}
