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
        let object = match record {
            Record::Request(r) => object("request", &REQUESTS, &rows::request(r, header)),
            Record::Decision(d) => object("decision", &DECISIONS, &rows::decision(d, header)),
            Record::Change(c) => object("change", &TIMELINE, &rows::change(c, header)),
            Record::Loss(l) => object("loss", &LOSSES, &rows::loss(l, header)),
            Record::Alert(a) => object("alert", &ALERTS, &rows::alert(a, header)),
            Record::Finding(f) => object("finding", &FINDINGS, &rows::finding(f, header)),
        };
        writeln!(self.0, "{object}")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A row as a JSON object; empty cells are left out.
pub(super) fn object(record: &str, table: &Table, row: &[Cell<'_>]) -> Json {
    let mut object = Map::new();
    object.insert("record".into(), record.into());
    for (column, cell) in table.columns.iter().zip(row) {
        let text = cell.to_string();
        let value = match (cell, column.kind) {
            _ if text.is_empty() => continue,
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
        object.insert(column.name.into(), value);
    }
    Json::Object(object)
}
