//! Overlays: files that change a scenario, and trees as text.
//!
//! An overlay has the keys of a scenario. A mapping is merged key by key; any other value replaces
//! that of the scenario. Events are added to those of the scenario and come before them at the same
//! instant, so that an overlay can switch a protection on at the start.

use super::fleet_text::yaml_scalar;
use super::format_line::OverlayFormat;
use super::read::check_format;
use super::tree::{Entry, Node, Value};
use crate::diagnostics::{Code, Problem, Problems};

/// Where the events of an overlay come at the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddedEvents {
    /// Before those of the scenario.
    First,
    /// After those of the scenario.
    Last,
}

/// Checks that a file is an overlay; `None` if it is not, which is reported.
pub fn check_overlay(node: &Node, problems: &mut Problems) -> Option<()> {
    let format = node.get("stayput");
    if format.and_then(Node::scalar).is_some() {
        return check_format(node, OverlayFormat::NAME, problems);
    }
    let span = format.map_or(node.span, |format| format.span);
    let title = "this file is not an overlay";
    let problem = Problem::at(Code::BadFormat, span, title, "not this format");
    let format = OverlayFormat::NAME;
    problems.add(problem.help(format!("an overlay begins with `stayput: {format}`")));
    None
}

/// The scenario with an overlay; `None` if it cannot be applied, which is reported.
pub fn overlaid(
    scenario: &Node,
    overlay: &Node,
    events: AddedEvents,
    problems: &mut Problems,
) -> Option<Node> {
    let mut merged = scenario.clone();
    let (Value::Map(base), Some(added)) = (&mut merged.value, overlay.entries()) else {
        return Some(merged);
    };
    for entry in added.iter().filter(|entry| &**entry.key != "stayput") {
        let Some(known) = base.iter_mut().find(|known| *known.key == *entry.key) else {
            base.push(entry.clone());
            continue;
        };
        if &**entry.key == "events" {
            add_events(&mut known.value, &entry.value, events, problems)?;
        } else {
            let mut path = vec![&**entry.key];
            merge(&mut known.value, &entry.value, &mut path, problems)?;
        }
    }
    Some(merged)
}

/// A scenario without its events, and without what is expected of them.
#[must_use]
pub fn without_events(tree: &Node) -> Node {
    let mut tree = tree.clone();
    if let Value::Map(entries) = &mut tree.value {
        entries.retain(|entry| !matches!(&**entry.key, "events" | "random" | "expect" | "counts"));
    }
    tree
}

/// Adds the events of an overlay.
fn add_events(
    base: &mut Node,
    added: &Node,
    place: AddedEvents,
    problems: &mut Problems,
) -> Option<()> {
    let rows = match &added.value {
        Value::List(rows) => rows,
        Value::Empty => return Some(()),
        // There is nothing to which a table would have to be added.
        Value::Scalar(..) | Value::Map(_) if is_nothing(base) => {
            *base = added.clone();
            return Some(());
        }
        Value::Scalar(..) | Value::Map(_) => {
            let title = "an overlay cannot add a table of events to the events of a scenario";
            let problem = Problem::at(Code::WrongKind, added.span, title, "not a list of events");
            let problem = problem.and_at(base.span, "the events of the scenario");
            problems
                .add(problem.help("write the events as a list in the overlay: `events: [ … ]`"));
            return None;
        }
    };
    match &mut base.value {
        Value::List(events) if place == AddedEvents::First => {
            events.splice(0..0, rows.iter().cloned());
        }
        Value::List(events) => events.extend(rows.iter().cloned()),
        Value::Empty => base.value = Value::List(rows.clone()),
        Value::Scalar(..) | Value::Map(_) => {
            let title =
                "the events of this scenario are in a table, so an overlay cannot add events";
            let problem = Problem::at(Code::WrongKind, base.span, title, "a table");
            let problem = problem.and_at(added.span, "the events of the overlay");
            problems.add(problem.help("add the events to the table"));
            return None;
        }
    }
    Some(())
}

/// Whether a value states no event.
fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Empty => true,
        Value::List(items) => items.is_empty(),
        Value::Scalar(..) | Value::Map(_) => false,
    }
}

/// The parts that are either written in the file or in a table.
const TABLES: [&[&str]; 2] = [&["fleet", "instances"], &["metrics"]];

/// Merges mappings key by key; any other value replaces the former one. `path` has the keys of the
/// place. `None` if a table would be merged with what the file itself states.
fn merge<'k>(
    base: &mut Node,
    over: &'k Node,
    path: &mut Vec<&'k str>,
    problems: &mut Problems,
) -> Option<()> {
    let base_span = base.span;
    let is_table = |node: &Node| node.get("file").is_some_and(|file| file.scalar().is_some());
    let (is_base_table, is_over_table) = (is_table(base), is_table(over));
    let (Value::Map(known), Some(added)) = (&mut base.value, over.entries()) else {
        *base = over.clone();
        return Some(());
    };
    let can_be_table = TABLES.contains(&path.as_slice());
    let is_either_empty = known.is_empty() || added.is_empty();
    if can_be_table && is_base_table != is_over_table && !is_either_empty {
        let what = path.last().copied().unwrap_or_default();
        let title = format!("a table of {what} cannot be merged with {what} in a file");
        let here = if is_over_table { "a table" } else { "not a table" };
        let problem = Problem::at(Code::WrongKind, over.span, title, here);
        let problem = problem.and_at(base_span, "of the scenario");
        problems.add(problem.help("write both in the same way"));
        return None;
    }
    for entry in added {
        match known.iter_mut().find(|known| *known.key == *entry.key) {
            Some(known) => {
                path.push(&entry.key);
                merge(&mut known.value, &entry.value, path, problems)?;
                path.pop();
            }
            None => known.push(entry.clone()),
        }
    }
    Some(())
}

/// Changes each path of a file in a scenario.
pub fn change_paths(node: &mut Node, path: &impl Fn(&str) -> String) {
    let change = |node: &mut Node| {
        if let Value::Scalar(text, _) = &mut node.value {
            *text = path(text).into();
        }
    };
    let Value::Map(entries) = &mut node.value else {
        if let Value::List(items) = &mut node.value {
            items.iter_mut().for_each(|item| change_paths(item, path));
        }
        return;
    };
    for Entry { key, value } in entries {
        match &***key {
            "file" | "files" => value.visit(|_| true, &mut |node| change(node)),
            "policy" if value.scalar().is_some_and(|name| name.contains(['/', '.'])) => {
                change(value);
            }
            _ => change_paths(value, path),
        }
    }
}

/// The tree of a file as text.
pub fn tree_text(node: &Node) -> String {
    let mut out = String::new();
    node.entries().unwrap_or_default().iter().for_each(|entry| write_entry(&mut out, entry, 0));
    out
}

fn write_entry(out: &mut String, entry: &Entry, indent: usize) {
    out.push_str(&format!("{}{}:", " ".repeat(indent), yaml_scalar(&entry.key)));
    match &entry.value.value {
        Value::Map(entries) if !entries.is_empty() && indent < DEEPEST => {
            out.push('\n');
            entries.iter().for_each(|entry| write_entry(out, entry, indent + 2));
        }
        Value::List(items) if !items.is_empty() && indent < DEEPEST => {
            out.push('\n');
            for item in items {
                out.push_str(&format!("{}- {}\n", " ".repeat(indent + 2), flow(item)));
            }
        }
        Value::Empty => out.push('\n'),
        Value::Map(_) | Value::List(_) | Value::Scalar(..) => {
            out.push_str(&format!(" {}\n", flow(&entry.value)));
        }
    }
}

/// Indentation from which on mappings and lists are written in one line.
const DEEPEST: usize = 4;

/// A value in one line.
fn flow(node: &Node) -> String {
    match &node.value {
        Value::Empty => "\"\"".to_owned(),
        Value::Scalar(text, _) => yaml_scalar(text),
        Value::List(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let entry =
                |entry: &Entry| format!("{}: {}", yaml_scalar(&entry.key), flow(&entry.value));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            if entries.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Sources;
    use crate::format::parse_yaml;

    fn tree(text: &str) -> Node {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("a.yaml", text);
        parse_yaml(&sources, file, &mut problems).unwrap()
    }

    #[test]
    fn mappings_are_merged_and_events_come_first() {
        let scenario = tree(
            "stayput: scenario/1\nfor: 3d\nfleet: { accounts: { a: { grace: 1d } } }\nevents: [{ at: +1h }]\n",
        );
        let overlay = tree(
            "stayput: overlay/1\nfor: 9d\nfleet: { accounts: { a: { policy: p/q.yaml }, b: {} } }\nevents: [{ at: +0s }]\n",
        );
        let merged =
            overlaid(&scenario, &overlay, AddedEvents::First, &mut Problems::default()).unwrap();
        let mut moved = merged.clone();
        change_paths(&mut moved, &|path| format!("../{path}"));
        let text = tree_text(&moved);
        assert_eq!(
            text,
            "stayput: \"scenario/1\"\nfor: 9d\nfleet:\n  accounts:\n    a: { grace: 1d, policy: \
             \"../p/q.yaml\" }\n    b: {}\nevents:\n  - { at: \"+0s\" }\n  - { at: \"+1h\" }\n"
        );
        assert_eq!(tree_text(&tree(&text)), text, "what is written is read as the same tree");
    }
}
