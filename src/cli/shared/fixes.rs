//! Compiles scenarios with changes for `hunt --fix`, and writes the changes to files.

use std::path::Path;

use super::case_files::CaseFiles;
use super::exit::Exit;
use super::load::Loader;
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
    let files = CaseFiles::begin(folder, &report.header.case)?;
    let overlays = report.overlays();
    for (text, number) in overlays.iter().zip(1..) {
        files.write(&format!("fix-{number}.yaml"), text)?;
    }
    Ok(overlays.len())
}
