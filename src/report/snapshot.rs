//! Stored decisions of a scenario, as they were when `bless` last accepted them.
//!
//! `NAME.decisions.csv` beside a scenario contains the decisions of all of its cases. Cells are
//! compared as they are, without normalisation, so that no difference is hidden.

use super::csv::columns::DECISIONS;
use super::csv::tables::{io_error, writer};
use super::decision_diff::{Changed, DecisionRow, changed};
use crate::diagnostics::many;
use crate::experiment::Failure;

/// Most differences that a failure lists.
const SHOWN: usize = 12;

/// The rows as the text of a `decisions.csv`.
///
/// # Errors
/// If the CSV writer fails.
pub fn decisions_csv(rows: &[DecisionRow]) -> std::io::Result<String> {
    let mut writer = writer(Vec::new());
    writer.write_record(DECISIONS.columns.iter().map(|column| column.name)).map_err(io_error)?;
    for row in rows {
        writer.write_record(row.cells()).map_err(io_error)?;
    }
    let bytes = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

/// The failure of a case whose decisions differ from the stored ones; `None` if none differ.
///
/// Both lists contain the rows of one case; `accept` is the command that accepts the difference.
pub fn snapshot_failure(
    stored: &[DecisionRow],
    now: &[DecisionRow],
    accept: &str,
) -> Option<Failure> {
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
    instead.push(format!("to accept: {accept}"));
    Some(Failure::new(None, title, instead))
}

fn line(one: &Changed) -> String {
    let [old, new] = one.change();
    match (&one.old, &one.new) {
        (None, _) => format!("{}: not stored, now {new}", one.what()),
        (_, None) => format!("{}: stored {old}, now it does not happen", one.what()),
        (Some(_), Some(_)) => format!("{}: stored {old}, now {new}", one.what()),
    }
}

/// The columns in which rows differ.
fn columns(stored: &[DecisionRow], now: &[DecisionRow]) -> Vec<&'static str> {
    let names = DECISIONS.columns.iter().map(|column| column.name);
    let differ = |name: &&str| stored.iter().zip(now).any(|(a, b)| a.get(name) != b.get(name));
    let found: Vec<&str> = names.filter(differ).collect();
    if found.is_empty() { vec!["their number"] } else { found }
}
