//! Text for people: aligned columns, and colour that never says anything alone.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use unicode_width::UnicodeWidthStr;

use crate::words::Outcome;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    /// `text` in a style, if colour is wanted.
    pub fn style(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// `text` in bold.
    pub fn bold(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    /// `text`, set back.
    pub fn dim(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    /// `text` as something good.
    pub fn good(self, text: &str) -> String {
        self.style(AnsiColor::Green.on_default(), text)
    }

    /// `text` as something bad.
    pub fn bad(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    /// The colour of an outcome: kept in green, lost in spite of a protection in
    /// red, lost without one, as far as is known, in yellow.
    pub const fn of(outcome: Outcome) -> Style {
        match outcome {
            Outcome::Held => AnsiColor::Green.on_default(),
            Outcome::Overridden => AnsiColor::Red.on_default().bold(),
            Outcome::Unprotected | Outcome::Undetermined => AnsiColor::Yellow.on_default(),
            Outcome::Denied
            | Outcome::Deferred
            | Outcome::Skipped
            | Outcome::Spared
            | Outcome::NoOp => AnsiColor::Cyan.on_default(),
        }
    }
}

/// Rows in aligned columns, two spaces between them, nothing behind the last one.
pub fn table(rows: Vec<Vec<String>>, right: &[usize]) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        table.add_row(row);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Number of names that [`name_list`] shows.
const MOST_NAMES: usize = 6;

/// The first names, and how many more there are.
pub(super) fn name_list(names: &[&str]) -> String {
    let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(" ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// How wide a text may be where there is no terminal to ask.
pub const WIDTH: usize = 80;

/// What a text for people is written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Whether to colour.
    pub paint: Paint,
    /// How many columns a line may have.
    pub width: usize,
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
    text.width()
}

/// A text in lines that fit, broken between words: `first` stands before the first line, and the
/// others are set in as far. A single word that is too long stays whole, to be copied.
pub fn hanging(first: &str, text: &str, width: usize) -> Vec<String> {
    let indent = columns(first);
    let mut lines = vec![first.to_owned()];
    let mut used = indent;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let size = columns(word);
        let begun = used > indent;
        if begun && used + 1 + size > width {
            lines.push(" ".repeat(indent));
            used = indent;
        } else if begun {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
            }
            used += 1;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        used += size;
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Rows in aligned columns, each after two spaces. Where they do not fit, the cells from the place
/// `tail` on stand below the others, set in by six; each row is then several lines.
pub fn folded(
    rows: &[Vec<String>],
    right: &[usize],
    tail: usize,
    width: usize,
) -> Vec<Vec<String>> {
    let whole = table(rows.to_vec(), right);
    if whole.iter().all(|line| columns(line) + 2 <= width) {
        return whole.into_iter().map(|line| vec![format!("  {line}")]).collect();
    }
    let heads = rows.iter().map(|row| row.iter().take(tail).cloned().collect()).collect();
    let heads = table(heads, right).into_iter().zip(rows);
    let row = |(head, row): (String, &Vec<String>)| {
        let mut lines = if columns(&head) + 2 <= width {
            vec![format!("  {head}")]
        } else {
            hanging("  ", &head, width)
        };
        let rest: Vec<&str> = row
            .iter()
            .skip(tail)
            .map(String::as_str)
            .filter(|cell| !matches!(*cell, "" | "-"))
            .collect();
        if !rest.is_empty() {
            lines.extend(hanging("      ", &rest.join("  "), width));
        }
        lines
    };
    heads.map(row).collect()
}

/// The text, with no line that a CI server would read as a command: one begins with `::`.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    if text.starts_with("::") || text.contains("\n::") {
        let lines = text
            .split('\n')
            .map(|line| if line.starts_with("::") { format!(" {line}") } else { line.to_owned() });
        return lines.collect::<Vec<_>>().join("\n").into();
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_long_words_stay_whole() {
        assert_eq!(hanging("- ", "one two three", 9), ["- one two", "  three"]);
        assert_eq!(hanging("", "a-very-long-word b", 5), ["a-very-long-word", "b"]);
        assert_eq!(hanging("ab: ", "", 9), ["ab:"]);
    }

    #[test]
    fn a_table_that_does_not_fit_is_folded() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "bb", "before -> after"]), row(["aa", "b", "x"])];
        assert_eq!(folded(&rows, &[], 2, 80), [["  a   bb  before -> after"], ["  aa  b   x"]]);
        assert_eq!(
            folded(&rows, &[], 2, 16),
            [vec!["  a   bb", "      before ->", "      after"], vec!["  aa  b", "      x"]]
        );
    }
}
