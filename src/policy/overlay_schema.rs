//! The schema of an edition that extends another: it may leave out keys that the other one has.
//!
//! An overlay is merged with its base before it is read, so only the result has every required key.
//! The definitions therefore do not require keys that an overlay may leave out. Separate
//! definitions, `complete-…`, require these keys of a whole edition.

use serde_json::{Map, Value as Json, json};

/// Definitions that an overlay replaces as a whole: these keep their required keys.
const REPLACED: &[&str] = &["answer", "impossible-cell", "remedy", "remedy-that-is-checked"];

fn is_replaced(name: &str) -> bool {
    REPLACED.contains(&name) || name.starts_with("when-")
}

/// Moves the required keys of a policy out of its definitions, into a condition on policies without
/// `extends`.
pub fn allow_overlays(root: &mut Json, defs: &mut Map<String, Json>) {
    let complete = demands(root, defs);
    let names: Vec<String> = defs.keys().filter(|name| !is_replaced(name)).cloned().collect();
    for name in &names {
        if let Some(demands) = defs.get(name).and_then(|schema| demands(schema, defs)) {
            defs.insert(format!("complete-{name}"), demands);
        }
    }
    for name in &names {
        if let Some(schema) = defs.get_mut(name) {
            relax(schema);
        }
    }
    relax(root);
    root["if"] = json!({ "required": ["extends"] });
    root["else"] = complete.unwrap_or(Json::Bool(true));
}

/// The part of a schema that requires keys; `None` if it requires none.
fn demands(schema: &Json, defs: &Map<String, Json>) -> Option<Json> {
    let schema = schema.as_object()?;
    let mut demands = Map::new();
    if let Some(name) = schema.get("$ref").and_then(reference)
        && requires(name, defs)
    {
        demands.insert("$ref".into(), format!("#/$defs/complete-{name}").into());
    }
    for key in ["required", "dependentRequired"] {
        demands.extend(schema.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    for key in ["items", "additionalProperties"] {
        let below = schema.get(key).and_then(|below| self::demands(below, defs));
        demands.extend(below.map(|below| (key.to_owned(), below)));
    }
    let properties = schema.get("properties").and_then(Json::as_object);
    let below = properties.into_iter().flatten();
    let below: Map<String, Json> = below
        .filter_map(|(key, one)| self::demands(one, defs).map(|one| (key.clone(), one)))
        .collect();
    if !below.is_empty() {
        demands.insert("properties".into(), below.into());
    }
    // A list and a mapping of the same entries: each demand applies to its own kind.
    for branch in schema.get("anyOf").and_then(Json::as_array).into_iter().flatten() {
        if let Some(Json::Object(branch)) = self::demands(branch, defs) {
            demands.extend(branch);
        }
    }
    (!demands.is_empty()).then_some(Json::Object(demands))
}

/// Whether a definition, or one below it, requires a key that an overlay may leave out.
fn requires(name: &str, defs: &Map<String, Json>) -> bool {
    !is_replaced(name) && defs.get(name).is_some_and(|schema| demands(schema, defs).is_some())
}

fn reference(schema: &Json) -> Option<&str> {
    schema.as_str()?.strip_prefix("#/$defs/")
}

/// Removes all lists of required keys, at every depth, and lets a mapping be empty.
fn relax(schema: &mut Json) {
    match schema {
        Json::Object(keys) => {
            keys.shift_remove("required");
            keys.values_mut().for_each(relax);
        }
        Json::Array(items) => items.iter_mut().for_each(relax),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
