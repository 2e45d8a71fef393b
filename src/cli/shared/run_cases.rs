//! Runs and judges cases in parallel; results are in the order of the files.

use std::borrow::Cow;

use super::exit::Exit;
use super::progress::Progress;
use super::run_end::{name_of, undecided};
use super::terminal;
use super::workers::workers;
use crate::diagnostics::{by_count, many};
use crate::experiment::{Judge, Judgement, Reach, Reached, Summary, carry_out, two_person};
use crate::kernel::Limits;
use crate::plan::{Expectations, Plan, Starts};
use crate::record::InstanceRow;
use crate::record::Record;
use crate::report::{
    CaseReport, Changed, ChangedCourse, CompleteCourse, DecisionRow, EndOfRun, RunCourse, RunItem,
    RunPage, Suspects,
};
use crate::words::{Confidence, SwitchSet};
use crate::world::{Run, World};

/// A case to run.
#[derive(Debug, Clone)]
pub struct Job<'p> {
    /// Index of its file among the loaded files.
    pub file: usize,
    /// The path of that file.
    pub path: String,
    /// Its plan.
    pub plan: Cow<'p, Plan>,
    /// The command that runs only this case.
    pub again: String,
    /// Whether its decisions are kept in [`Judged::rows`].
    pub keeps: bool,
}

/// The result of a case.
#[derive(Debug)]
pub struct Judged {
    /// Index of its file among the loaded files.
    pub file: usize,
    /// Its report.
    pub report: CaseReport,
    /// Whether the run reached its end.
    pub is_complete: bool,
    /// Its decisions; empty unless [`Job::keeps`].
    pub rows: Vec<DecisionRow>,
    /// The switches that decisions depended on, by the index of the policy.
    pub relied: Vec<SwitchSet>,
    /// The covered parts of each policy, by the index of the policy.
    pub reached: Vec<Reached>,
}

/// Settings for all cases.
#[derive(Debug, Clone, Copy)]
pub struct RunSettings {
    /// Limits at which a run stops.
    pub limits: Limits,
    /// Lowest confidence that every decision must have; `None` for no requirement.
    pub only: Option<Confidence>,
    /// Number of cases that run in parallel.
    pub jobs: usize,
}

/// The user interrupted the program.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted;

/// Runs and judges all jobs. Results are in the order of `jobs`.
///
/// # Errors
/// [`Exit`], after the reason was reported, if the user interrupts or no threads can be created.
pub fn judge_all(jobs: &[Job<'_>], settings: RunSettings) -> Result<Vec<Judged>, Exit> {
    let workers = workers(settings.jobs.min(jobs.len()))?;
    let progress = Progress::new(jobs.len() as u64, "cases");
    let judged = workers.in_order(0..jobs.len() as u64, |index| {
        let judged = judge(jobs.get(usize::try_from(index).ok()?)?, settings).ok();
        progress.one_more();
        judged
    });
    drop(progress);
    if judged.len() < jobs.len() {
        terminal::print_stderr("stayput: interrupted");
        return Err(Exit::Interrupted);
    }
    Ok(judged)
}

/// Runs and judges one case.
///
/// # Errors
/// [`Interrupted`] if the user interrupts.
pub fn judge(job: &Job<'_>, settings: RunSettings) -> Result<Judged, Interrupted> {
    let mut judge = Judge::new(Expectations::clone(&job.plan.expectations));
    judge.add_failures(two_person(&job.plan, &|| !terminal::is_interrupted()));
    let mut summary = Summary::default();
    let (mut rows, mut reach) = (Vec::new(), Reach::default());
    let (ending, run) =
        carry_out(Plan::clone(&job.plan), settings.limits, Some(&mut judge), |record, world| {
            summary.add(record);
            reach.add(record, world);
            if let (Record::Decision(decision), true) = (record, job.keeps) {
                rows.push(DecisionRow::new(decision, world.header()));
            }
            if terminal::is_interrupted() { Err(Interrupted) } else { Ok(()) }
        })?;
    let world = run.world();
    let header = world.header();
    let mut broken = undecided(&ending, header);
    if let (None, Some(only)) = (&broken, settings.only) {
        let weaker = summary.below_confidence(only);
        let have = by_count(weaker, "has", "have");
        broken = (weaker > 0)
            .then(|| format!("{} {have} a confidence below `{only}`", many(weaker, "decision")));
    }
    let mut judgement: Judgement = judge.finish(header);
    if broken.is_some() {
        // An expectation after the end of the run did not fail.
        judgement.failures.clear();
    }
    let report = CaseReport {
        name: name_of(header),
        path: job.path.clone(),
        scenario: header.scenario.clone(),
        case: header.case.clone(),
        written: job.plan.expectations.first_span(),
        judgement,
        broken,
        again: job.again.clone(),
    };
    let (relied, reached) = (world.relied().to_vec(), reach.finish(world));
    Ok(Judged { file: job.file, report, is_complete: ending.is_complete(), rows, relied, reached })
}

/// The course of a case, for its page.
///
/// # Errors
/// [`Interrupted`] if the user interrupts.
pub fn course(job: &Job<'_>, settings: RunSettings) -> Result<RunPage, Interrupted> {
    let mut page = RunPage::default();
    let mut summary = Summary::default();
    let plan = Plan::clone(&job.plan);
    page.add(&RunItem::Start(&plan));
    let (ending, run) = carry_out(plan, settings.limits, None, |record, world| {
        summary.add(record);
        page.add(&RunItem::Record(record, world.header()));
        if terminal::is_interrupted() { Err(Interrupted) } else { Ok(()) }
    })?;
    let header = run.world().header();
    summary.set_switches(run.world().relied());
    let early = undecided(&ending, header);
    let starts = Starts::default();
    let instances = || -> Box<dyn Iterator<Item = InstanceRow>> {
        Box::new(run.world().instance_rows(&starts))
    };
    let end = EndOfRun {
        header,
        summary: &summary,
        stop: ending.word(),
        early: early.as_deref(),
        expectations: 0,
        instances: &instances,
    };
    page.add(&RunItem::End(&end));
    Ok(page)
}

/// Runs a plan and returns its decisions.
///
/// # Errors
/// If the run does not complete, after the reason was reported.
pub fn decisions(plan: Plan) -> Result<Vec<DecisionRow>, Exit> {
    let mut rows = Vec::new();
    run_whole(plan, |record, world| {
        if let Record::Decision(decision) = record {
            rows.push(DecisionRow::new(decision, world.header()));
        }
    })?;
    Ok(rows)
}

/// A run at its end, to be compared with another one.
pub struct RecordedRun {
    /// Its decisions.
    pub rows: Vec<DecisionRow>,
    course: RunCourse,
    reach: Reach,
    run: Run,
}

impl RecordedRun {
    /// Runs a plan.
    ///
    /// # Errors
    /// As of [`decisions`].
    pub fn of(plan: Plan) -> Result<Self, Exit> {
        let (mut rows, mut course, mut reach) =
            (Vec::new(), RunCourse::default(), Reach::default());
        let run = run_whole(plan, |record, world| {
            reach.add(record, world);
            course.add(record);
            if let Record::Decision(decision) = record {
                rows.push(DecisionRow::new(decision, world.header()));
            }
        })?;
        Ok(Self { rows, course, reach, run })
    }

    /// Sets the causes of the changed decisions between this run and one under another policy.
    pub fn find_causes(self, new: Self, suspects: &Suspects<'_>, changed: &mut [Changed]) {
        let worlds = [self.run.world(), new.run.world()];
        let reached = [self.reach.finish(worlds[0]), new.reach.finish(worlds[1])];
        let side = |course, at: usize| {
            let (header, reached) = (worlds[at].header(), reached[at].as_slice());
            CompleteCourse { course, header, reached }
        };
        let course = ChangedCourse::new([side(&self.course, 0), side(&new.course, 1)]);
        suspects.find_causes(&course, changed);
    }
}

/// Runs a plan to its end.
fn run_whole(plan: Plan, mut each: impl FnMut(&Record, &World)) -> Result<Run, Exit> {
    let (ending, run) = carry_out(plan, Limits::default(), None, |record, world| {
        each(record, world);
        if terminal::is_interrupted() { Err(Exit::Interrupted) } else { Ok(()) }
    })?;
    let header = run.world().header();
    if let Some(why) = undecided(&ending, header) {
        terminal::print_stderr(&format!("stayput: {}: {why}", name_of(header)));
        return Err(Exit::Undecided);
    }
    Ok(run)
}
