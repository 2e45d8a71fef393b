//! `record!`: a single declaration of the keys of a mapping.
//!
//! The macro generates the struct, its reader (which finds every mistake), its messages and its
//! JSON schema from the declaration, so that they always agree.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::read::{Read, expected_kind, split_pairs};
use super::schema::{ALIAS, Schemas};
use super::tree::{Entry, Node, Style, Value};
use crate::diagnostics::{Code, Problem, Problems, Suggestion};

/// The keys of a mapping while they are being read.
pub struct Fields<'n> {
    what: &'static str,
    node: &'n Node,
    entries: Cow<'n, [Entry]>,
    /// Keys that an unknown key was probably meant to be, and keys whose value is refused. A
    /// missing or bad value of these keys is a consequence of a reported mistake and is not
    /// reported again.
    reported: Vec<String>,
}

/// The key that `written` stands for where `keys` are allowed: the main spelling of a key with two
/// spellings, else `written` itself.
pub fn canonical_key<'k>(written: &'k str, keys: &[&str]) -> &'k str {
    if written == ALIAS.0 && keys.contains(&ALIAS.1) && !keys.contains(&ALIAS.0) {
        ALIAS.1
    } else {
        written
    }
}

impl<'n> Fields<'n> {
    /// Opens a mapping that messages call `what`. It may have `keys`, and keys that start with
    /// `x-`. In a CSV cell a mapping is written `key=value;key=value`. `None` if the node is not a
    /// mapping, which is reported.
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
                // Other formats write such a word for nothing.
                let is_nothing = matches!(node.scalar(), Some("null" | "~" | ""));
                let help = if is_nothing {
                    "write `{}` if there is nothing to state".to_owned()
                } else {
                    format!("write `{{ {first}: … }}`")
                };
                problems.add(
                    problem.help(help).note(format!("keys allowed here: {}", keys.join(", "))),
                );
                return None;
            }
        };
        let mut reported = Vec::new();
        // Unknown keys may be many, and all of them are compared with the same free keys.
        let free = OnceCell::new();
        let free_keys = || {
            free.get_or_init(|| {
                let free = keys.iter().copied().filter(|key| !is_given(key, &entries));
                free.collect::<Vec<_>>()
            })
        };
        for entry in entries.iter() {
            let key = canonical_key(&entry.key, keys);
            if key == ALIAS.1 && key != &**entry.key {
                check_alias(entry, &entries, problems);
            } else if key == "by" && keys.contains(&"via") && is_number(&entry.value) {
                refuse_number(entry, &entries, keys, &mut reported, problems);
            } else if is_unknown(key, keys) {
                let meant = unknown_key(entry, what, keys, free_keys(), problems);
                reported.extend(meant.into_iter().map(str::to_owned));
                doubt(&entries, problems);
            }
        }
        Some(Self { what, node, entries, reported })
    }

    /// The value of a key as a node; `None` if the key is missing or its mistake has been reported.
    pub fn node(&self, key: &str) -> Option<&Node> {
        if self.reported.iter().any(|reported| reported == key) {
            return None;
        }
        find(key, &self.entries).map(|entry| &*entry.value)
    }

    /// The value of a required key; `None` if it is missing or has a mistake, which is reported.
    pub fn required<T: Read>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let Some(node) = self.node(key) else {
            if self.reported.iter().any(|reported| reported == key) {
                return None;
            }
            let title = format!("missing key `{key}` in {}", self.what);
            // The label points at the first key, not at all lines of the mapping.
            let mut span = self.entries.first().map_or(self.node.span, |entry| entry.key.span);
            span.end = span.end.max(span.start + 1);
            let problem = Problem::at(Code::MissingKey, span, title, format!("no `{key}` here"));
            problems.add(problem.help(format!("add `{key}: {}`", example::<T>())));
            return None;
        };
        self.or_doubt(T::read(node, problems), problems)
    }

    /// A value that was read; notes that the others are in doubt if it has a mistake.
    fn or_doubt<T>(&self, read: Option<T>, problems: &mut Problems) -> Option<T> {
        if read.is_none() {
            doubt(&self.entries, problems);
        }
        read
    }

    /// The value of an optional key; `None` if it is missing or has a mistake, which is reported.
    pub fn optional<T: Read>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let node = self.node(key)?;
        self.or_doubt(T::read(node, problems), problems)
    }
}

fn is_unknown(key: &str, keys: &[&str]) -> bool {
    !keys.contains(&key) && !key.starts_with("x-")
}

/// Reports an unknown key of `what`, in which `keys` are allowed and `free` are not given. Returns
/// the keys that it was probably meant as.
fn unknown_key<'k>(
    entry: &Entry,
    what: &str,
    keys: &[&str],
    free: &[&'k str],
    problems: &mut Problems,
) -> Vec<&'k str> {
    let key = canonical_key(&entry.key, keys);
    let title = format!("unknown key `{key}` in {what}");
    let problem = Problem::at(Code::UnknownKey, entry.key.span, title, "not a key here");
    let suggestion = Suggestion::of(key, entry.value.scalar(), free.iter().copied());
    let problem = problem.suggest(&suggestion);
    problems.add(problem.note(format!("keys allowed here: {}", keys.join(", "))));
    suggestion.words
}

/// A mapping in which each unknown key of a list or a mapping is reported and replaced by the one
/// key that it was probably meant as. Then its contents are read, and no name in it is missing.
pub(super) fn sections_as_meant<'n>(
    node: &'n Node,
    what: &str,
    keys: &[&str],
    problems: &mut Problems,
) -> Cow<'n, Node> {
    let is_section = |entry: &Entry| matches!(entry.value.value, Value::List(_) | Value::Map(_));
    let is_wrong = |entry: &Entry| is_section(entry) && is_unknown(&entry.key, keys);
    let entries = node.entries().unwrap_or_default();
    if !entries.iter().any(is_wrong) {
        return Cow::Borrowed(node);
    }
    let mut renamed = entries.to_vec();
    for index in 0..renamed.len() {
        let free: Vec<&str> = keys.iter().copied().filter(|key| !is_given(key, &renamed)).collect();
        let Some(entry) = renamed.get_mut(index).filter(|entry| is_wrong(entry)) else { continue };
        let meant = Suggestion::of(&entry.key, None, free.iter().copied()).words;
        if let [meant] = meant.as_slice() {
            unknown_key(entry, what, keys, &free, problems);
            entry.key.value = (*meant).into();
        }
    }
    Cow::Owned(Node { value: Value::Map(renamed), span: node.span })
}

/// An example of a value: the first of the schema, its only value, or else only its brackets.
fn example<T: Read>() -> String {
    let mut schemas = Schemas::plain();
    let mut schema = T::schema(&mut schemas);
    while let Some(definition) = schemas.definition(&schema) {
        schema = definition.clone();
    }
    if let Some(example) = schema["examples"][0].as_str().or(schema["const"].as_str()) {
        return example.to_owned();
    }
    let is = |kind: &str| schema["type"] == kind || schema["type"][0] == kind;
    let brackets = if is("object") {
        "{ … }"
    } else if is("array") {
        "[…]"
    } else {
        "…"
    };
    brackets.to_owned()
}

/// Notes the single values and lists of a mapping as doubtful: one of its keys has a mistake.
fn doubt(entries: &[Entry], problems: &mut Problems) {
    let plain = entries.iter().filter(|entry| entry.value.entries().is_none());
    problems.doubt(plain.flat_map(|entry| [entry.key.span, entry.value.span]));
}

/// The entry of a key, in either spelling.
fn find<'e>(key: &str, entries: &'e [Entry]) -> Option<&'e Entry> {
    let is_it = |entry: &&Entry| {
        let written: &str = &entry.key;
        written == key || (key == ALIAS.1 && written == ALIAS.0)
    };
    entries.iter().find(is_it)
}

fn is_given(key: &str, entries: &[Entry]) -> bool {
    find(key, entries).is_some()
}

/// Reports a key that is given in both spellings, which would give it two values.
fn check_alias(entry: &Entry, entries: &[Entry], problems: &mut Problems) {
    if let Some(other) = entries.iter().find(|entry| &**entry.key == ALIAS.1) {
        let title = format!("`{}` and `{}` are the same key", ALIAS.1, ALIAS.0);
        let problem = Problem::at(Code::Twice, entry.key.span, title, "second value");
        let problem = problem.and_at(other.key.span, "first value");
        problems.add(problem.help(format!("write one list under `{}`", ALIAS.1)));
    }
}

/// Whether a value consists of digits.
fn is_number(node: &Node) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    node.scalar().is_some_and(digits)
}

/// Reports a number as the name of a caller. It is probably meant as a number of members.
fn refuse_number(
    entry: &Entry,
    entries: &[Entry],
    keys: &[&str],
    reported: &mut Vec<String>,
    problems: &mut Problems,
) {
    let number = entry.value.scalar().unwrap_or_default();
    let title = format!("`by` names the caller, and `{number}` is a number");
    let problem = Problem::at(Code::BadName, entry.value.span, title, "not a name");
    let free = keys.iter().copied().filter(|key| ["remove", "add", "to"].contains(key));
    let free = free.filter(|key| !is_given(key, entries));
    let meant = Suggestion::of("by", None, free).words;
    let problem = match meant.first() {
        Some(key) => problem.help(format!("did you mean `{key}: {number}`?")),
        None => problem.help("write a name, such as `by: alice`"),
    };
    problems.add(problem);
    reported.extend(meant.iter().map(|word| (*word).to_owned()));
    reported.push("by".to_owned());
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
            /// The keys of the mapping.
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

            fn required_keys() -> Vec<&'static str> {
                let keys = [$(($key, $crate::format::record!(@must $mode))),*];
                keys.into_iter().filter(|key| key.1).map(|key| key.0).collect()
            }

            fn schema(schemas: &mut $crate::format::Schemas) -> serde_json::Value {
                schemas.define::<Self>($what, |schemas| {
                    let keys = vec![$((
                        $key,
                        concat!($($doc),+).trim_ascii(),
                        <$type as $crate::format::Read>::schema(schemas),
                        $crate::format::record!(@must $mode),
                    )),*];
                    schemas.object(concat!($($about),+).trim_ascii(), keys)
                })
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
    fn a_mapping_is_written_as_pairs_in_a_cell() {
        let pair = read_cell::<Pair>("one=1; other=two").map(|pair| (pair.one, pair.other));
        assert_eq!(pair, Some((1, Some(vec!["two".to_owned()]))));
        for wrong in ["other=two", "one=1;one=2", "one", "one=1;third=3"] {
            assert!(read_cell::<Pair>(wrong).is_none(), "{wrong}");
        }
    }
}
