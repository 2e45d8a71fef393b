//! Schemas of the formats: JSON Schema of files, Table Schema of tables.

use serde_json::{Value as Json, json};

use super::csv::columns::{STUDY_TABLES, TABLES};
use super::data_package::resource;
use crate::format::Read;
use crate::plan::WrittenScenario;
use crate::policy::PolicyFile;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

fn schema(title: &str, mut schema: Json) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.shift_insert(0, "$schema".into(), DRAFT.into());
        object.shift_insert(1, "title".into(), title.into());
    }
    schema
}

/// The JSON Schema of a scenario file.
pub fn scenario_schema() -> Json {
    schema("stayput scenario/1", WrittenScenario::schema())
}

/// The JSON Schema of a policy file.
pub fn policy_schema() -> Json {
    schema("stayput policy/1", PolicyFile::schema())
}

/// The JSON Schema of the output of `diff -f json`.
pub fn diff_schema() -> Json {
    schema("stayput diff/1", super::diff_json::schema())
}

/// The JSON Schema of a file of accepted changes.
pub fn accepted_schema() -> Json {
    schema("stayput accepted/1", super::accepted_changes::schema())
}

/// The JSON Schema of the output of `test -f json`.
pub fn test_schema() -> Json {
    schema("stayput test/1", super::test_json::schema())
}

/// The Table Schema (specs.frictionlessdata.io) of the tables of runs and replications.
pub fn csv_schema() -> Json {
    let tables = TABLES.iter().chain(STUDY_TABLES);
    let resources: Vec<Json> = tables.map(|table| resource(table, &|_| true)).collect();
    json!({ "profile": "tabular-data-package", "resources": resources })
}
