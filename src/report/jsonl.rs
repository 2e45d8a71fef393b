//! JSON: records as one object per line, and the run file `run.json`.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::csv::cells::Cell;
use super::csv::columns::{ALERTS, DECISIONS, FINDINGS, Kind, LOSSES, REQUESTS, TIMELINE, Table};
use super::csv::rows;
use super::item::{Report, RunItem};
use crate::record::Record;

/// Records as JSON lines. The keys are the columns of the CSV tables; the key `record` names the
/// table.
pub struct JsonLines<W: Write>(W);

impl<W: Write> JsonLines<W> {
    /// A writer of JSON lines to `out`.
    pub const fn new(out: W) -> Self {
        Self(out)
    }
}

impl<W: Write> Report<RunItem<'_>> for JsonLines<W> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        let RunItem::Record(record, header) = *item else { return Ok(()) };
        let line = match record {
            Record::Request(r) => line("request", &REQUESTS, &rows::request(r, header)),
            Record::Decision(d) => line("decision", &DECISIONS, &rows::decision(d, header)),
            Record::Change(c) => line("change", &TIMELINE, &rows::change(c, header)),
            Record::Loss(l) => line("loss", &LOSSES, &rows::loss(l, header)),
            Record::Alert(a) => line("alert", &ALERTS, &rows::alert(a, header)),
            Record::Finding(f) => line("finding", &FINDINGS, &rows::finding(f, header)),
        };
        writeln!(self.0, "{line}")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A row as the text of a JSON object; empty cells are left out. Amounts of money are exact.
pub(super) fn line(record: &str, table: &Table, row: &[Cell<'_>]) -> String {
    let mut text = format!("{{\"record\":{}", Json::from(record));
    for (column, cell) in table.columns.iter().zip(row) {
        // A JSON value of this program has no exact decimals, so the text of an amount is used.
        let value = match (cell, column.kind) {
            (Cell::Money(_), Kind::Number) => Some(cell.to_string()),
            _ => value(cell, column.kind).map(|value| value.to_string()),
        };
        if let Some(value) = value {
            text.push_str(&format!(",\"{}\":{value}", column.name));
        }
    }
    text + "}"
}

/// A row as a JSON object; empty cells are left out. Amounts of money are rounded to the nearest
/// floating-point number.
pub(super) fn object(record: &str, table: &Table, row: &[Cell<'_>]) -> Json {
    let mut object = Map::new();
    object.insert("record".into(), record.into());
    for (column, cell) in table.columns.iter().zip(row) {
        object.extend(value(cell, column.kind).map(|value| (column.name.to_owned(), value)));
    }
    Json::Object(object)
}

/// The value of a cell; `None` for an empty one.
fn value(cell: &Cell<'_>, kind: Kind) -> Option<Json> {
    let text = cell.to_string();
    let value = match (cell, kind) {
        _ if text.is_empty() => return None,
        (Cell::Number(number), Kind::Integer) => Json::from(*number),
        (Cell::Signed(number), Kind::Integer | Kind::Number) => Json::from(*number),
        (Cell::Decimal(number), Kind::Number) => Json::from(*number),
        (Cell::Money(_), Kind::Number) => text.parse::<f64>().map_or(Json::Null, Json::from),
        (_, Kind::Flag) => Json::from(text == "true"),
        (_, Kind::List) => text.split(';').map(Json::from).collect(),
        (_, Kind::Integer | Kind::Number | Kind::Text | Kind::Time | Kind::Word) => {
            Json::from(text)
        }
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    #[test]
    fn an_amount_of_money_keeps_all_of_its_digits() {
        let amount = Money::parse("123456789012.345678").unwrap();
        let worth = LOSSES.columns.iter().position(|column| column.kind == Kind::Number).unwrap();
        let mut row = vec![Cell::EMPTY; LOSSES.columns.len()];
        row[worth] = Cell::Money(amount);
        let text = line("loss", &LOSSES, &row);
        assert!(text.contains(":123456789012.345678"), "{text}");
    }
}
