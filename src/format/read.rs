//! Typed values from nodes: numbers, words, names, lists.

use std::collections::BTreeMap;
use std::num::NonZero;

use serde_json::{Value as Json, json};

use super::schema::Schemas;
use super::tree::{Entry, Node, Style, Value};
use crate::diagnostics::Suggestion;
use crate::diagnostics::{Code, Problem, Problems};
use crate::diagnostics::{Span, Spanned};
use crate::diagnostics::{is_ci_command, is_unseen};
use crate::words::Word;

/// A type that can be read from a file.
pub trait Read: Sized {
    /// Reads a value; `None` if it has a mistake, which is added to `problems`.
    fn read(node: &Node, problems: &mut Problems) -> Option<Self>;

    /// The JSON schema of the type. A type that is used in several places is a definition of
    /// `schemas`.
    fn schema(schemas: &mut Schemas) -> Json;

    /// The required keys; empty if the type is not a mapping.
    fn required_keys() -> Vec<&'static str> {
        Vec::new()
    }
}

/// The scalar of a node; otherwise reports that `what` was expected.
pub(super) fn scalar<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> Option<&'n str> {
    scalar_or(node, what, problems, |problem| match &node.value {
        // `null` and `~` are written like texts, but stand for no value.
        Value::Empty if node.span.start < node.span.end => {
            problem.help("remove the key, or put the text in quotes")
        }
        Value::Empty => problem.help("write a value here, or remove it"),
        Value::List(items)
            if let [item] = items.as_slice()
                && let Some(text) = item.scalar() =>
        {
            problem.help(format!("write `{text}`, without brackets"))
        }
        Value::Scalar(..) | Value::List(_) | Value::Map(_) => {
            problem.help("write a single value here")
        }
    })
}

/// As [`scalar`], with a problem to which `add` has added what to write instead.
pub(super) fn scalar_or<'n>(
    node: &'n Node,
    what: &str,
    problems: &mut Problems,
    add: impl FnOnce(Problem) -> Problem,
) -> Option<&'n str> {
    let found = node.scalar().filter(|text| !text.is_empty());
    if found.is_none() {
        problems.add(add(expected_kind(node, what)));
    }
    found
}

/// Checks the format that a file states, before the rest is read, so that a file of another format
/// gets one clear message. A file that states none is not refused here.
pub fn check_format(node: &Node, expected: &str, problems: &mut Problems) -> Option<()> {
    let Some(format) = node.get("stayput") else { return Some(()) };
    match format.scalar() {
        Some(other) if other != expected => {
            let title = format!("unsupported format `{other}`; expected `{expected}`");
            problems.add(Problem::at(Code::BadFormat, format.span, title, "not this format"));
            None
        }
        _ => Some(()),
    }
}

/// The problem that a policy does not state its format.
pub fn without_format(policy: &Node) -> Problem {
    let title = "this is a policy without the line that states its format";
    let first = policy.entries().and_then(|entries| entries.first());
    let span = first.map_or(policy.span, |first| first.key.span);
    Problem::at(Code::BadFormat, span, title, "no `stayput` before it")
        .help("write `stayput: policy/1` as the first line")
}

/// The problem that `what` was expected.
pub fn expected_kind(node: &Node, what: &str) -> Problem {
    let title = format!("expected {what}, found {}", node.kind());
    Problem::at(Code::WrongKind, node.span, title, format!("not {what}"))
}

/// The value of a table cell; `None` if it has a mistake, which is not reported.
pub fn read_cell<T: Read>(cell: &str) -> Option<T> {
    let node = Node { value: Value::Scalar(cell.into(), Style::Cell), span: Span::NOWHERE };
    let mut problems = Problems::default();
    T::read(&node, &mut problems).filter(|_| problems.is_empty())
}

/// Reads a word of a closed list.
pub fn read_word<W: Word>(node: &Node, problems: &mut Problems) -> Option<W> {
    read_word_of(node, W::ALL, problems)
}

/// The same; messages propose only the words in `proposed`.
pub fn read_word_of<W: Word>(node: &Node, proposed: &[W], problems: &mut Problems) -> Option<W> {
    let words = || proposed.iter().map(|word| word.word()).collect::<Vec<&str>>();
    let list = |problem: Problem| problem.note(format!("one of: {}", words().join(", ")));
    let text = scalar_or(node, W::WHAT, problems, list)?;
    let found = W::spelled(text);
    if found.is_none() {
        let words = words();
        let title = format!("`{text}` is not {}", W::WHAT);
        let problem = Problem::at(Code::UnknownWord, node.span, title, "not one of the words");
        let problem = problem.suggest(&Suggestion::of(text, None, words.iter().copied()));
        problems.add(problem.note(format!("one of: {}", words.join(", "))));
    }
    found
}

impl<W: Word> Read for W {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        read_word(node, problems)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<W>(W::WHAT, |schemas| {
            schemas.words(W::ALL.iter().map(|word| (word.word(), word.meaning())))
        })
    }
}

impl Read for String {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        scalar(node, "a text", problems).map(str::to_owned)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a text", |_| {
            let mut schema = Schemas::text();
            schema["minLength"] = 1.into();
            schema
        })
    }
}

/// `true` or `false`. Words such as `yes` and `on`, which are booleans in YAML 1.1, are refused.
impl Read for bool {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match scalar(node, "`true` or `false`", problems)? {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let title = format!("`{other}` is neither `true` nor `false`");
                let mut problem =
                    Problem::at(Code::UnknownWord, node.span, title, "neither of them");
                if let Some(meant) = meant(other) {
                    problem = problem.help(format!("write `{meant}`"));
                }
                problems.add(problem);
                None
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a truth value", |schemas| schemas.truth())
    }
}

/// The boolean that a word stands for in other formats; `None` if it stands for none.
fn meant(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "1" | "true" => Some(true),
        "no" | "n" | "off" | "0" | "false" => Some(false),
        _ => None,
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl Read for $number {
            fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
                let text = scalar(node, "a whole number", problems)?;
                let plain = text.bytes().all(|byte| byte.is_ascii_digit())
                    && (text.len() == 1 || !text.starts_with('0'));
                let found = plain.then(|| text.parse().ok()).flatten();
                if found.is_none() {
                    let title = format!("`{text}` is not a whole number from 0 to {}", Self::MAX);
                    let problem = Problem::at(Code::BadNumber, node.span, title, "not a number");
                    let digits = text.trim_start_matches('0');
                    problems.add(if digits.parse::<Self>().is_ok() {
                        problem.help(format!("write `{digits}`, without a leading zero"))
                    } else {
                        problem.help("write digits alone, such as `12`")
                    });
                }
                found
            }

            fn schema(schemas: &mut Schemas) -> Json {
                let what = concat!("a whole number ", stringify!($number));
                schemas.define::<Self>(what, |schemas| {
                    let mut schema = schemas.number("integer", Some(0), "0|[1-9][0-9]*");
                    schema["maximum"] = Self::MAX.into();
                    schema
                })
            }
        }
    )+};
}

whole_numbers!(u8, u32, u64);

impl Read for NonZero<u32> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let found = Self::new(u32::read(node, problems)?);
        if found.is_none() {
            let title = "0 is too small: it must be at least 1";
            problems.add(Problem::at(Code::BadNumber, node.span, title, "at least 1"));
        }
        found
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a positive number", |schemas| {
            let mut schema = schemas.number("integer", Some(1), "[1-9][0-9]*");
            schema["maximum"] = u32::MAX.into();
            schema
        })
    }
}

/// A name, as reports print it in a cell of a table.
///
/// Names that a spreadsheet would run as a formula, and names with control characters, are refused
/// when they are read, so that no report can contain them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub Box<str>);

/// Why an empty text is not a name.
const EMPTY_NAME: &str = "a name has at least one character";

impl Name {
    /// Why a text must not be in a cell of a report; `None` if it may be.
    pub fn harm(text: &str) -> Option<String> {
        if text.starts_with(['=', '+', '-', '@']) {
            let first = &text[..1];
            return Some(format!(
                "a spreadsheet would run text that starts with `{first}` as a formula"
            ));
        }
        if text.trim_start().starts_with("::") {
            return Some("a CI server would run text that starts with `::` as a command".into());
        }
        if is_ci_command(text) {
            return Some("a CI server would run the part from `##` on as a command".into());
        }
        if text.contains(is_unseen) {
            return Some("tabs, line breaks and other invisible characters are not allowed".into());
        }
        Self::is_too_long(text).then(|| "a name is at most 255 bytes long".into())
    }

    /// Whether a text is longer than a cell of a report.
    pub const fn is_too_long(text: &str) -> bool {
        text.len() > 255
    }

    /// Why a text is not a name; `None` if it is one.
    pub fn fault(text: &str) -> Option<String> {
        // A fast check that accepts most names.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let begins = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        if begins && text.len() <= 255 && text.bytes().all(plain) {
            return None;
        }
        if text.trim().is_empty() {
            return Some(EMPTY_NAME.into());
        }
        if let Some(harm) = Self::harm(text) {
            return Some(harm);
        }
        let special = text.contains(['$', '*', '?', ';']) || text.contains("..");
        special.then(|| "`$`, `*`, `?`, `;` and `..` have a special meaning in selectors".into())
    }

    /// The problem with a text that is not a name.
    pub fn problem(text: &str, fault: &str, span: crate::diagnostics::Span) -> Problem {
        let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
        let title = format!("`{shown}` is not a usable name");
        let problem = Problem::at(Code::BadName, span, title, fault);
        match Self::usable(text) {
            Some(name) => problem.help(format!("write another name, such as `{name}`")),
            None => problem.help("write another name, of letters, digits and `-`"),
        }
    }

    /// A name that is like a text that is none; `None` if it would be long or empty.
    fn usable(text: &str) -> Option<String> {
        let text = text.trim_start_matches(['=', '+', '-', '@', ':', ' ']).replace("..", "-");
        let safe = |c: char| if is_unseen(c) || "$*?;".contains(c) { '-' } else { c };
        let name: String = text.trim().chars().map(safe).collect();
        (Self::fault(&name).is_none() && name.chars().count() <= 40).then_some(name)
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl Read for Name {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "a name", problems)?;
        if let Some(fault) = Self::fault(text) {
            problems.add(Self::problem(text, &fault, node.span));
            return None;
        }
        Some(Self(text.into()))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a name", |schemas| {
            let mut schema = Schemas::text();
            schema["minimum"] = 0.into();
            schema["maxLength"] = 255.into();
            schema["pattern"] = schemas.whole("[^-=+@$*?;][^$*?;]*").into();
            let harm = r"\.\.|^\s*::|##(?:[vV][sS][oO])?\[";
            schema["not"] = json!({ "type": "string", "pattern": harm });
            schema
        })
    }
}

/// The value of a tag: a text, which may be empty, because providers allow empty values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue(pub String);

impl std::ops::Deref for TagValue {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Read for TagValue {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let found = node.scalar().map(|text| Self(text.to_owned()));
        if found.is_none() {
            problems.add(expected_kind(node, "a text").help(match node.value {
                Value::Empty => "write `\"\"` for a tag with an empty value",
                Value::Scalar(..) | Value::List(_) | Value::Map(_) => {
                    "write one text: a tag has one value"
                }
            }));
        }
        found
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a tag value", |_| Schemas::text())
    }
}

/// A value of any type, such as a case value or a condition of a rule.
impl Read for Node {
    fn read(node: &Node, _: &mut Problems) -> Option<Self> {
        Some(node.clone())
    }

    fn schema(_: &mut Schemas) -> Json {
        json!({})
    }
}

impl<T: Read> Read for Spanned<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        T::read(node, problems).map(|value| Self::new(value, node.span))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        T::schema(schemas)
    }
}

/// A list. In a cell of a CSV file its items are joined by `;`.
impl<T: Read> Read for Vec<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::List(items) => read_all(items, problems),
            Value::Scalar(text, Style::Cell) => {
                let items = split_cell(text, node.span, problems)?;
                let node = |text: &str| Node {
                    value: Value::Scalar(text.into(), Style::Cell),
                    span: node.span,
                };
                read_all(&items.into_iter().map(node).collect::<Vec<_>>(), problems)
            }
            Value::Empty | Value::Scalar(..) | Value::Map(_) => {
                let is_plain = |text: &&str| !text.contains(['[', ']', '{', '}', ',', '#', '"']);
                let item = node.scalar().filter(is_plain).unwrap_or("…");
                let help = format!("write it in brackets: `[{item}]`");
                problems.add(expected_kind(node, "a list").help(help));
                None
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let items = T::schema(schemas);
        schemas.list(&items)
    }
}

fn read_all<T: Read>(items: &[Node], problems: &mut Problems) -> Option<Vec<T>> {
    check_set(items, problems);
    // Every item is read, so that every mistake is found. A list with a mistake gives `None`.
    let read: Vec<Option<T>> = items.iter().map(|item| T::read(item, problems)).collect();
    read.into_iter().collect()
}

/// Reports the words and names that a list has twice. Every list of words or names is a set, or an
/// order in which a second one has no place.
pub fn check_set(items: &[Node], problems: &mut Problems) {
    let mut seen = BTreeMap::new();
    for item in items {
        let Some(text) = item.scalar().filter(|text| !text.is_empty()) else { continue };
        if let Some(first) = seen.insert(text, item.span) {
            let title = format!("`{}` is listed twice", text.escape_debug());
            let problem = Problem::at(Code::Twice, item.span, title, "second entry");
            let problem =
                if first == item.span { problem } else { problem.and_at(first, "first entry") };
            problems.add(problem.help("keep one of them"));
        }
    }
}

/// The items of a list in a cell; `None` if it is not of the form `a;b`, which is reported.
pub(super) fn split_cell<'t>(
    text: &'t str,
    span: Span,
    problems: &mut Problems,
) -> Option<Vec<&'t str>> {
    let note = "a list in a cell is joined by `;`, such as `a-1;a-2`";
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let Some(inner) = inner {
        let title = format!("`{text}` is in brackets, and a list in a cell has none");
        let problem = Problem::at(Code::WrongKind, span, title, "in brackets");
        let items: Vec<&str> = inner.split([',', ';']).map(str::trim).collect();
        problems.add(problem.help(format!("write `{}`", items.join(";"))).note(note));
        return None;
    }
    let items: Vec<&str> = text.split(';').map(str::trim).collect();
    if items.contains(&"") {
        let title = format!("`{text}` contains an empty item");
        let problem = Problem::at(Code::WrongKind, span, title, "an empty item");
        problems.add(problem.help("remove the `;` that has nothing beside it").note(note));
        return None;
    }
    Some(items)
}

/// One value, or a list of them.
#[derive(Debug, Clone)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> OneOrMany<T> {
    /// The items of a key; empty if the key is left out.
    pub fn items(of: Option<&Self>) -> &[T] {
        of.map(|items| items.0.as_slice()).unwrap_or_default()
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Read> Read for OneOrMany<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::List(_) | Value::Scalar(_, Style::Cell) => Vec::read(node, problems).map(Self),
            Value::Empty | Value::Scalar(..) | Value::Map(_) => {
                T::read(node, problems).map(|one| Self(vec![one]))
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let one = T::schema(schemas);
        json!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A mapping whose keys are names that the user chose, in the order of the file.
#[derive(Debug, Clone)]
pub struct Map<T>(pub Vec<(Spanned<Name>, T)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Keys are only checked not to be empty, and to be safe in reports. Keys that are selectors or
/// ranges are checked when they are resolved.
impl<T: Read> Read for Map<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let cell;
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Empty => &[],
            Value::Scalar(text, Style::Cell) => {
                cell = split_pairs(text, node, problems)?;
                &cell
            }
            Value::Scalar(..) | Value::List(_) => {
                problems.add(expected_kind(node, "a mapping").help("write `{ NAME: … }`"));
                return None;
            }
        };
        let mut good = true;
        let mut map = Vec::with_capacity(entries.len());
        for Entry { key, value } in entries {
            let empty = || key.trim().is_empty().then(|| EMPTY_NAME.to_owned());
            if let Some(harm) = Name::harm(key).or_else(empty) {
                problems.add(Name::problem(key, &harm, key.span));
                good = false;
            }
            match T::read(value, problems) {
                Some(value) => map.push((key.clone().map(Name), value)),
                None => good = false,
            }
        }
        good.then_some(Self(map))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let values = T::schema(schemas);
        schemas.map(&values)
    }
}

/// The entries of a mapping in a CSV cell, which is written `key=value;key=value`.
pub(super) fn split_pairs(text: &str, node: &Node, problems: &mut Problems) -> Option<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for part in text.split(';') {
        let Some((key, value)) = part.split_once('=') else {
            let title = format!("`{part}` is not of the form `key=value`");
            problems.add(
                Problem::at(Code::WrongKind, node.span, title, "in this cell")
                    .note("a mapping in a cell is written `key=value;key=value`"),
            );
            return None;
        };
        let key = key.trim();
        if entries.iter().any(|entry| &**entry.key == key) {
            let title = format!("`{key}` is defined twice");
            let problem = Problem::at(Code::Twice, node.span, title, "in this cell");
            problems.add(problem.help("keep one of them"));
            return None;
        }
        let value = Value::Scalar(value.trim().into(), Style::Cell);
        entries.push(Entry {
            key: Spanned::new(key.into(), node.span),
            value: Node { value, span: node.span }.into(),
        });
    }
    Some(entries)
}
