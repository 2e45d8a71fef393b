//! Cases carried out and judged, several at once; what comes out is in the order of the files.

use super::exit::Exit;
use super::progress::Progress;
use super::run_end::{name_of, undecided};
use super::terminal;
use crate::experiment::{Judge, Judgement, Reach, Reached, Summary, WorkerPool, carry_out};
use crate::kernel::Limits;
use crate::plan::Plan;
use crate::record::Record;
use crate::report::{CaseReport, DecisionRow};
use crate::words::{Confidence, SwitchSet};

/// A case that is to be run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The place of its file among those that were loaded.
    pub file: usize,
    /// The path of that file.
    pub path: String,
    /// What to carry out.
    pub plan: Plan,
    /// The command that runs it alone.
    pub again: String,
    /// Whether its decisions are to be kept: a large fleet makes many.
    pub keeps: bool,
}

/// What came of a case.
#[derive(Debug)]
pub struct Judged {
    /// The place of its file.
    pub file: usize,
    /// What is reported of it.
    pub report: CaseReport,
    /// Its decisions, if they were to be kept.
    pub rows: Vec<DecisionRow>,
    /// The switches that anything relied on, for each policy.
    pub relied: Vec<SwitchSet>,
    /// What it reached of each policy in use.
    pub reached: Vec<Reached>,
}

/// What holds for every case.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// When to give up.
    pub limits: Limits,
    /// The least confidence that is accepted.
    pub only: Option<Confidence>,
    /// How many cases run at once.
    pub jobs: usize,
}

/// Somebody asked for an end.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted;

/// Carries out all of them. Results are in the order of `jobs`, in whatever order they finish.
///
/// # Errors
/// [`Interrupted`]
pub fn judge_all(jobs: &[Job], terms: Terms) -> Result<Vec<Judged>, Interrupted> {
    let crew = WorkerPool::of(terms.jobs.min(jobs.len())).map_err(|why| {
        terminal::print_stderr(&format!("stayput: {why}"));
        Interrupted
    })?;
    let progress = Progress::of(jobs.len() as u64, "cases");
    let judged = crew.in_order(0..jobs.len() as u64, |at| {
        let judged = judge(jobs.get(usize::try_from(at).ok()?)?, terms).ok();
        progress.one_more();
        judged
    });
    if judged.len() < jobs.len() { Err(Interrupted) } else { Ok(judged) }
}

/// Carries out one case.
///
/// # Errors
/// [`Interrupted`]
pub fn judge(job: &Job, terms: Terms) -> Result<Judged, Interrupted> {
    let mut judge = Judge::new(job.plan.expectations.clone());
    let mut summary = Summary::default();
    let (mut rows, mut reach) = (Vec::new(), Reach::default());
    let (ending, run) =
        carry_out(job.plan.clone(), terms.limits, Some(&mut judge), |record, world| {
            summary.take(record);
            reach.take(record, world);
            if let (Record::Decision(decision), true) = (record, job.keeps) {
                rows.push(DecisionRow::new(decision, world.header()));
            }
            if terminal::is_interrupted() { Err(Interrupted) } else { Ok(()) }
        })?;
    let world = run.world();
    let header = world.header();
    let mut broken = undecided(&ending, header);
    if let (None, Some(only)) = (&broken, terms.only) {
        let weaker = summary.below_confidence(only);
        broken =
            (weaker > 0).then(|| format!("{weaker} decisions have a confidence below `{only}`"));
    }
    let mut judgement: Judgement = judge.finish(header);
    if broken.is_some() {
        // What was not reached was not missed.
        judgement.failures.clear();
    }
    let report = CaseReport {
        name: name_of(header),
        path: job.path.clone(),
        scenario: header.scenario.clone(),
        case: header.case.clone(),
        judgement,
        broken,
        again: job.again.clone(),
    };
    let (relied, reached) = (world.relied().to_vec(), reach.finish(world));
    Ok(Judged { file: job.file, report, rows, relied, reached })
}

/// Every decision of a plan.
///
/// # Errors
/// If it gives no answer to its end.
pub fn decisions(plan: Plan) -> Result<Vec<DecisionRow>, Exit> {
    let mut rows = Vec::new();
    let (ending, run) = carry_out(plan, Limits::default(), None, |record, world| {
        if let Record::Decision(decision) = record {
            rows.push(DecisionRow::new(decision, world.header()));
        }
        if terminal::is_interrupted() { Err(Exit::Interrupted) } else { Ok(()) }
    })?;
    let header = run.world().header();
    if let Some(why) = undecided(&ending, header) {
        terminal::print_stderr(&format!("stayput: {}: {why}", name_of(header)));
        return Err(Exit::Undecided);
    }
    Ok(rows)
}
