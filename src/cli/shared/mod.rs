//! What several verbs of the command line need.

pub(super) mod coverage;
pub(super) mod exit;
pub(super) mod files;
pub(super) mod format_target;
pub(super) mod load;
pub(super) mod output_file;
pub(super) mod output_folder;
pub(super) mod progress;
pub(super) mod run_cases;
pub(super) mod staging;
pub(super) mod study;
pub(super) mod system_calls;
pub(super) mod terminal;
pub(super) mod undecided;
