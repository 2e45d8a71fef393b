//! A file as a tree: what was written, not yet what it means.

use crate::diagnostics::{Span, Spanned};

/// A piece of a file with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// What a piece of a file is. Scalars are text: the schema types them, never their look.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing at all behind a key.
    Empty,
    /// A word or a quoted text.
    Scalar(Box<str>, Style),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Map(Vec<Entry>),
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Bare.
    Plain,
    /// In quotes, or as a block of text.
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
    /// Its kind, for a message.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Empty => "nothing",
            Value::Scalar(text, _) if text.is_empty() => "an empty text",
            Value::Scalar(..) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The text, if it is a scalar.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            Value::Empty | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The entries, if it is a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Empty | Value::Scalar(..) | Value::List(_) => None,
        }
    }

    /// The value of a key, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.iter().find(|entry| &**entry.key == key).map(|entry| &entry.value)
    }

    /// The value of a key to be changed, if it is a mapping that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|e| &**e.key == key).map(|entry| &mut entry.value)
            }
            Value::Empty | Value::Scalar(..) | Value::List(_) => None,
        }
    }

    /// Visits every node of the tree from the top, which may replace it.
    pub fn visit(&mut self, f: &mut impl FnMut(&mut Self)) {
        f(self);
        match &mut self.value {
            Value::Empty | Value::Scalar(..) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.visit(f)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| entry.value.visit(f)),
        }
    }
}
