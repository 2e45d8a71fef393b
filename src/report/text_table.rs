//! Text layout: aligned columns, wrapped lines, and colour that repeats what words already show.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use unicode_width::UnicodeWidthStr;

use crate::words::Outcome;

/// Whether to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    /// `text` in `style` if colour is used, else unchanged.
    pub fn style(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// `text` in bold.
    pub fn bold(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    /// `text` dimmed.
    pub fn dim(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    /// `text` in green.
    pub fn good(self, text: &str) -> String {
        self.style(AnsiColor::Green.on_default(), text)
    }

    /// `text` in bold red.
    pub fn bad(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    /// The style of an outcome: green if a protection held, red if a protection was overridden,
    /// yellow if the instance was lost without a protection that is known to have been on.
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

/// Rows in aligned columns with two spaces between them and no trailing spaces. `right` contains
/// the indices of the columns that are aligned to the right.
pub fn table(rows: Vec<Vec<String>>, right: &[usize]) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Number of names that [`name_list`] shows.
const MOST_NAMES: usize = 6;

/// The first names, and the number of further ones.
pub(super) fn name_list(names: &[&str]) -> String {
    let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(" ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Width of a line, in columns, if the output is not a terminal.
pub const WIDTH: usize = 80;

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Whether to use colour.
    pub paint: Paint,
    /// Most columns in a line.
    pub width: usize,
}

/// The width of a text in columns.
fn columns(text: &str) -> usize {
    text.width()
}

/// `text` in lines of at most `width` columns, broken between words. `first` precedes the first
/// line, and the other lines are indented by its width. A word that is too long is not broken, so
/// that it can be copied.
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

/// Rows in aligned columns, indented by two spaces. If they are wider than `width`, the cells from
/// index `tail` on follow on lines of their own, indented by six spaces.
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
