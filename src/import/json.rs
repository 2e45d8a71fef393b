//! JSON in which every piece knows where it stands.
//!
//! A value is read when somebody asks for it, one level at a time, and is a
//! stretch of the text until then. So a place costs nothing, fields that nobody
//! asks for cost next to nothing, and no depth of nesting can do harm. It must
//! never know what a reply is about.

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
pub(super) struct Text<'s> {
    file: FileId,
    text: &'s str,
    /// How such a text comes about, for a person who has another kind of text.
    save: &'static str,
    /// Bytes that were looked at, each as often as it was.
    work: Cell<u64>,
}

/// A value, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Piece<'t> {
    raw: &'t str,
    of: &'t Text<'t>,
}

/// What a value is.
pub(super) enum Shape<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, as it is written.
    Number(&'t str),
    /// A text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Piece<'t>>),
    /// An object.
    Object(Fields<'t>),
    /// A text or a key whose `\u` escapes make no characters.
    Broken,
}

/// The fields of an object, and those that stand there once more.
#[derive(Default)]
pub(super) struct Fields<'t> {
    /// Each by its name; of two, the first.
    pub(super) first: BTreeMap<Cow<'t, str>, Piece<'t>>,
    /// Those whose name was taken.
    pub(super) again: Vec<(Cow<'t, str>, Piece<'t>)>,
}

impl<'s> Text<'s> {
    /// A file of `sources`; `save` says how to get it right, if it is not JSON.
    pub(super) fn new(file: FileId, sources: &'s Sources, save: &'static str) -> Self {
        Self { file, text: sources.text(file), save, work: Cell::new(0) }
    }

    /// Bytes that were looked at: a few times the length of the text, whatever it holds.
    pub(super) const fn work(&self) -> u64 {
        self.work.get()
    }

    /// Every value of the text; reading stops where it is not JSON.
    pub(super) fn values(&self, problems: &mut Problems) -> Vec<Piece<'_>> {
        self.look_at(self.text);
        let mut values = Vec::new();
        for value in serde_json::Deserializer::from_str(self.text).into_iter::<&RawValue>() {
            match value {
                Ok(raw) => values.push(Piece { raw: raw.get(), of: self }),
                Err(error) => {
                    problems.add(self.not_json(&error));
                    return values;
                }
            }
        }
        if values.is_empty() {
            let title = "the file holds no reply";
            let problem = Problem::at(Code::Syntax, self.span(0, 0), title, "empty");
            problems.add(problem.help(self.save));
        }
        values
    }

    fn look_at(&self, text: &str) {
        self.work.set(self.work.get() + text.len() as u64);
    }

    fn span(&self, start: usize, length: usize) -> Span {
        let narrow = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, start: narrow(start), end: narrow(start + length) }
    }

    /// Where and why reading stopped, in words of ours.
    fn not_json(&self, error: &serde_json::Error) -> Problem {
        let lines = self.text.split_inclusive('\n');
        let before: usize = lines.take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(self.text.len());
        if error.is_eof() {
            let title = "the reply breaks off: the file ends before what it opened is closed";
            let end = self.text.trim_end().len();
            let span = self.span(end.saturating_sub(1), 1);
            let problem = Problem::at(Code::Syntax, span, title, "the file ends here");
            return problem.help("save it once more, the whole of what the client prints");
        }
        let title = "this is not JSON";
        let problem = Problem::at(Code::Syntax, self.span(at, 1), title, "reading stopped here");
        if !self.text.trim_start().starts_with(['{', '[']) {
            // It is a file of another kind.
            return problem.unquoted().help(self.save);
        }
        let rest = self.text.get(at..).unwrap_or_default();
        let before = self.text.get(..at).unwrap_or_default().trim_end();
        if rest.starts_with(['}', ']']) && before.ends_with(',') {
            return problem.help("take away the comma before it");
        }
        if rest.starts_with('\'') {
            return problem.help("put texts into double quotes: `\"…\"`");
        }
        problem.help(self.save)
    }
}

impl<'t> Piece<'t> {
    /// Where it stands; of a list or an object, where it opens.
    pub(super) fn span(self) -> Span {
        let start = self.raw.as_ptr().addr() - self.of.text.as_ptr().addr();
        let opens = self.raw.starts_with(['[', '{']);
        self.of.span(start, if opens { 1 } else { self.raw.len() })
    }

    /// What it is, one level deep.
    pub(super) fn shape(self) -> Shape<'t> {
        self.of.look_at(self.raw);
        let broken = |_| Shape::Broken;
        match self.raw.as_bytes().first() {
            Some(b'n') => Shape::Null,
            Some(b't') => Shape::Flag(true),
            Some(b'f') => Shape::Flag(false),
            Some(b'"') => {
                serde_json::from_str(self.raw).map_or_else(broken, |Key(text)| Shape::Text(text))
            }
            Some(b'[') => serde_json::from_str(self.raw).map_or_else(broken, |items: Vec<_>| {
                Shape::List(items.into_iter().map(|item| self.inner(item)).collect())
            }),
            Some(b'{') => serde_json::from_str(self.raw)
                .map_or_else(broken, |Pairs(pairs)| Shape::Object(self.fields(pairs))),
            _ => Shape::Number(self.raw),
        }
    }

    fn inner(self, raw: &'t RawValue) -> Self {
        Self { raw: raw.get(), of: self.of }
    }

    fn fields(self, pairs: Vec<(Cow<'t, str>, &'t RawValue)>) -> Fields<'t> {
        let mut fields = Fields::default();
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

impl Shape<'_> {
    /// Whether it says nothing: `null`, or a text of nothing but spaces.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::Null) || matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// A single value as it reads, in quotes or not.
    pub(super) fn single(&self) -> Option<&str> {
        match self {
            Self::Flag(true) => Some("true"),
            Self::Flag(false) => Some("false"),
            Self::Number(digits) => Some(digits),
            Self::Text(text) => Some(text),
            Self::Null | Self::List(_) | Self::Object(_) | Self::Broken => None,
        }
    }

    /// What kind of thing it is, for a message.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Null => "`null`".into(),
            Self::Flag(flag) => format!("`{flag}`"),
            Self::Number(number) => format!("the number `{}`", shown(number)),
            Self::Text(_) if self.is_silent() => "an empty text".into(),
            Self::Text(text) => format!("the text `{}`", shown(text)),
            Self::List(_) => "a list".into(),
            Self::Object(_) => "an object".into(),
            Self::Broken => "no text: its `\\u` escapes make no characters".into(),
        }
    }
}

/// A text in a message: not longer than a line has room for, and without unseen characters.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { start + "…" } else { start }
}

/// A text, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

/// The fields of an object as they stand, those included that stand there twice.
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
                while let Some((Key(key), value)) = map.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
