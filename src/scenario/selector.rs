//! Selectors: which instances an event or an expectation is about.

use globset::Glob;
use serde_json::{Value as Json, json};

use crate::text::{
    Code, Map, Node, Place, Problem, Problems, Read, Spanned, Style, Value, closest, expected_kind,
};
use crate::vocab::InstanceId;

/// A selector as written: names, ranges `web-1..4`, globs `db-*`, or tags.
#[derive(Debug, Clone)]
pub struct Selector {
    /// Its alternatives.
    parts: Vec<Part>,
    /// Where it stands.
    pub place: Place,
}

#[derive(Debug, Clone)]
enum Part {
    Text(Spanned<String>),
    Tags(Spanned<Map<String>>),
}

crate::text::record! {
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
                .map(|part| Some(Part::Text(Spanned::new(part.trim().to_owned(), node.place))))
                .collect(),
            Value::Empty | Value::Scalar(..) | Value::Map(_) => {
                vec![Part::read(node, problems)]
            }
        };
        let parts: Vec<Part> = parts.into_iter().collect::<Option<_>>()?;
        if parts.is_empty() {
            let title = "an empty list selects nothing";
            problems.add(Problem::at(Code::MatchesNothing, node.place, title, "empty"));
            return None;
        }
        Some(Self { parts, place: node.place })
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
            Value::Scalar(text, _) => Some(Self::Text(Spanned::new(text.to_string(), node.place))),
            Value::Map(_) => TagsRecord::read(node, problems).map(|record| Self::Tags(record.tags)),
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
    fn defined(&self, id: InstanceId) -> Option<Place>;
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
                let matcher = match Glob::new(text) {
                    Ok(glob) => glob.compile_matcher(),
                    Err(error) => {
                        let title = format!("`{}` is not a glob: {}", **text, error.kind());
                        problems.add(Problem::at(Code::BadName, text.place, title, "not a glob"));
                        return None;
                    }
                };
                among.all().filter(|(_, name)| matcher.is_match(name)).map(|(id, _)| id).collect()
            }
            Self::Text(text) => return resolve_names(text, among, problems),
        };
        if found.is_empty() {
            problems.add(self.matches_nothing(among));
            return None;
        }
        Some(found)
    }

    fn matches_nothing(&self, among: &dyn Candidates) -> Problem {
        let (what, place) = match self {
            Self::Text(text) => (format!("`{}`", **text), text.place),
            Self::Tags(tags) => ("this selector".into(), tags.place),
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
        Problem::at(Code::MatchesNothing, place, title, "matches nothing")
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
            let title = format!("`{}` is not a range: {fault}", **text);
            problems.add(Problem::at(Code::BadName, text.place, title, "not a range"));
            return None;
        }
    };
    let mut ids = Vec::with_capacity(names.len());
    let mut good = true;
    for name in names {
        if let Some(id) = among.named(&name) {
            ids.push(id);
        } else {
            problems.add(unknown_instance(&name, text.place, among));
            good = false;
        }
    }
    good.then_some(ids)
}

/// The message that nothing is called so, with where a similar name is defined.
pub fn unknown_instance(name: &str, place: Place, among: &dyn Candidates) -> Problem {
    // A suggestion is worth a look at every name only while there are not millions.
    let close = closest(name, among.all().take(100_000).map(|(_, name)| name));
    let title = format!("no instance is called `{name}`");
    let mut problem = Problem::at(Code::UnknownName, place, title, "not in the fleet");
    if let Some(first) = close.first()
        && let Some(defined) = among.named(first).and_then(|id| among.defined(id))
    {
        problem = problem.and_at(defined, "a similar name is defined here");
    }
    problem.did_you_mean(&close)
}

/// The longest range.
const LONGEST: u64 = 10_000_000;

/// The names that a text stands for: itself, or those of a range `web-1..4`.
///
/// # Errors
/// What is wrong with the range.
pub fn expand(text: &str) -> Result<Vec<String>, String> {
    let Some((first, last)) = text.split_once("..") else { return Ok(vec![text.to_owned()]) };
    let digits = first.len() - first.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (prefix, from) = first.split_at(first.len() - digits);
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a number"));
    let (low, high) = (number(from)?, number(last)?);
    if high < low {
        return Err(format!("{high} comes before {low}"));
    }
    if high - low >= LONGEST {
        return Err(format!("more than {LONGEST} names"));
    }
    // `web-01..10` keeps its zeros.
    let width = if from.starts_with('0') { from.len() } else { 0 };
    Ok((low..=high).map(|n| format!("{prefix}{n:0width$}")).collect())
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
