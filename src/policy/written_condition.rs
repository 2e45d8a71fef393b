//! Conditions as written: the words of a column in a rule or in a space.

use super::facts::Column;
use crate::diagnostics::{Code, Problem, Problems, Span, Suggestion};
use crate::format::{Entry, Node, Value, check_set, expected_kind};

/// A column that a rule tests.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    /// The column.
    pub column: Column,
    /// Its location.
    pub span: Span,
    /// The words that it matches, as a mask.
    pub words: u32,
    /// Whether it is `{ not: … }`, which may match words outside the space.
    pub negated: bool,
}

/// Whether a condition is `{ not: … }`.
pub(super) fn is_negated(node: &Node) -> bool {
    matches!(node.entries(), Some([Entry { key, .. }]) if &*key.value == "not")
}

/// The words of a condition on a column, as a mask; `None` if it cannot be read.
pub fn words_of(column: Column, node: &Node) -> Option<u32> {
    read_words(column, node, &mut Problems::default())
}

/// The words of a condition on a column, as a mask: a word, a list, or `{ not: … }`.
pub(super) fn read_words(column: Column, node: &Node, problems: &mut Problems) -> Option<u32> {
    if let (true, Some([Entry { value, .. }])) = (is_negated(node), node.entries()) {
        let all = u32::MAX >> (32 - column.words().len());
        return read_words(column, value, problems).map(|words| all & !words);
    }
    let one = std::slice::from_ref(node);
    let items: &[Node] = match &node.value {
        Value::List(items) => items,
        Value::Empty | Value::Scalar(..) | Value::Map(_) => one,
    };
    if items.is_empty() {
        let title = "an empty list matches nothing, so this rule never applies";
        problems.add(Problem::at(Code::MatchesNothing, node.span, title, "no word"));
        return None;
    }
    check_set(items, problems);
    let choices = column.choices();
    let mut mask = 0;
    let mut good = true;
    for item in items {
        let Some(text) = item.scalar() else {
            problems.add(expected_kind(item, "a word or a list of words"));
            return None;
        };
        if let Some((_, taken)) = choices.iter().find(|(word, _)| *word == text) {
            mask |= taken;
        } else {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let title = format!("unknown word `{text}` for the column `{}`", column.name());
            let problem = Problem::at(Code::UnknownWord, item.span, title, "unknown word");
            let problem = problem.suggest(&Suggestion::of(text, None, words.iter().copied()));
            problems.add(problem.note(format!("one of: {}", words.join(", "))));
            good = false;
        }
    }
    good.then_some(mask)
}

/// The columns of a `space:`, each with its words.
pub fn read_space(node: &Node, problems: &mut Problems) -> Vec<(Column, Vec<u8>)> {
    let Some(entries) = node.entries() else {
        problems.add(expected_kind(node, "a mapping from columns to words"));
        return Vec::new();
    };
    let mut columns = Vec::new();
    for Entry { key, value } in entries {
        let Some(column) = Column::named(key) else {
            let names = Column::ALL.iter().map(|column| column.name());
            let title = format!("unknown column `{}`", **key);
            let problem = Problem::at(Code::UnknownWord, key.span, title, "unknown column");
            problems.add(problem.suggest(&Suggestion::of(key, None, names)));
            continue;
        };
        if let Some(mut mask) = read_words(column, value, problems) {
            if !is_negated(value) {
                // A set of locks that a space does not list is in no cell of it.
                let others = column.choices().into_iter().filter(|(_, taken)| taken & !mask != 0);
                mask &= !others.fold(0, |others, (_, taken)| others | taken);
            }
            columns.push((column, (0..32).filter(|word| mask >> word & 1 == 1).collect()));
        }
    }
    columns.sort_by_key(|(column, _)| *column);
    columns
}
