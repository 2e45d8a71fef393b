//! `stayput import`: converts the output of a provider's tools into a scenario without events.

use std::path::PathBuf;

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::import_files::{ImportOptions, import_files};
use super::shared::load::Loader;
use super::shared::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Output of the provider's tools: listings and state files, plain or compressed, in any order.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    options: ImportOptions,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let paint = terminal::stderr_paint(colour);
    let fleet = import_files(&arguments.files, &arguments.options, &mut Loader::new(), paint)?.text;
    terminal::print(&fleet)?;
    Ok(Exit::Success)
}
