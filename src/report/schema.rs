//! Schemas of the formats: JSON Schema of files, Table Schema of tables.

use serde_json::{Map, Value as Json, json};

use super::accepted_changes::AcceptedFile;
use super::csv::columns::{STUDY_TABLES, TABLES};
use super::data_package::resource;
use crate::format::{AcceptedFormat, PolicyFormat, Read, ScenarioFormat, Schemas};
use crate::plan::WrittenScenario;
use crate::policy::{PolicyFile, allow_overlays};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A schema with its head. Its `$id` is a name, not an address from which it can be fetched.
fn schema(format: &str, mut schema: Json) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.shift_insert(0, "$schema".into(), DRAFT.into());
        object.shift_insert(1, "$id".into(), format!("urn:stayput:{format}").into());
        object.shift_insert(2, "title".into(), format!("stayput {format}").into());
    }
    schema
}

/// The schema of a file: its root, and its definitions.
fn file_schema<T: Read>(mut schemas: Schemas) -> (Json, Map<String, Json>) {
    let root = T::schema(&mut schemas);
    let mut root = schemas.definition(&root).map(std::mem::take).unwrap_or_default();
    root["type"] = "object".into();
    if let Some(keys) = root.as_object_mut() {
        keys.shift_remove("pattern");
    }
    let defs = schemas.into_defs().into_iter().filter(|(_, schema)| !schema.is_null());
    (root, defs.collect())
}

/// The JSON Schema of a scenario file.
pub fn scenario_schema() -> Json {
    let (mut root, defs) = file_schema::<WrittenScenario>(Schemas::with_cases());
    root["$defs"] = defs.into();
    schema(ScenarioFormat::NAME, root)
}

/// The JSON Schema of a policy file.
pub fn policy_schema() -> Json {
    let (mut root, mut defs) = file_schema::<PolicyFile>(Schemas::plain());
    allow_overlays(&mut root, &mut defs);
    root["$defs"] = defs.into();
    schema(PolicyFormat::NAME, root)
}

/// The JSON Schema of a file of accepted changes.
pub fn accepted_schema() -> Json {
    let (mut root, defs) = file_schema::<AcceptedFile>(Schemas::plain());
    root["$defs"] = defs.into();
    schema(AcceptedFormat::NAME, root)
}

/// A schema as text: a value that fits on a line is written on one line.
pub fn schema_text(schema: &Json) -> String {
    let mut text = String::new();
    write_value(schema, 0, &mut text);
    text
}

/// The longest line of a value that is not broken into several.
const WIDTH: usize = 120;

fn write_value(value: &Json, depth: usize, text: &mut String) {
    let flat = one_line(value);
    let column = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    let (open, close, items): (char, char, Vec<(Option<&str>, &Json)>) = match value {
        Json::Array(items) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        Json::Object(keys) => {
            ('{', '}', keys.iter().map(|(key, value)| (Some(key.as_str()), value)).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            return text.push_str(&flat);
        }
    };
    if column + flat.len() < WIDTH && depth > 0 {
        return text.push_str(&flat);
    }
    text.push(open);
    for (place, (key, item)) in items.iter().enumerate() {
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            text.push_str(&format!("{}: ", Json::from(*key)));
        }
        write_value(item, depth + 1, text);
    }
    text.push_str(&format!("\n{}{close}", "  ".repeat(depth)));
}

fn one_line(value: &Json) -> String {
    match value {
        Json::Array(items) => {
            format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        Json::Object(keys) if keys.is_empty() => "{}".to_owned(),
        Json::Object(keys) => {
            let pairs = keys.iter();
            let pairs = pairs
                .map(|(key, value)| format!("{}: {}", Json::from(key.as_str()), one_line(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.to_string(),
    }
}

/// The JSON Schema of the output of `diff -f json`.
pub fn diff_schema() -> Json {
    schema("diff/1", super::diff_json::schema())
}

/// The JSON Schema of the output of `test -f json`.
pub fn test_schema() -> Json {
    schema("test/1", super::test_json::schema())
}

/// The Table Schema (specs.frictionlessdata.io) of the tables of runs and replications.
pub fn csv_schema() -> Json {
    let tables = TABLES.iter().chain(STUDY_TABLES);
    let further = ["NAME".to_owned()];
    let resources: Vec<Json> = tables.map(|table| resource(table, &further, &|_| true)).collect();
    json!({ "profile": "tabular-data-package", "resources": resources })
}
