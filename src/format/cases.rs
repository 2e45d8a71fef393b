//! Cases: each case is a copy of the file in which `$name` is replaced by the value of the case.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::read::{Map, Read};
use super::tree::{Entry, Node, Style, Value};
use crate::diagnostics::{Code, Problem, Problems, Span, closest, many};

/// The trees of a file, one for each case.
pub struct CaseTrees {
    /// The tree of each case, with its name. A scenario without cases has one tree with an empty
    /// name.
    pub trees: Vec<(String, Node)>,
    /// Whether the names and values of all cases were read. If not, there is one tree, in which
    /// values are unknown.
    pub are_read: bool,
}

/// Splits a file into its cases.
pub fn split(node: &Node, problems: &mut Problems) -> CaseTrees {
    let written = node.get("cases").map(|cases| Map::<Map<Node>>::read(cases, problems));
    let are_read = written.as_ref().is_none_or(Option::is_some);
    let trees = if let Some(cases) = written.flatten().filter(|cases| !cases.0.is_empty()) {
        split_into(node, &cases, problems)
    } else {
        if are_read {
            report_missing(node, &Map::default(), problems);
        }
        let mut tree = node.clone();
        substitute(&mut tree, &Map::default(), problems);
        vec![(String::new(), tree)]
    };
    CaseTrees { trees, are_read }
}

fn split_into(node: &Node, cases: &Map<Map<Node>>, problems: &mut Problems) -> Vec<(String, Node)> {
    // The values of all cases would otherwise be copied into each tree.
    let mut without_cases = node.clone();
    if let Value::Map(entries) = &mut without_cases.value {
        entries.retain(|entry| &**entry.key != "cases");
    }
    report_missing(&without_cases, cases, problems);
    let mut trees = Vec::with_capacity(cases.0.len());
    for (name, values) in &cases.0 {
        let mut tree = without_cases.clone();
        substitute(&mut tree, values, problems);
        trees.push((name.to_string(), tree));
    }
    unused_values(node, cases, problems);
    trees
}

/// The values of a case, each with its span.
pub fn values(node: &Node, case: &str) -> impl Iterator<Item = (String, Span)> {
    let values = node.get("cases").and_then(|cases| cases.get(case)).and_then(Node::entries);
    let entries = values.unwrap_or_default().iter();
    entries.map(|entry| (entry.key.to_string(), entry.value.span))
}

/// The name in a text of the form `$name`, which stands for a value of the case; `None` for any
/// other text.
pub fn value_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(word)).then_some(name)
}

/// The text `$name` of `$$name`, which stands for it; `None` for any other text.
fn unescaped(text: &str) -> Option<&str> {
    let text = text.strip_prefix('$')?;
    (value_name(text).is_some() || unescaped(text).is_some()).then_some(text)
}

/// A text as a file writes it, so that it does not stand for a value of a case.
pub fn escaped_value(text: &str) -> Cow<'_, str> {
    if value_name(text).is_some() || unescaped(text).is_some() {
        return Cow::Owned(format!("${text}"));
    }
    Cow::Borrowed(text)
}

/// Replaces every `$name` outside `cases:` by its value, and every `$$name` by `$name`.
fn substitute(tree: &mut Node, values: &Map<Node>, problems: &mut Problems) {
    let Value::Map(entries) = &mut tree.value else { return };
    let entries = entries.iter_mut().filter(|entry| &**entry.key != "cases");
    for entry in entries.filter(|entry| entry.value.any(&mut { is_value })) {
        entry.value.visit(is_value, &mut |node| {
            let text = node.scalar().unwrap_or_default();
            if let Some(plain) = unescaped(text) {
                node.value = Value::Scalar(plain.into(), Style::Quoted);
                return;
            }
            let Some(name) = value_name(text) else { return };
            match values.0.iter().find(|(key, _)| *key.value == *name) {
                // Mistakes in a value are reported at its definition.
                Some((_, value)) => *node = value.clone(),
                None => problems.value_is_unknown(node.span),
            }
        });
    }
}

/// Whether a node stands for a value of the case, or for a text that begins with `$`.
fn is_value(node: &Node) -> bool {
    node.scalar().is_some_and(|text| value_name(text).or_else(|| unescaped(text)).is_some())
}

/// The most names that an unknown one is compared with.
const COMPARED: usize = 1_000;

/// For each name of a value, the numbers of the cases that have it, ascending.
type CasesWith<'c> = BTreeMap<&'c str, Vec<usize>>;

fn cases_with(cases: &Map<Map<Node>>) -> CasesWith<'_> {
    let mut found = CasesWith::new();
    for (number, (_, values)) in cases.0.iter().enumerate() {
        for (key, _) in &values.0 {
            found.entry(&key.value.0).or_default().push(number);
        }
    }
    found
}

/// Reports each place outside `cases:` with a value that at least one case does not have.
fn report_missing(tree: &Node, cases: &Map<Map<Node>>, problems: &mut Problems) {
    let with = cases_with(cases);
    let entries = tree.entries().unwrap_or_default().iter();
    for Entry { value, .. } in entries.filter(|entry| &**entry.key != "cases") {
        value.any(&mut |node| {
            let name = node.scalar().and_then(value_name);
            let problem = name.and_then(|name| missing_value(name, node.span, cases, &with));
            if let Some(problem) = problem {
                problems.add(problem);
            }
            false
        });
    }
}

/// The problem with `$name` at a place; `None` if every case has this value.
fn missing_value(
    name: &str,
    span: Span,
    cases: &Map<Map<Node>>,
    with: &CasesWith<'_>,
) -> Option<Problem> {
    let has = with.get(name).map(Vec::as_slice).unwrap_or_default();
    // The numbers of the cases ascend, so the first gap among them is the first case without it.
    let first = has.iter().enumerate().take_while(|(at, case)| at == *case).count();
    let first = cases.0.get(first).map(|(case, _)| &***case).unwrap_or_default();
    let (title, help) = match (cases.0.len() - has.len(), cases.0.len()) {
        (_, 0) => {
            ("there are no cases".into(), format!("write `cases: {{ one: {{ {name}: … }} }}`"))
        }
        (0, _) => return None,
        (without, all) if without == all => (
            "no case has this value".to_owned(),
            format!("give every case under `cases:` the key `{name}`"),
        ),
        (1, _) => (
            format!("the case `{first}` does not have it"),
            format!("give the case `{first}` the key `{name}`"),
        ),
        (without, _) => (
            format!("the case `{first}` and {} more do not have it", without - 1),
            format!("give every case under `cases:` the key `{name}`"),
        ),
    };
    let known = with.keys().filter(|key| **key != name).take(COMPARED);
    let known: Vec<String> = known.map(|key| format!("${key}")).collect();
    let written = format!("${name}");
    let close = closest(&written, known.iter().map(String::as_str));
    let problem = Problem::at(
        Code::UnknownCase,
        span,
        format!("`{written}` has no value: {title}"),
        "no such value",
    );
    Some(problem.did_you_mean(&close).help(help))
}

/// The most places of an unused value that are shown.
const PLACES: usize = 3;

/// Reports values that are used nowhere: they would make no difference between cases.
fn unused_values(node: &Node, cases: &Map<Map<Node>>, problems: &mut Problems) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut keys_used: BTreeSet<String> = BTreeSet::new();
    node.any(&mut |node| {
        used.extend(node.scalar().and_then(value_name).map(str::to_owned));
        let keys = node.entries().unwrap_or_default().iter();
        keys_used.extend(keys.filter_map(|entry| value_name(&entry.key)).map(str::to_owned));
        false
    });
    let with = cases_with(cases);
    let missing = used.iter().map(String::as_str).filter(|name| !with.contains_key(name));
    let missing: Vec<&str> = missing.take(COMPARED).collect();
    let mut places: IndexMap<&str, Vec<Span>> = IndexMap::new();
    for (key, _) in cases.0.iter().flat_map(|(_, values)| &values.0) {
        places.entry(&key.value.0).or_default().push(key.span);
    }
    for (name, places) in places {
        // A use with a similar name was reported.
        if used.contains(name) || !closest(name, missing.iter().copied()).is_empty() {
            continue;
        }
        let title = format!("nothing uses `${name}`");
        let mut problem = Problem::bare(Code::UnknownCase, title);
        for place in places.iter().take(PLACES) {
            problem = problem.and_at(*place, "has no effect");
        }
        if places.len() > PLACES {
            problem = problem.note(format!("{} give it a value", many(places.len(), "case")));
        }
        if keys_used.contains(name) {
            problem = problem.note(format!(
                "the key `${name}` is no value of a case: only values are replaced, not keys"
            ));
        }
        problems.add(problem);
    }
}
