//! CSV: RFC 4180, `\n` at the end of each row, a header always.
//!
//! There are two writers of rows, and they give the same bytes. [`BufferedCsv`] takes
//! no memory for a row and is what runs use. [`ReferenceCsv`] is the library's: the model
//! that tests hold the other one against.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::cells::{Cell, FieldEncoder};
use super::columns::{DECISIONS, INSTANCES, LOSSES, REQUESTS, TABLES, TIMELINE, Table, VERDICTS};
use super::rows::{self, InstanceRow, Tally};
use crate::record::{Change, Decision, Record, Request, Subject, Target};
use crate::report::item::{Report, RunItem};
use crate::run_header::RunHeader;
use crate::words::{Effect, Outcome};

/// The reason behind an error of the CSV library.
#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
pub(in crate::report) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Writes rows of cells.
pub trait Rows {
    /// To where.
    type Out;

    /// Writes to `out`, from its beginning.
    fn to(out: Self::Out) -> Self;

    /// Writes a row.
    ///
    /// # Errors
    /// If it cannot be written.
    fn row(&mut self, pen: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()>;

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If it cannot be written.
    fn flush(&mut self) -> io::Result<()>;
}

/// Rows as the CSV library writes them.
pub struct ReferenceCsv<W: Write>(Writer<W>);

impl<W: Write> Rows for ReferenceCsv<W> {
    type Out = W;

    fn to(out: W) -> Self {
        Self(WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out))
    }

    fn row(&mut self, _: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()> {
        self.0.write_record(cells.iter().map(ToString::to_string)).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// How much [`BufferedCsv`] holds back before it writes [bytes].
const FULL: usize = 64 * 1024;

/// Room for the row that fills it [bytes]; a longer one gets more.
const ROW: usize = 4 * 1024;

/// Rows that are put together in one buffer, and written when it is full.
pub struct BufferedCsv<W: Write> {
    out: W,
    buffer: Vec<u8>,
}

impl<W: Write> Rows for BufferedCsv<W> {
    type Out = W;

    fn to(out: W) -> Self {
        Self { out, buffer: Vec::with_capacity(FULL + ROW) }
    }

    fn row(&mut self, pen: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            pen.write(cell, &mut self.buffer);
            self.buffer.push(b',');
        }
        if let Some(last) = self.buffer.last_mut() {
            *last = b'\n';
        }
        if self.buffer.len() < FULL { Ok(()) } else { self.pass_on() }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.out.flush()
    }
}

impl<W: Write> BufferedCsv<W> {
    fn pass_on(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

/// A writer that gives up leaves what was written so far, as whole rows.
impl<W: Write> Drop for BufferedCsv<W> {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// Begins a table with its header.
pub(in crate::report) fn begin<T: Rows>(
    out: T::Out,
    table: &Table,
    pen: &mut FieldEncoder,
) -> io::Result<T> {
    let mut rows = T::to(out);
    let header: Vec<Cell<'_>> =
        table.columns.iter().map(|column| Cell::Word(column.name)).collect();
    rows.row(pen, &header)?;
    Ok(rows)
}

/// Only the decisions, as one stream.
pub struct DecisionsCsv<T: Rows> {
    rows: T,
    pen: FieldEncoder,
}

impl<T: Rows> DecisionsCsv<T> {
    /// Begins with the header.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(out: T::Out) -> io::Result<Self> {
        let mut pen = FieldEncoder::default();
        Ok(Self { rows: begin(out, &DECISIONS, &mut pen)?, pen })
    }
}

impl<T: Rows> Report<RunItem<'_>> for DecisionsCsv<T> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        let RunItem::Record(Record::Decision(decision), header) = *item else { return Ok(()) };
        self.rows.row(&mut self.pen, &rows::decision(decision, header))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// How many records are looked at before they are written.
const AHEAD: usize = 64;

/// All tables, each to a writer of its own.
pub struct CsvTables<T: Rows> {
    requests: T,
    decisions: T,
    verdicts: T,
    instances: T,
    losses: T,
    timeline: T,
    pen: FieldEncoder,
    tallies: Vec<Tally>,
    counts: [u64; 6],
    touched: usize,
}

impl<T: Rows> CsvTables<T> {
    /// Begins every table with its header; `open` gives the writer of a file.
    ///
    /// # Errors
    /// If one cannot be opened or written.
    pub fn new(mut open: impl FnMut(&str) -> io::Result<T::Out>) -> io::Result<Self> {
        let mut pen = FieldEncoder::default();
        let mut table = |table: &Table| begin(open(table.file)?, table, &mut pen);
        Ok(Self {
            requests: table(&REQUESTS)?,
            decisions: table(&DECISIONS)?,
            verdicts: table(&VERDICTS)?,
            instances: table(&INSTANCES)?,
            losses: table(&LOSSES)?,
            timeline: table(&TIMELINE)?,
            pen,
            tallies: Vec::new(),
            counts: [0; 6],
            touched: 0,
        })
    }

    /// Writes records to their tables, in their order.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&mut self, records: &[Record], header: &RunHeader) -> io::Result<()> {
        records.chunks(AHEAD).try_for_each(|records| {
            self.look_ahead(records, header);
            self.put(records, header)
        })
    }

    fn put(&mut self, records: &[Record], header: &RunHeader) -> io::Result<()> {
        let pen = &mut self.pen;
        for record in records {
            match record {
                Record::Request(request) => {
                    self.counts[0] += 1;
                    self.requests.row(pen, &rows::request(request, header))?;
                }
                Record::Decision(decision) => {
                    self.counts[1] += 1;
                    self.decisions.row(pen, &rows::decision(decision, header))?;
                    for finding in decision.ruling.findings() {
                        self.counts[2] += 1;
                        self.verdicts.row(pen, &rows::verdict(decision, finding, header))?;
                    }
                }
                Record::Loss(loss) => {
                    self.counts[4] += 1;
                    self.losses.row(pen, &rows::loss(loss, header))?;
                }
                Record::Change(change) => {
                    self.counts[5] += 1;
                    self.timeline.row(pen, &rows::change(change, header))?;
                }
            }
        }
        Ok(())
    }

    /// Counts the decisions, and reads a byte of each name that they will ask for.
    ///
    /// Nothing here waits for what came before it, so the waits for memory overlap;
    /// while rows are put together they would come one after the other.
    fn look_ahead(&mut self, records: &[Record], header: &RunHeader) {
        if self.tallies.len() < header.instances.len() {
            self.tallies.resize(header.instances.len(), Tally::default());
        }
        for record in records {
            let instance = match record {
                Record::Request(Request { target: Target::Instance(id), .. })
                | Record::Change(Change { subject: Subject::Instance(id), .. }) => *id,
                Record::Decision(decision) => {
                    self.count(decision);
                    decision.instance
                }
                Record::Request(_) | Record::Change(_) | Record::Loss(_) => continue,
            };
            let first = header.instance(instance).as_bytes().first();
            self.touched = self.touched.wrapping_add(first.copied().unwrap_or(0).into());
        }
    }

    fn count(&mut self, decision: &Decision) {
        let tally = &mut self.tallies[decision.instance.index()];
        tally.held += u32::from(decision.outcome == Outcome::Held);
        tally.overridden += u32::from(decision.outcome == Outcome::Overridden);
        if decision.effect.takes_the_instance() {
            tally.remedy = decision.remedy;
        }
        if decision.effect == Effect::Released {
            tally.released = Some((decision.at, decision.trigger));
        }
    }

    /// Writes instances as they stand at the end of a run.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn instances(&mut self, instances: &[InstanceRow], header: &RunHeader) -> io::Result<()> {
        for row in instances {
            let tally = self.tallies.get(row.instance.index()).copied().unwrap_or_default();
            self.counts[3] += 1;
            self.instances.row(&mut self.pen, &rows::instance(row, &tally, header))?;
        }
        Ok(())
    }

    /// Forgets a run that has ended.
    pub fn end_of_run(&mut self) {
        self.tallies.clear();
    }

    /// Writes what is still held back; gives the number of rows of each file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<Counts> {
        for rows in [
            &mut self.requests,
            &mut self.decisions,
            &mut self.verdicts,
            &mut self.instances,
            &mut self.losses,
            &mut self.timeline,
        ] {
            rows.flush()?;
        }
        Ok(TABLES.iter().map(|table| table.file).zip(self.counts).collect())
    }
}

/// The number of rows of each file.
pub type Counts = Vec<(&'static str, u64)>;
