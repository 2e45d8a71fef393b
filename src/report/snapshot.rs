//! Stored outcomes: what a scenario came to when somebody last accepted it.
//!
//! `NAME.decisions.csv` beside a scenario holds the rows of its decisions, all cases together.
//! Every cell counts: nothing is normalised, since what is smoothed away cannot be noticed.

use super::csv::columns::DECISIONS;
use super::csv::tables::io_error;
use super::decision_diff::{Changed, DecisionRow, changed};
use crate::diagnostics::many;
use crate::experiment::Failure;

/// The most differences that a failure shows.
const SHOWN: usize = 12;

/// The rows as `decisions.csv` has them.
///
/// # Errors
/// If they cannot be written.
pub fn decisions_csv(rows: &[DecisionRow]) -> std::io::Result<String> {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    writer.write_record(DECISIONS.columns.iter().map(|column| column.name)).map_err(io_error)?;
    for row in rows {
        writer.write_record(row.cells()).map_err(io_error)?;
    }
    let bytes = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

/// In what a case differs from what was stored of it, if it does.
///
/// Both lists hold the rows of that case alone; `path` is the scenario's file.
pub fn stored(stored: &[DecisionRow], now: &[DecisionRow], path: &str) -> Option<Failure> {
    if stored == now {
        return None;
    }
    let list = changed(stored, now);
    let mut instead: Vec<String> = list.iter().take(SHOWN).map(line).collect();
    if list.len() > SHOWN {
        instead.push(format!("… {} more", list.len() - SHOWN));
    }
    let title = if list.is_empty() {
        let columns = columns(stored, now);
        instead.push(format!("in: {}", columns.join(", ")));
        "the same decisions as stored, with different details".to_owned()
    } else {
        format!("{} changed from the stored result", many(list.len(), "decision"))
    };
    instead.push(format!("to accept: stayput bless {path}"));
    Some(Failure { span: None, title, instead })
}

fn line(one: &Changed) -> String {
    let [old, new] = one.change();
    format!("{}: stored {old}, now {new}", one.what())
}

/// The columns in which rows differ.
fn columns(stored: &[DecisionRow], now: &[DecisionRow]) -> Vec<&'static str> {
    let names = DECISIONS.columns.iter().map(|column| column.name);
    let differ = |name: &&str| stored.iter().zip(now).any(|(a, b)| a.get(name) != b.get(name));
    let found: Vec<&str> = names.filter(differ).collect();
    if found.is_empty() { vec!["their number"] } else { found }
}
