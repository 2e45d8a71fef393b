//! The files of stored decisions.

use std::path::PathBuf;

use super::files;

/// The path of the stored decisions of a scenario, whose path is given as messages show it.
pub fn stored_path(scenario: &str) -> PathBuf {
    files::real(scenario).with_extension("decisions.csv")
}
