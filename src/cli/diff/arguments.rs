//! The arguments of `stayput diff`.

use std::path::PathBuf;

use crate::cli::args::day_start;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::policy_pair::Pairing;
use crate::cli::shared::study::Many;
use crate::time::SimTime;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The old policy: NAME@EDITION, or a file; or a folder that `run --out` wrote, or one case of
    /// it as DIR#CASE.
    pub(super) old: String,
    /// The new one.
    pub(super) new: String,
    /// Scenarios, or folders of them, to run under both.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// How to print it.
    #[arg(short, long, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) many: Many,
    /// The seed of everything random, in place of the scenarios'.
    #[arg(long, value_name = "N", requires = "replications")]
    pub(super) seed: Option<u64>,
    /// The file of accepted changes, in place of the one beside the new policy.
    #[arg(long, value_name = "FILE")]
    pub(super) accepted: Option<PathBuf>,
    /// The day on which acceptances are looked at, in place of the clock's: 2026-12-31.
    #[arg(long, value_name = "DAY", value_parser = day_start)]
    pub(super) today: Option<SimTime>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For machines; `schema diff` describes it.
    Json,
    /// For a pull request.
    Markdown,
    /// What replications differ in, as `differences.csv`.
    Csv,
}

impl Arguments {
    pub(super) fn pairing(&self) -> Result<Option<Pairing>, Exit> {
        if self.many.replications.is_none() {
            return Ok(None);
        }
        let (many, seed) = (self.many.clone(), self.seed);
        Ok(Some(Pairing { crew: many.crew()?, many, seed }))
    }
}
