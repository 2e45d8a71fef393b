//! `stayput schema`: the formats, for machines.

use super::shared::exit::Exit;
use super::shared::terminal;
use crate::report::{
    accepted_schema, csv_schema, diff_schema, policy_schema, scenario_schema, test_schema,
};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The format.
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// What a scenario may say, as JSON Schema.
    Scenario,
    /// What a policy may say, as JSON Schema.
    Policy,
    /// The tables that a run writes, as Table Schema.
    Csv,
    /// What `diff -f json` prints, as JSON Schema.
    Diff,
    /// What `test -f json` prints, as JSON Schema.
    Test,
    /// What a file of accepted changes may say, as JSON Schema.
    Accepted,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Exit> {
    let schema = match arguments.format {
        Format::Scenario => scenario_schema(),
        Format::Policy => policy_schema(),
        Format::Csv => csv_schema(),
        Format::Diff => diff_schema(),
        Format::Test => test_schema(),
        Format::Accepted => accepted_schema(),
    };
    terminal::print(&format!("{schema:#}"))
}
