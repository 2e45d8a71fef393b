//! `stayput schema`: prints the schemas of the formats.

use super::shared::exit::Exit;
use super::shared::terminal;
use crate::report::{
    accepted_schema, csv_schema, diff_schema, policy_schema, scenario_schema, schema_text,
    test_schema,
};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// File format to describe.
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// A scenario, as JSON Schema.
    Scenario,
    /// A policy, as JSON Schema.
    Policy,
    /// The CSV tables of a run, as Table Schema.
    Csv,
    /// The output of `diff -f json`, as JSON Schema.
    Diff,
    /// The output of `test -f json`, as JSON Schema.
    Test,
    /// A file of accepted changes, as JSON Schema.
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
    terminal::print(&schema_text(&schema))?;
    Ok(Exit::Success)
}
