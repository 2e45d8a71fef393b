//! Reports: one file for each format.
//!
//! A report reads records and the run header that belongs to them. It never uses the world or
//! the fleet and never affects a run. Callers pass in the writers.

mod accepted_changes;
mod compare;
mod compare_cases;
mod compare_formats;
mod course;
mod coverage;
mod csv;
mod data_package;
mod decision_causes;
mod decision_diff;
mod decision_diff_text;
mod diff_formats;
mod diff_json;
mod diff_result;
mod estimates;
mod explain;
mod figures;
mod first_scenario;
mod fix;
mod fix_overlay;
mod fleet_matrix;
mod html;
mod hunt;
mod hunt_scenario;
mod imported_scenario;
mod item;
mod jsonl;
mod markdown;
mod matrix;
mod money;
mod names;
mod paired;
mod policy_diff;
mod prevented;
mod refused_call;
mod replications;
mod rules;
mod run_file;
mod run_totals;
mod schema;
mod shell;
mod snapshot;
mod test_github;
mod test_json;
mod test_junit;
mod test_markdown;
mod test_text;
mod text;
mod text_table;
mod timeline;
mod timeline_layout;
mod timeline_text;

pub use accepted_changes::{
    Acceptance, Accepted, AcceptedFile, Accepting, WrittenAccepted, accept, accepted_text,
    accepted_yaml, is_reason, read_accepted, stale_json, stale_markdown,
};
pub use compare::{ComparisonFormat, SideBySide};
pub use course::{ChangedCourse, CompleteCourse, RunCourse};
pub use coverage::{
    Mutant, coverage_json, coverage_missed, coverage_per_cent, coverage_text, mutants_missed,
    mutation_per_cent, mutation_text,
};
pub use csv::block::{BlockOut, RowBlock};
pub use csv::columns::{Column, Kind, Reference, STUDY_TABLES, TABLES, Table};
pub use csv::tables::{
    BlockCsv, BufferedCsv, CsvTables, DecisionsCsv, ReferenceCsv, RowCounts, Rows,
};
pub use csv::thread::CsvThread;
pub use data_package::{DATA_PACKAGE, WrittenTable, data_package};
pub use decision_causes::Suspects;
pub use decision_diff::{
    Changed, ChangesInOldRuns, DecisionRow, changed, changed_json, changed_markdown, read_decisions,
};
pub use diff_formats::{diff_result_csv, diff_result_json, diff_result_markdown, diff_result_text};
pub use diff_json::diff_json;
pub use diff_result::DiffResult;
pub use estimates::{Estimated, estimates_csv, estimates_jsonl, estimates_text};
pub use explain::{SituationQuery, explain_decision, explain_situation};
pub use first_scenario::{FirstDecision, FirstEvent, first_scenario, small_fleet};
pub use fix::FixReport;
pub use fix_overlay::{Selected, fix_overlay};
pub use fleet_matrix::{fleet_matrix_csv, fleet_matrix_text};
pub use html::{Made, RunPage, Study, StudyRun, TestExtras, diff_page, study_page, test_page};
pub use hunt::{HuntedTarget, hunt_json, hunt_text};
pub use hunt_scenario::way_scenario;
pub use imported_scenario::{IMPORTED_LENGTH, ImportedAs, MOST_WRITTEN, imported_scenario};
pub use item::{EndOfRun, Report, RunItem};
pub use jsonl::JsonLines;
pub use matrix::{matrix_csv, matrix_text};
pub use paired::{PairedRun, paired_csv, paired_json, paired_markdown, paired_text};
pub use policy_diff::{diff_markdown, diff_text};
pub use replications::{
    ReplicationRow, ReplicationRows, ReplicationsCsv, RunNames, count_names, read_replications,
    replications_csv,
};
pub use rules::{Edition, editions_json, editions_text, rule_text, rules_json, rules_text};
pub use run_file::{
    EventPlace, Input, RunEnd, RunFile, RunName, WrittenAssumption, WrittenSource, WrittenStudy,
    run_json,
};
pub use schema::{
    accepted_schema, csv_schema, diff_schema, policy_schema, scenario_schema, schema_text,
    test_schema,
};
pub use shell::{shell_command, shell_word};
pub use snapshot::{decisions_csv, snapshot_failure};
pub use test_github::github;
pub use test_json::test_json;
pub use test_junit::junit;
pub use test_markdown::test_markdown;
pub use test_text::{CaseReport, TestRun, test_report};
pub use text::{Detail, Text};
pub use text_table::{Page, Paint, WIDTH, copied, hanging, without_commands};
