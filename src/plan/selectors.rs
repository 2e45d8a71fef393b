//! Selectors: which instances an event or an expectation is about.

use std::ops::RangeInclusive;

use globset::{GlobBuilder, GlobMatcher};
use serde_json::{Value as Json, json};

use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{Map, Node, Read, Style, Value, expected_kind};
use crate::words::InstanceId;

/// A selector as written: names, ranges `web-1..4`, globs `db-*`, or tags.
#[derive(Debug, Clone)]
pub struct Selector {
    /// Its alternatives.
    parts: Vec<Part>,
    /// Where it stands.
    pub span: Span,
}

#[derive(Debug, Clone)]
enum Part {
    Text(Spanned<String>),
    Tags(Spanned<Map<String>>),
}

crate::format::record! {
    /// Instances by their tags.
    TagsRecord: "a selector by tags" {
        /// All of these must be there.
        required "tags" => tags: Spanned<Map<String>>,
    }
}

impl Read for Selector {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let parts = match &node.value {
            Value::List(items) => items.iter().map(|item| Part::read(item, problems)).collect(),
            Value::Scalar(text, Style::Cell) => text
                .split(';')
                .map(|part| Some(Part::Text(Spanned::new(part.trim().to_owned(), node.span))))
                .collect(),
            Value::Empty | Value::Scalar(..) | Value::Map(_) => {
                vec![Part::read(node, problems)]
            }
        };
        let parts: Vec<Part> = parts.into_iter().collect::<Option<_>>()?;
        if parts.is_empty() {
            let title = "an empty list selects nothing";
            problems.add(Problem::at(Code::MatchesNothing, node.span, title, "empty"));
            return None;
        }
        Some(Self { parts, span: node.span })
    }

    fn schema() -> Json {
        let one = json!({
            "anyOf": [
                { "type": "string", "description": "a name, a range `web-1..4`, or a glob `db-*`" },
                TagsRecord::schema(),
            ]
        });
        json!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl Part {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar(text, _) => Some(Self::Text(Spanned::new(text.to_string(), node.span))),
            Value::Map(_) => {
                let tags = TagsRecord::read(node, problems)?.tags;
                if tags.0.is_empty() {
                    let title = "no tags at all would select the whole fleet";
                    let problem = Problem::at(Code::MatchesNothing, tags.span, title, "no tag");
                    problems.add(problem.help("to mean every instance, write `\"*\"`"));
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

/// What a selector looks at.
pub trait Candidates {
    /// The instance of that name.
    fn named(&self, name: &str) -> Option<InstanceId>;
    /// Every instance, in order, with its name.
    fn all(&self) -> Box<dyn Iterator<Item = (InstanceId, &str)> + '_>;
    /// Whether an instance carries a tag with that value.
    fn tagged(&self, id: InstanceId, key: &str, value: &str) -> bool;
    /// Where an instance is defined.
    fn defined(&self, id: InstanceId) -> Option<Span>;
    /// Whether the fleet could not be read whole; then a name may well be missing
    /// through no fault of its own.
    fn is_doubtful(&self) -> bool;
}

impl Selector {
    /// The instances that it selects, each once, in the order written.
    pub fn resolve(
        &self,
        among: &dyn Candidates,
        problems: &mut Problems,
    ) -> Option<Vec<InstanceId>> {
        let mut found: Vec<InstanceId> = Vec::new();
        let mut good = true;
        for part in &self.parts {
            match part.resolve(among, problems) {
                Some(ids) => found.extend(ids),
                None => good = false,
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|id| seen.insert(*id));
        good.then_some(found)
    }
}

impl Part {
    fn resolve(&self, among: &dyn Candidates, problems: &mut Problems) -> Option<Vec<InstanceId>> {
        let found: Vec<InstanceId> = match self {
            Self::Tags(tags) => among
                .all()
                .filter(|(id, _)| tags.0.iter().all(|(key, value)| among.tagged(*id, key, value)))
                .map(|(id, _)| id)
                .collect(),
            Self::Text(text) if text.contains(['*', '?']) => {
                let Some(matcher) = glob(text) else {
                    let title = format!("`{}` is not a glob", **text);
                    problems.add(Problem::at(Code::BadName, text.span, title, "not a glob"));
                    return None;
                };
                among.all().filter(|(_, name)| matcher.is_match(name)).map(|(id, _)| id).collect()
            }
            Self::Text(text) => return resolve_names(text, among, problems),
        };
        if found.is_empty() && !among.is_doubtful() {
            problems.add(self.matches_nothing(among));
        }
        (!found.is_empty()).then_some(found)
    }

    fn matches_nothing(&self, among: &dyn Candidates) -> Problem {
        let (what, span) = match self {
            Self::Text(text) => (format!("`{}`", **text), text.span),
            Self::Tags(tags) => ("this selector".into(), tags.span),
        };
        let names: Vec<&str> = among.all().map(|(_, name)| name).collect();
        let title = format!(
            "{what} matches none of the {} instances, so this line could never do anything",
            names.len()
        );
        let mut shown = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
        if names.len() > 8 {
            shown.push_str(", …");
        }
        Problem::at(Code::MatchesNothing, span, title, "matches nothing")
            .note(format!("the fleet has {shown}"))
            .help("correct the selector, or remove the line")
    }
}

fn resolve_names(
    text: &Spanned<String>,
    among: &dyn Candidates,
    problems: &mut Problems,
) -> Option<Vec<InstanceId>> {
    let names = match expand(text) {
        Ok(names) => names,
        Err(fault) => {
            problems.add(not_a_range(text, &fault, text.span));
            return None;
        }
    };
    let wanted = names.len();
    let mut ids = Vec::with_capacity(wanted);
    let mut missing = Vec::new();
    for name in names {
        match among.named(&name) {
            Some(id) => ids.push(id),
            None => missing.push(name),
        }
    }
    if missing.is_empty() {
        return Some(ids);
    }
    if !among.is_doubtful() {
        let problem = match (missing.as_slice(), wanted) {
            ([name], 1) => unknown_instance(name, text.span, among, problems.is_crowded()),
            (missing, wanted) => {
                let title =
                    format!("{} of the {wanted} names in `{}` are unknown", missing.len(), **text);
                let mut shown = missing[..missing.len().min(6)].join(", ");
                if missing.len() > 6 {
                    shown.push_str(", …");
                }
                Problem::at(Code::UnknownName, text.span, title, "not all in the fleet")
                    .note(format!("the fleet has no {shown}"))
            }
        };
        problems.add(problem);
    }
    None
}

/// A glob in which only `*` and `?` have a meaning.
pub fn glob(text: &str) -> Option<GlobMatcher> {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '{' | '}' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    GlobBuilder::new(&pattern).backslash_escape(true).build().ok().map(|g| g.compile_matcher())
}

/// The message that nothing is called so, with where a similar name is defined.
/// A suggestion is worth a look at every name only while somebody will read it.
fn unknown_instance(name: &str, span: Span, among: &dyn Candidates, is_crowded: bool) -> Problem {
    let looked_at = if is_crowded { 0 } else { 100_000 };
    let close = closest(name, among.all().take(looked_at).map(|(_, name)| name));
    let title = format!("no instance is called `{name}`");
    let mut problem = Problem::at(Code::UnknownName, span, title, "not in the fleet");
    if let Some(first) = close.first()
        && let Some(defined) = among.named(first).and_then(|id| among.defined(id))
    {
        problem = problem.and_at(defined, "a similar name is defined here");
    }
    problem.did_you_mean(&close)
}

/// The message that a text is no range.
pub fn not_a_range(text: &str, fault: &str, span: Span) -> Problem {
    let title = format!("`{text}` is not a range: {fault}");
    Problem::at(Code::BadName, span, title, "not a range")
        .help("a range is written `web-1..4`, for the names from web-1 to web-4")
}

/// The longest range.
pub const LONGEST: u64 = 10_000_000;

/// The names that a text stands for: itself, or those of a range `web-1..4`.
///
/// # Errors
/// What is wrong with the range.
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

/// A range as its prefix, the number of digits that its numbers are filled up to, and the
/// numbers; `None` if the text is a single name.
type Range<'t> = (&'t str, usize, RangeInclusive<u64>);

fn range(text: &str) -> Result<Option<Range<'_>>, String> {
    let Some((first, last)) = text.split_once("..") else { return Ok(None) };
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
    // `web-01..10` keeps its zeros.
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
    }
}
