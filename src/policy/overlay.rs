//! Merges an edition with the edition that it extends, and requires that every changed conclusion
//! has its own source or confidence.

use super::facts::Column;
use super::written::listed;
use super::written_condition::words_of;
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned};
use crate::format::{Entry, Node, Read, Style, Value};
use crate::words::{Confidence, Word};

/// Keys about the basis and wording of a statement, which are not part of its conclusion.
const BASIS: &[&str] = &["source", "confidence", "because", "remedy", "unreachable"];

/// Keys that only name a statement or a protection.
const NAMES: &[&str] = &["id", "about", "title", "attribute"];

/// Keys that are removed with a replaced conclusion, because they support only that conclusion.
const EVIDENCE: &[&str] = &["source", "confidence", "because", "remedy"];

/// The kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatementKind {
    /// A rule of a table that is proved, so that a cell without it needs another rule.
    Rule,
    /// A rule that may be absent: a refusal, a step, `works-when`.
    Optional,
    /// Figures, lists or limits that share one source.
    Figures,
    /// A switch.
    Switch,
    /// A source or a note.
    Document,
}

/// The kind of statement at a path of keys; `None` if the path is not a statement.
fn statement_at(path: &[&str]) -> Option<StatementKind> {
    Some(match path {
        ["protections", _, "works-when"] | ["preconditions", _] | ["clocks", _, _] => {
            StatementKind::Optional
        }
        ["protections", _, "settable"]
        | ["schedule" | "hooks" | "repairs" | "trail"]
        | ["scale-in", "orders", _] => StatementKind::Figures,
        ["switches", _] => StatementKind::Switch,
        ["sources" | "notes", _] => StatementKind::Document,
        ["protections", _, "rules", _]
        | ["permissions", "calls", _]
        | ["trail", "records", _]
        | ["schedule", "due" | "settled", _]
        | ["hooks", "holds", _]
        | ["scale-in" | "defaults", _, _] => StatementKind::Rule,
        [
            "protections" | "permissions" | "trail" | "space" | "schedule" | "hooks" | "repairs"
            | "scale-in" | "defaults",
            ..,
        ] => {
            return None;
        }
        // A clock is a list of steps; the step is the statement.
        ["clocks", _] => return None,
        [_, _] => StatementKind::Rule,
        _ => return None,
    })
}

/// Whether a key of a statement contains further statements.
fn is_section(path: &[&str], key: &str) -> bool {
    match path {
        ["schedule"] => matches!(key, "due" | "settled"),
        ["hooks"] => key == "holds",
        ["trail"] => key == "records",
        _ => false,
    }
}

/// The merge of an edition with the edition that it extends.
pub struct Overlay<'p> {
    /// Name of the extended edition.
    pub extends: &'p str,
    /// Spans of the keys of statements whose conclusion differs from the extended edition.
    pub changed: &'p mut Vec<Span>,
    /// Every mistake found so far.
    pub problems: &'p mut Problems,
    /// Paths of statements that lost a key by `drops`, with the span of the drop.
    removed: Vec<(String, Span)>,
}

/// The path of keys to a node.
type Path = Vec<Spanned<Box<str>>>;

/// How an overlay changes a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// It matches the same situations.
    Same,
    /// It matches fewer situations.
    Narrower,
    /// It matches situations that it did not match.
    Other,
}

impl<'p> Overlay<'p> {
    /// A merge that has not begun.
    pub const fn new(
        extends: &'p str,
        changed: &'p mut Vec<Span>,
        problems: &'p mut Problems,
    ) -> Self {
        Self { extends, changed, problems, removed: Vec::new() }
    }

    /// Removes the dropped keys from `base`, and merges `over` into it.
    pub fn apply(&mut self, base: &mut Node, over: Node) {
        self.drop_keys(base, &over);
        self.merge(&mut Vec::new(), base, over);
        for (path, span) in std::mem::take(&mut self.removed) {
            let name = path.rsplit('.').next().unwrap_or(&path).to_owned();
            self.refuse(&name, span, "this removes its scope or its conclusion", None);
        }
    }

    /// Merges mappings by key and lists of items with ids by id; replaces everything else.
    fn merge(&mut self, path: &mut Path, base: &mut Node, over: Node) {
        let keys: Vec<&str> = path.iter().map(|key| &*key.value).collect();
        let statement = statement_at(&keys);
        if matches!(keys.last(), Some(&("remedy" | "answer"))) {
            *base = over;
            return;
        }
        let is_clock = matches!(keys[..], ["clocks", _]);
        let are_maps = matches!((&base.value, &over.value), (Value::Map(_), Value::Map(_)));
        let have_parts = |node: &Node| matches!(node.value, Value::Map(_) | Value::List(_));
        if is_clock && have_parts(base) && have_parts(&over) {
            *base = listed(base);
            self.join(path, base, listed(&over));
        } else if are_maps {
            if let Some(statement) = statement {
                self.check_evidence(path, statement, base, &over);
            }
            self.join_maps(path, base, over);
        } else if has_ids(base) && has_ids(&over) {
            self.join(path, base, over);
        } else {
            *base = over;
        }
    }

    fn join_maps(&mut self, path: &mut Path, base: &mut Node, over: Node) {
        let Value::Map(new) = over.value else { return };
        let Value::Map(entries) = &mut base.value else { return };
        for entry in new {
            match entries.iter_mut().find(|known| known.key.value == entry.key.value) {
                // Problems are reported at the span of the change.
                Some(known) => {
                    known.key = entry.key;
                    path.push(known.key.clone());
                    self.merge(path, &mut known.value, entry.value.into_node());
                    path.pop();
                }
                None => entries.push(entry),
            }
        }
        base.span = over.span;
    }

    /// Merges two lists by the ids of their items. A list with an item without an id replaces the
    /// other list.
    fn join(&mut self, path: &mut Path, base: &mut Node, over: Node) {
        if !has_ids(base) || !has_ids(&over) {
            *base = over;
            return;
        }
        let Value::List(new) = over.value else { return };
        let Value::List(items) = &mut base.value else { return };
        for item in new {
            let id = id_of(&item);
            let same = |known: &&mut Node| id.as_ref().is_some_and(|id| has_id(known, id));
            match (&id, items.iter_mut().find(same)) {
                (Some(id), Some(known)) => {
                    path.push(id.clone());
                    self.merge(path, known, item);
                    path.pop();
                }
                _ => items.push(item),
            }
        }
        base.span = over.span;
    }

    /// Requires a source or a confidence for a statement with a changed conclusion, and removes the
    /// evidence of the replaced one.
    fn check_evidence(
        &mut self,
        path: &[Spanned<Box<str>>],
        statement: StatementKind,
        base: &mut Node,
        over: &Node,
    ) {
        let keys: Vec<&str> = path.iter().map(|key| &*key.value).collect();
        let Some(key) = path.last() else { return };
        let name = &*key.value;
        let whole = keys.join(".");
        let removed = self.removed.iter().position(|(removed, _)| *removed == whole);
        let removed = removed.map(|at| self.removed.swap_remove(at).1);
        let changes: Vec<&Entry> = over
            .entries()
            .unwrap_or_default()
            .iter()
            .filter(|entry| {
                !is_section(&keys, &entry.key) && changes(statement, &keys, base, entry)
            })
            .collect();
        let first = changes.first().map(|entry| entry.key.span).or(removed);
        let has = |key| over.get(key).is_some();
        let Some(first) = first else {
            if claims_more(statement, base, over) && !has("source") {
                let span = over.get("confidence").map_or(over.span, |node| node.span);
                self.refuse(
                    name,
                    span,
                    "higher confidence than the replaced statement",
                    Some(base.span),
                );
            }
            return;
        };
        let stands = match statement {
            StatementKind::Document => has("source") && keys[0] == "notes",
            StatementKind::Rule
            | StatementKind::Optional
            | StatementKind::Figures
            | StatementKind::Switch => has("source") || has("confidence"),
        };
        if statement == StatementKind::Document && keys[0] == "sources" {
            self.refuse_source(name, first, base.span);
            return;
        }
        // An answer with its own source may be replaced alone; the rest of the rule is unchanged.
        let answers = |entry: &&Entry| &**entry.key == "answer" && stands_alone(&entry.value);
        if removed.is_none() && changes.iter().all(answers) {
            return;
        }
        if !stands {
            self.refuse(name, first, "changed here", Some(base.span));
        }
        self.changed.push(key.span);
        let span = base.span;
        let Value::Map(entries) = &mut base.value else { return };
        let concludes = changes.iter().any(|entry| is_conclusion(&keys, &entry.key));
        entries.retain(|entry| match &**entry.key {
            // The question of a switch does not depend on its default.
            "because" if statement == StatementKind::Switch => true,
            "answer" => !concludes,
            key => !EVIDENCE.contains(&key),
        });
        // From here on the statement counts as assumed, so that the mistake is reported only once.
        if !stands && statement != StatementKind::Document {
            entries.push(assumed(span));
        }
    }

    fn refuse_source(&mut self, name: &str, first: Span, base: Span) {
        let title = format!("the source `{name}` is already defined in {}", self.extends);
        self.problems.add(
            Problem::at(Code::NoSource, first, title, "a different document under the same key")
                .and_at(base, "defined here")
                .help("use another key for this document"),
        );
    }

    fn refuse(&mut self, name: &str, span: Span, label: &str, base: Option<Span>) {
        let title = format!(
            "`{name}` changes what {} states, but has neither `source` nor `confidence`",
            self.extends
        );
        let mut problem = Problem::at(Code::NoSource, span, title, label);
        if let Some(base) = base {
            problem = problem.and_at(first_of(base), "replaced statement");
        }
        self.problems.add(
            problem
                .note("the source of the replaced statement does not cover the new one")
                .help("add `source:` and define the document under `sources:`")
                .help("or write `confidence: assumed` for a rule of your own or a what-if"),
        );
    }

    /// Removes the keys under `drops` from the extended edition.
    fn drop_keys(&mut self, base: &mut Node, over: &Node) {
        let items = match over.get("drops").map(|node| &node.value) {
            Some(Value::List(items)) => items.as_slice(),
            _ => &[],
        };
        // The paths are read one by one, so that an invalid path does not hide mistakes in others.
        let drops: Vec<_> =
            items.iter().filter_map(|item| Spanned::<String>::read(item, self.problems)).collect();
        for path in drops {
            let (parent, key) = path.rsplit_once('.').unwrap_or(("", &path));
            let steps: Vec<&str> = parent.split('.').filter(|step| !step.is_empty()).collect();
            let owner = steps.iter().try_fold(&mut *base, |node, step| child(node, step));
            if !owner.is_some_and(|node| remove(node, key)) {
                let title = format!("unknown key `{}` in the extended edition", *path);
                self.problems.add(
                    Problem::at(Code::UnknownRule, path.span, title, "nothing to remove")
                        .note("a path has the form `protections.release-protection.rules.RP5`"),
                );
                continue;
            }
            let wording = matches!(key, "source" | "because" | "remedy" | "about" | "title");
            // A switch without a default has no conclusion: each scenario sets it.
            let opens = steps.first() == Some(&"switches") && matches!(key, "default" | "cautious");
            let says = statement_at(&steps).is_some() && !is_section(&steps, key);
            if says && !wording && !opens {
                self.removed.push((parent.to_owned(), path.span));
            }
        }
    }
}

/// Whether an answer has its own source or confidence.
fn stands_alone(answer: &Node) -> bool {
    answer.get("source").is_some() || answer.get("confidence").is_some()
}

/// The first byte of a span, so that messages do not show a long statement.
fn first_of(span: Span) -> Span {
    Span { end: span.start + 1, ..span }
}

/// Whether a key of a statement is part of its conclusion, not a condition.
fn is_conclusion(path: &[&str], key: &str) -> bool {
    let asked = path[0] == "clocks" && matches!(key, "action" | "trigger");
    asked || (Column::named(key).is_none() && key != "if")
}

/// Whether an entry of an overlay changes a statement in more than its wording.
fn changes(statement: StatementKind, path: &[&str], base: &Node, entry: &Entry) -> bool {
    let key: &str = &entry.key;
    if NAMES.contains(&key) && statement != StatementKind::Document
        || BASIS.contains(&key)
        || key.starts_with("x-")
    {
        return false;
    }
    if is_conclusion(path, key) {
        return base.get(key).is_none_or(|old| !same(old, &entry.value));
    }
    let scope = scope(key, base.get(key), &entry.value);
    match statement {
        StatementKind::Rule => scope == Scope::Other,
        StatementKind::Optional
        | StatementKind::Figures
        | StatementKind::Switch
        | StatementKind::Document => scope != Scope::Same,
    }
}

/// How an overlay changes a condition.
fn scope(key: &str, old: Option<&Node>, new: &Node) -> Scope {
    let Some(old) = old else { return Scope::Narrower };
    let Some(column) = Column::named(key) else { return assuming(old, new) };
    match (words_of(column, old), words_of(column, new)) {
        (Some(old), Some(new)) if old == new => Scope::Same,
        (Some(old), Some(new)) if new & !old == 0 => Scope::Narrower,
        _ => Scope::Other,
    }
}

/// How an overlay changes a condition on switches, which are merged by name.
fn assuming(old: &Node, new: &Node) -> Scope {
    let entries = new.entries().unwrap_or_default().iter();
    let each = entries.map(|entry| {
        let Some(old) = old.get(&entry.key) else { return Scope::Narrower };
        let (old, new) = (items(old), items(&entry.value));
        let within = |a: &[&Node], b: &[&Node]| a.iter().all(|a| b.iter().any(|b| same(a, b)));
        match (within(&new, &old), within(&old, &new)) {
            (true, true) => Scope::Same,
            (true, false) => Scope::Narrower,
            (false, _) => Scope::Other,
        }
    });
    each.max().unwrap_or(Scope::Same)
}

/// Whether an overlay claims a higher confidence for a statement.
fn claims_more(statement: StatementKind, base: &Node, over: &Node) -> bool {
    let silent = match statement {
        StatementKind::Switch => Confidence::Unconfirmed,
        StatementKind::Rule
        | StatementKind::Optional
        | StatementKind::Figures
        | StatementKind::Document => Confidence::Documented,
    };
    let read = |node: &Node| Confidence::spelled(node.get("confidence")?.scalar()?);
    read(over).is_some_and(|new| new < read(base).unwrap_or(silent))
}

/// The items of a list; any other node is a single item.
fn items(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Empty | Value::Scalar(..) | Value::Map(_) => vec![node],
    }
}

/// Whether two nodes are equal, ignoring the order of keys.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Map(a), Value::Map(b)) => {
            let find = |key: &str| b.iter().find(|entry| &**entry.key == key);
            a.len() == b.len()
                && a.iter().all(|e| find(&e.key).is_some_and(|other| same(&e.value, &other.value)))
        }
        (Value::Scalar(a, _), Value::Scalar(b, _)) => a == b,
        (Value::Empty, Value::Empty) => true,
        (Value::List(_), _) | (_, Value::List(_)) => {
            let (a, b) = (items(a), items(b));
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same_item(a, b))
        }
        _ => false,
    }
}

/// As [`same`] for items of a list, where a list is not equal to its only item.
fn same_item(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_item(a, b))
        }
        (Value::List(_), _) | (_, Value::List(_)) => false,
        _ => same(a, b),
    }
}

/// Whether every item of a list has an id.
fn has_ids(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().all(|item| item.get("id").is_some()),
        Value::Empty | Value::Scalar(..) | Value::Map(_) => false,
    }
}

/// The entry `confidence: assumed`.
fn assumed(span: Span) -> Entry {
    let value = Value::Scalar(Confidence::Assumed.word().into(), Style::Plain);
    Entry { key: Spanned::new("confidence".into(), span), value: Node { value, span }.into() }
}

/// The id of an item of a list.
fn id_of(item: &Node) -> Option<Spanned<Box<str>>> {
    let id = item.get("id")?;
    Some(Spanned::new(id.scalar()?.into(), id.span))
}

/// Whether an item of a list has this id.
fn has_id(item: &Node, id: &str) -> bool {
    item.get("id").and_then(Node::scalar) == Some(id)
}

/// The child of a node with a key or id.
fn child<'n>(node: &'n mut Node, step: &str) -> Option<&'n mut Node> {
    match &mut node.value {
        Value::Map(entries) => {
            entries.iter_mut().find(|e| &**e.key == step).map(|entry| &mut *entry.value)
        }
        Value::List(items) => items.iter_mut().find(|item| has_id(item, step)),
        Value::Empty | Value::Scalar(..) => None,
    }
}

/// Removes a key or an item; returns whether it existed.
fn remove(node: &mut Node, key: &str) -> bool {
    match &mut node.value {
        Value::Map(entries) => {
            let before = entries.len();
            entries.retain(|entry| &**entry.key != key);
            entries.len() < before
        }
        Value::List(items) => {
            let before = items.len();
            items.retain(|item| !has_id(item, key));
            items.len() < before
        }
        Value::Empty | Value::Scalar(..) => false,
    }
}
