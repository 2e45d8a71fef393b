//! Adds the ways that `hunt` found to its files, as scenarios.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::exit::Exit;
use super::files;
use super::hunt_files::HuntFiles;
use super::load::Loader;
use super::paths_in_use::folder_of;
use super::terminal::cannot_write;
use crate::diagnostics::Problems;
use crate::format::{Node, cases, change_paths, overlaid, parse_yaml, without_events};
use crate::report::{HuntedTarget, way_scenario};
use crate::run_header::RunHeader;

/// A scenario as it was searched.
pub struct SearchedScenario<'a> {
    /// Its path.
    pub path: &'a Path,
    /// The policy that replaced its own; `None` if none did.
    pub policy: Option<&'a str>,
    /// Whether its events were kept.
    pub has_events: bool,
}

/// Adds each way to the loss of some instances of a case as a file.
///
/// # Errors
/// If the folder of the scenario cannot be read.
pub fn add_ways(
    files: &mut HuntFiles<'_>,
    searched: &SearchedScenario<'_>,
    loader: &mut Loader,
    header: &RunHeader,
    targets: &[HuntedTarget],
) -> Result<(), Exit> {
    let Some(mut tree) = case_tree(loader, searched.path, &header.case, searched.has_events) else {
        return Ok(());
    };
    if let (Some(policy), Some(node)) = (searched.policy, tree.get_mut("policy")) {
        node.value = crate::format::Value::Scalar(policy.into(), crate::format::Style::Quoted);
    }
    let up = relative(files.folder(), folder_of(searched.path));
    let up = up.map_err(|error| cannot_write(files.folder(), &error))?;
    change_paths(&mut tree, &|path: &str| {
        if Path::new(path).is_absolute() {
            path.to_owned()
        } else {
            up.join(path).to_string_lossy().into_owned()
        }
    });
    for target in targets {
        let stem = files.stem(&header.case, header.instance(target.start.instance));
        for number in 1..=target.hunted.ways.len() {
            if let Some(text) = way_scenario(&tree, header, target, number) {
                files.add(format!("{stem}-way-{number}.yaml"), &text);
            }
        }
    }
    Ok(())
}

/// The tree of a case with the overlays of the command line.
pub fn case_tree(loader: &mut Loader, path: &Path, case: &str, has_events: bool) -> Option<Node> {
    let text = loader.read(path)?;
    let file = loader.sources.add(files::shown(path), text);
    let mut scratch = Problems::default();
    let mut tree = parse_yaml(&loader.sources, file, &mut scratch)?;
    if !has_events {
        tree = without_events(&tree);
    }
    for (overlay, events) in loader.overlays() {
        tree = overlaid(&tree, &overlay, events, &mut scratch)?;
    }
    let cases = cases::split(&tree, &mut scratch);
    cases.trees.into_iter().find(|(name, _)| name == case).map(|(_, tree)| tree)
}

/// The path from one folder to another.
fn relative(from: &Path, to: &Path) -> std::io::Result<PathBuf> {
    let (from, to) = (fs::canonicalize(from)?, fs::canonicalize(to)?);
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[same..].iter().map(|_| Component::ParentDir);
    Ok(up.chain(to[same..].iter().copied()).collect())
}
