//! Parts that several statements of a policy file share: names, lines of text, lists of sources.

use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::format::{Entry, Name, Node, OneOrMany, Read, Style, Value};

/// A name as written.
pub type WrittenText = Spanned<Box<str>>;

/// A value as one line: `manual or expiry`, `not remove`, `flag-on-spot works`.
pub(super) fn words_written(node: &Node) -> String {
    match &node.value {
        Value::Empty => String::new(),
        Value::Scalar(text, _) => text.to_string(),
        Value::List(items) => items.iter().map(words_written).collect::<Vec<_>>().join(" or "),
        Value::Map(entries) => {
            let each = entries.iter().map(|e| format!("{} {}", *e.key, words_written(&e.value)));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A text that reports print in a cell.
pub(super) fn read_line(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = String::read(node, problems)?;
    if let Some(harm) = Name::harm(&text) {
        let problem = if Name::is_too_long(&text) {
            let (title, label) =
                ("this text is too long for a report", format!("{} bytes", text.len()));
            let problem = Problem::at(Code::BadName, node.span, title, label);
            problem.help("shorten it to at most 255 bytes")
        } else {
            Problem::at(Code::BadName, node.span, "this text is not safe in a report", harm)
        };
        problems.add(problem);
        // The key is there, so that nothing else is reported as missing.
        return Some(String::new());
    }
    Some(text)
}

/// The documents that a key `source` cites.
pub fn read_sources(node: &Node, problems: &mut Problems) -> Vec<Spanned<String>> {
    OneOrMany::read(node, problems).map(|many: OneOrMany<_>| many.0).unwrap_or_default()
}

/// A mapping from ids, as a list of items with ids.
pub fn listed(node: &Node) -> Node {
    let Value::Map(entries) = &node.value else { return node.clone() };
    let items = entries.iter().map(|entry| {
        let mut item = Node::clone(&entry.value);
        if let Value::Map(keys) = &mut item.value
            && keys.iter().all(|known| &**known.key != "id")
        {
            let id = Node {
                value: Value::Scalar(entry.key.value.clone(), Style::Plain),
                span: entry.key.span,
            };
            keys.insert(
                0,
                Entry { key: Spanned::new("id".into(), entry.key.span), value: id.into() },
            );
        }
        item
    });
    Node { value: Value::List(items.collect()), span: node.span }
}
