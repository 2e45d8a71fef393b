//! `stayput diff`: what does another edition change, and for whom?

mod output;
mod policies;
mod recorded;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anstream::ColorChoice;

use super::bless;
use super::shared::exit::Exit;
use super::shared::load::Loader;
use super::shared::study::Many;
use super::shared::terminal;
use crate::experiment::WorkerPool;
use crate::policy::{Comparison, Difference};
use crate::report::{Accepted, AcceptedFile, Accepting, Changed, PairedRun, accept};
use crate::time::SimTime;
use output::{csv, json, markdown, text};
pub(super) use policies::{decisions, policies};
use recorded::{Recording, recorded};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The old policy: NAME@EDITION, or a file; or a folder that `run --out` wrote, or one case of
    /// it as DIR#CASE.
    old: String,
    /// The new one.
    new: String,
    /// Scenarios, or folders of them, to run under both.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print it.
    #[arg(short, long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    many: Many,
    /// The seed of everything random, in place of the scenarios'.
    #[arg(long, value_name = "N", requires = "replications")]
    seed: Option<u64>,
    /// The file of accepted changes, in place of the one beside the new policy.
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// The day on which acceptances are looked at, in place of the clock's: 2026-12-31.
    #[arg(long, value_name = "DAY", value_parser = super::day_start)]
    today: Option<SimTime>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines; `schema diff` describes it.
    Json,
    /// For a pull request.
    Markdown,
    /// What replications differ in, as `differences.csv`.
    Csv,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Findings {
    /// The two policies.
    pub comparison: Option<Comparison>,
    /// Whom a changed verdict touches: the number of the difference, the scenario, instances.
    pub affected_instances: Vec<(usize, String, Vec<String>)>,
    /// Changed decisions.
    pub changed: Vec<Changed>,
    /// How many decisions were compared; `None` if none were.
    pub compared: Option<usize>,
    /// What replications on the same draws differ in, in place of decisions.
    paired: Vec<PairedRun>,
    /// What was accepted before, and which acceptances do not hold any more.
    accepted: Accepted,
    /// The accepted changes that the old policy has made already, by their keys.
    pub spent: BTreeSet<String>,
    /// Which recordings are incomplete.
    incomplete: Vec<String>,
}

impl Findings {
    /// The keys of everything that differs.
    pub(super) fn keys(&self) -> Vec<String> {
        let policy = self.comparison.iter().flat_map(|c| &c.differences).map(Difference::key);
        let mut keys: Vec<String> = policy.chain(self.changed.iter().map(Changed::key)).collect();
        let mut seen = std::collections::BTreeSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        keys
    }

    /// Takes out what is accepted.
    fn accept(&mut self, file: Option<&AcceptedFile>, today: Option<SimTime>, loader: &mut Loader) {
        let (Some(file), Some(comparison)) = (file, &mut self.comparison) else { return };
        let today = today.unwrap_or_else(super::today);
        let affected_instances = std::mem::take(&mut self.affected_instances);
        let before: Vec<String> = comparison.differences.iter().map(Difference::key).collect();
        let ran = self.compared.is_some();
        let terms = Accepting { ran, today, spent: &self.spent };
        self.accepted = accept(file, comparison, &mut self.changed, &terms, &mut loader.problems);
        // The numbers of those that are left have changed.
        self.affected_instances = affected_instances
            .into_iter()
            .filter_map(|(at, run, names)| {
                let left = comparison.differences.iter().position(|d| d.key() == before[at])?;
                Some((left, run, names))
            })
            .collect();
    }

    fn is_same(&self) -> bool {
        let same = self.comparison.as_ref().is_none_or(Comparison::is_same);
        let same = same && self.paired.iter().all(|run| run.differ == 0);
        same && self.changed.is_empty() && self.accepted.stale.is_empty()
    }
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let talk = terminal::paint_talk(colour);
    refuse_what_needs_replications(arguments)?;
    let folders = [&arguments.old, &arguments.new].map(|name| Recording::named(name));
    let findings = match folders {
        [Some(old), Some(new)] => recorded(arguments, &[old, new])?,
        [None, None] => {
            let mut loader = Loader::new();
            let names = (arguments.old.as_str(), arguments.new.as_str());
            let path = arguments.accepted.clone().unwrap_or_else(|| bless::accepted_path(names.1));
            let file = bless::read(&path, &mut loader);
            let pairing = arguments.pairing()?;
            let asked = Asked { pairing: pairing.as_ref(), accepted: file.as_ref() };
            let found = policies(names, &arguments.paths, &asked, &mut loader);
            loader.refuse_or_go_on(talk)?;
            let mut found = found?;
            let before = loader.problems.len();
            found.accept(file.as_ref(), arguments.today, &mut loader);
            if loader.problems.len() > before {
                loader.tell(talk);
            }
            found
        }
        [Some(_), None] | [None, Some(_)] => {
            terminal::print_stderr(
                "stayput: a recorded run is compared with another one, not with a policy",
            );
            return Err(Exit::BadInput);
        }
    };
    let page = terminal::page(colour);
    super::print(&match arguments.format {
        Format::Text => text(arguments, &findings, page),
        Format::Json => json(arguments, &findings),
        Format::Markdown => markdown(&findings),
        Format::Csv => csv(&findings)?,
    })?;
    // Of what an incomplete run lacks nobody can say that it is the same.
    let same = if findings.incomplete.is_empty() { Exit::Success } else { Exit::Undecided };
    Ok(if findings.is_same() { same } else { Exit::Failure })
}

/// What is asked of two policies, besides what they differ in.
#[derive(Default)]
pub(super) struct Asked<'a> {
    /// To compare replications, and not decisions.
    pairing: Option<&'a Pairing>,
    /// The changes that were accepted before.
    accepted: Option<&'a AcceptedFile>,
}

/// On what terms replications are compared.
pub(super) struct Pairing {
    many: Many,
    seed: Option<u64>,
    crew: WorkerPool,
}

impl Arguments {
    fn pairing(&self) -> Result<Option<Pairing>, Exit> {
        if self.many.replications.is_none() {
            return Ok(None);
        }
        let (many, seed) = (self.many.clone(), self.seed);
        Ok(Some(Pairing { crew: many.crew()?, many, seed }))
    }
}

/// Tells what was asked of replications, if there are none.
fn refuse_what_needs_replications(arguments: &Arguments) -> Result<(), Exit> {
    let csv = matches!(arguments.format, Format::Csv);
    let is_recorded = Recording::named(&arguments.old).is_some();
    let why = match arguments.many.replications {
        None if csv && !is_recorded => {
            "`-f csv` prints what replications differ in; say `--replications N`"
        }
        None if arguments.many.jobs.is_some() => {
            "`--jobs` is about replications; say `--replications N`"
        }
        Some(_) if arguments.paths.is_empty() => "replications of what? name a scenario",
        None | Some(_) => return Ok(()),
    };
    terminal::print_stderr(&format!("stayput: {why}"));
    Err(Exit::BadInput)
}
