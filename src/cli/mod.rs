//! The command line: arguments in, an exit code out; one file for each verb.
//!
//! The only room that reads files, the terminal, the environment or signals.

mod bless;
mod check;
mod diff;
mod explain;
mod matrix;
mod merge;
mod policies;
mod run;
mod schema;
mod shared;
mod test;

pub use shared::exit::Exit;

use std::path::PathBuf;

use anstream::ColorChoice;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::time::SimTime;
use crate::words::{Confidence, Word};

/// Replays the ways a cloud instance gets released and shows which protections held.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, disable_help_subcommand = true)]
struct Arguments {
    /// When to colour; words always say what colour says.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// Let scenarios and policies name files outside their own folder and the working directory.
    #[arg(long, global = true)]
    allow_outside: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Simulate scenarios and print what happens. Never judges what is expected.
    Run(run::Arguments),
    /// Put the parts of a study together that `run --shard` wrote.
    Merge(merge::Arguments),
    /// Run scenarios and judge what they expect.
    Test(test::Arguments),
    /// Compare two policies, cell by cell. Exit 1 when anything differs.
    Diff(diff::Arguments),
    /// Accept what test or diff reported: store outcomes, or changes of a policy with a reason.
    Bless(bless::Arguments),
    /// Tell one decision, or one situation, step by step, with every rule and its source.
    Explain(explain::Arguments),
    /// Read files, resolve names and prove tables, without simulating anything.
    Check(check::Arguments),
    /// Print every trigger of a policy against every protection, with rules and sources.
    Matrix(matrix::Arguments),
    /// Print the editions that there are.
    Policies(policies::Policies),
    /// Print the rules of a policy, or one with its text, sources, switches and remedy.
    Rules(policies::Rules),
    /// Describe a format for machines.
    Schema(schema::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What replaces parts of the scenarios that are run.
#[derive(Debug, Clone, clap::Args)]
struct Overrides {
    /// The policy of accounts that name none, in place of the scenario's: NAME@EDITION or a file.
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// The seed of everything random, in place of the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Only this case.
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Refuse to answer beyond what is founded at least so well.
    #[arg(long, value_name = "LEVEL", value_parser = confidence)]
    only: Option<Confidence>,
    /// Give up after so many events.
    #[arg(long, value_name = "N", default_value_t = crate::kernel::Limits::default().events)]
    max_events: u64,
}

impl Default for Overrides {
    fn default() -> Self {
        let max_events = crate::kernel::Limits::default().events;
        Self { policy: None, seed: None, case: None, only: None, max_events }
    }
}

impl Overrides {
    fn options(&self) -> crate::plan::Options {
        let (policy, seed) = (self.policy.clone(), self.seed);
        crate::plan::Options { policy, seed, ..crate::plan::Options::default() }
    }

    fn limits(&self) -> crate::kernel::Limits {
        crate::kernel::Limits { events: self.max_events, ..crate::kernel::Limits::default() }
    }
}

/// One of several parts of the work.
#[derive(Debug, Clone, Copy)]
struct Shard {
    part: u64,
    of: u64,
}

impl Shard {
    fn parse(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(part, of)| Some(Self { part: part.parse().ok()?, of: of.parse().ok()? }));
        let found = numbers.filter(|shard| (1..=shard.of).contains(&shard.part));
        found.ok_or_else(|| "written K/N, with K from 1 to N, such as `2/4`".to_owned())
    }

    /// The numbers of those of `all` replications that are in this part: neighbours, so that
    /// parts are put together by laying them end to end.
    fn numbers(self, all: u64) -> std::ops::Range<u64> {
        let end = |part: u64| {
            let end = u128::from(all) * u128::from(part) / u128::from(self.of);
            u64::try_from(end).unwrap_or(all)
        };
        end(self.part - 1)..end(self.part)
    }

    /// Whether a case is in this part: by a digest of its names, so that neither its place in a
    /// folder nor its neighbours move it.
    fn takes(self, scenario: &str, case: &str) -> bool {
        let digest = crate::diagnostics::hex_digest(&[scenario, "\n", case]);
        let number = digest.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.unwrap_or(0) % self.of == self.part - 1
    }
}

/// How many work side by side: so many as were asked for, or one for each processor.
fn jobs(asked: Option<u16>) -> usize {
    let own = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.map_or_else(own, usize::from)
}

fn confidence(text: &str) -> Result<Confidence, String> {
    let words: Vec<&str> = Confidence::ALL.iter().map(|word| word.word()).collect();
    Confidence::spelled(text).ok_or_else(|| format!("one of {}", words.join(", ")))
}

/// What day it is: the only thing that the program ever asks the real clock.
#[expect(
    clippy::disallowed_methods,
    reason = "an acceptance holds until a day of the real calendar"
)]
fn today() -> SimTime {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.ok().and_then(|now| i64::try_from(now.as_secs()).ok());
    SimTime::from_seconds(seconds.unwrap_or(0))
}

/// The beginning of a day.
fn day_start(text: &str) -> Result<SimTime, String> {
    SimTime::parse(&format!("{text}T00:00:00Z"))
        .map_err(|_| "a day is written 2026-12-31".to_owned())
}

/// Tells one mistake that stands in no file.
fn tell(problem: crate::diagnostics::Problem) {
    let mut problems = crate::diagnostics::Problems::default();
    problems.add(problem);
    shared::terminal::print_stderr(&crate::diagnostics::render(
        &problems,
        &crate::diagnostics::Sources::default(),
        false,
    ));
}

/// Tells that nothing was done, since nothing was there to do it with: no success.
fn nothing(code: crate::diagnostics::Code, why: &str) {
    shared::terminal::print_stderr(&format!("error[{code}]: {why}\nstayput: nothing ran"));
}

/// The paths of a verb, or the folder that it looks into by itself.
fn or_default(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() { vec![PathBuf::from("scenarios")] } else { paths.to_vec() }
}

/// Reads the arguments, does what they ask, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let arguments: Vec<_> = arguments.into_iter().collect();
    std::panic::set_hook(Box::new(|panic| {
        shared::terminal::print_stderr(&format!(
            "stayput: this is a bug of ours, not a mistake of yours: {panic}\n\
             please tell us, with the files that show it"
        ));
    }));
    std::panic::catch_unwind(|| dispatch(arguments)).unwrap_or(Exit::InternalError)
}

fn dispatch(arguments: Vec<std::ffi::OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            if error.use_stderr() {
                let _ = error.print();
                return Exit::BadInput;
            }
            // Help and version are no errors; a closed pipe behind them is none either.
            let printed =
                error.print().map_err(|e| shared::terminal::could_not_write("standard output", &e));
            return printed.err().flatten().unwrap_or(Exit::Success);
        }
    };
    if arguments.allow_outside {
        shared::files::allow_outside();
    }
    let colour = match arguments.color {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    };
    let ended = match arguments.verb {
        Verb::Run(verb) => run::run(&verb, colour),
        Verb::Merge(verb) => merge::run(&verb, colour),
        Verb::Test(verb) => test::run(&verb, colour),
        Verb::Diff(verb) => diff::run(&verb, colour),
        Verb::Bless(verb) => bless::run(&verb, colour),
        Verb::Explain(verb) => explain::run(&verb, colour),
        Verb::Check(verb) => check::run(&verb, colour),
        Verb::Matrix(verb) => matrix::run(&verb, colour),
        Verb::Policies(verb) => policies::policies(&verb, colour),
        Verb::Rules(verb) => policies::rules(&verb, colour),
        Verb::Schema(verb) => schema::run(&verb),
        Verb::Completions { shell } => completions(shell),
    };
    ended.unwrap_or_else(|exit| exit)
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "stayput", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Prints a text and ends well, also if nobody reads it to its end.
fn print(text: &str) -> Result<Exit, Exit> {
    match shared::terminal::print_stdout(text.trim_end_matches('\n')) {
        Ok(()) | Err(None) => Ok(Exit::Success),
        Err(Some(exit)) => Err(exit),
    }
}
