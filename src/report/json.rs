//! JSON: one object a line for records, and the account of a run.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::cells::Cell;
use super::columns::{DECISIONS, Kind, LOSSES, REQUESTS, TIMELINE, Table};
use super::rows;
use crate::record::{Legend, Record};

/// Records as lines of JSON. The keys are the columns of the CSV tables, and
/// `record` says which table.
pub struct JsonLines<W: Write>(W);

impl<W: Write> JsonLines<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self(out)
    }

    /// Writes a record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, record: &Record, legend: &Legend) -> io::Result<()> {
        let object = match record {
            Record::Request(r) => object("request", &REQUESTS, &rows::request(r, legend)),
            Record::Decision(d) => object("decision", &DECISIONS, &rows::decision(d, legend)),
            Record::Change(c) => object("change", &TIMELINE, &rows::change(c, legend)),
            Record::Loss(l) => object("loss", &LOSSES, &rows::loss(l, legend)),
        };
        serde_json::to_writer(&mut self.0, &object)?;
        self.0.write_all(b"\n")
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A row as an object; cells that do not apply are left out.
fn object(record: &str, table: &Table, row: &[Cell<'_>]) -> Json {
    let mut object = Map::new();
    object.insert("record".into(), record.into());
    for (column, cell) in table.columns.iter().zip(row) {
        let text = cell.to_string();
        let value = match (cell, column.kind) {
            _ if text.is_empty() => continue,
            (Cell::Number(number), Kind::Integer) => Json::from(*number),
            (_, Kind::List) => text.split(';').map(Json::from).collect(),
            (_, Kind::Integer | Kind::Text | Kind::Time | Kind::Word) => Json::from(text),
        };
        object.insert(column.name.into(), value);
    }
    Json::Object(object)
}

/// What is written beside the tables of a run.
#[derive(Debug, Serialize)]
pub struct RunFile {
    /// `stayput`: by this a folder of ours is known.
    pub program: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The format of this file.
    pub format: &'static str,
    /// The command line.
    pub command: Vec<String>,
    /// The seed of each run that has one of its own.
    pub seed: u64,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    /// Every policy that was used.
    pub policies: Vec<Input>,
    /// The positions that decisions rested on where documents are silent.
    pub assumptions: Vec<String>,
    /// How many rows each table has.
    pub rows: Map<String, Json>,
    /// How each run ended.
    pub runs: Vec<RunEnd>,
    /// Whether the tables hold everything that was to happen.
    pub complete: bool,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize)]
pub struct RunEnd {
    /// The scenario.
    pub scenario: String,
    /// Its case.
    pub case: String,
    /// How many events happened.
    pub events: u64,
    /// `drained`, `horizon`, `limit-events`, `limit-events-at-once`, `undecided` or `interrupted`.
    pub stop: String,
}

/// The account of a run as text.
///
/// # Errors
/// If it cannot be written.
pub fn run_json(run: &RunFile, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, run)?;
    out.write_all(b"\n")?;
    out.flush()
}
