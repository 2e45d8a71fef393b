//! JSON: records as one object per line, and the run file `run.json`.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::csv::cells::Cell;
use super::csv::columns::{DECISIONS, Kind, LOSSES, REQUESTS, TIMELINE, Table};
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
        };
        serde_json::to_writer(&mut self.0, &object)?;
        self.0.write_all(b"\n")
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

/// The run file, `run.json`: what was run, with which inputs, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// Always `stayput`; marks a folder that this program may replace.
    pub program: String,
    /// The version of the program.
    pub version: String,
    /// The format of this file.
    pub format: String,
    /// The command line. For replications, only the arguments that affect results.
    pub command: Vec<String>,
    /// The settings of replications; `None` for a single run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<WrittenStudy>,
    /// Every file that was read, with its digest.
    pub inputs: Vec<Input>,
    /// Every policy that was used, with its digest.
    pub policies: Vec<Input>,
    /// Positions of switches that decisions depended on.
    pub assumptions: Vec<String>,
    /// Number of rows of each table.
    pub rows: Map<String, Json>,
    /// The digest of each table.
    #[serde(default)]
    pub outputs: Vec<Input>,
    /// How each run ended.
    pub runs: Vec<RunEnd>,
    /// Whether every run reached its end, so that the tables are complete.
    pub complete: bool,
}

/// Settings of replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrittenStudy {
    /// Number of replications of all shards together; the maximum if there is a precision to reach.
    pub replications: u64,
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// The precisions to reach, as written; empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until_halfwidth: Vec<String>,
    /// Number of events after which a replication stops.
    pub max_events: u64,
    /// The shard, `K/N`; `None` if this is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
}

/// A file or a policy, and the digest of its contents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// Path of the file, or `NAME@EDITION` of the policy.
    pub name: String,
    /// SHA-256 as hexadecimal digits.
    pub sha256: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases.
    pub case: String,
    /// The seed.
    pub seed: u64,
    /// Start of the simulated span, in UTC.
    pub start: String,
    /// End of the simulated span, in UTC.
    pub end: String,
    /// The UTC offset in which the scenario states its start.
    pub offset: String,
    /// Names of the policies in use, that of the scenario first; [`RunFile::policies`] contains
    /// their digests.
    pub policies: Vec<String>,
    /// Number of events of all replications together.
    pub events: u64,
    /// `drained`, `horizon`, `limit-events`, `limit-events-at-once`, `undecided` or `interrupted`;
    /// of replications `replications` (all of them), `halfwidth` (the precision was reached),
    /// `limit-replications` (it was not) or `interrupted`.
    pub stop: String,
}

/// Writes the run file.
///
/// # Errors
/// If writing fails.
pub fn run_json(run: &RunFile, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, run)?;
    out.write_all(b"\n")?;
    out.flush()
}
