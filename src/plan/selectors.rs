//! Resolves selectors to the ids of instances.

use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::format::{OneOrMany, Selector, SelectorPart, TagValue, expand, glob, not_a_range};
use crate::words::InstanceId;

/// The instances among which a selector selects.
pub trait Candidates {
    /// The instance with this name; `None` if there is none.
    fn named(&self, name: &str) -> Option<InstanceId>;
    /// Every instance, in order, with its name.
    fn all(&self) -> Box<dyn Iterator<Item = (InstanceId, &str)> + '_>;
    /// Whether an instance has a tag with this value.
    fn tagged(&self, id: InstanceId, key: &str, value: &str) -> bool;
    /// The span of an instance's definition; `None` if it is not in a file.
    fn defined(&self, id: InstanceId) -> Option<Span>;
    /// Whether a part of the fleet could not be read. Then a selector that matches nothing is not
    /// reported.
    fn is_doubtful(&self) -> bool;
    /// Whether an instance with this name may be in a part that could not be read.
    fn may_exist(&self, name: &str) -> bool;
    /// The names in parts that could not be read, as far as they are known.
    fn unread(&self) -> Box<dyn Iterator<Item = &str> + '_>;
}

/// The selected instances, each once, in the order of the selector; `None` if a part of the
/// selector has a mistake or selects nothing, which is reported.
pub fn select(
    selector: &Selector,
    among: &dyn Candidates,
    problems: &mut Problems,
) -> Option<Vec<InstanceId>> {
    let mut found: Vec<InstanceId> = Vec::new();
    let mut good = true;
    for part in &selector.parts {
        match select_part(part, among, problems) {
            Some(ids) => found.extend(ids),
            None => good = false,
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|id| seen.insert(*id));
    good.then_some(found)
}

fn select_part(
    part: &SelectorPart,
    among: &dyn Candidates,
    problems: &mut Problems,
) -> Option<Vec<InstanceId>> {
    let found: Vec<InstanceId> = match part {
        SelectorPart::Tags(tags) => among
            .all()
            .filter(|(id, _)| {
                let has = |key: &str, values: &OneOrMany<TagValue>| {
                    values.0.iter().any(|value| among.tagged(*id, key, value))
                };
                tags.0.iter().all(|(key, values)| has(key, values))
            })
            .map(|(id, _)| id)
            .collect(),
        SelectorPart::Text(text) if text.contains(['*', '?']) => {
            let Some(matcher) = glob(text) else {
                let title = format!("`{}` is not a glob", **text);
                problems.add(Problem::at(Code::BadName, text.span, title, "not a glob"));
                return None;
            };
            among.all().filter(|(_, name)| matcher.is_match(name)).map(|(id, _)| id).collect()
        }
        SelectorPart::Text(text) => return resolve_names(text, among, problems),
    };
    if found.is_empty() && !among.is_doubtful() {
        problems.add(matches_nothing(part, among));
    }
    (!found.is_empty()).then_some(found)
}

fn matches_nothing(part: &SelectorPart, among: &dyn Candidates) -> Problem {
    let (what, span) = match part {
        SelectorPart::Text(text) => (format!("`{}`", **text), text.span),
        SelectorPart::Tags(tags) => ("this selector".into(), tags.span),
    };
    let count = among.all().count();
    let title = format!("{what} matches none of the {count} instances, so this line has no effect");
    Problem::at(Code::MatchesNothing, span, title, "matches nothing")
        .note(the_fleet_has(among))
        .help("correct the selector, or remove the line")
}

/// A note with the first names of the fleet.
fn the_fleet_has(among: &dyn Candidates) -> String {
    let names: Vec<&str> = among.all().map(|(_, name)| name).take(9).collect();
    match names.as_slice() {
        [] => "the fleet has no instance".to_owned(),
        [first @ .., _] if first.len() == 8 => format!("the fleet has {}, …", first.join(", ")),
        all => format!("the fleet has {}", all.join(", ")),
    }
}

/// The instances with the names of a text, which may be a range; `None` if one is unknown or the
/// range has a mistake, which is reported.
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
    missing.retain(|name| !among.may_exist(name));
    if !missing.is_empty() {
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

/// The problem with an unknown name, with the place of a similar name. A suggestion compares many
/// names, so it is left out for problems that will not be shown.
fn unknown_instance(name: &str, span: Span, among: &dyn Candidates, is_crowded: bool) -> Problem {
    let compared = if is_crowded { 0 } else { 100_000 };
    let all = among.all().map(|(_, name)| name).chain(among.unread());
    let close = closest(name, all.take(compared));
    let title = format!("unknown instance `{name}`");
    let mut problem = Problem::at(Code::UnknownName, span, title, "not in the fleet");
    if let Some(first) = close.first()
        && let Some(defined) = among.named(first).and_then(|id| among.defined(id))
    {
        problem = problem.and_at(defined, "a similar name is defined here");
    }
    if close.is_empty() {
        problem = problem.note(the_fleet_has(among));
    }
    problem.did_you_mean(&close)
}
