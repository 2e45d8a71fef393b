//! Text layout: aligned columns, wrapped lines, and colour that repeats the meaning of words.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::diagnostics::is_ci_command;
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

/// Width of a line, in columns, if the output is not a terminal.
pub const WIDTH: usize = 80;

/// The layout of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Whether to use colour.
    pub paint: Paint,
    /// Most columns in a line.
    pub width: usize,
}

/// The width of a text in columns.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// `text` in lines of at most `width` columns, broken between words. `first` precedes the first
/// line, and the other lines are indented by its width. A word that is longer than a line is broken
/// as well.
pub fn hanging(first: &str, text: &str, width: usize) -> Vec<String> {
    let indent = columns(first);
    let room = width.saturating_sub(indent).max(LEAST_ROOM);
    if columns(text) <= room {
        return vec![format!("{first}{text}").trim_end().to_owned()];
    }
    let mut lines = vec![first.to_owned()];
    let mut used = 0;
    let mut put = |word: &str| {
        let size = columns(word);
        let gap = usize::from(used > 0);
        if used + gap + size > room && used > 0 {
            lines.push(" ".repeat(indent));
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if used > 0 { " " } else { "" });
            line.push_str(word);
        }
        used += size + usize::from(used > 0);
    };
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        pieces(word, room).into_iter().for_each(&mut put);
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Fewest columns that a text gets, however narrow the page.
const LEAST_ROOM: usize = 8;

/// A word in pieces of at most `room` columns. It is broken after punctuation if that is possible.
/// An address stays whole, so that it can be followed.
fn pieces(word: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    if word.contains("://") {
        return vec![word];
    }
    let mut rest = word;
    while columns(rest) > room {
        let (mut used, mut end, mut soft) = (0, 0, 0);
        for (at, c) in rest.char_indices() {
            used += c.width().unwrap_or(0);
            if used > room {
                break;
            }
            end = at + c.len_utf8();
            if matches!(c, '-' | '/' | '.' | '_' | ':' | ';' | ',' | '=') && used * 2 >= room {
                soft = end;
            }
        }
        let at = if soft > 0 { soft } else { end.max(1) };
        let Some((piece, more)) = rest.split_at_checked(at) else { break };
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    pieces
}

/// `text` and spaces up to `width` columns.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// `text` in at most `width` columns, with `…` in place of its middle if it is longer.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let take = |chars: &mut dyn Iterator<Item = char>, room: usize| {
        let mut used = 0;
        let fits = |c: &char| {
            used += c.width().unwrap_or(0);
            used <= room
        };
        chars.take_while(fits).collect::<Vec<char>>()
    };
    let tail = take(&mut text.chars().rev(), room / 2);
    let used: usize = tail.iter().map(|c| c.width().unwrap_or(0)).sum();
    let head = take(&mut text.chars(), room - used);
    let tail = tail.into_iter().rev();
    head.into_iter().chain(['…']).chain(tail).collect()
}

/// A title in bold and a line about it, on one line if they fit.
pub(super) fn headed(title: &str, about: &str, page: Page) -> Vec<String> {
    let bold = page.paint.bold(title);
    if columns(title) + 3 + columns(about) <= page.width {
        let about = if about.is_empty() { String::new() } else { format!("   {about}") };
        return vec![format!("{bold}{about}")];
    }
    let mut lines =
        if columns(title) <= page.width { vec![bold] } else { hanging("", title, page.width) };
    lines.extend(hanging("  ", about, page.width));
    lines
}

/// A command in lines of at most `width` columns, continued with `\`, so that it can be copied. Its
/// words stay whole. `first` precedes the first line.
pub(super) fn command_lines(first: &str, command: &str, width: usize) -> Vec<String> {
    let mut lines = vec![first.to_owned()];
    let words: Vec<&str> = command.split(' ').collect();
    for (index, word) in words.iter().enumerate() {
        let Some(line) = lines.last_mut() else { break };
        // The last word needs no space for ` \`.
        let rest = if index + 1 == words.len() { 0 } else { 2 };
        let begun = index > 0 && !line.trim().is_empty();
        if begun && columns(line) + 1 + columns(word) + rest > width {
            line.push_str(" \\");
            lines.push(format!("{}{word}", " ".repeat(columns(first) + 2)));
            continue;
        }
        if index > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

/// Rows in aligned columns. Where they are wider than `width`, the first cell has a line of its own
/// and stays whole, so that it can be copied.
pub fn copied(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let whole = table(rows.to_vec(), &[]);
    if whole.iter().all(|line| columns(line) <= width) {
        return whole;
    }
    let row = |row: &Vec<String>| {
        let mut lines = row.first().cloned().into_iter().collect::<Vec<_>>();
        lines.extend(hanging("    ", &row[1.min(row.len())..].join("  "), width));
        lines
    };
    rows.iter().flat_map(row).collect()
}

/// Rows in aligned columns, indented by `indent`. The last cell of a row wraps within its column;
/// if that column is too narrow, the last cell goes on lines below the others.
pub(super) fn listed(rows: Vec<Vec<String>>, indent: usize, width: usize) -> Vec<String> {
    let head = |row: &Vec<String>| row.iter().take(row.len().saturating_sub(1)).cloned().collect();
    let heads = table(rows.iter().map(head).collect(), &[]);
    let wide = heads.iter().map(|head| columns(head)).max().unwrap_or(0);
    let room = width.saturating_sub(indent + wide + if wide > 0 { 2 } else { 0 });
    let last = |row: &Vec<String>| columns(row.last().map_or("", String::as_str));
    let text = rows.iter().map(last).max().unwrap_or(0);
    let fits = indent + wide <= width && room >= text.min(LEAST_COLUMN);
    let (before, below) = (" ".repeat(indent), " ".repeat(indent + 4));
    let row = |(head, row): (String, Vec<String>)| {
        let text = row.last().map_or("", String::as_str);
        let gap = if wide > 0 { "  " } else { "" };
        if fits {
            return hanging(&format!("{before}{}{gap}", padded(&head, wide)), text, width);
        }
        let mut lines = if indent + columns(&head) <= width {
            vec![format!("{before}{head}")]
        } else {
            hanging(&before, &head, width)
        };
        if !text.is_empty() {
            lines.extend(hanging(&below, text, width));
        }
        lines
    };
    heads.into_iter().zip(rows).flat_map(row).collect()
}

/// Fewest columns of the last column of a list.
const LEAST_COLUMN: usize = 28;

/// Rows in aligned columns, indented by two spaces. Where they are wider than `width`, columns are
/// left out, those with the highest of `ranks` first; a column of rank 0 stays. Lines that still do
/// not fit are wrapped.
pub(super) fn fitted(
    rows: &[Vec<String>],
    right: &[usize],
    ranks: &[u8],
    width: usize,
) -> Vec<String> {
    let mut most = ranks.iter().copied().max().unwrap_or(0);
    loop {
        let kept: Vec<usize> = (0..ranks.len()).filter(|index| ranks[*index] <= most).collect();
        let cut = |row: &Vec<String>| kept.iter().filter_map(|at| row.get(*at).cloned()).collect();
        let aligned = (0..kept.len()).filter(|at| right.contains(&kept[*at]));
        let lines = table(rows.iter().map(cut).collect(), &aligned.collect::<Vec<_>>());
        let fits = lines.iter().all(|line| columns(line) + 2 <= width);
        if fits || most == 0 {
            let indented = lines.iter().map(|line| format!("  {line}"));
            if fits {
                return indented.collect();
            }
            return lines.iter().flat_map(|line| hanging("  ", line, width)).collect();
        }
        most -= 1;
    }
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

/// The text, changed visibly so that a CI server finds no command in it.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    if !text.lines().any(is_ci_command) {
        return text.into();
    }
    let broken = |line: &str| {
        if is_ci_command(line) {
            line.replace('#', "# ").replacen("::", ": :", 1)
        } else {
            line.to_owned()
        }
    };
    text.split('\n').map(broken).collect::<Vec<_>>().join("\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_within_long_words() {
        assert_eq!(hanging("- ", "one two three", 10), ["- one two", "  three"]);
        assert_eq!(hanging("", "a-very-long-word b", 9), ["a-very-", "long-word", "b"]);
        assert_eq!(hanging("", "longest-of-all", 3), ["longest-", "of-all"]);
        assert_eq!(hanging("ab: ", "", 12), ["ab:"]);
        assert_eq!(hanging("", "三三三三三 b", 8), ["三三三三", "三 b"]);
    }

    #[test]
    fn no_line_is_a_command() {
        for (text, printed) in [
            ("a: ::x", "a: ::x"),
            ("## Title\n#[a]", "## Title\n#[a]"),
            ("a\n::error::x", "a\n: :error::x"),
            ("\t \u{a0}::error::x", "\t \u{a0}: :error::x"),
            ("a ###[mask]b", "a # # # [mask]b"),
            ("##VSO[task.x]", "# # VSO[task.x]"),
            ("  ::: a.yaml:1:2", "  ::: a.yaml:1:2"),
        ] {
            assert_eq!(without_commands(text), printed);
        }
    }

    #[test]
    fn a_long_command_is_continued() {
        assert_eq!(
            command_lines("  again: ", "run a.yaml --case b", 40),
            ["  again: run a.yaml --case b"]
        );
        assert_eq!(
            command_lines("  again: ", "run a.yaml --case b", 24),
            ["  again: run a.yaml \\", "           --case b"]
        );
    }

    #[test]
    fn a_long_name_loses_its_middle() {
        assert_eq!(shortened("web-1", 5), "web-1");
        assert_eq!(shortened("a-long-name-7", 8), "a-lo…e-7");
        assert_eq!(columns(&shortened("三三三三三三", 7)), 7);
    }

    #[test]
    fn the_last_column_of_a_list_wraps() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = || vec![row(["a", "one two three four five six seven"]), row(["bb", ""])];
        assert_eq!(
            listed(rows(), 2, 36),
            ["  a   one two three four five six", "      seven", "  bb"]
        );
        assert_eq!(
            listed(rows(), 2, 26),
            ["  a", "      one two three four", "      five six seven", "  bb"]
        );
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
