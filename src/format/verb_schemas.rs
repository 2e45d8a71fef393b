//! The schemas of verbs in events and in random sources.

use serde_json::{Value as Json, json};

use super::read::{Name, Read};
use super::read_time::When;
use super::schema::{SchemaKey, Schemas, either_spelling};
use super::verbs::{VERBS, verb_definition, verb_keys, verb_needs};

/// The keys of verbs that name targets. Instances come before their group.
pub(super) const TARGETS: [&str; 3] = ["instance", "account", "group"];

/// The keys for which a random source may name several targets.
const DRAWN: [&str; 2] = ["account", "group"];

/// The context of a verb in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerbContext {
    /// An event.
    Event,
    /// A random source, which may name several accounts or groups, of which one is drawn.
    RandomSource,
    /// A consequence of an occurrence, which may leave out its targets.
    FollowUp,
}

/// Every verb that is allowed in a context, as a key.
///
/// A verb has one definition with the conditions that hold in every context. Other conditions are
/// added beside the reference to it.
pub(super) fn verb_schemas(context: VerbContext, schemas: &mut Schemas) -> Vec<SchemaKey> {
    let verbs = VERBS.iter().filter(|verb| context == VerbContext::Event || **verb != "create");
    verbs
        .filter_map(|verb| {
            let definition = verb_definition(verb, schemas)?;
            if let Some(schema) = schemas.definition(&definition) {
                relax(schema);
            }
            Some((*verb, "", in_context(context, verb, definition, schemas), false))
        })
        .collect()
}

/// A time, or `never`.
pub(super) fn or_never(schemas: &mut Schemas) -> Json {
    json!({ "anyOf": [When::schema(schemas), { "const": "never" }] })
}

/// Removes the conditions on targets from the definition of a verb.
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

/// The reference to a verb's definition, with the conditions of a context.
fn in_context(context: VerbContext, verb: &str, mut schema: Json, schemas: &mut Schemas) -> Json {
    if context != VerbContext::FollowUp {
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
    if context != VerbContext::RandomSource {
        for key in DRAWN.into_iter().filter(|key| verb_keys(verb).contains(key)) {
            let one =
                if key == "account" { Name::schema(schemas) } else { String::schema(schemas) };
            schema["properties"][key] = one;
        }
    }
    schema
}
