//! The schemas of verbs where a file may write them: in events and in random sources.

use serde_json::{Value as Json, json};

use crate::format::{
    Key, Name, Read, Schemas, VERBS, When, either_spelling, verb_definition, verb_keys, verb_needs,
};

/// The keys by which verbs say what they are about, instances before their group.
pub(super) const TARGETS: [&str; 3] = ["instance", "account", "group"];

/// The targets of which a random source may name several.
const DRAWN: [&str; 2] = ["account", "group"];

/// Where a verb stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In an event.
    Event,
    /// In a random source: one account or group may be drawn from several.
    Among,
    /// In what follows an occurrence: it may leave its targets open.
    Alike,
}

/// Every verb that may stand in a place, as a key of it.
///
/// A verb has one definition, which says what holds in every place; the rest stands beside the
/// reference.
pub(super) fn verb_schemas(place: Place, schemas: &mut Schemas) -> Vec<Key> {
    let verbs = VERBS.iter().filter(|verb| place == Place::Event || **verb != "create");
    verbs
        .filter_map(|verb| {
            let definition = verb_definition(verb, schemas)?;
            if let Some(schema) = schemas.definition(&definition) {
                relax(schema);
            }
            Some((*verb, "", in_place(place, verb, definition, schemas), false))
        })
        .collect()
}

/// A time, or `never`.
pub(super) fn or_never(schemas: &mut Schemas) -> Json {
    json!({ "anyOf": [When::schema(schemas), { "const": "never" }] })
}

/// Takes the demands on targets out of the definition of a verb.
fn relax(schema: &mut Json) {
    let Some(keys) = schema.as_object_mut() else { return };
    keys.shift_remove("anyOf");
    if let Some(required) = keys.get_mut("required").and_then(Json::as_array_mut) {
        required.retain(|key| !TARGETS.iter().any(|target| key == target));
        if required.is_empty() {
            keys.shift_remove("required");
        }
    }
    if !keys.contains_key("required") {
        keys.insert("type".into(), json!(["object", "null", "string"]));
    }
    for key in DRAWN {
        let Some(one) = schema["properties"].get_mut(key).and_then(Json::as_object_mut) else {
            continue;
        };
        if one.contains_key("anyOf") {
            continue;
        }
        let about = one.shift_remove("description");
        let text = json!({ "$ref": "#/$defs/text" });
        let list = json!({ "type": "array", "minItems": 1, "items": text });
        schema["properties"][key] = json!({ "description": about, "anyOf": [text, list] });
    }
}

/// The reference to a verb's definition in a place, with what holds there.
fn in_place(place: Place, verb: &str, mut schema: Json, schemas: &mut Schemas) -> Json {
    if place != Place::Alike {
        let needs = verb_needs(verb);
        let needed: Vec<&str> = needs.into_iter().filter(|key| TARGETS.contains(key)).collect();
        if !needed.is_empty() {
            schema["type"] = json!(["object", "string"]);
        }
        if needed.contains(&"instance") {
            schema["anyOf"] = either_spelling();
        }
        let others: Vec<&str> = needed.into_iter().filter(|key| *key != "instance").collect();
        if !others.is_empty() {
            schema["required"] = json!(others);
        }
    }
    if place != Place::Among {
        for key in DRAWN.into_iter().filter(|key| verb_keys(verb).contains(key)) {
            let one =
                if key == "account" { Name::schema(schemas) } else { String::schema(schemas) };
            schema["properties"][key] = one;
        }
    }
    schema
}
