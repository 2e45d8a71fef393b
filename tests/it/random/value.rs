//! Values of files, and the source of random choices.

use std::collections::BTreeMap;
use std::fmt::Write;

use stayput::diagnostics::{Files, ReadFailure};

/// Random choices, taken one by one; after the last one every choice is 0.
pub(crate) struct Choices<'c>(std::slice::Iter<'c, u16>);

impl<'c> Choices<'c> {
    pub(crate) fn new(choices: &'c [u16]) -> Self {
        Self(choices.iter())
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % n.max(1)
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Once in `n` times; never where choices have ended.
    pub(super) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
}

/// A value of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Val {
    Text(String),
    List(Vec<Val>),
    /// A mapping in which the order of keys means nothing.
    Map(Vec<(String, Val)>),
}

impl Val {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn list<'t>(items: impl IntoIterator<Item = &'t str>) -> Self {
        Self::List(items.into_iter().map(Self::text).collect())
    }

    /// The same with its keys in another order.
    pub(super) fn turned(&self) -> Self {
        match self {
            Self::Text(_) => self.clone(),
            Self::List(items) => Self::List(items.iter().map(Self::turned).collect()),
            Self::Map(entries) => {
                let entries = entries.iter().rev();
                Self::Map(entries.map(|(key, value)| (key.clone(), value.turned())).collect())
            }
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push_str("{ ");
                for (at, (key, value)) in entries.iter().enumerate() {
                    let _ = write!(out, "{}{key}: ", if at > 0 { ", " } else { "" });
                    value.write(out);
                }
                out.push_str(" }");
            }
        }
    }

    /// The value as a cell of a table; `None` if it does not fit into one.
    fn cell(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim_matches('"').to_owned()),
            Self::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(Self::cell).collect();
                items.map(|items| items.join(";"))
            }
            Self::Map(entries) => {
                let pairs = entries.iter().map(|(key, value)| match value {
                    Self::Text(text) => Some(format!("{key}={text}")),
                    // In a cell a `;` separates pairs.
                    Self::List(items) if items.len() == 1 => {
                        items[0].cell().map(|item| format!("{key}={item}"))
                    }
                    Self::List(_) | Self::Map(_) => None,
                });
                pairs.collect::<Option<Vec<String>>>().map(|pairs| pairs.join(";"))
            }
        }
    }
}

/// Keys and values, to be built.
#[derive(Default)]
pub(super) struct Keys(pub(super) Vec<(String, Val)>);

impl Keys {
    pub(super) fn add(&mut self, key: &str, value: Val) {
        self.0.push((key.to_owned(), value));
    }

    pub(super) fn text(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, Val::text(value));
    }
}

/// Rows as a CSV file with a column for each key; `None` if a value does not fit into a cell.
pub(super) fn table(rows: &[Vec<(String, Val)>]) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let mut columns: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flatten() {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let mut out = columns.join(",") + "\n";
    for row in rows {
        let cells = columns.iter().map(|column| match row.iter().find(|(key, _)| key == column) {
            Some((_, value)) => value.cell(),
            None => Some(String::new()),
        });
        out.push_str(&cells.collect::<Option<Vec<String>>>()?.join(","));
        out.push('\n');
    }
    Some(out)
}

/// Files that are in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(pub(super) BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, _from: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let text = self.0.get(path).cloned();
        let none = || ReadFailure { what: "no such file".to_owned(), help: None };
        let text = text.ok_or_else(none)?;
        Ok((path.to_owned(), text))
    }
}
