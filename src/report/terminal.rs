//! Text for people: aligned columns, and colour that never says anything alone.

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use crate::vocab::Outcome;

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
