//! The commands of the command line, and the dispatch to them.

use anstream::ColorChoice;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::args::Conflict;
use super::shared::exit::Exit;
use super::shared::{files, load, terminal};
use super::{
    bless, check, diff, explain, hunt, import, init, matrix, merge, policies, schema, test,
};

/// Simulate the ways a cloud instance gets released, and show which protections held.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// When to use colour. Colour never carries information of its own.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// Allow scenarios and policies to read files outside their own folder and the working
    /// directory.
    #[arg(long, global = true)]
    allow_outside: bool,
    /// Apply an overlay to every scenario: a file with keys of a scenario, which are merged into
    /// it. Its events come first.
    #[arg(long, global = true, value_name = "FILE")]
    with: Vec<std::path::PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate scenarios and print the timeline. Does not check expectations.
    Run(super::run::Arguments),
    /// Merge the shards that `run --shard` wrote.
    Merge(merge::Arguments),
    /// Run scenarios and check their expectations.
    Test(test::Arguments),
    /// Compare two policies cell by cell, or two recorded runs. Exit code 1 if anything differs.
    Diff(diff::Arguments),
    /// Accept current results: store the decisions of scenarios, or accept policy changes with a
    /// reason.
    Bless(bless::Arguments),
    /// Explain one decision or one situation step by step, with rules and sources.
    Explain(explain::Arguments),
    /// Check scenarios and policies without simulating: read files, resolve names, prove tables.
    Check(check::Arguments),
    /// Search for the shortest ways to lose an instance.
    Hunt(hunt::Arguments),
    /// Print a first scenario with its expectations, for a small fleet or for your own.
    Init(init::Arguments),
    /// Convert the output of a provider's tools into a scenario without events, and print it.
    Import(import::Arguments),
    /// Print the decision table of a policy: every trigger against every protection, with sources.
    Matrix(matrix::Arguments),
    /// List the built-in policy editions.
    #[command(alias = "list")]
    Policies(policies::PoliciesArguments),
    /// List the rules of a policy, or print one rule with its text, sources, switches and remedy.
    Rules(policies::RulesArguments),
    /// Print the JSON schema of a file format.
    Schema(schema::Arguments),
    /// Print a shell completion script.
    Completions {
        /// Shell to complete for.
        shell: clap_complete::Shell,
    },
}

/// Parses the arguments, runs the command, and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let arguments: Vec<_> = arguments.into_iter().collect();
    std::panic::set_hook(Box::new(|panic| {
        terminal::print_stderr(&format!(
            "stayput: internal error: {panic}\n\
             please report it together with the input files"
        ));
    }));
    std::panic::catch_unwind(|| dispatch(&arguments)).unwrap_or(Exit::InternalError)
}

fn dispatch(arguments: &[std::ffi::OsString]) -> Exit {
    let parsed = Arguments::try_parse_from(arguments).or_else(|error| {
        // Only help shows options, so that other commands start faster.
        if error.kind() != ErrorKind::DisplayHelp {
            return Err(error);
        }
        let matches = program().try_get_matches_from(arguments)?;
        Arguments::from_arg_matches(&matches)
    });
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            if error.use_stderr() {
                let _ = error.print();
                return Exit::BadInput;
            }
            // Help and version are not errors; neither is a closed pipe.
            let printed =
                error.print().map_err(|e| terminal::could_not_write("standard output", &e));
            return printed.err().flatten().unwrap_or(Exit::Success);
        }
    };
    if let Some((command, conflict)) = arguments.command.conflict() {
        return refuse(command, &conflict);
    }
    if arguments.allow_outside {
        files::allow_outside();
    }
    load::apply_overlays(arguments.with);
    if let Some(command) = arguments.command.without_scenarios()
        && let Err(exit) = load::refuse_overlays(&format!("`stayput {command}`"))
    {
        return exit;
    }
    let colour = match arguments.color {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    };
    let ended = match arguments.command {
        Command::Run(command) => super::run::run(&command, colour),
        Command::Merge(command) => merge::run(&command, colour),
        Command::Test(command) => test::run(&command, colour),
        Command::Diff(command) => diff::run(&command, colour),
        Command::Bless(command) => bless::run(&command, colour),
        Command::Explain(command) => explain::run(&command, colour),
        Command::Check(command) => check::run(&command, colour),
        Command::Hunt(command) => hunt::run(&command, colour),
        Command::Init(command) => init::run(&command, colour),
        Command::Import(command) => import::run(&command, colour),
        Command::Matrix(command) => matrix::run(&command, colour),
        Command::Policies(command) => policies::policies(&command, colour),
        Command::Rules(command) => policies::rules(&command, colour),
        Command::Schema(command) => schema::run(&command),
        Command::Completions { shell } => completions(shell),
    };
    ended.unwrap_or_else(|exit| exit)
}

/// Refuses two arguments of a command, as the parser does for pairs that do not depend on a value.
fn refuse(command: &str, conflict: &Conflict) -> Exit {
    let Conflict { argument, other } = conflict;
    let message = format!("the argument '{argument}' cannot be used with '{other}'");
    let mut program = Arguments::command();
    program.build();
    if let Some(command) = program.find_subcommand_mut(command) {
        let _ = command.error(ErrorKind::ArgumentConflict, message).print();
    }
    Exit::BadInput
}

impl Command {
    /// The arguments that exclude each other because of a value, with the name of the command.
    fn conflict(&self) -> Option<(&'static str, Conflict)> {
        match self {
            Self::Run(arguments) => Some(("run", arguments.conflict()?)),
            Self::Test(arguments) => Some(("test", arguments.conflict()?)),
            Self::Merge(_)
            | Self::Diff(_)
            | Self::Bless(_)
            | Self::Explain(_)
            | Self::Check(_)
            | Self::Hunt(_)
            | Self::Init(_)
            | Self::Import(_)
            | Self::Matrix(_)
            | Self::Policies(_)
            | Self::Rules(_)
            | Self::Schema(_)
            | Self::Completions { .. } => None,
        }
    }

    /// The name of a command that never reads a scenario; `None` for the others.
    const fn without_scenarios(&self) -> Option<&'static str> {
        match self {
            Self::Merge(_) => Some("merge"),
            Self::Init(_) => Some("init"),
            Self::Import(_) => Some("import"),
            Self::Policies(_) => Some("policies"),
            Self::Rules(_) => Some("rules"),
            Self::Schema(_) => Some("schema"),
            Self::Completions { .. } => Some("completions"),
            Self::Run(_)
            | Self::Test(_)
            | Self::Diff(_)
            | Self::Bless(_)
            | Self::Explain(_)
            | Self::Check(_)
            | Self::Hunt(_)
            | Self::Matrix(_) => None,
        }
    }
}

/// Verbs in whose help a global option is hidden, because it has no effect there.
const HIDDEN: &[(&str, &[&str])] = &[
    ("with", &["merge", "init", "import", "policies", "rules", "schema", "completions"]),
    ("allow_outside", &["merge", "import", "policies", "schema", "completions"]),
];

/// The command line.
fn program() -> clap::Command {
    let mut program = Arguments::command();
    for (option, commands) in HIDDEN {
        let found = program.get_arguments().find(|known| known.get_id() == option).cloned();
        for command in *commands {
            program = program.mut_subcommand(command, |command| {
                command.args(found.clone().map(|option| option.hide(true)))
            });
        }
    }
    program
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program(), "stayput", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
