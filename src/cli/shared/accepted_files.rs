//! The file of accepted changes that belongs to a policy.

use std::path::{Path, PathBuf};

use super::load::Loader;
use crate::report::{AcceptedFile, read_accepted};

/// Where changes from older editions are accepted: beside the new policy's file, or, if the
/// program brought it along, in the current folder.
pub fn accepted_path(new: &str) -> PathBuf {
    let path = Path::new(new);
    let is_file = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    if is_file {
        path.with_extension("accepted.yaml")
    } else {
        format!("{new}.accepted.yaml").into()
    }
}

/// The accepted changes of a file, if it exists.
pub fn read_accepted_file(path: &Path, loader: &mut Loader) -> Option<AcceptedFile> {
    if !path.is_file() {
        return None;
    }
    let text = loader.read(path)?;
    let file = loader.sources.add(path.to_string_lossy(), text);
    read_accepted(file, &loader.sources, &mut loader.problems)
}
