//! `stayput run --replications`: the same plan on many draws, and what it comes to.
//!
//! A replication hangs on nothing but its number, so it does not matter who carries it out, or
//! when. Nothing is asked of the figures before a whole round is done, and a round has always the
//! same size: neither results nor the end of them depend on the number of workers.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anstream::ColorChoice;

use super::exit::Exit;
use super::load::Loader;
use super::output_folder::{self, OutputFolder, cannot};
use super::progress::Progress;
use super::run_end::{name_of, run_end, undecided};
use super::run_inputs::{assumed, inputs, note_policies};
use super::terminal;
use crate::cli::args::{Overrides, RunFormat, Shard, jobs};
use crate::diagnostics::many;
use crate::experiment::{Observed, Replications, Target, WorkerPool, estimates, observe};
use crate::plan::{Expectations, Plan};
use crate::report::{
    Estimated, RunFile, WrittenStudy, estimates_csv, estimates_jsonl, estimates_text,
    replications_csv,
};
use crate::stats::Confidence;
use crate::words::{PolicyId, SwitchSet};

/// So many replications are carried out before the precision is looked at.
const ROUND: u64 = 100;

/// The highest number of replications of a study.
pub(in crate::cli) const LARGEST: u64 = 10_000_000;

/// So many at most, if a precision is asked for and no number.
const MOST: u64 = 100_000;

/// How many replications, and what is made of them.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Many {
    /// Run N replications with independent random numbers and print estimates.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=LARGEST))]
    pub(in crate::cli) replications: Option<u64>,
    /// Number of replications to run in parallel; results do not depend on it.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Confidence level of intervals, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = level)]
    pub(in crate::cli) level: f64,
}

/// What can be asked of replications.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Asked {
    #[command(flatten)]
    many: Many,
    /// Run only shard K of N; `stayput merge` combines shards.
    #[arg(long, value_name = "K/N", value_parser = Shard::parse, requires = "replications")]
    #[arg(conflicts_with = "until_halfwidth")]
    shard: Option<Shard>,
    /// Stop when the half-width of every interval is at most H: 0.01 for shares, METRIC=0.5 in
    /// its unit, METRIC=5% of its mean. `--replications` is then the maximum (default 100000).
    #[arg(long, value_name = "[METRIC=]H", value_delimiter = ',', value_parser = Until::parse)]
    until_halfwidth: Vec<Until>,
}

/// A study as `run` was asked for it.
pub(in crate::cli) struct Request<'a> {
    pub(in crate::cli) options: &'a Asked,
    pub(in crate::cli) scenarios: &'a [PathBuf],
    pub(in crate::cli) overrides: &'a Overrides,
    /// Folder for the tables; `None` if none are written.
    pub(in crate::cli) out: Option<&'a Path>,
    pub(in crate::cli) format: RunFormat,
}

/// A precision, and how it was written.
#[derive(Debug, Clone)]
struct Until(Target, String);

impl Until {
    fn parse(text: &str) -> Result<Self, String> {
        Target::parse(text).map(|target| Self(target, text.to_owned()))
    }
}

fn level(text: &str) -> Result<f64, String> {
    let level: Option<f64> = text.parse().ok();
    let level = level.filter(|level| Confidence::per_cent(*level).is_some());
    level.ok_or_else(|| "must be greater than 0 and less than 100".to_owned())
}

impl Asked {
    /// Whether replications are asked for at all.
    ///
    /// # Errors
    /// If something is said about them, and they are not.
    pub(in crate::cli) fn is_wanted(&self) -> Result<bool, Exit> {
        let wanted = self.many.replications.is_some() || !self.until_halfwidth.is_empty();
        if !wanted && self.many.jobs.is_some() {
            terminal::print_stderr("stayput: `--jobs` needs `--replications N`");
            return Err(Exit::BadInput);
        }
        Ok(wanted)
    }

    fn most(&self) -> u64 {
        self.many.replications.unwrap_or(MOST)
    }

    /// The numbers of the replications to carry out.
    fn numbers(&self) -> Result<Range<u64>, Exit> {
        let Some(shard) = self.shard else { return Ok(0..self.most()) };
        if shard.of > self.most() {
            terminal::print_stderr(&format!(
                "stayput: cannot split {} into {} shards",
                many_u64(self.most(), "replication"),
                shard.of
            ));
            return Err(Exit::BadInput);
        }
        Ok(shard.numbers(self.most()))
    }

    /// Refuses a precision of something that no plan has.
    fn check(&self, plans: &[Plan]) -> Result<(), Exit> {
        let mut reported = BTreeSet::new();
        for plan in plans {
            let counts = Replications::of(plan).counts;
            for Until(target, text) in &self.until_halfwidth {
                if let Err(why) = target.check(&counts) {
                    reported.insert(format!("stayput: --until-halfwidth {text}: {why}"));
                }
            }
        }
        reported.iter().for_each(|line| terminal::print_stderr(line));
        if reported.is_empty() { Ok(()) } else { Err(Exit::BadInput) }
    }

    /// What was asked, as files say it.
    fn part(&self, overrides: &Overrides) -> WrittenStudy {
        WrittenStudy {
            replications: self.most(),
            level: self.many.level,
            until_halfwidth: self.until_halfwidth.iter().map(|until| until.1.clone()).collect(),
            max_events: overrides.limits().events,
            shard: self.shard.map(|shard| format!("{}/{}", shard.part, shard.of)),
        }
    }

    /// The command line, without what the results do not depend on.
    fn command(&self, request: &Request<'_>) -> Vec<String> {
        let Overrides { policy, seed, case, only, .. } = request.overrides;
        let mut command = vec!["run".to_owned()];
        command.extend(request.scenarios.iter().map(|path| path.to_string_lossy().into_owned()));
        let mut add = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                command.extend([flag.to_owned(), value]);
            }
        };
        add("--policy", policy.clone());
        add("--seed", seed.map(|seed| seed.to_string()));
        add("--case", case.clone());
        add("--only", only.map(|only| only.to_string()));
        let events = request.overrides.limits().events;
        let default = crate::kernel::Limits::default().events;
        add("--max-events", (events != default).then(|| events.to_string()));
        add("--replications", Some(self.most().to_string()));
        for Until(_, text) in &self.until_halfwidth {
            add("--until-halfwidth", Some(text.clone()));
        }
        add("--level", Some(self.many.level.to_string()));
        command
    }
}

fn many_u64(count: u64, what: &str) -> String {
    many(usize::try_from(count).unwrap_or(usize::MAX), what)
}

/// What came of the replications of a plan.
pub(in crate::cli) struct Carried {
    pub(in crate::cli) of: Replications,
    /// `replications`, `halfwidth`, `limit-replications` or `interrupted`.
    stop: &'static str,
    /// Why the first of those without an answer has none.
    broken: Option<String>,
    /// Number of decisions with a lower confidence.
    weaker: u64,
    assumptions: BTreeSet<String>,
}

/// One replication, and what is to be known of it besides its counts.
struct One {
    observed: Observed,
    broken: Option<String>,
    weaker: u64,
    relied: Vec<SwitchSet>,
}

/// A plan that is carried out again and again, and on what terms.
pub(in crate::cli) struct Template<'a> {
    plan: Plan,
    overrides: &'a Overrides,
}

impl<'a> Template<'a> {
    /// Leaves out what no replication looks at.
    pub(in crate::cli) fn of(plan: &Plan, overrides: &'a Overrides) -> Self {
        let mut plan = plan.clone();
        plan.expectations = Expectations::default();
        plan.event_places = Vec::new();
        Self { plan, overrides }
    }

    /// Carries out one; nothing if somebody asked for an end.
    fn one(&self, number: u64) -> Option<One> {
        let mut plan = self.plan.clone();
        plan.header.replication = number;
        let (limits, only) = (self.overrides.limits(), self.overrides.only);
        let go_on = || !terminal::is_interrupted();
        let (observed, ending, run, weaker) = observe(plan, limits, only, go_on)?;
        let header = run.world().header();
        let broken = undecided(&ending, header);
        let broken = broken.map(|why| format!("{}, replication {number}: {why}", name_of(header)));
        Some(One { observed, broken, weaker, relied: run.world().relied().to_vec() })
    }

    /// Carries out the replications of these numbers, or as many as the precision takes.
    pub(in crate::cli) fn carry_out(
        &self,
        crew: &WorkerPool,
        numbers: Range<u64>,
        until: &[Target],
        level: Confidence,
        progress: &Progress,
    ) -> Carried {
        let mut carried = Carried {
            of: Replications::of(&self.plan),
            stop: "replications",
            broken: None,
            weaker: 0,
            assumptions: BTreeSet::new(),
        };
        let mut relied = vec![SwitchSet::EMPTY; self.plan.header.rulebooks.len()];
        let mut from = numbers.start;
        while from < numbers.end {
            let size = if until.is_empty() { numbers.end - from } else { ROUND };
            let to = from.saturating_add(size).min(numbers.end);
            let done = crew.in_order(from..to, |number| {
                let one = self.one(number);
                progress.one_more();
                one
            });
            let whole = done.len() as u64 == to - from;
            for one in done {
                carried.broken = carried.broken.or(one.broken);
                carried.weaker += one.weaker;
                carried.of.rows.push(one.observed);
                relied.iter_mut().zip(one.relied).for_each(|(all, one)| *all = all.union(one));
            }
            if !whole {
                carried.stop = "interrupted";
                break;
            }
            from = to;
            if until.is_empty() {
                continue;
            }
            let figures = estimates(&carried.of, level);
            carried.stop = "limit-replications";
            if until.iter().all(|target| target.is_met(&figures)) {
                carried.stop = "halfwidth";
                break;
            }
        }
        let relied = relied.into_iter().enumerate().map(|(at, set)| (PolicyId::at(at), set));
        carried.assumptions.extend(assumed(&self.plan.header, relied));
        carried
    }
}

impl Carried {
    /// Reports what gives no answer, and how that ends.
    pub(in crate::cli) fn judge(&self, overrides: &Overrides) -> Exit {
        let mut exit = Exit::Success;
        if let Some(why) = &self.broken {
            let count = self.of.rows.len() - self.of.complete();
            let more = if count > 1 { format!("; {} more", count - 1) } else { String::new() };
            terminal::print_stderr(&format!("stayput: {why}{more}"));
            exit = Exit::Undecided;
        }
        let name = &self.of.scenario;
        if let (Some(only), true) = (overrides.only, self.weaker > 0) {
            let count = many_u64(self.weaker, "decision");
            terminal::print_stderr(&format!(
                "stayput: {name}: {count} with a confidence below `{only}`"
            ));
            exit = Exit::Undecided;
        }
        if self.stop == "limit-replications" {
            let count = many(self.of.rows.len(), "replication");
            terminal::print_stderr(&format!(
                "stayput: {name}: {count} did not reach the requested precision; raise `--replications N`"
            ));
            exit = Exit::Undecided;
        }
        exit
    }
}

pub(in crate::cli) fn run(
    request: &Request<'_>,
    plans: &[Plan],
    loader: &Loader,
    colour: ColorChoice,
) -> Result<Exit, Exit> {
    let asked = request.options;
    asked.check(plans)?;
    let numbers = asked.numbers()?;
    let crew = asked.many.crew()?;
    let out = output_folder::begin(request.out)?;
    let level = asked.many.confidence();
    let until: Vec<Target> = asked.until_halfwidth.iter().map(|until| until.0.clone()).collect();
    let progress = Progress::of((numbers.end - numbers.start) * plans.len() as u64, "replications");
    let mut all = Vec::new();
    for plan in plans {
        let template = Template::of(plan, request.overrides);
        all.push(template.carry_out(&crew, numbers.clone(), &until, level, &progress));
        if terminal::is_interrupted() {
            break;
        }
    }
    drop(progress);
    let mut file = RunFile {
        program: "stayput".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        format: "run/1".to_owned(),
        command: asked.command(request),
        study: Some(asked.part(request.overrides)),
        inputs: inputs(loader),
        policies: Vec::new(),
        assumptions: Vec::new(),
        rows: serde_json::Map::new(),
        outputs: Vec::new(), // filled in when they are complete
        runs: Vec::new(),
        complete: all.len() == plans.len(),
    };
    plans.iter().for_each(|plan| note_policies(&plan.header, &mut file.policies));
    let assumptions: BTreeSet<&String> = all.iter().flat_map(|one| &one.assumptions).collect();
    file.assumptions = assumptions.into_iter().cloned().collect();
    for (one, plan) in all.iter().zip(plans) {
        file.complete &= matches!(one.stop, "replications" | "halfwidth");
        file.runs.push(run_end(&plan.header, one.of.events(), one.stop));
    }
    let of: Vec<&Replications> = all.iter().map(|one| &one.of).collect();
    finish(file, &of, out, (request.out, request.format), colour)?;
    let judged = all.iter().map(|one| one.judge(request.overrides)).max();
    if terminal::is_interrupted() {
        let done: usize = of.iter().map(|of| of.rows.len()).sum();
        terminal::print_stderr(&format!(
            "stayput: interrupted after {}",
            many(done, "replication")
        ));
        return Err(Exit::Interrupted);
    }
    Ok(judged.unwrap_or(Exit::Success))
}

impl Many {
    /// Those who carry them out.
    pub(in crate::cli) fn crew(&self) -> Result<WorkerPool, Exit> {
        WorkerPool::of(jobs(self.jobs)).map_err(|why| {
            terminal::print_stderr(&format!("stayput: {why}"));
            Exit::BadInput
        })
    }

    /// How sure intervals are to be.
    pub(in crate::cli) fn confidence(&self) -> Confidence {
        Confidence::per_cent(self.level).unwrap_or(Confidence::P95)
    }
}

/// Writes what replications came to, and prints it. The file is whole but for what only the
/// replications themselves know.
pub(in crate::cli) fn finish(
    mut file: RunFile,
    all: &[&Replications],
    out: Option<OutputFolder>,
    (path, format): (Option<&Path>, RunFormat),
    colour: ColorChoice,
) -> Result<(), Exit> {
    let percent = file.study.as_ref().map_or(95.0, |study| study.level);
    let level = Confidence::per_cent(percent).unwrap_or(Confidence::P95);
    let estimated = |of: &&'_ Replications| estimates(of, level);
    let figures: Vec<Estimated<'_>> = all
        .iter()
        .zip(&file.runs)
        .map(|(of, run)| Estimated {
            replications: of,
            estimates: estimated(of),
            level: percent,
            seed: run.seed,
        })
        .collect();
    file.complete &= all.iter().all(|of| of.complete() == of.rows.len());
    if let (Some(out), Some(path)) = (out, path) {
        let mut write = || -> io::Result<()> {
            let rows = replications_csv(all, out.open("replications.csv")?)?;
            file.rows.insert("replications.csv".into(), rows.into());
            let rows = estimates_csv(&figures, out.open("estimates.csv")?)?;
            file.rows.insert("estimates.csv".into(), rows.into());
            Ok(())
        };
        write().map_err(|error| cannot(path, &error))?;
        output_folder::finish(out, &mut file)?;
    }
    print(&figures, format, colour)
}

fn print(figures: &[Estimated<'_>], format: RunFormat, colour: ColorChoice) -> Result<(), Exit> {
    if format == RunFormat::Text {
        let paint = terminal::paint(colour);
        let texts: Vec<String> = figures.iter().map(|of| estimates_text(of, paint)).collect();
        return terminal::print(&texts.join("\n\n")).map(|_| ());
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = if format == RunFormat::Csv {
        estimates_csv(figures, &mut out).map(|_| ())
    } else {
        figures.iter().try_for_each(|of| estimates_jsonl(of, &mut out))
    };
    let written = written.and_then(|()| out.flush());
    written
        .or_else(|error| terminal::could_not_write("standard output", &error).map_or(Ok(()), Err))
}
