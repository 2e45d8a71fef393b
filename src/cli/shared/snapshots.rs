//! Stored decisions, beside their scenario.

use std::path::{Path, PathBuf};

/// Where the outcomes of a scenario are stored.
pub fn stored_path(scenario: &str) -> PathBuf {
    Path::new(scenario).with_extension("decisions.csv")
}
