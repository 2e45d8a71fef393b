//! Selectors: the instances that an event or an expectation is about, by name or by tag.

use std::ops::RangeInclusive;

use globset::{GlobBuilder, GlobSet};
use serde_json::{Value as Json, json};

use super::read::{Map, OneOrMany, Read, TagValue, check_set, expected_kind, split_cell};
use super::record::record;
use super::schema::Schemas;
use super::tree::{Node, Style, Value};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned};

/// A selector: names, ranges `web-1..4`, globs `db-*`, or tags.
#[derive(Debug, Clone)]
pub struct Selector {
    /// Its alternatives, in the order of the file.
    pub parts: Vec<SelectorPart>,
    /// The span of the whole selector.
    pub span: Span,
}

/// One alternative of a selector.
#[derive(Debug, Clone)]
pub enum SelectorPart {
    /// A name, a range `web-1..4` or a glob `db-*`.
    Text(Spanned<String>),
    /// Tags. An instance matches if it has all of them, each with one of the given values.
    Tags(Spanned<Map<OneOrMany<TagValue>>>),
}

record! {
    /// Instances by their tags.
    TagsRecord: "a selector by tags" {
        /// Tags. An instance matches if it has all of them. A list of values means any one of them.
        required "tags" => tags: Spanned<Map<OneOrMany<TagValue>>>,
    }
}

impl Read for Selector {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let parts = match &node.value {
            Value::List(items) => {
                check_set(items, problems);
                items.iter().map(|item| SelectorPart::read(item, problems)).collect()
            }
            Value::Scalar(text, Style::Cell) => {
                let name = |part: &str| Spanned::new(part.to_owned(), node.span);
                let items = split_cell(text, node.span, problems)?;
                items.into_iter().map(|part| Some(SelectorPart::Text(name(part)))).collect()
            }
            Value::Empty | Value::Scalar(..) | Value::Map(_) => {
                vec![SelectorPart::read(node, problems)]
            }
        };
        let parts: Vec<SelectorPart> = parts.into_iter().collect::<Option<_>>()?;
        if parts.is_empty() {
            let title = "an empty list selects nothing";
            problems.add(Problem::at(Code::MatchesNothing, node.span, title, "empty"));
            return None;
        }
        Some(Self { parts, span: node.span })
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a selector", |schemas| {
            let mut name = Schemas::text();
            name["description"] = "A name, a range `web-1..4`, or a glob `db-*`.".into();
            name["examples"] = json!(["db-1", "web-1..4", "db-*"]);
            let tags = TagsRecord::schema(schemas);
            let list = json!({
                "type": "array", "minItems": 1, "items": { "anyOf": [name, tags] },
            });
            json!({ "anyOf": [name, tags, list] })
        })
    }
}

impl SelectorPart {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar(text, _) => Some(Self::Text(Spanned::new(text.to_string(), node.span))),
            Value::Map(_) => {
                let tags = TagsRecord::read(node, problems)?.tags;
                if tags.0.is_empty() {
                    let title = "an empty list of tags would select the whole fleet";
                    let problem = Problem::at(Code::MatchesNothing, tags.span, title, "no tag");
                    problems.add(problem.help("write `\"*\"` to select every instance"));
                    return None;
                }
                Some(Self::Tags(tags))
            }
            Value::Empty | Value::List(_) => {
                problems.add(expected_kind(node, "a name, a range, a glob or tags"));
                None
            }
        }
    }
}

/// A glob in which only `*` and `?` are special, as a set of one: a set makes no regular expression
/// for a name, a prefix or a suffix. `None` if it is not valid.
pub fn glob(text: &str) -> Option<GlobSet> {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '{' | '}' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    let glob = GlobBuilder::new(&pattern).backslash_escape(true).build().ok()?;
    GlobSet::new([glob]).ok()
}

/// The problem that a text is not a range.
pub fn not_a_range(text: &str, fault: &str, span: Span) -> Problem {
    let title = format!("`{text}` is not a range: {fault}");
    let problem = Problem::at(Code::BadName, span, title, "not a range");
    match braced(text) {
        Some(range) => problem.help(format!("write `{range}`")),
        None => problem.help("a range is written `web-1..4`, for the names from web-1 to web-4"),
    }
}

/// The range that a shell or a glob would write `web-{1..4}` or `web-[1-4]`; `None` if the text
/// is neither.
fn braced(text: &str) -> Option<String> {
    let (prefix, rest) = text.split_once(['{', '['])?;
    let inner = rest.strip_suffix(['}', ']'])?;
    let (first, last) = inner.split_once("..").or_else(|| inner.split_once('-'))?;
    let range = format!("{prefix}{first}..{last}");
    expand(&range).is_ok().then_some(range)
}

/// The largest number of names in a range.
pub const LONGEST: u64 = 10_000_000;

/// The names that a text stands for: itself, or those of a range `web-1..4`.
///
/// # Errors
/// If the text is an invalid range; the error is the reason.
pub fn expand(text: &str) -> Result<Vec<String>, String> {
    let Some((prefix, width, numbers)) = range(text)? else { return Ok(vec![text.to_owned()]) };
    Ok(numbers.map(|n| format!("{prefix}{n:0width$}")).collect())
}

/// Number of names that a text stands for; 0 if it is a range with a mistake.
pub fn count(text: &str) -> u64 {
    match range(text) {
        Ok(None) => 1,
        Ok(Some((_, _, numbers))) => numbers.end() - numbers.start() + 1,
        Err(_) => 0,
    }
}

/// A range: its prefix, the number of digits to which numbers are padded, and the numbers.
type NumberedNames<'t> = (&'t str, usize, RangeInclusive<u64>);

/// The range in a text; `None` if the text is a single name.
fn range(text: &str) -> Result<Option<NumberedNames<'_>>, String> {
    let Some((first, last)) = text.split_once("..") else {
        return match braced(text) {
            Some(_) => Err("brackets are not expanded".to_owned()),
            None => Ok(None),
        };
    };
    let digits = first.len() - first.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (prefix, from) = first.split_at(first.len() - digits);
    let number = |text: &str| match text {
        "" => Err("a number is missing".to_owned()),
        _ => text.parse::<u64>().map_err(|_| format!("`{text}` is not a number")),
    };
    let (low, high) = (number(from)?, number(last)?);
    if high < low {
        return Err(format!("{high} comes before {low}"));
    }
    if high - low >= LONGEST {
        return Err(format!("more than {LONGEST} names"));
    }
    // `web-01..10` keeps leading zeros.
    let width = if from.starts_with('0') { from.len() } else { 0 };
    Ok(Some((prefix, width, low..=high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_stands_for_its_names() {
        let names = |text: &str| expand(text).map(|names| names.join(" "));
        assert_eq!(names("db-1"), Ok("db-1".into()));
        assert_eq!(names("web-1..4"), Ok("web-1 web-2 web-3 web-4".into()));
        assert_eq!(names("n09..11"), Ok("n09 n10 n11".into()));
        assert!(names("web-4..1").is_err());
        assert!(names("web-..4").is_err());
        assert!(names("web-1..x").is_err());
        assert!(names("web-1..99999999999").is_err());
        assert_eq!(names("web-[a]"), Ok("web-[a]".into()));
        for typed in ["node-{0..6}", "node-[0-6]", "node-{0-6}"] {
            assert!(names(typed).is_err(), "{typed}");
            assert_eq!(braced(typed).as_deref(), Some("node-0..6"), "{typed}");
        }
    }
}
