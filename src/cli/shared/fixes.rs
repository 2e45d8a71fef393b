//! Compiles scenarios with changes for `hunt --fix`, and writes the changes to files.

use std::path::Path;

use super::exit::Exit;
use super::load::Loader;
use super::output_file::OutputFile;
use super::system_calls::{AllCalls, SystemCalls};
use super::terminal;
use crate::experiment::FixChange;
use crate::format::Node;
use crate::plan::{Options, Plan};
use crate::report::{FixReport, Selected, fix_overlay};
use crate::run_header::RunHeader;

/// The plan of a case with some changes; `None` if they cause a mistake.
pub fn changed_plan(
    path: &Path,
    options: &Options,
    (header, tree): (&RunHeader, &Node),
    (changes, selected): (&[FixChange], Selected<'_>),
) -> Option<Plan> {
    let mut loader = Loader::new();
    let overlay = loader.overlay_text(fix_overlay(header, tree, changes, selected))?;
    let text = loader.read(path)?;
    let options = Options { with: vec![overlay], ..options.clone() };
    let loaded = loader.scenario(path, text, &options)?;
    loaded.compiled.plans.into_iter().find(|plan| plan.header.case == header.case)
}

/// Writes each overlay of a report to a file of its own in `folder`, and returns the number of
/// files.
///
/// # Errors
/// If a file cannot be written.
pub fn write_fixes(folder: &Path, report: &FixReport<'_>) -> Result<usize, Exit> {
    let could_not = |error: &std::io::Error| {
        let exit = terminal::could_not_write(&folder.display().to_string(), error);
        exit.unwrap_or(Exit::CouldNotWrite)
    };
    let calls = SystemCalls(AllCalls);
    calls.create_parents(folder).map_err(|error| could_not(&error))?;
    let overlays = report.overlays();
    for (number, text) in overlays.iter().enumerate() {
        let case = &report.header.case;
        let case = if case.is_empty() { String::new() } else { format!("{case}-") };
        let name = super::way_files::file_name(&format!("{case}fix-{}.yaml", number + 1));
        let file = OutputFile::begin(&folder.join(name), calls);
        file.and_then(|file| file.finish(text)).map_err(|error| could_not(&error))?;
    }
    Ok(overlays.len())
}
