//! `datapackage.json`: the tables of a folder with their columns, keys and references.
//!
//! The format is the Data Package of Frictionless Data (specs.frictionlessdata.io).

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::csv::columns::{Column, Kind, Reference, STUDY_TABLES, TABLES, Table, further_columns};

/// Name of the file.
pub const DATA_PACKAGE: &str = "datapackage.json";

/// A table that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTable {
    /// Name of its file.
    pub file: String,
    /// SHA-256 of it as hexadecimal digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Writes the description of the tables of a folder, with the names of counts that have columns of
/// their own. If they are not `complete`, rows may lack the
/// instances that they refer to.
///
/// # Errors
/// If writing fails.
pub fn data_package(
    tables: &[WrittenTable],
    counts: &[String],
    complete: bool,
    mut out: impl Write,
) -> io::Result<()> {
    let resources = tables.iter().filter_map(|written| {
        let table = table(&written.file)?;
        let mut resource =
            resource(table, counts, &|reference| complete || reference.file != INSTANCES);
        resource["bytes"] = written.bytes.into();
        resource["hash"] = format!("sha256:{}", written.sha256).into();
        Some(resource)
    });
    let resources: Vec<Json> = resources.collect();
    let package = json!({
        "name": "stayput-run",
        "profile": "tabular-data-package",
        "resources": resources,
    });
    serde_json::to_writer_pretty(&mut out, &package)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The table whose rows exist only after the end of a run.
const INSTANCES: &str = "instances.csv";

/// The table of a file; `None` if it is not a table.
fn table(file: &str) -> Option<&'static Table> {
    TABLES.iter().chain(STUDY_TABLES).find(|table| table.file == file)
}

/// The description of a table, with the references that `is_kept` keeps.
pub(super) fn resource(
    table: &Table,
    counts: &[String],
    is_kept: &dyn Fn(&Reference) -> bool,
) -> Json {
    let mut fields: Vec<Json> = table.columns.iter().map(|column| field(table, column)).collect();
    if let Some(further) = &table.further {
        let names = further_columns(table, counts);
        fields.extend(names.iter().map(|name| {
            let mut field = field(table, further);
            field["name"] = name.as_str().into();
            field
        }));
    }
    let mut schema = json!({ "fields": fields, "missingValues": [""] });
    if !table.key.is_empty() {
        schema["primaryKey"] = json!(table.key);
    }
    let references: Vec<Json> = table
        .references
        .iter()
        .filter(|reference| is_kept(reference))
        .map(|reference| {
            let to = json!({ "resource": name(reference.file), "fields": reference.columns });
            json!({ "fields": reference.columns, "reference": to })
        })
        .collect();
    if !references.is_empty() {
        schema["foreignKeys"] = references.into();
    }
    json!({
        "name": name(table.file),
        "path": table.file,
        "profile": "tabular-data-resource",
        "description": format!("one row per {}", table.row),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    })
}

/// The name of a table: its file without the ending.
fn name(file: &str) -> &str {
    file.strip_suffix(".csv").unwrap_or(file)
}

fn field(table: &Table, column: &Column) -> Json {
    let kind = match column.kind {
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Time => "datetime",
        Kind::Flag => "boolean",
        Kind::Text | Kind::Word | Kind::List => "string",
    };
    let mut field = json!({ "name": column.name, "type": kind, "description": column.about });
    if table.key.contains(&column.name) {
        field["constraints"] = json!({ "required": true });
    }
    field
}
