//! The verbs, and the one place that enters them.

use anstream::ColorChoice;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use super::shared::exit::Exit;
use super::shared::{files, terminal};
use super::{bless, check, diff, explain, matrix, merge, policies, schema, test};

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
    Run(super::run::Arguments),
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

/// Reads the arguments, does what they ask, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let arguments: Vec<_> = arguments.into_iter().collect();
    std::panic::set_hook(Box::new(|panic| {
        terminal::print_stderr(&format!(
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
                error.print().map_err(|e| terminal::could_not_write("standard output", &e));
            return printed.err().flatten().unwrap_or(Exit::Success);
        }
    };
    if arguments.allow_outside {
        files::allow_outside();
    }
    let colour = match arguments.color {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    };
    let ended = match arguments.verb {
        Verb::Run(verb) => super::run::run(&verb, colour),
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
    terminal::print(&String::from_utf8_lossy(&script))
}
