//! The files of stored decisions.

use std::path::{Path, PathBuf};

/// The path of the stored decisions of a scenario.
pub fn stored_path(scenario: &str) -> PathBuf {
    Path::new(scenario).with_extension("decisions.csv")
}
