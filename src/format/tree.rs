//! A file as a tree of untyped nodes.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

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
    pub value: SharedNode,
}

/// A node that copies of its tree share until one of them changes it. So a case costs what it
/// changes.
#[derive(Debug, Clone)]
pub struct SharedNode(Arc<Node>);

impl From<Node> for SharedNode {
    fn from(node: Node) -> Self {
        Self(Arc::new(node))
    }
}

impl Deref for SharedNode {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

/// The node is copied if another tree shares it.
impl DerefMut for SharedNode {
    fn deref_mut(&mut self) -> &mut Node {
        Arc::make_mut(&mut self.0)
    }
}

impl SharedNode {
    /// The node, which is copied if another tree shares it.
    pub fn into_node(self) -> Node {
        Arc::unwrap_or_clone(self.0)
    }
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
        self.entries()?.iter().find(|entry| &**entry.key == key).map(|entry| &*entry.value)
    }

    /// The value of a key, mutably; `None` if the node is not a mapping that has the key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|e| &**e.key == key).map(|entry| &mut *entry.value)
            }
            Value::Empty | Value::Scalar(..) | Value::List(_) => None,
        }
    }

    /// Whether a node of the tree meets `is`.
    pub fn any(&self, is: &mut impl FnMut(&Self) -> bool) -> bool {
        if is(self) {
            return true;
        }
        match &self.value {
            Value::Empty | Value::Scalar(..) => false,
            Value::List(items) => items.iter().any(|item| item.any(is)),
            Value::Map(entries) => entries.iter().any(|entry| entry.value.any(is)),
        }
    }

    /// Calls `f` for this node, and for every node below it that meets `is` or has such a node
    /// below it, parents first. `f` may replace the node. Other nodes stay shared.
    pub fn visit(&mut self, is: fn(&Self) -> bool, f: &mut impl FnMut(&mut Self)) {
        f(self);
        match &mut self.value {
            Value::Empty | Value::Scalar(..) => {}
            Value::List(items) => {
                let items = items.iter_mut().filter(|item| item.any(&mut { is }));
                items.for_each(|item| item.visit(is, f));
            }
            Value::Map(entries) => {
                let entries = entries.iter_mut().filter(|entry| entry.value.any(&mut { is }));
                entries.for_each(|entry| entry.value.visit(is, f));
            }
        }
    }
}
