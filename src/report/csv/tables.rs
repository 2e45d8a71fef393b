//! CSV tables: RFC 4180, `\n` at the end of each row, always with a header.
//!
//! Two writers give the same bytes. [`BufferedCsv`] does not allocate per row; runs use it.
//! [`ReferenceCsv`] uses the `csv` crate; tests compare the two.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::cells::{Cell, FieldEncoder};
use super::columns::{
    ALERTS, DECISIONS, FINDINGS, INSTANCES, LOSSES, REQUESTS, TABLES, TIMELINE, Table, VERDICTS,
    further_columns,
};
use super::rows::{self, InstanceTally};
use crate::record::{Change, Decision, InstanceRow, Record, Request, Subject, Target};
use crate::report::item::{Report, RunItem};
use crate::run_header::RunHeader;
use crate::words::{Effect, Outcome};

/// The I/O error behind an error of the `csv` crate.
#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
pub(in crate::report) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A writer of rows of cells.
pub trait Rows {
    /// The output that it writes to.
    type Out;
    /// A writer to `out`.
    fn to(out: Self::Out) -> Self;

    /// Writes a row.
    ///
    /// # Errors
    /// If writing fails.
    fn row(&mut self, encoder: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()>;
    /// Writes all buffered rows.
    ///
    /// # Errors
    /// If writing fails.
    fn flush(&mut self) -> io::Result<()>;
}

/// A writer of the `csv` crate, with the line ends of all tables.
pub(in crate::report) fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out)
}

/// A writer that uses the `csv` crate.
pub struct ReferenceCsv<W: Write>(Writer<W>);

impl<W: Write> Rows for ReferenceCsv<W> {
    type Out = W;

    fn to(out: W) -> Self {
        Self(writer(out))
    }

    fn row(&mut self, _: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()> {
        self.0.write_record(cells.iter().map(ToString::to_string)).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Number of buffered bytes at which [`BufferedCsv`] writes.
const FULL: usize = 64 * 1024;
/// Further capacity for the row that exceeds [`FULL`], in bytes. A longer row grows the buffer.
const ROW: usize = 4 * 1024;
/// A writer that collects rows in a buffer and writes it when it is full.
pub struct BufferedCsv<W: Write> {
    out: W,
    buffer: Vec<u8>,
}

impl<W: Write> Rows for BufferedCsv<W> {
    type Out = W;

    fn to(out: W) -> Self {
        Self { out, buffer: Vec::with_capacity(FULL + ROW) }
    }

    fn row(&mut self, encoder: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            encoder.write(cell, &mut self.buffer);
            self.buffer.push(b',');
        }
        if let Some(last) = self.buffer.last_mut() {
            *last = b'\n';
        }
        if self.buffer.len() < FULL { Ok(()) } else { self.write_buffer() }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_buffer()?;
        self.out.flush()
    }
}

impl<W: Write> BufferedCsv<W> {
    fn write_buffer(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

/// A writer that is dropped early leaves whole rows.
impl<W: Write> Drop for BufferedCsv<W> {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// Writes the header of a table and returns the writer of its rows.
pub(in crate::report) fn begin<T: Rows>(
    out: T::Out,
    table: &Table,
    encoder: &mut FieldEncoder,
) -> io::Result<T> {
    begin_with(out, table, &[], encoder)
}

/// Writes the header of a table with further columns, and returns the writer of its rows.
pub(in crate::report) fn begin_with<T: Rows>(
    out: T::Out,
    table: &Table,
    further: &[String],
    encoder: &mut FieldEncoder,
) -> io::Result<T> {
    let mut rows = T::to(out);
    let named = further_columns(table, further);
    let fixed = table.columns.iter().map(|column| Cell::Word(column.name));
    let header: Vec<Cell<'_>> = fixed.chain(named.iter().map(|name| Cell::Text(name))).collect();
    rows.row(encoder, &header)?;
    Ok(rows)
}

/// The table of decisions alone, written to one output.
pub struct DecisionsCsv<T: Rows> {
    rows: T,
    encoder: FieldEncoder,
}

impl<T: Rows> DecisionsCsv<T> {
    /// Writes the header.
    ///
    /// # Errors
    /// If writing fails.
    pub fn new(out: T::Out) -> io::Result<Self> {
        let mut encoder = FieldEncoder::default();
        Ok(Self { rows: begin(out, &DECISIONS, &mut encoder)?, encoder })
    }
}

impl<T: Rows> Report<RunItem<'_>> for DecisionsCsv<T> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        let RunItem::Record(Record::Decision(decision), header) = *item else { return Ok(()) };
        self.rows.row(&mut self.encoder, &rows::decision(decision, header))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// Number of records that are prefetched before they are written.
const PREFETCH: usize = 64;
/// All tables of a run, each with its own writer.
pub struct CsvTables<T: Rows> {
    requests: T,
    decisions: T,
    verdicts: T,
    instances: T,
    losses: T,
    timeline: T,
    findings: T,
    alerts: T,
    encoder: FieldEncoder,
    /// Counts of the current run, by the index of the instance.
    tallies: Vec<InstanceTally>,
    /// Number of rows written so far, in the order of [`TABLES`].
    counts: [u64; 8],
    /// Sum of the prefetched bytes; only keeps the compiler from removing the prefetch.
    prefetched: usize,
}

impl<T: Rows> CsvTables<T> {
    /// Writes the header of every table. `open` returns the output of a file name.
    ///
    /// # Errors
    /// If opening or writing fails.
    pub fn new(mut open: impl FnMut(&str) -> io::Result<T::Out>) -> io::Result<Self> {
        let mut encoder = FieldEncoder::default();
        let mut table = |table: &Table| begin(open(table.file)?, table, &mut encoder);
        Ok(Self {
            requests: table(&REQUESTS)?,
            decisions: table(&DECISIONS)?,
            verdicts: table(&VERDICTS)?,
            instances: table(&INSTANCES)?,
            losses: table(&LOSSES)?,
            timeline: table(&TIMELINE)?,
            findings: table(&FINDINGS)?,
            alerts: table(&ALERTS)?,
            encoder,
            tallies: Vec::new(),
            counts: [0; 8],
            prefetched: 0,
        })
    }

    /// Writes records to their tables, in order.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&mut self, records: &[Record], header: &RunHeader) -> io::Result<()> {
        records.chunks(PREFETCH).try_for_each(|records| {
            self.prefetch(records, header);
            self.write_rows(records, header)
        })
    }

    fn write_rows(&mut self, records: &[Record], header: &RunHeader) -> io::Result<()> {
        let encoder = &mut self.encoder;
        for record in records {
            match record {
                Record::Request(request) => {
                    self.counts[0] += 1;
                    self.requests.row(encoder, &rows::request(request, header))?;
                }
                Record::Decision(decision) => {
                    self.counts[1] += 1;
                    self.decisions.row(encoder, &rows::decision(decision, header))?;
                    for finding in decision.ruling.findings() {
                        self.counts[2] += 1;
                        self.verdicts.row(encoder, &rows::verdict(decision, finding, header))?;
                    }
                }
                Record::Loss(loss) => {
                    self.counts[4] += 1;
                    self.losses.row(encoder, &rows::loss(loss, header))?;
                }
                Record::Change(change) => {
                    self.counts[5] += 1;
                    self.timeline.row(encoder, &rows::change(change, header))?;
                }
                Record::Finding(finding) => {
                    self.counts[6] += 1;
                    self.findings.row(encoder, &rows::finding(finding, header))?;
                }
                Record::Alert(alert) => {
                    self.counts[7] += 1;
                    self.alerts.row(encoder, &rows::alert(alert, header))?;
                }
            }
        }
        Ok(())
    }

    /// Counts the decisions and prefetches the names of instances by reading one byte of each.
    ///
    /// The reads are independent of each other, so that cache misses overlap. While rows are
    /// encoded, the misses would occur one after the other.
    fn prefetch(&mut self, records: &[Record], header: &RunHeader) {
        if self.tallies.len() < header.instances.len() {
            self.tallies.resize(header.instances.len(), InstanceTally::default());
        }
        for record in records {
            let instance = match record {
                Record::Request(Request { target: Target::Instance(id), .. })
                | Record::Change(Change { subject: Subject::Instance(id), .. }) => *id,
                Record::Decision(decision) => {
                    self.count(decision);
                    decision.instance
                }
                Record::Request(_)
                | Record::Change(_)
                | Record::Loss(_)
                | Record::Finding(_)
                | Record::Alert(_) => continue,
            };
            let first = header.instance(instance).as_bytes().first();
            self.prefetched = self.prefetched.wrapping_add(first.copied().unwrap_or(0).into());
        }
    }

    fn count(&mut self, decision: &Decision) {
        let tally = &mut self.tallies[decision.instance.index()];
        tally.group = decision.group.or(tally.group);
        tally.held += u32::from(decision.outcome == Outcome::Held);
        tally.overridden += u32::from(decision.outcome == Outcome::Overridden);
        if decision.effect.takes_the_instance() {
            tally.remedy = decision.remedy;
            tally.remedy_from = decision.remedy_from;
        }
        if decision.effect == Effect::Released {
            tally.released = Some((decision.at, decision.trigger));
        }
    }

    /// Writes the instances at the end of a run.
    ///
    /// # Errors
    /// If writing fails.
    pub fn instances(&mut self, instances: &[InstanceRow], header: &RunHeader) -> io::Result<()> {
        for row in instances {
            let tally = self.tallies.get(row.instance.index()).copied().unwrap_or_default();
            self.counts[3] += 1;
            self.instances.row(&mut self.encoder, &rows::instance(row, &tally, header))?;
        }
        Ok(())
    }

    /// Resets the counts of instances at the end of a run.
    pub fn end_of_run(&mut self) {
        self.tallies.clear();
    }

    /// Writes all buffered rows and returns the number of rows of each file.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<Counts> {
        for rows in [
            &mut self.requests,
            &mut self.decisions,
            &mut self.verdicts,
            &mut self.instances,
            &mut self.losses,
            &mut self.timeline,
            &mut self.findings,
            &mut self.alerts,
        ] {
            rows.flush()?;
        }
        Ok(TABLES.iter().map(|table| table.file).zip(self.counts).collect())
    }
}

/// File names with their numbers of rows, in the order of [`TABLES`].
pub type Counts = Vec<(&'static str, u64)>;
