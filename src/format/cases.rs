//! Cases: each case is a copy of the file in which `$name` is replaced by the value of the case.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::read::{Map, Read};
use super::tree::{Entry, Node, Style, Value};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};

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

/// Reports each place outside `cases:` with a value that at least one case does not have.
fn report_missing(tree: &Node, cases: &Map<Map<Node>>, problems: &mut Problems) {
    let entries = tree.entries().unwrap_or_default().iter();
    for Entry { value, .. } in entries.filter(|entry| &**entry.key != "cases") {
        value.any(&mut |node| {
            let name = node.scalar().and_then(value_name);
            if let Some(problem) = name.and_then(|name| missing_value(name, node.span, cases)) {
                problems.add(problem);
            }
            false
        });
    }
}

/// The problem with `$name` at a place; `None` if every case has this value.
fn missing_value(name: &str, span: Span, cases: &Map<Map<Node>>) -> Option<Problem> {
    let has = |values: &Map<Node>| values.0.iter().any(|(key, _)| *key.value == *name);
    let without: Vec<&str> =
        cases.0.iter().filter(|(_, values)| !has(values)).map(|(case, _)| &***case).collect();
    let (title, help) = match (without.as_slice(), cases.0.len()) {
        (_, 0) => {
            ("there are no cases".into(), format!("write `cases: {{ one: {{ {name}: … }} }}`"))
        }
        ([], _) => return None,
        (all, count) if all.len() == count => (
            "no case has this value".to_owned(),
            format!("give every case under `cases:` the key `{name}`"),
        ),
        ([case], _) => (
            format!("the case `{case}` does not have it"),
            format!("give the case `{case}` the key `{name}`"),
        ),
        ([case, rest @ ..], _) => (
            format!("the case `{case}` and {} more do not have it", rest.len()),
            format!("give every case under `cases:` the key `{name}`"),
        ),
    };
    let known: BTreeSet<String> = cases
        .0
        .iter()
        .flat_map(|(_, values)| &values.0)
        .filter(|(key, _)| *key.value != *name)
        .map(|(key, _)| format!("${}", key.value))
        .collect();
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

/// Reports values that are used nowhere: they would make no difference between cases.
fn unused_values(node: &Node, cases: &Map<Map<Node>>, problems: &mut Problems) {
    let mut used: Vec<String> = Vec::new();
    let mut keys_used: Vec<String> = Vec::new();
    node.any(&mut |node| {
        used.extend(node.scalar().and_then(value_name).map(str::to_owned));
        let keys = node.entries().unwrap_or_default().iter();
        keys_used.extend(keys.filter_map(|entry| value_name(&entry.key)).map(str::to_owned));
        false
    });
    let keys: Vec<&Spanned<_>> =
        cases.0.iter().flat_map(|(_, values)| &values.0).map(|(k, _)| k).collect();
    let has_value = |name: &String| keys.iter().any(|key| *key.value.0 == **name);
    let missing: Vec<&str> = used.iter().filter(|name| !has_value(name)).map(|n| &**n).collect();
    for key in &keys {
        // A use with a similar name was reported.
        if !closest(&key.0, missing.iter().copied()).is_empty() {
            continue;
        }
        if !used.iter().any(|name| *name == *key.0) {
            let title = format!("nothing uses `${}`", key.value);
            let mut problem = Problem::at(Code::UnknownCase, key.span, title, "has no effect");
            if keys_used.iter().any(|name| *name == *key.0) {
                problem = problem.note(format!(
                    "the key `${}` is no value of a case: only values are replaced, not keys",
                    key.value
                ));
            }
            problems.add(problem);
        }
    }
}
