//! A file as a tree of untyped nodes.

use crate::diagnostics::{Span, Spanned};

/// A node of a file.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The span of the value in the file.
    pub span: Span,
}

/// The value of a node. Scalars are texts; their type follows from the record that they belong to.
#[derive(Debug, Clone)]
pub enum Value {
    /// A key without a value.
    Empty,
    /// A single value.
    Scalar(Box<str>, Style),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In quotes, or as a block scalar.
    Quoted,
    /// In a cell of a CSV file, where lists are joined by `;`.
    Cell,
}

/// One key of a mapping and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Spanned<Box<str>>,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The kind of the value, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Empty => "nothing",
            Value::Scalar(text, _) if text.is_empty() => "an empty text",
            Value::Scalar(..) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The text of a scalar; `None` for any other value.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            Value::Empty | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The entries of a mapping; `None` for any other value.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Empty | Value::Scalar(..) | Value::List(_) => None,
        }
    }

    /// The value of a key; `None` if the node is not a mapping that has the key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.iter().find(|entry| &**entry.key == key).map(|entry| &entry.value)
    }

    /// The value of a key, mutably; `None` if the node is not a mapping that has the key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|e| &**e.key == key).map(|entry| &mut entry.value)
            }
            Value::Empty | Value::Scalar(..) | Value::List(_) => None,
        }
    }

    /// Calls `f` for every node of the tree, parents first. `f` may replace the node.
    pub fn visit(&mut self, f: &mut impl FnMut(&mut Self)) {
        f(self);
        match &mut self.value {
            Value::Empty | Value::Scalar(..) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.visit(f)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| entry.value.visit(f)),
        }
    }
}
