//! `record!`: what a mapping may say, stated once.
//!
//! From one statement come the struct, its reader (which finds every mistake),
//! its messages and its JSON schema, so that none of them can drift apart.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use super::read::{Read, expected_kind, split_pairs};
use super::tree::{Entry, Node, Style, Value};
use crate::diagnostics::closest;
use crate::diagnostics::{Code, Problem, Problems};

/// The keys of a mapping while they are being read.
pub struct Fields<'n> {
    what: &'static str,
    node: &'n Node,
    entries: Cow<'n, [Entry]>,
}

impl<'n> Fields<'n> {
    /// Opens a mapping called `what`, which may have `keys` and those beginning with `x-`. In a
    /// cell of a CSV file it is written `key=value;key=value`.
    pub fn open(
        node: &'n Node,
        what: &'static str,
        keys: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let entries: Cow<'n, [Entry]> = match &node.value {
            Value::Map(entries) => Cow::Borrowed(entries),
            Value::Empty => Cow::Borrowed(&[]),
            Value::Scalar(text, Style::Cell) => Cow::Owned(split_pairs(text, node, problems)?),
            Value::Scalar(..) | Value::List(_) => {
                let problem = expected_kind(node, &format!("{what}, as a mapping"));
                let first = keys.first().copied().unwrap_or_default();
                problems.add(
                    problem
                        .help(format!("write `{{ {first}: … }}`"))
                        .note(format!("keys allowed here: {}", keys.join(", "))),
                );
                return None;
            }
        };
        for entry in entries.iter() {
            let key: &str = &entry.key;
            if !keys.contains(&key) && !key.starts_with("x-") {
                let title = format!("unknown key `{key}` in {what}");
                let problem =
                    Problem::at(Code::UnknownKey, entry.key.span, title, "not a key here");
                let problem = problem.did_you_mean(&closest(key, keys.iter().copied()));
                problems.add(problem.note(format!("keys allowed here: {}", keys.join(", "))));
            }
        }
        Some(Self { what, node, entries })
    }

    /// The value of a key, as written.
    pub fn node(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| &**entry.key == key).map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub fn required<T: Read>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let Some(node) = self.node(key) else {
            let title = format!("missing key `{key}` in {}", self.what);
            // Point at where the mapping begins, not at all of its lines.
            let mut span = self.entries.first().map_or(self.node.span, |entry| entry.key.span);
            span.end = span.end.max(span.start + 1);
            problems.add(Problem::at(Code::MissingKey, span, title, format!("no `{key}` here")));
            return None;
        };
        T::read(node, problems)
    }

    /// The value of a key that may be left out. A bad value has been told, and counts as none.
    pub fn optional<T: Read>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        self.node(key).and_then(|node| T::read(node, problems))
    }
}

/// The JSON schema of a mapping: `(key, about, schema, required)` of each key.
pub fn object_schema(about: &str, keys: Vec<(&str, &str, Json, bool)>) -> Json {
    let required: Vec<&str> = keys.iter().filter(|key| key.3).map(|key| key.0).collect();
    let mut properties = Map::new();
    for (key, about, mut schema, _) in keys {
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".into(), about.into());
        }
        properties.insert(key.into(), schema);
    }
    let mut object = json!({
        "type": "object",
        "description": about,
        "properties": properties,
        "patternProperties": { "^x-": true },
        "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// Declares a struct that a mapping is read into.
///
/// Each field is `required` (its type), `optional` (an `Option` of it) or
/// `default` (its `Default` where the key is left out).
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($derive:ident),+)])?
        $name:ident: $what:literal {
            $(
                $(#[doc = $doc:literal])+
                $mode:ident $key:literal => $field:ident: $type:ty,
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone $($(, $derive)+)?)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $crate::format::record!(@type $mode $type),)*
        }

        impl $name {
            /// The keys that it may have.
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::format::Read for $name {
            fn read(
                node: &$crate::format::Node,
                problems: &mut $crate::diagnostics::Problems,
            ) -> Option<Self> {
                let fields = $crate::format::Fields::open(node, $what, Self::KEYS, problems)?;
                $(let $field = $crate::format::record!(@read $mode fields $key $type, problems);)*
                Some(Self { $($field: $crate::format::record!(@take $mode $field),)* })
            }

            fn schema() -> serde_json::Value {
                $crate::format::object_schema(
                    concat!($($about),+).trim_ascii(),
                    vec![$((
                        $key,
                        concat!($($doc),+).trim_ascii(),
                        <$type as $crate::format::Read>::schema(),
                        $crate::format::record!(@must $mode),
                    )),*],
                )
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@type default $type:ty) => { $type };
    (@read required $fields:ident $key:literal $type:ty, $problems:ident) => {
        $fields.required::<$type>($key, $problems)
    };
    (@read optional $fields:ident $key:literal $type:ty, $problems:ident) => {
        $fields.optional::<$type>($key, $problems)
    };
    (@read default $fields:ident $key:literal $type:ty, $problems:ident) => {
        $fields.optional::<$type>($key, $problems).unwrap_or_default()
    };
    (@take required $field:ident) => { $field? };
    (@take optional $field:ident) => { $field };
    (@take default $field:ident) => { $field };
    (@must required) => { true };
    (@must optional) => { false };
    (@must default) => { false };
}

pub(crate) use record;

#[cfg(test)]
mod tests {
    use crate::format::read::read_cell;

    record! {
        /// A pair.
        Pair: "a pair" {
            /// One.
            required "one" => one: u32,
            /// The other.
            optional "other" => other: Vec<String>,
        }
    }

    #[test]
    fn a_mapping_is_written_into_a_cell_as_pairs() {
        let pair = read_cell::<Pair>("one=1; other=two").map(|pair| (pair.one, pair.other));
        assert_eq!(pair, Some((1, Some(vec!["two".to_owned()]))));
        for wrong in ["other=two", "one=1;one=2", "one", "one=1;third=3"] {
            assert!(read_cell::<Pair>(wrong).is_none(), "{wrong}");
        }
    }
}
