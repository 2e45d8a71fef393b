//! Reports: what records look like, one file for each format.
//!
//! A report reads records and the legend that goes with them. It must never know
//! the world or the fleet, and never feeds back. Writers are handed in.

mod changed;
mod columns;
mod csv;
mod diff;
mod json;
mod matrix;
mod rows;
mod schema;
mod terminal;
mod tests;
mod timeline;

pub use changed::{
    Changed, DecisionRow, changed, changed_json, changed_markdown, changed_text, read_decisions,
};
pub use columns::{Column, Kind, TABLES, Table};
pub use csv::{CsvTables, DecisionsCsv, InstanceRow};
pub use diff::{diff_json, diff_markdown, diff_text};
pub use json::{Input, JsonLines, RunEnd, RunFile, run_json};
pub use matrix::{matrix_csv, matrix_text};
pub use schema::{csv_schema, diff_schema, policy_schema, scenario_schema};
pub use terminal::{Paint, table};
pub use tests::{CaseReport, test_report};
pub use timeline::Timeline;
