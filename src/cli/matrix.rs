//! `stayput matrix`: the decision table of a policy, or those of the fleet of a scenario.

use std::io::{self, Write};
use std::path::Path;

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::files::{read_text, shown};
use super::shared::load::{FileKind, Loader, kind_of, refuse_overlays};
use super::shared::messages::print_problem;
use super::shared::terminal;
use crate::diagnostics::{Code, Problem};
use crate::plan::Options;
use crate::report::{fleet_matrix_csv, fleet_matrix_text, matrix_csv, matrix_text};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Policy: NAME@EDITION or a file; or a scenario, for the situations of its fleet.
    #[arg(value_name = "POLICY")]
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
    let path = Path::new(&arguments.policy);
    match read_text(path).ok().and_then(|text| kind_of(&text)) {
        Some(FileKind::Scenario) => {
            return of_fleet(path, arguments.format, &mut loader, colour);
        }
        Some(FileKind::Overlay) => {
            let title = format!("`{}` is an overlay", shown(path));
            print_problem(
                Problem::bare(Code::BadFormat, title).help("name a policy or a scenario"),
            );
            return Err(Exit::BadInput);
        }
        Some(FileKind::Policy) | None => {}
    }
    refuse_overlays("the matrix of a policy")?;
    let policy = loader.policy(&arguments.policy);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let Some(policy) = policy else { return Err(Exit::BadInput) };
    match arguments.format {
        Format::Text => terminal::print(&matrix_text(&policy, terminal::page(colour))),
        Format::Csv => print_csv(|out| matrix_csv(&policy, out)),
    }?;
    Ok(Exit::Success)
}

/// The tables of the fleet of a scenario; of its first case, if it has several.
fn of_fleet(
    path: &Path,
    format: Format,
    loader: &mut Loader,
    colour: ColorChoice,
) -> Result<Exit, Exit> {
    let text = loader.read(path);
    let loaded = text.and_then(|text| loader.scenario(path, text, &Options::default()));
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let plans = loaded.map(|loaded| loaded.compiled.plans).unwrap_or_default();
    let Some(plan) = plans.first() else { return Err(Exit::BadInput) };
    if plans.len() > 1 {
        let line = format!("the first of {} cases: {}", plans.len(), plan.header.case);
        terminal::print_stderr(&line);
    }
    match format {
        Format::Text => terminal::print(&fleet_matrix_text(plan, terminal::page(colour))),
        Format::Csv => print_csv(|out| fleet_matrix_csv(plan, out)),
    }?;
    Ok(Exit::Success)
}

fn print_csv(write: impl FnOnce(&mut io::StdoutLock<'_>) -> io::Result<()>) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    let written = write(&mut out).and_then(|()| out.flush());
    terminal::printed(written)
}
