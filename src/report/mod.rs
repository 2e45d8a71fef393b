//! Reports: what records look like, one file for each format.
//!
//! A report reads records and the legend that goes with them. It must never know
//! the world or the fleet, and never feeds back. Writers are handed in.

mod accepted;
mod cells;
mod changed;
mod columns;
mod coverage;
mod csv;
mod diff;
mod diff_json;
mod estimates;
mod exits;
mod explain;
mod github;
mod json;
mod junit;
mod markdown;
mod matrix;
mod paired;
mod replications;
mod rows;
mod rules;
mod schema;
mod scribe;
mod stored;
mod terminal;
mod test_json;
mod tests;
mod timeline;

pub use accepted::{
    Acceptance, Accepted, AcceptedFile, AcceptedPart, Accepting, accept, accepted_json,
    accepted_text, accepted_yaml, end_of_day, read_accepted, stale_json, stale_markdown,
};
pub use changed::{
    Already, Changed, DecisionRow, changed, changed_json, changed_markdown, changed_text,
    read_decisions,
};
pub use columns::{Column, Kind, STUDY_TABLES, TABLES, Table};
pub use coverage::{
    Mutant, coverage_json, coverage_missed, coverage_per_cent, coverage_text, mutants_missed,
    mutation_per_cent, mutation_text,
};
pub use csv::{Counts, CsvTables, DecisionsCsv, InstanceRow, Plain, Quick, Rows};
pub use diff::{diff_markdown, diff_text};
pub use diff_json::diff_json;
pub use estimates::{Estimated, estimates_csv, estimates_jsonl, estimates_text};
pub use explain::{Question, explain_decision, explain_situation};
pub use github::github;
pub use json::{Input, JsonLines, RunEnd, RunFile, StudyPart, run_json};
pub use junit::junit;
pub use markdown::test_markdown;
pub use matrix::{matrix_csv, matrix_text};
pub use paired::{PairedRun, paired_csv, paired_json, paired_markdown, paired_text};
pub use replications::{read_replications, replications_csv};
pub use rules::{Edition, editions_json, editions_text, rule_text, rules_json, rules_text};
pub use schema::{
    accepted_schema, csv_schema, diff_schema, policy_schema, scenario_schema, test_schema,
};
pub use scribe::Scribe;
pub use stored::{decisions_csv, stored};
pub use terminal::{Page, Paint, WIDTH, hanging, table};
pub use test_json::test_json;
pub use tests::{CaseReport, TestRun, test_report};
pub use timeline::Timeline;
