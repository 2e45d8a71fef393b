//! JSON: one object a line for records, and the account of a run.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::csv::cells::Cell;
use super::csv::columns::{DECISIONS, Kind, LOSSES, REQUESTS, TIMELINE, Table};
use super::csv::rows;
use super::item::{Report, RunItem};
use crate::record::Record;

/// Records as lines of JSON. The keys are the columns of the CSV tables, and
/// `record` says which table.
pub struct JsonLines<W: Write>(W);

impl<W: Write> JsonLines<W> {
    /// Writes to `out`.
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
        };
        serde_json::to_writer(&mut self.0, &object)?;
        self.0.write_all(b"\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A row as an object; cells that do not apply are left out.
pub(super) fn object(record: &str, table: &Table, row: &[Cell<'_>]) -> Json {
    let mut object = Map::new();
    object.insert("record".into(), record.into());
    for (column, cell) in table.columns.iter().zip(row) {
        let text = cell.to_string();
        let value = match (cell, column.kind) {
            _ if text.is_empty() => continue,
            (Cell::Number(number), Kind::Integer) => Json::from(*number),
            (Cell::Signed(number), Kind::Integer) => Json::from(*number),
            (Cell::Decimal(number), Kind::Number) => Json::from(*number),
            (_, Kind::List) => text.split(';').map(Json::from).collect(),
            (_, Kind::Integer | Kind::Number | Kind::Text | Kind::Time | Kind::Word) => {
                Json::from(text)
            }
        };
        object.insert(column.name.into(), value);
    }
    Json::Object(object)
}

/// What is written beside the tables of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// `stayput`: by this a folder of ours is known.
    pub program: String,
    /// The version of the program.
    pub version: String,
    /// The format of this file.
    pub format: String,
    /// The command line; of many replications, only what their results depend on.
    pub command: Vec<String>,
    /// What was asked of replications, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<WrittenStudy>,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    /// Every policy that was used.
    pub policies: Vec<Input>,
    /// The positions that decisions rested on where documents are silent.
    pub assumptions: Vec<String>,
    /// How many rows each table has.
    pub rows: Map<String, Json>,
    /// The digest of each table.
    #[serde(default)]
    pub outputs: Vec<Input>,
    /// How each run ended.
    pub runs: Vec<RunEnd>,
    /// Whether the tables hold everything that was to happen.
    pub complete: bool,
}

/// What was asked of replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrittenStudy {
    /// How many, all parts together; the most of them, if there is a precision to reach.
    pub replications: u64,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// The precision to reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until_halfwidth: Vec<String>,
    /// After how many events a replication gives up.
    pub max_events: u64,
    /// Which part of them this is; all, if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
}

/// A file or a policy, and what it contained.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// The scenario.
    pub scenario: String,
    /// Its case.
    pub case: String,
    /// Its seed.
    pub seed: u64,
    /// When it begins, in UTC.
    pub start: String,
    /// When it ends, in UTC.
    pub end: String,
    /// The offset from UTC in which the scenario wrote its start.
    pub offset: String,
    /// The policies in use, the scenario's own first; [`RunFile::policies`] has their digests.
    pub policies: Vec<String>,
    /// Number of events in all replications together.
    pub events: u64,
    /// `drained`, `horizon`, `limit-events`, `limit-events-at-once`, `undecided` or `interrupted`;
    /// of replications `replications` (all of them), `halfwidth` (the precision was reached),
    /// `limit-replications` (it was not) or `interrupted`.
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
