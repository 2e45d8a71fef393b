//! Compiles scenarios with changes for `hunt --fix`, and adds the changes to its files.

use std::path::Path;

use super::hunt_files::HuntFiles;
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

/// Adds each overlay of a report as a file.
pub fn add_fixes(files: &mut HuntFiles<'_>, report: &FixReport<'_>) {
    let stem = files.stem(&report.header.case, "fix");
    for (text, number) in report.overlays().iter().zip(1..) {
        files.add(format!("{stem}-{number}.yaml"), text);
    }
}
