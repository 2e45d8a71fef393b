//! Writes the ways that `hunt` found as scenarios.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::case_files::CaseFiles;
use super::exit::Exit;
use super::load::Loader;
use crate::diagnostics::Problems;
use crate::format::{Node, cases, change_paths, overlaid, parse_yaml, without_events};
use crate::report::{HuntedTarget, way_scenario};
use crate::run_header::RunHeader;

/// Writes each way of some instances to a file of its own in `folder`. `searched` is the scenario,
/// and `policy` is the policy that replaced its own in the search.
///
/// # Errors
/// If a file cannot be written.
pub fn write_ways(
    (folder, searched): (&Path, &Path),
    (loader, policy, has_events): (&mut Loader, Option<&str>, bool),
    (header, targets): (&RunHeader, &[HuntedTarget]),
) -> Result<usize, Exit> {
    let Some(mut tree) = case_tree(loader, searched, &header.case, has_events) else {
        return Ok(0);
    };
    if let (Some(policy), Some(node)) = (policy, tree.get_mut("policy")) {
        node.value = crate::format::Value::Scalar(policy.into(), crate::format::Style::Quoted);
    }
    let files = CaseFiles::begin(folder, &header.case)?;
    let from = searched.parent().unwrap_or(Path::new("."));
    let up = relative(folder, from).map_err(|error| files.could_not(&error))?;
    change_paths(&mut tree, &|path: &str| {
        if Path::new(path).is_absolute() {
            path.to_owned()
        } else {
            up.join(path).to_string_lossy().into_owned()
        }
    });
    let mut written = 0;
    for target in targets {
        let instance = header.instance(target.start.instance);
        for number in 1..=target.hunted.ways.len() {
            let Some(text) = way_scenario(&tree, header, target, number) else {
                continue;
            };
            files.write(&format!("{instance}-way-{number}.yaml"), &text)?;
            written += 1;
        }
    }
    Ok(written)
}

/// The tree of a case with the overlays of the command line.
pub fn case_tree(loader: &mut Loader, path: &Path, case: &str, has_events: bool) -> Option<Node> {
    let text = loader.read(path)?;
    let file = loader.sources.add(path.display().to_string(), text);
    let mut scratch = Problems::default();
    let mut tree = parse_yaml(&loader.sources, file, &mut scratch)?;
    if !has_events {
        tree = without_events(&tree);
    }
    for (overlay, events) in loader.overlays() {
        tree = overlaid(&tree, &overlay, events, &mut scratch)?;
    }
    let trees = cases::split(&tree, &mut scratch);
    trees.into_iter().find(|(name, _)| name == case).map(|(_, tree)| tree)
}

/// The path from one folder to another.
fn relative(from: &Path, to: &Path) -> std::io::Result<PathBuf> {
    let to = if to.as_os_str().is_empty() { Path::new(".") } else { to };
    let (from, to) = (fs::canonicalize(from)?, fs::canonicalize(to)?);
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[same..].iter().map(|_| Component::ParentDir);
    Ok(up.chain(to[same..].iter().copied()).collect())
}
