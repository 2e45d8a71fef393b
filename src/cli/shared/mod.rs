//! Code that several verbs of the command line use.

pub(super) mod accepted_files;
pub(super) mod coverage;
pub(super) mod exit;
pub(super) mod files;
pub(super) mod format_target;
pub(super) mod load;
pub(super) mod messages;
pub(super) mod output_file;
pub(super) mod output_folder;
pub(super) mod policy_pair;
pub(super) mod progress;
pub(super) mod resume;
pub(super) mod run_cases;
pub(super) mod run_end;
pub(super) mod run_inputs;
pub(super) mod snapshots;
pub(super) mod staging;
pub(super) mod study;
mod study_page;
mod study_pairs;
pub(super) mod study_part;
pub(super) mod study_result;
pub(super) mod system_calls;
pub(super) mod terminal;
pub(super) mod today;
pub(super) mod undecided;
pub(super) mod way_files;
