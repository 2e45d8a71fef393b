//! JSON values with their spans, parsed on demand.
//!
//! A value is a slice of the text until it is used, and is parsed one level at a time. Therefore
//! spans cost nothing, unused fields cost little, and deep nesting is harmless. This module knows
//! nothing about the contents of replies.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span};

/// A text of JSON values, one after the other.
pub(super) struct ReplyText<'s> {
    file: FileId,
    text: &'s str,
    /// The help line on how to save such a text.
    save: &'static str,
    /// Number of parsed bytes, each counted as often as it was parsed.
    work: Cell<u64>,
}

/// A value that is not parsed yet.
#[derive(Clone, Copy)]
pub(super) struct Piece<'t> {
    /// A slice of the text.
    raw: &'t str,
    source: &'t ReplyText<'t>,
}

/// A value, parsed one level deep.
pub(super) enum JsonValue<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number as written.
    Number(&'t str),
    /// A text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Piece<'t>>),
    /// An object.
    Object(ObjectFields<'t>),
    /// A value with a text or key whose `\u` escapes are not characters.
    Broken,
}

/// The fields of an object, with duplicates.
#[derive(Default)]
pub(super) struct ObjectFields<'t> {
    /// The first value of each key.
    pub(super) first: BTreeMap<Cow<'t, str>, Piece<'t>>,
    /// Further values of keys that occur more than once.
    pub(super) again: Vec<(Cow<'t, str>, Piece<'t>)>,
}

impl<'s> ReplyText<'s> {
    /// The text of a file of `sources`; `save` is the help line if it is not JSON.
    pub(super) fn new(file: FileId, sources: &'s Sources, save: &'static str) -> Self {
        Self { file, text: sources.text(file), save, work: Cell::new(0) }
    }

    /// Number of parsed bytes: at most a few times the length of the text.
    pub(super) const fn work(&self) -> u64 {
        self.work.get()
    }

    /// Every value of the text up to the first syntax error, which is reported.
    pub(super) fn values(&self, problems: &mut Problems) -> Vec<Piece<'_>> {
        self.count(self.text);
        let mut values = Vec::new();
        for value in serde_json::Deserializer::from_str(self.text).into_iter::<&RawValue>() {
            match value {
                Ok(raw) => values.push(Piece { raw: raw.get(), source: self }),
                Err(error) => {
                    problems.add(self.syntax_error(&error));
                    return values;
                }
            }
        }
        if values.is_empty() {
            let title = "the file contains no reply";
            let problem = Problem::at(Code::Syntax, self.span(0, 0), title, "empty");
            problems.add(problem.help(self.save));
        }
        values
    }

    fn count(&self, text: &str) {
        self.work.set(self.work.get() + text.len() as u64);
    }

    fn span(&self, start: usize, length: usize) -> Span {
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file: self.file, start: narrow(start), end: narrow(start + length) }
    }

    /// The problem for a syntax error.
    fn syntax_error(&self, error: &serde_json::Error) -> Problem {
        let lines = self.text.split_inclusive('\n');
        let before: usize = lines.take(error.line().saturating_sub(1)).map(str::len).sum();
        let offset = (before + error.column().saturating_sub(1)).min(self.text.len());
        if error.is_eof() {
            let title = "the reply is incomplete: the file ends before an object or list is closed";
            let end = self.text.trim_end().len();
            let span = self.span(end.saturating_sub(1), 1);
            let problem = Problem::at(Code::Syntax, span, title, "the file ends here");
            return problem.help("save the complete output of the client again");
        }
        let title = "the file is not JSON";
        let problem = Problem::at(Code::Syntax, self.span(offset, 1), title, "syntax error");
        if !self.text.trim_start().starts_with(['{', '[']) {
            // Probably a file of another kind, so its lines are not quoted.
            return problem.unquoted().help(self.save);
        }
        let rest = self.text.get(offset..).unwrap_or_default();
        let before = self.text.get(..offset).unwrap_or_default().trim_end();
        if rest.starts_with(['}', ']']) && before.ends_with(',') {
            return problem.help("remove the comma before it");
        }
        if rest.starts_with('\'') {
            return problem.help("write texts in double quotes: `\"…\"`");
        }
        problem.help(self.save)
    }
}

impl<'t> Piece<'t> {
    /// Its span; for a list or an object, the span of its opening bracket.
    pub(super) fn span(self) -> Span {
        let start = self.raw.as_ptr().addr() - self.source.text.as_ptr().addr();
        let opens = self.raw.starts_with(['[', '{']);
        self.source.span(start, if opens { 1 } else { self.raw.len() })
    }

    /// The bracket that it opens with, if it is a list or an object.
    pub(super) fn opens(self) -> Option<char> {
        self.raw.chars().next().filter(|first| ['[', '{'].contains(first))
    }

    /// The value, parsed one level deep.
    pub(super) fn shape(self) -> JsonValue<'t> {
        self.source.count(self.raw);
        let broken = |_| JsonValue::Broken;
        match self.raw.as_bytes().first() {
            Some(b'n') => JsonValue::Null,
            Some(b't') => JsonValue::Flag(true),
            Some(b'f') => JsonValue::Flag(false),
            Some(b'"') => serde_json::from_str(self.raw)
                .map_or_else(broken, |JsonText(text)| JsonValue::Text(text)),
            Some(b'[') => serde_json::from_str(self.raw).map_or_else(broken, |items: Vec<_>| {
                JsonValue::List(items.into_iter().map(|item| self.inner(item)).collect())
            }),
            Some(b'{') => serde_json::from_str(self.raw)
                .map_or_else(broken, |Pairs(pairs)| JsonValue::Object(self.fields(pairs))),
            _ => JsonValue::Number(self.raw),
        }
    }

    fn inner(self, raw: &'t RawValue) -> Self {
        Self { raw: raw.get(), source: self.source }
    }

    fn fields(self, pairs: Vec<(Cow<'t, str>, &'t RawValue)>) -> ObjectFields<'t> {
        let mut fields = ObjectFields::default();
        for (key, value) in pairs {
            let value = self.inner(value);
            match fields.first.entry(key) {
                Entry::Vacant(slot) => {
                    slot.insert(value);
                }
                Entry::Occupied(first) => fields.again.push((first.key().clone(), value)),
            }
        }
        fields
    }
}

impl JsonValue<'_> {
    /// Whether it is `null`, or a text that is empty or consists of spaces.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Null) || matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// The text of a scalar, with or without quotes; `None` for other values.
    pub(super) fn single(&self) -> Option<&str> {
        match self {
            Self::Flag(true) => Some("true"),
            Self::Flag(false) => Some("false"),
            Self::Number(digits) => Some(digits),
            Self::Text(text) => Some(text),
            Self::Null | Self::List(_) | Self::Object(_) | Self::Broken => None,
        }
    }

    /// The kind of the value, for messages.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Null => "`null`".into(),
            Self::Flag(flag) => format!("`{flag}`"),
            Self::Number(number) => format!("the number `{}`", shown(number)),
            Self::Text(_) if self.is_blank() => "an empty text".into(),
            Self::Text(text) => format!("the text `{}`", shown(text)),
            Self::List(_) => "a list".into(),
            Self::Object(_) => "an object".into(),
            Self::Broken => "a text whose `\\u` escapes are not characters".into(),
        }
    }
}

/// A text for a message: at most 40 characters, with control characters escaped.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { start + "…" } else { start }
}

/// A text, borrowed if it contains no escapes.
#[derive(Deserialize)]
struct JsonText<'t>(#[serde(borrow)] Cow<'t, str>);

/// The fields of an object in order, with duplicates.
struct Pairs<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some((JsonText(key), value)) = map.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
