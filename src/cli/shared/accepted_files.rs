//! The file of accepted changes that belongs to a policy.

use std::path::{Path, PathBuf};

use super::load::Loader;
use crate::diagnostics::is_yaml;
use crate::report::{AcceptedFile, read_accepted};

/// The path of the accepted changes of a policy: beside its file, or, for a built-in edition, in
/// the current folder.
pub fn accepted_path(new: &str) -> PathBuf {
    let path = Path::new(new);
    if is_yaml(path) {
        path.with_extension("accepted.yaml")
    } else {
        format!("{new}.accepted.yaml").into()
    }
}

/// Reads a file of accepted changes; `None` if it does not exist or is not valid.
pub fn read_accepted_file(path: &Path, loader: &mut Loader) -> Option<AcceptedFile> {
    if !path.is_file() {
        return None;
    }
    let text = loader.read(path)?;
    let file = loader.sources.add(path.to_string_lossy(), text);
    read_accepted(file, &loader.sources, &mut loader.problems)
}
