//! Options that several commands share, and the parsers of their values.

use std::path::PathBuf;

use super::shared::{files, load};
use crate::experiment::Filter;
use crate::kernel::Limits;
use crate::time::CalendarDays;
use crate::words::{Confidence, Word};

/// Options that replace settings of the scenarios, or select some of their cases.
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
    /// Run only cases that match this expression, such as `name(unpaid-*) and not case(never-*)`.
    #[arg(short = 'E', long, value_name = "EXPRESSION", value_parser = WrittenFilter::parse)]
    pub filter: Option<WrittenFilter>,
    /// Fail unless every decision has at least this confidence.
    #[arg(long, value_name = "LEVEL", value_parser = confidence)]
    pub only: Option<Confidence>,
    /// Stop after N events.
    #[arg(long, value_name = "N", default_value_t = Limits::default().events)]
    pub max_events: u64,
}

impl Default for Overrides {
    fn default() -> Self {
        let max_events = Limits::default().events;
        Self { policy: None, seed: None, case: None, filter: None, only: None, max_events }
    }
}

impl Overrides {
    pub fn options(&self) -> crate::plan::Options {
        let (policy, seed) = (self.policy.clone(), self.seed);
        crate::plan::Options { policy, seed, ..crate::plan::Options::default() }
    }

    pub fn limits(&self) -> Limits {
        Limits { events: self.max_events, ..Limits::default() }
    }

    /// The filter of cases; `None` if every case is selected.
    pub fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref().map(|written| &written.filter)
    }

    /// These options and the global ones, as words of a command line that repeats the result.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if files::is_outside_allowed() {
            words.push("--allow-outside".to_owned());
        }
        let mut add = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([flag.to_owned(), value]);
            }
        };
        for file in load::overlay_files() {
            add("--with", Some(file.to_string_lossy().into_owned()));
        }
        add("--policy", self.policy.clone());
        add("--seed", self.seed.map(|seed| seed.to_string()));
        add("--case", self.case.clone());
        add("-E", self.filter.as_ref().map(|filter| filter.text.clone()));
        add("--only", self.only.map(|only| only.to_string()));
        let is_default = self.max_events == Limits::default().events;
        add("--max-events", (!is_default).then(|| self.max_events.to_string()));
        words
    }
}

/// A filter, and its text on the command line.
#[derive(Debug, Clone)]
pub struct WrittenFilter {
    filter: Filter,
    text: String,
}

impl WrittenFilter {
    fn parse(text: &str) -> Result<Self, String> {
        Filter::parse(text).map(|filter| Self { filter, text: text.to_owned() })
    }
}

/// Two arguments that are refused together because of the value of one of them. Other pairs are
/// declared in their structs.
#[derive(Debug)]
pub struct Conflict {
    /// The argument that would have no effect.
    pub argument: &'static str,
    /// The other argument, with its value.
    pub other: String,
}

impl Conflict {
    /// Refuses `argument` beside an output format to which it makes no difference.
    pub fn with_format(argument: &'static str, format: &impl clap::ValueEnum) -> Self {
        let word = format.to_possible_value();
        let word = word.as_ref().map_or("", |word| word.get_name());
        Self { argument, other: format!("--format {word}") }
    }
}

/// One shard of the work.
#[derive(Debug, Clone, Copy)]
pub struct Shard {
    /// Number of the shard, from 1 to `count`.
    pub number: u64,
    /// Number of shards.
    pub count: u64,
}

impl Shard {
    pub fn parse(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, count)| {
            Some(Self { number: number.parse().ok()?, count: count.parse().ok()? })
        });
        let found = numbers.filter(|shard| (1..=shard.count).contains(&shard.number));
        found.ok_or_else(|| "expected K/N with K from 1 to N, such as `2/4`".to_owned())
    }

    /// The replications of this shard, out of `all`. Shards are consecutive ranges, so that
    /// concatenating them gives all replications in order.
    pub fn numbers(self, all: u64) -> std::ops::Range<u64> {
        let end = |shard: u64| {
            let end = u128::from(all) * u128::from(shard) / u128::from(self.count);
            u64::try_from(end).unwrap_or(all)
        };
        end(self.number - 1)..end(self.number)
    }

    /// Whether a case belongs to this shard. This depends only on the names of scenario and case,
    /// so that added or moved files do not move a case to another shard.
    pub fn contains(self, scenario: &str, case: &str) -> bool {
        let digest = crate::diagnostics::hex_digest(&[scenario, "\n", case]);
        let number = digest.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.unwrap_or(0) % self.count == self.number - 1
    }
}

/// The number of worker threads: the requested number, or one for each processor.
pub fn jobs(requested: Option<u16>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    requested.map_or_else(processors, usize::from)
}

pub fn confidence(text: &str) -> Result<Confidence, String> {
    let words: Vec<&str> = Confidence::ALL.iter().map(|word| word.word()).collect();
    Confidence::spelled(text).ok_or_else(|| format!("expected one of {}", words.join(", ")))
}

/// A day in UTC.
pub fn day(text: &str) -> Result<CalendarDays, String> {
    CalendarDays::parse_day(text).ok_or_else(|| "expected a date such as 2026-12-31".to_owned())
}

/// The given paths, or the folder `scenarios` if there are none.
pub fn or_default(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() { vec![PathBuf::from("scenarios")] } else { paths.to_vec() }
}

/// The output formats of `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RunFormat {
    /// Timeline, or estimates over replications, as readable text.
    Text,
    /// The table `decisions.csv`; for replications, `estimates.csv`; with `--compare`,
    /// `comparison.csv` or `differences.csv`.
    Csv,
    /// Every record or estimate as JSON, one object per line.
    Jsonl,
    /// One self-contained HTML page.
    Html,
    /// The cases side by side as Markdown; needs `--compare`.
    Markdown,
}
