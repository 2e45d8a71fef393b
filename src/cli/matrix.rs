//! `stayput matrix`: the decision table of a policy.

use std::io::{self, Write};

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::load::Loader;
use super::shared::terminal;
use crate::report::{matrix_csv, matrix_text};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Policy: NAME@EDITION or a file.
    policy: String,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Readable text.
    Text,
    /// CSV with one row for each cell and protection.
    Csv,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let policy = loader.policy(&arguments.policy);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let Some(policy) = policy else { return Err(Exit::BadInput) };
    match arguments.format {
        Format::Text => terminal::print(&matrix_text(&policy, terminal::page(colour))),
        Format::Csv => {
            let mut out = io::stdout().lock();
            let written = matrix_csv(&policy, &mut out).and_then(|()| out.flush());
            match written.map_err(|error| terminal::could_not_write("standard output", &error)) {
                Ok(()) | Err(None) => Ok(Exit::Success),
                Err(Some(exit)) => Err(exit),
            }
        }
    }
}
