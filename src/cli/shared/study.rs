//! `stayput run --replications`: many replications of a plan, and estimates from them.
//!
//! A replication depends only on the plan, the seed and its number. The precision is checked only
//! after whole rounds of a fixed size. Therefore neither the results nor the number of
//! replications depend on the number of workers.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anstream::ColorChoice;

use super::exit::Exit;
use super::format_target::ReportTarget;
use super::load::Loader;
use super::output_folder::{self, OutputFolder};
use super::progress::Progress;
use super::resume::{self, Checkpoints, Earlier};
use super::run_end::{WrittenPlan, name_of, run_end, undecided};
use super::run_inputs::{assumed, inputs, note_policies, note_sources};
use super::study_page::page_of;
use super::study_pairs::{paired_cases, print_paired};
use super::study_part::LARGEST;
use super::study_result::{self, StudyOutput};
use super::terminal;
use super::workers::workers;
use crate::cli::args::{Overrides, RunFormat, Shard, jobs};
use crate::diagnostics::many;
use crate::experiment::{
    Estimate, Observed, PrecisionTarget, ReplicatedPlan, Replications, StudyEnd, WorkerPool,
    estimates,
};
use crate::plan::Plan;
use crate::report::{RunEnd, RunFile, WrittenAssumption, WrittenStudy};
use crate::stats::ConfidenceLevel;
use crate::words::{PolicyId, SwitchSet};

/// Number of replications between two checks of the precision.
const ROUND: u64 = 100;

/// Number of replications before progress is saved for the first time.
const FIRST_ROUND: u64 = 16;

/// If a round takes less time than this, the next round is larger.
const SHORT_ROUND: Duration = Duration::from_secs(2);

/// Most replications if a precision is requested without a number.
const MOST: u64 = 100_000;

/// The usual confidence level, in percent.
const DEFAULT_LEVEL: f64 = 95.0;

/// Options of replications that several commands share.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct ReplicationOptions {
    /// Run N replications with independent random numbers and print estimates.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=LARGEST))]
    pub(in crate::cli) replications: Option<u64>,
    /// Number of replications to run in parallel; results do not depend on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Confidence level of intervals, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = DEFAULT_LEVEL, value_parser = level)]
    pub(in crate::cli) level: f64,
}

/// Options of `run` about replications.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct StudyOptions {
    #[command(flatten)]
    replicated: ReplicationOptions,
    /// Run only shard K of N; `stayput merge` combines shards.
    #[arg(long, value_name = "K/N", value_parser = Shard::parse, requires = "replications")]
    #[arg(conflicts_with = "until_halfwidth")]
    shard: Option<Shard>,
    /// Continue an interrupted or killed run of the same study into DIR, and save progress to
    /// `DIR.partial` from time to time.
    #[arg(long, requires_all = ["replications", "out"], conflicts_with_all = ["until_halfwidth", "only"])]
    resume: bool,
    /// Stop when the half-width of the interval of every share is at most H, such as 0.01;
    /// METRIC=0.5 is in the unit of METRIC, METRIC=5% is relative to its mean. `--replications` is
    /// then the maximum (default 100000).
    #[arg(long, value_name = "[METRIC=]H", value_delimiter = ',', value_parser = WrittenPrecision::parse)]
    until_halfwidth: Vec<WrittenPrecision>,
}

/// A study that `run` requests.
pub(in crate::cli) struct StudyRequest<'a> {
    pub(in crate::cli) options: &'a StudyOptions,
    pub(in crate::cli) scenarios: &'a [PathBuf],
    pub(in crate::cli) overrides: &'a Overrides,
    /// Folder for the tables; `None` if none are written.
    pub(in crate::cli) out: Option<&'a Path>,
    /// Format of standard output; `None` if nothing is printed.
    pub(in crate::cli) format: Option<RunFormat>,
    /// Whether to print the paired differences of cases as well.
    pub(in crate::cli) compare: bool,
    /// File for an HTML page; `None` if none is written.
    pub(in crate::cli) html: Option<&'a Path>,
}

/// A precision, and its text on the command line.
#[derive(Debug, Clone)]
struct WrittenPrecision(PrecisionTarget, String);

impl WrittenPrecision {
    fn parse(text: &str) -> Result<Self, String> {
        PrecisionTarget::parse(text).map(|target| Self(target, text.to_owned()))
    }
}

fn level(text: &str) -> Result<f64, String> {
    let level: Option<f64> = text.parse().ok();
    let level = level.filter(|level| ConfidenceLevel::per_cent(*level).is_some());
    level.ok_or_else(|| "must be greater than 0 and less than 100".to_owned())
}

impl StudyOptions {
    /// The requested precision of metrics.
    fn precision(&self) -> Vec<PrecisionTarget> {
        self.until_halfwidth.iter().map(|until| until.0.clone()).collect()
    }

    /// Whether replications are requested.
    ///
    /// # Errors
    /// If an option needs them and they are not requested.
    pub(in crate::cli) fn is_requested(&self) -> Result<bool, Exit> {
        let wanted = self.replicated.replications.is_some() || !self.until_halfwidth.is_empty();
        if !wanted && self.replicated.jobs.is_some() {
            terminal::print_stderr("stayput: `--jobs` needs `--replications N`");
            return Err(Exit::BadInput);
        }
        if !wanted && self.replicated.level.to_bits() != DEFAULT_LEVEL.to_bits() {
            terminal::print_stderr("stayput: `--level` needs `--replications N`");
            return Err(Exit::BadInput);
        }
        Ok(wanted)
    }

    /// The number of replications of all shards together, or the maximum if there is a precision.
    fn most(&self) -> u64 {
        self.replicated.replications.unwrap_or(MOST)
    }

    /// The replications to run.
    fn numbers(&self) -> Result<Range<u64>, Exit> {
        let Some(shard) = self.shard else { return Ok(0..self.most()) };
        if shard.count > self.most() {
            terminal::print_stderr(&format!(
                "stayput: cannot split {} into {} shards",
                many(self.most(), "replication"),
                shard.count
            ));
            return Err(Exit::BadInput);
        }
        Ok(shard.numbers(self.most()))
    }

    /// Refuses a precision of a metric that a plan does not have.
    fn check(&self, plans: &[Plan]) -> Result<(), Exit> {
        let mut reported = BTreeSet::new();
        for plan in plans {
            let counts = Replications::new(&plan.header, &plan.counts).counts;
            for WrittenPrecision(target, text) in &self.until_halfwidth {
                if let Err(why) = target.check(&counts) {
                    reported.insert(format!("stayput: --until-halfwidth {text}: {why}"));
                }
            }
        }
        reported.iter().for_each(|line| terminal::print_stderr(line));
        if reported.is_empty() { Ok(()) } else { Err(Exit::BadInput) }
    }

    /// The settings, as the run file contains them.
    fn written(&self, overrides: &Overrides) -> WrittenStudy {
        WrittenStudy {
            replications: self.most(),
            level: self.replicated.level,
            until_halfwidth: self.until_halfwidth.iter().map(|until| until.1.clone()).collect(),
            max_events: overrides.limits().events,
            shard: self.shard.map(|shard| format!("{}/{}", shard.number, shard.count)),
        }
    }

    /// The command line, with only the options that affect results.
    fn command(&self, request: &StudyRequest<'_>) -> Vec<String> {
        let mut command = vec!["run".to_owned()];
        command.extend(request.scenarios.iter().map(|path| path.to_string_lossy().into_owned()));
        command.extend(request.overrides.words());
        let mut add = |flag: &str, value: String| command.extend([flag.to_owned(), value]);
        add("--replications", self.most().to_string());
        for WrittenPrecision(_, text) in &self.until_halfwidth {
            add("--until-halfwidth", text.clone());
        }
        add("--level", self.replicated.level.to_string());
        command
    }
}

/// The replications of a plan, and how they ended.
pub(in crate::cli) struct StudyResult {
    pub(in crate::cli) replications: Replications,
    end: StudyEnd,
    /// Why the first incomplete replication did not complete; `None` if all did.
    broken: Option<String>,
    /// Number of decisions below the required confidence.
    weaker: u64,
    assumptions: Vec<WrittenAssumption>,
}

/// One replication: its counts, and the other facts that the study reports.
struct ReplicationResult {
    observed: Observed,
    broken: Option<String>,
    weaker: u64,
    relied: Vec<SwitchSet>,
}

/// Saves the replications so far.
type Save<'s> = &'s mut dyn FnMut(&StudyResult) -> Result<(), Exit>;

/// A plan to replicate, with its settings.
pub(in crate::cli) struct PlanStudy<'a> {
    plan: ReplicatedPlan,
    overrides: &'a Overrides,
}

impl<'a> PlanStudy<'a> {
    /// Copies `plan` without the parts that replications do not use.
    pub(in crate::cli) fn new(plan: &Plan, overrides: &'a Overrides) -> Self {
        Self { plan: ReplicatedPlan::new(plan.clone()), overrides }
    }

    /// Runs replication `number`; `None` if the user interrupts.
    fn run_one(&self, number: u64) -> Option<ReplicationResult> {
        let (limits, only) = (self.overrides.limits(), self.overrides.only);
        let may_continue = || !terminal::is_interrupted();
        let one = self.plan.observe(number, limits, only, may_continue)?;
        let world = one.run.world();
        let header = world.header();
        let broken = undecided(&one.ending, header);
        let broken = broken.map(|why| format!("{}, replication {number}: {why}", name_of(header)));
        let relied = world.relied().to_vec();
        Some(ReplicationResult { observed: one.observed, broken, weaker: one.weaker, relied })
    }

    /// Runs the replications `numbers`. If `until` is not empty, runs them in rounds, and stops
    /// when this precision is reached.
    pub(in crate::cli) fn carry_out(
        &self,
        workers: &WorkerPool,
        numbers: Range<u64>,
        until: &[PrecisionTarget],
        level: ConfidenceLevel,
        progress: &Progress,
    ) -> StudyResult {
        self.carry_on(workers, numbers, (until, level), progress, Vec::new(), None).result
    }

    /// Notes the assumptions that replications relied on.
    fn note(&self, result: &mut StudyResult, relied: &[SwitchSet]) {
        let relied = relied.iter().enumerate();
        let relied = relied.map(|(index, set)| (PolicyId::from_index(index), *set));
        result.assumptions = assumed(self.plan.header(), relied, |_, _| None);
    }

    /// Why the first incomplete replication of an earlier run did not complete; `None` if all did.
    fn broken_earlier(&self, earlier: &[Observed]) -> Option<String> {
        let one = earlier.iter().find(|one| !one.stop.is_complete())?;
        let (name, number) = (name_of(self.plan.header()), one.replication);
        Some(format!("{name}, replication {number}: it did not complete in an earlier run"))
    }

    /// Like [`Self::carry_out`], but continues after the replications `earlier`. They have the
    /// first of these numbers, and an earlier run has completed them. `save` is called between
    /// rounds, and can end the study.
    fn carry_on(
        &self,
        workers: &WorkerPool,
        numbers: Range<u64>,
        (until, level): (&[PrecisionTarget], ConfidenceLevel),
        progress: &Progress,
        earlier: Vec<Observed>,
        mut save: Option<Save<'_>>,
    ) -> CarriedOut {
        let mut result = StudyResult::nothing(self.plan.replications());
        let mut relied = vec![SwitchSet::EMPTY; self.plan.header().rulebooks.len()];
        let mut from = numbers.start + earlier.len() as u64;
        result.broken = self.broken_earlier(&earlier);
        result.replications.rows = earlier;
        let mut round = FIRST_ROUND;
        let mut failed = None;
        while from < numbers.end {
            let size = match (&save, until.is_empty()) {
                (None, true) => numbers.end - from,
                (Some(_), true) => round,
                (_, false) => ROUND,
            };
            let began = resume::now();
            let to = from.saturating_add(size).min(numbers.end);
            let done = workers.in_order(from..to, |number| {
                let one = self.run_one(number);
                progress.one_more();
                one
            });
            let is_whole = done.len() as u64 == to - from;
            for one in done {
                result.broken = result.broken.or(one.broken);
                result.weaker += one.weaker;
                result.replications.rows.push(one.observed);
                relied.iter_mut().zip(one.relied).for_each(|(all, one)| *all = all.union(one));
            }
            if !is_whole {
                result.end = StudyEnd::Interrupted;
                break;
            }
            from = to;
            if let Some(save) = save.as_mut().filter(|_| from < numbers.end) {
                round = if began.elapsed() < SHORT_ROUND { round * 2 } else { round };
                self.note(&mut result, &relied);
                let end = std::mem::replace(&mut result.end, StudyEnd::Interrupted);
                failed = save(&result).err();
                result.end = end;
                if failed.is_some() {
                    break;
                }
            }
            if until.is_empty() {
                continue;
            }
            let figures = estimates(&result.replications, level);
            result.end = StudyEnd::Limit;
            if until.iter().all(|target| target.is_met(&figures)) {
                result.end = StudyEnd::Precision;
                break;
            }
        }
        self.note(&mut result, &relied);
        CarriedOut { result, failed }
    }
}

/// The replications of a plan, and the reason why progress could not be saved, if it could not.
struct CarriedOut {
    result: StudyResult,
    failed: Option<Exit>,
}

/// Adds the assumptions of an earlier run.
fn add_assumptions(file: &mut RunFile, earlier: &[WrittenAssumption]) {
    let all = std::mem::take(&mut file.assumptions);
    file.assumptions = WrittenAssumption::merged(all.into_iter().chain(earlier.iter().cloned()));
}

impl StudyResult {
    /// A result without replications.
    const fn nothing(replications: Replications) -> Self {
        Self { replications, end: StudyEnd::All, broken: None, weaker: 0, assumptions: Vec::new() }
    }

    /// Reports why the first incomplete replication did not complete; returns whether there is one.
    pub(in crate::cli) fn report_broken(&self) -> bool {
        let Some(why) = &self.broken else { return false };
        let count = self.replications.rows.len() - self.replications.complete();
        let more = if count > 1 { format!("; {} more", count - 1) } else { String::new() };
        terminal::print_stderr(&format!("stayput: {why}{more}"));
        true
    }

    /// The exit code of the study; reports why it is not a success.
    fn judge(
        &self,
        overrides: &Overrides,
        (until, level): (&[PrecisionTarget], ConfidenceLevel),
    ) -> Exit {
        let mut exit = if self.report_broken() { Exit::Undecided } else { Exit::Success };
        let name = &self.replications.scenario;
        if let (Some(only), true) = (overrides.only, self.weaker > 0) {
            let count = many(self.weaker, "decision");
            terminal::print_stderr(&format!(
                "stayput: {name}: {count} with a confidence below `{only}`"
            ));
            exit = Exit::Undecided;
        }
        if self.end == StudyEnd::Limit {
            let count = many(self.replications.rows.len(), "replication");
            let estimates = estimates(&self.replications, level);
            let advice = match until.iter().find_map(|target| target.constant(&estimates)) {
                Some(Estimate { metric, .. }) => format!(
                    "`{metric}` has the same value in all of them, and so no interval; leave it out of `--until-halfwidth`"
                ),
                None => "raise `--replications N`".to_owned(),
            };
            terminal::print_stderr(&format!(
                "stayput: {name}: {count} did not reach the requested precision; {advice}"
            ));
            exit = Exit::Undecided;
        }
        exit
    }
}

/// Refuses more replications than one run keeps in memory.
fn check_size(replications: u64, cases: u64) -> Result<(), Exit> {
    let all = replications.saturating_mul(cases);
    if all <= LARGEST {
        return Ok(());
    }
    terminal::print_stderr(&format!(
        "stayput: {replications} replications of {cases} cases are {all}, and a run has at most {LARGEST}; \
         run shards (`--shard K/N`), or cases one by one (`--case`)"
    ));
    Err(Exit::BadInput)
}

/// A study that `run` requests, with its plans.
struct StudyPlans<'a> {
    request: &'a StudyRequest<'a>,
    plans: &'a [Plan],
    loader: &'a Loader,
    settings: WrittenStudy,
    colour: ColorChoice,
}

impl StudyPlans<'_> {
    /// The run file of the study. It lists every plan, whether or not it has replications, so that
    /// an interrupted study is recognised as the same one.
    fn run_file(&self, all: &[&StudyResult]) -> RunFile {
        let Self { request, plans, loader, .. } = *self;
        let mut file = RunFile::new(request.options.command(request), inputs(loader));
        file.study = Some(self.settings.clone());
        plans.iter().for_each(|plan| note_policies(&plan.header, &mut file.policies));
        let assumptions = all.iter().flat_map(|one| one.assumptions.iter().cloned());
        file.assumptions = WrittenAssumption::merged(assumptions);
        plans.iter().for_each(|plan| note_sources(&plan.header, &mut file.sources));
        for (at, plan) in plans.iter().enumerate() {
            let (study_end, events) = all
                .get(at)
                .map_or((StudyEnd::Interrupted, 0), |one| (one.end, one.replications.events()));
            file.complete &= study_end.is_complete();
            let written = WrittenPlan::of(plan, &loader.sources);
            let end = run_end(&plan.header, written, events, study_end);
            let counts = Replications::new(&plan.header, &plan.counts).counts;
            file.runs.push(RunEnd { counts, ..end });
        }
        file
    }

    /// Folder of the study if it is to be resumed.
    fn resumed(&self) -> Option<&Path> {
        self.request.out.filter(|_| self.request.options.resume)
    }

    /// The results of an earlier run of the study; `from` is its first replication.
    fn earlier(&self, from: u64) -> Result<Earlier, Exit> {
        let Some(out) = self.resumed() else { return Ok(Earlier::default()) };
        let nothing: Vec<StudyResult> = self
            .plans
            .iter()
            .map(|plan| StudyResult::nothing(Replications::new(&plan.header, &plan.counts)))
            .collect();
        let file = self.run_file(&nothing.iter().collect::<Vec<_>>());
        resume::earlier(out, &file, from, self.colour)
    }

    /// Runs the replications `numbers` of each plan, after those of an earlier run. If the user
    /// interrupts, the remaining plans have no result.
    fn carry_out(
        &self,
        workers: &WorkerPool,
        numbers: &Range<u64>,
        earlier: &mut Earlier,
        mut checkpoints: Option<&mut Checkpoints>,
    ) -> Result<Vec<StudyResult>, Exit> {
        let options = self.request.options;
        let until = options.precision();
        let precision = (&*until, self.settings.confidence());
        let count = (numbers.end - numbers.start) * self.plans.len() as u64;
        let progress = Progress::new(count, "replications");
        let mut all: Vec<StudyResult> = Vec::new();
        for (at, plan) in self.plans.iter().enumerate() {
            let replicated = PlanStudy::new(plan, self.request.overrides);
            let rows = earlier.rows.get_mut(at).map(std::mem::take).unwrap_or_default();
            let mut save = checkpoints.as_mut().map(|checkpoints| {
                let (all, earlier) = (&all, &earlier.assumptions);
                move |now: &StudyResult| {
                    if !checkpoints.is_due() {
                        return Ok(());
                    }
                    let all: Vec<&StudyResult> = all.iter().chain([now]).collect();
                    let mut file = self.run_file(&all);
                    add_assumptions(&mut file, earlier);
                    let rows: Vec<_> = all.iter().map(|one| &one.replications).collect();
                    checkpoints.save(file, &rows)
                }
            });
            let save = save.as_mut().map(|save| save as &mut dyn FnMut(&StudyResult) -> _);
            let done =
                replicated.carry_on(workers, numbers.clone(), precision, &progress, rows, save);
            if let Some(failed) = done.failed {
                return Err(failed);
            }
            all.push(done.result);
            if terminal::is_interrupted() {
                break;
            }
        }
        Ok(all)
    }

    /// Writes and prints the results. `file` is complete except for row counts and digests.
    fn publish(
        &self,
        file: RunFile,
        all: &[&Replications],
        out: Option<OutputFolder>,
        html: Option<ReportTarget<'_>>,
    ) -> Result<(), Exit> {
        let (request, settings, colour) = (self.request, &self.settings, self.colour);
        let is_complete = file.complete;
        let figures: Vec<Vec<Estimate>> =
            all.iter().map(|one| estimates(one, settings.confidence())).collect();
        let wants_page = html.is_some() || request.format == Some(RunFormat::Html);
        let paired = (wants_page || request.compare).then(|| paired_cases(&file, all, settings));
        let page = paired
            .as_deref()
            .filter(|_| wants_page)
            .map(|paired| page_of((&file, settings), all, &figures, paired));
        // A CSV table has one header, so the differences are printed instead of the estimates.
        let printed =
            request.format.filter(|format| !(request.compare && *format == RunFormat::Csv));
        let output = StudyOutput { folder: out.zip(request.out), format: printed, colour };
        study_result::finish((file, settings), all, figures, output)?;
        print_paired(paired.as_deref().filter(|_| request.compare), request.format, colour)?;
        if let Some(page) = page {
            let to_stdout =
                (request.format == Some(RunFormat::Html)).then_some(ReportTarget::Stdout);
            html.into_iter()
                .chain(to_stdout)
                .try_for_each(|target| target.finish_result(&page, is_complete))?;
        }
        Ok(())
    }
}

pub(in crate::cli) fn run(
    request: &StudyRequest<'_>,
    plans: &[Plan],
    loader: &Loader,
    colour: ColorChoice,
) -> Result<Exit, Exit> {
    let options = request.options;
    options.check(plans)?;
    let numbers = options.numbers()?;
    check_size(numbers.end - numbers.start, plans.len() as u64)?;
    let workers = options.replicated.workers()?;
    let out = output_folder::begin(request.out)?;
    let html = request.html.map(|path| ReportTarget::begin(Some(path))).transpose()?;
    let settings = options.written(request.overrides);
    let study = StudyPlans { request, plans, loader, settings, colour };
    let mut earlier = study.earlier(numbers.start)?;
    let mut checkpoints = study.resumed().map(Checkpoints::new);
    let all = study.carry_out(&workers, &numbers, &mut earlier, checkpoints.as_mut())?;
    let mut file = study.run_file(&all.iter().collect::<Vec<_>>());
    add_assumptions(&mut file, &earlier.assumptions);
    let is_complete = file.complete;
    let replications: Vec<&Replications> = all.iter().map(|one| &one.replications).collect();
    study.publish(file, &replications, out, html)?;
    if let Some(checkpoints) = checkpoints.filter(|_| is_complete) {
        checkpoints.clear();
    }
    let precision = (&*options.precision(), options.replicated.confidence());
    let judged = all.iter().map(|one| one.judge(request.overrides, precision)).max();
    if terminal::is_interrupted() {
        let done: usize = replications.iter().map(|one| one.rows.len()).sum();
        terminal::print_stderr(&format!(
            "stayput: interrupted after {}",
            many(done, "replication")
        ));
        return Err(Exit::Interrupted);
    }
    Ok(judged.unwrap_or(Exit::Success))
}

impl ReplicationOptions {
    /// The threads that run replications.
    pub(in crate::cli) fn workers(&self) -> Result<WorkerPool, Exit> {
        workers(jobs(self.jobs))
    }

    /// The confidence level of intervals.
    pub(in crate::cli) fn confidence(&self) -> ConfidenceLevel {
        ConfidenceLevel::per_cent(self.level).unwrap_or(ConfidenceLevel::P95)
    }
}
