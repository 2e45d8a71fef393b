//! Options that several verbs share, and how their words are read.

use std::path::PathBuf;

use crate::time::SimTime;
use crate::words::{Confidence, Word};

/// What replaces parts of the scenarios that are run.
#[derive(Debug, Clone, clap::Args)]
pub struct Overrides {
    /// Use this policy (NAME@EDITION or a file) for accounts that do not name one.
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<String>,
    /// Use this seed for all random numbers instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run only this case.
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// Fail unless every decision has at least this confidence.
    #[arg(long, value_name = "LEVEL", value_parser = confidence)]
    pub only: Option<Confidence>,
    /// Stop after N events.
    #[arg(long, value_name = "N", default_value_t = crate::kernel::Limits::default().events)]
    pub max_events: u64,
}

impl Default for Overrides {
    fn default() -> Self {
        let max_events = crate::kernel::Limits::default().events;
        Self { policy: None, seed: None, case: None, only: None, max_events }
    }
}

impl Overrides {
    pub fn options(&self) -> crate::plan::Options {
        let (policy, seed) = (self.policy.clone(), self.seed);
        crate::plan::Options { policy, seed, ..crate::plan::Options::default() }
    }

    pub fn limits(&self) -> crate::kernel::Limits {
        crate::kernel::Limits { events: self.max_events, ..crate::kernel::Limits::default() }
    }
}

/// One of several parts of the work.
#[derive(Debug, Clone, Copy)]
pub struct Shard {
    pub part: u64,
    pub of: u64,
}

impl Shard {
    pub fn parse(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(part, of)| Some(Self { part: part.parse().ok()?, of: of.parse().ok()? }));
        let found = numbers.filter(|shard| (1..=shard.of).contains(&shard.part));
        found.ok_or_else(|| "expected K/N with K from 1 to N, such as `2/4`".to_owned())
    }

    /// The numbers of those of `all` replications that are in this part: neighbours, so that
    /// parts are put together by laying them end to end.
    pub fn numbers(self, all: u64) -> std::ops::Range<u64> {
        let end = |part: u64| {
            let end = u128::from(all) * u128::from(part) / u128::from(self.of);
            u64::try_from(end).unwrap_or(all)
        };
        end(self.part - 1)..end(self.part)
    }

    /// Whether a case is in this part: by a digest of its names, so that neither its place in a
    /// folder nor its neighbours move it.
    pub fn takes(self, scenario: &str, case: &str) -> bool {
        let digest = crate::diagnostics::hex_digest(&[scenario, "\n", case]);
        let number = digest.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.unwrap_or(0) % self.of == self.part - 1
    }
}

/// How many work side by side: so many as were asked for, or one for each processor.
pub fn jobs(asked: Option<u16>) -> usize {
    let own = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.map_or_else(own, usize::from)
}

pub fn confidence(text: &str) -> Result<Confidence, String> {
    let words: Vec<&str> = Confidence::ALL.iter().map(|word| word.word()).collect();
    Confidence::spelled(text).ok_or_else(|| format!("expected one of {}", words.join(", ")))
}

/// The beginning of a day.
pub fn day_start(text: &str) -> Result<SimTime, String> {
    SimTime::parse(&format!("{text}T00:00:00Z"))
        .map_err(|_| "expected a date such as 2026-12-31".to_owned())
}

/// The paths of a verb, or the folder that it looks into by itself.
pub fn or_default(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() { vec![PathBuf::from("scenarios")] } else { paths.to_vec() }
}

/// What `run` and `merge` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RunFormat {
    /// Timeline, or estimates over replications, as readable text.
    Text,
    /// The table `decisions.csv`; for replications, `estimates.csv`.
    Csv,
    /// Every record or estimate as JSON, one object per line.
    Jsonl,
}
