//! Every table of the shipped scenarios agrees with `datapackage.json`: columns, types, keys,
//! references, sizes and digests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use stayput::diagnostics::hex_digest;

use crate::support::{Row, files, folder, root, shown, stayput};

fn texts(list: &Json) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn cells(row: &Row, columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| row[column].clone()).collect()
}

/// Whether a cell that is not empty has the type of its column.
fn has_type(cell: &str, kind: &str) -> bool {
    match kind {
        "integer" => cell.parse::<i64>().is_ok(),
        "number" => cell.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => matches!(cell, "true" | "false"),
        "datetime" => cell.ends_with('Z') && stayput::time::SimTime::parse(cell).is_ok(),
        "string" => true,
        _ => false,
    }
}

/// Compares a folder with its description; returns the number of rows of all tables.
fn holds(out: &Path) -> usize {
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let package: Json = serde_json::from_str(&read("datapackage.json")).unwrap();
    let mut tables = BTreeMap::new();
    for resource in package["resources"].as_array().unwrap() {
        let path = resource["path"].as_str().unwrap();
        let text = read(path);
        assert_eq!(resource["bytes"], text.len(), "{path}");
        assert_eq!(resource["hash"], format!("sha256:{}", hex_digest(&[&text])), "{path}");
        tables.insert(resource["name"].as_str().unwrap(), (resource, crate::support::rows(&text)));
    }
    for (name, (resource, rows)) in &tables {
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        let path = resource["path"].as_str().unwrap();
        let header = read(path).lines().next().unwrap().to_owned();
        assert_eq!(header, names.join(","), "{name}");
        for field in fields {
            let (column, kind) = (field["name"].as_str().unwrap(), field["type"].as_str().unwrap());
            for row in rows {
                let cell = &row[column];
                assert!(cell.is_empty() || has_type(cell, kind), "{name}.{column}: `{cell}`");
            }
        }
        let key = texts(&resource["schema"]["primaryKey"]);
        let mut seen = BTreeSet::new();
        for row in rows.iter().filter(|_| !key.is_empty()) {
            let cells = cells(row, &key);
            assert!(cells.iter().all(|cell| !cell.is_empty()), "{name}: {cells:?}");
            assert!(seen.insert(cells.clone()), "{name}: {cells:?} occurs twice");
        }
        for reference in resource["schema"]["foreignKeys"].as_array().into_iter().flatten() {
            let to = &reference["reference"];
            let (_, others) = &tables[to["resource"].as_str().unwrap()];
            let columns = texts(&to["fields"]);
            let known: BTreeSet<_> = others.iter().map(|row| cells(row, &columns)).collect();
            for row in rows {
                let cells = cells(row, &texts(&reference["fields"]));
                assert!(known.contains(&cells), "{name}: {cells:?} is not in {}", to["resource"]);
            }
        }
    }
    tables.values().map(|(_, rows)| rows.len()).sum()
}

/// Columns that every version must have, in this order; other columns may stand between them.
const PROMISED: &[(&str, &str)] = &[
    (
        "requests",
        "scenario case replication seq at elapsed_s event trigger verb actor via target result \
         wanted got answer reason",
    ),
    (
        "decisions",
        "scenario case replication seq at elapsed_s event root_event root_actor trigger action \
         actor via account group instance billing membership protections_on protections_inert \
         outcome effect decided_by rule confidence source answer assumptions remedy remedy_until \
         policy",
    ),
    ("verdicts", "seq instance protection verdict rule confidence source"),
    (
        "instances",
        "instance account group billing zone tags state released_at released_by protections_on \
         held_count overridden_count remedy remedy_until state_at_start protections_at_start \
         hourly worth",
    ),
    (
        "losses",
        "instance kind fate at trigger rule gib size_known remedy remedy_until hourly billed_until_end",
    ),
    ("timeline", "at seq account group instance from to cause"),
    (
        "replications",
        "scenario case replication stop first_loss_s worth_lost billed_until_end first_loss_trigger \
         released_manual first_loss_of_any_s first_loss_of_any_trigger count_NAME",
    ),
];

#[test]
fn the_schema_has_every_column_that_is_promised() {
    let schema: Json = serde_json::from_str(&stayput(&["schema", "csv"]).stdout).unwrap();
    let resources = schema["resources"].as_array().unwrap();
    for (table, columns) in PROMISED {
        let resource = resources.iter().find(|resource| resource["name"] == **table).unwrap();
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let mut names = fields.iter().map(|field| field["name"].as_str().unwrap());
        for column in columns.split_whitespace() {
            assert!(names.any(|name| name == column), "{table}.{column} is missing or misplaced");
        }
    }
}

fn scenarios() -> Vec<String> {
    let all = files(&root().join("scenarios"), &["yaml"]);
    let all = all.iter().filter(|path| {
        fs::read_to_string(path).unwrap().lines().any(|line| line.starts_with("stayput: scenario/"))
    });
    all.map(|path| shown(path)).collect()
}

#[test]
fn every_table_of_every_shipped_scenario_matches_its_description() {
    let scratch = folder();
    let out = scratch.path().join("out");
    let scenarios = scenarios();
    let mut arguments = vec!["run"];
    arguments.extend(scenarios.iter().map(String::as_str));
    let folder = out.to_string_lossy().into_owned();
    arguments.extend(["--out", &folder, "-f", "csv"]);
    let ran = stayput(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(holds(&out) > 1_000);
}

#[test]
fn tables_of_replications_match_their_description() {
    let scratch = folder();
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let many = ["run", "scenarios/random-year.yaml", "scenarios/random-ties.yaml"];
    let ran = stayput(&[&many[..], &["--replications", "20", "--out", &out]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(holds(Path::new(&out)) > 40);
}
