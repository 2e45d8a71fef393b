//! The JSON Schema (draft 2020-12) of a file format. Each type is defined once, under `$defs`.
//!
//! A schema accepts everything that the reader accepts. The reader takes every scalar as text: `7`
//! and `"7"` are the same number, and `2026` is a valid title.

use std::any::type_name;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

/// A duration without a sign, as a regular expression.
pub(super) const SPAN: &str = "[0-9]+d([0-9]+h)?([0-9]+m)?([0-9]+s)?|[0-9]+h([0-9]+m)?([0-9]+s)?\
                               |[0-9]+m([0-9]+s)?|[0-9]+s";

/// `$name`, which stands for a value of the case.
const CASE_VALUE: &str = r"\$[A-Za-z][A-Za-z0-9_-]*";

/// A key of a mapping: its name, its meaning, its schema, and whether it is required. The meaning
/// is empty if the schema has a description.
pub type SchemaKey = (&'static str, &'static str, Json, bool);

/// Keys that several mappings share.
#[derive(Debug)]
pub struct Shared {
    values: Json,
    names: Json,
}

/// Lets a mapping have other keys as well.
fn leave_open(object: &mut Json) {
    if let Some(object) = object.as_object_mut() {
        object.shift_remove("additionalProperties");
        object.shift_remove("patternProperties");
    }
}

/// The definitions of one schema.
#[derive(Debug)]
pub struct Schemas {
    /// Each definition with the type that it describes.
    defs: IndexMap<String, (&'static str, Json)>,
    /// Whether `$name` may stand in place of any value.
    has_cases: bool,
}

impl Schemas {
    /// An empty set of definitions, for a format without `cases:`.
    pub fn plain() -> Self {
        Self { defs: IndexMap::new(), has_cases: false }
    }

    /// An empty set of definitions, for a format in which `$name` stands for a value of the case.
    pub fn with_cases() -> Self {
        Self { has_cases: true, ..Self::plain() }
    }

    /// A reference to the definition of `T`, whose name is `what` without its article. The first
    /// reference creates the definition with `make`.
    ///
    /// If another type has the same name, a number is appended.
    pub fn define<T: ?Sized>(&mut self, what: &str, make: impl FnOnce(&mut Self) -> Json) -> Json {
        let name = slug(what);
        let owner = type_name::<T>();
        let of_another = |name: &str| self.defs.get(name).is_some_and(|known| known.0 != owner);
        let mut numbered = name.clone();
        let mut number = 1;
        while of_another(&numbered) {
            number += 1;
            numbered = format!("{name}-{number}");
        }
        let name = numbered;
        if !self.defs.contains_key(&name) {
            // A type that contains itself must find its definition.
            self.defs.insert(name.clone(), (owner, Json::Null));
            let schema = make(self);
            self.defs.insert(name.clone(), (owner, schema));
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// The definitions, by name.
    pub fn into_defs(mut self) -> Map<String, Json> {
        self.defs.sort_unstable_keys();
        self.defs.into_iter().map(|(name, (_, schema))| (name, schema)).collect()
    }

    /// A regular expression for a whole text. It matches `$name` as well if the format has cases.
    pub(super) fn whole(&self, pattern: &str) -> String {
        if self.has_cases {
            format!("^({pattern}|{CASE_VALUE})$")
        } else {
            format!("^({pattern})$")
        }
    }

    /// Any text. Numbers and booleans are texts as well.
    pub fn text() -> Json {
        json!({ "type": ["string", "number", "boolean"] })
    }

    /// A text that matches a regular expression as a whole.
    pub fn pattern(&self, pattern: &str) -> Json {
        json!({ "type": "string", "pattern": self.whole(pattern) })
    }

    /// A number of the JSON type `kind`, or a text that matches `digits`.
    pub fn number(&self, kind: &str, minimum: Option<i64>, digits: &str) -> Json {
        let mut schema = json!({ "type": [kind, "string"], "pattern": self.whole(digits) });
        if let Some(minimum) = minimum {
            schema["minimum"] = minimum.into();
        }
        schema
    }

    /// `true` or `false`.
    pub fn truth(&self) -> Json {
        json!({ "type": ["boolean", "string"], "pattern": self.whole("true|false") })
    }

    /// One of some words, each with its meaning.
    pub fn words(&self, words: impl IntoIterator<Item = (&'static str, &'static str)>) -> Json {
        let mut one_of = Vec::new();
        for (word, meaning) in words {
            let spelled = match word {
                // YAML reads the unquoted word as a boolean.
                "true" | "false" => json!({ "enum": [word == "true", word] }),
                _ => json!({ "const": word }),
            };
            let mut spelled = spelled;
            if !meaning.is_empty() {
                spelled["description"] = meaning.into();
            }
            one_of.push(spelled);
        }
        one_of.extend(self.case_value());
        json!({ "oneOf": one_of })
    }

    /// The schema of `$name`; `None` where there are no cases.
    pub fn case_value(&self) -> Option<Json> {
        self.has_cases.then(|| json!({ "type": "string", "pattern": format!("^{CASE_VALUE}$") }))
    }

    /// A list.
    pub fn list(&self, items: &Json) -> Json {
        let mut schema = json!({ "type": "array", "items": items });
        self.or_case_value(&mut schema);
        schema
    }

    /// A mapping from names to values.
    pub fn map(&self, values: &Json) -> Json {
        // Reports print the names: `=` begins a formula, and `::` a command of a CI server.
        let mut schema = json!({
            "type": ["object", "null"],
            "propertyNames": { "pattern": "^(:$|:[^:]|[^-=+@:])" },
            "additionalProperties": values,
        });
        self.or_case_value(&mut schema);
        schema
    }

    /// `{ file: … }`, or the value `here`.
    pub fn file_or(file: &Json, here: &Json) -> Json {
        let names_file = json!({
            "type": "object",
            "properties": { "file": { "type": ["string", "number", "boolean"] } },
            "required": ["file"],
        });
        json!({ "if": names_file, "then": file, "else": here })
    }

    /// A mapping with these keys, and keys that start with `x-`.
    pub fn object(&mut self, about: &str, keys: Vec<SchemaKey>) -> Json {
        let required: Vec<&str> = keys.iter().filter(|key| key.3).map(|key| key.0).collect();
        let has = |wanted: &str| keys.iter().any(|key| key.0 == wanted);
        let (calls, has_alias) = (has("by") && has("via"), has(ALIAS.1) && !has(ALIAS.0));
        let mut patterns = Map::new();
        patterns.insert("^x-".into(), true.into());
        let mut properties = Map::new();
        for (key, about, mut schema, _) in keys {
            if key == ALIAS.1 && has_alias {
                patterns.insert(format!("^{}$", ALIAS.0), schema.clone());
            }
            if let Some(schema) = schema.as_object_mut() {
                if !about.is_empty() {
                    schema.shift_insert(0, "description".into(), about.into());
                }
                if key == "by" && calls {
                    schema.insert("not".into(), self.digits());
                }
            }
            properties.insert(key.into(), schema);
        }
        let kinds = if required.is_empty() { json!(["object", "null"]) } else { json!("object") };
        let mut object = json!({
            "description": about,
            "type": kinds,
            "properties": properties,
            "patternProperties": patterns,
            "additionalProperties": false,
        });
        let (always, alias): (Vec<&str>, Vec<&str>) =
            required.into_iter().partition(|key| !(has_alias && *key == ALIAS.1));
        if !always.is_empty() {
            object["required"] = json!(always);
        }
        if !alias.is_empty() {
            object["anyOf"] = either_spelling();
        }
        if has_alias {
            // A key must not be given in both spellings.
            object["dependentSchemas"] = json!({ ALIAS.0: { "properties": { ALIAS.1: false } } });
        }
        self.or_case_value(&mut object);
        object
    }

    /// Defines keys that several mappings share: one definition for their values, and one for their
    /// names.
    pub fn share(&mut self, what: &str, make: impl FnOnce(&mut Self) -> Vec<SchemaKey>) -> Shared {
        let mut names = Vec::new();
        let values = self.define::<Shared>(what, |schemas| {
            let keys = make(schemas);
            names = keys.iter().map(|key| key.0).collect();
            let mut object = schemas.object("", keys);
            leave_open(&mut object);
            json!({ "properties": object["properties"] })
        });
        let names = self.define::<Shared>(
            &format!("key of {what}"),
            |_| json!({ "anyOf": [{ "enum": names }, { "pattern": "^x-" }] }),
        );
        Shared { values, names }
    }

    /// A mapping with shared keys and its own keys.
    pub fn sharing(&mut self, shared: &Shared, about: &str, own: Vec<SchemaKey>) -> Json {
        let own_names: Vec<&str> = own.iter().map(|key| key.0).collect();
        let mut object = self.object(about, own);
        leave_open(&mut object);
        object["propertyNames"] = json!({ "anyOf": [shared.names, { "enum": own_names }] });
        object["$ref"] = shared.values["$ref"].clone();
        object
    }

    /// Digits, which are refused as the name of a caller: they are probably meant as a number of
    /// members.
    fn digits(&mut self) -> Json {
        struct Digits;
        self.define::<Digits>("digits", |_| {
            let text = json!({ "type": "string", "pattern": "^[0-9]+$" });
            json!({ "anyOf": [{ "type": "integer" }, text] })
        })
    }

    /// The definition that a reference points to; `None` if there is none.
    pub fn definition(&mut self, reference: &Json) -> Option<&mut Json> {
        let name = reference["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        self.defs.get_mut(name).map(|(_, schema)| schema)
    }

    /// Requires a mapping to have exactly one of some keys.
    pub fn exactly_one(schema: &mut Json, keys: impl Iterator<Item = &'static str>) {
        let one_of: Vec<Json> = keys.map(|key| json!({ "required": [key] })).collect();
        if let Some(kinds) = schema["type"].as_array_mut() {
            kinds.retain(|kind| kind != "null");
        }
        schema["if"] = json!({ "type": "object" });
        schema["then"] = json!({ "oneOf": one_of });
    }

    /// Allows `$name` in place of a list or a mapping. `pattern` applies to texts only.
    pub fn or_case_value(&self, schema: &mut Json) {
        if !self.has_cases {
            return;
        }
        let kind = schema["type"].clone();
        let mut kinds = kind.as_array().cloned().unwrap_or_else(|| vec![kind]);
        kinds.push("string".into());
        schema["type"] = kinds.into();
        schema["pattern"] = format!("^{CASE_VALUE}$").into();
    }
}

/// The only key with two spellings: the second spelling, and the main one.
pub(super) const ALIAS: (&str, &str) = ("instances", "instance");

/// The condition that a key with two spellings is given in one of them.
pub fn either_spelling() -> Json {
    json!([{ "required": [ALIAS.1] }, { "required": [ALIAS.0] }])
}

/// The name of a definition: `what` without article and quotes, its words joined by hyphens.
fn slug(what: &str) -> String {
    let bare = ["a ", "an ", "the "].into_iter().find_map(|article| what.strip_prefix(article));
    bare.unwrap_or(what).replace('`', "").replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_defined_once_and_two_types_never_share_a_definition() {
        let mut schemas = Schemas::plain();
        let first = schemas.define::<u8>("a number", |_| json!({ "type": "integer" }));
        assert_eq!(first, schemas.define::<u8>("a number", |_| Json::Null));
        let other = schemas.define::<u16>("a number", |_| json!(true));
        assert_eq!(other["$ref"], "#/$defs/number-2");
        let defs = schemas.into_defs();
        assert_eq!((defs.len(), &defs["number"]["type"]), (2, &json!("integer")));
    }
}
