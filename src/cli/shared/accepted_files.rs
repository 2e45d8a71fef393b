//! The file of accepted changes that belongs to a policy.

use std::path::{Path, PathBuf};

use super::files;
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

/// Reads the file of accepted changes of the policy `new`: the file `named`, which must exist, or
/// else the one beside the policy. `None` if there is none or, with errors, if it is not valid.
pub fn read_accepted_file(
    new: &str,
    named: Option<&Path>,
    loader: &mut Loader,
) -> Option<AcceptedFile> {
    let beside = accepted_path(new);
    let text = match named {
        Some(path) => loader.read(path)?,
        None => loader.read_beside(new, beside.file_name()?)?,
    };
    let file = loader.sources.add(files::shown(named.unwrap_or(&beside)), text);
    read_accepted(file, &loader.sources, &mut loader.problems)
}
