//! The arguments of `stayput diff`.

use std::path::PathBuf;

use crate::cli::args::day;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::policy_pair::Pairing;
use crate::cli::shared::study::ReplicationOptions;
use crate::cli::shared::terminal;
use crate::time::CalendarDays;

/// The help of `--replications`, which here runs each replication twice.
const REPLICATIONS: &str =
    "Run N replications on each side with common random numbers and print paired differences";

#[derive(Debug, clap::Args)]
#[command(mut_arg("replications", |option| option.help(REPLICATIONS)))]
pub struct Arguments {
    /// Old policy (NAME@EDITION or a file), or a folder that `run --out` wrote (DIR, or DIR#CASE
    /// for one case), or `case=NAME`, a case of the scenarios.
    pub(super) old: String,
    /// New policy, folder or case, likewise. With `--with FILE`, both can be scenarios: they are
    /// compared without and with the overlay.
    pub(super) new: Option<String>,
    /// Scenarios, or folders of scenarios, to run under both policies.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    pub(super) format: Format,
    /// Write one HTML page to this file, and print the other format as well.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    #[command(flatten)]
    pub(super) replicated: ReplicationOptions,
    /// Use this seed for all random numbers instead of the scenarios' own.
    #[arg(long, value_name = "N", requires = "replications")]
    pub(super) seed: Option<u64>,
    /// File of accepted changes (default: beside the new policy).
    #[arg(long, value_name = "FILE")]
    pub(super) accepted: Option<PathBuf>,
    /// Check acceptances as of this day instead of today, such as 2026-12-31.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(super) today: Option<CalendarDays>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Format {
    /// Readable text.
    Text,
    /// JSON; see `schema diff`.
    Json,
    /// Markdown for a pull request.
    Markdown,
    /// Differences between replications, as `differences.csv`.
    Csv,
    /// One self-contained HTML page.
    Html,
}

impl Arguments {
    /// The new policy, folder or case.
    ///
    /// # Errors
    /// [`Exit`] if it is missing, after that was reported.
    pub(super) fn new_name(&self) -> Result<&str, Exit> {
        self.new.as_deref().ok_or_else(|| {
            terminal::print_stderr(
                "stayput: give two policies, folders or cases to compare, or a scenario and `--with FILE`",
            );
            Exit::BadInput
        })
    }

    pub(super) fn pairing(&self) -> Result<Option<Pairing>, Exit> {
        if self.replicated.replications.is_none() {
            return Ok(None);
        }
        let (options, seed) = (self.replicated.clone(), self.seed);
        Ok(Some(Pairing { workers: options.workers()?, options, seed }))
    }
}
