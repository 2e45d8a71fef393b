//! CSV tables: RFC 4180, `\n` at the end of each row, always with a header.
//!
//! Two writers give the same bytes. [`BlockCsv`] does not allocate per row; runs use it.
//! [`ReferenceCsv`] uses the `csv` crate; tests compare the two.

use std::io::{self, Write};
use std::slice;

use csv::{Terminator, Writer, WriterBuilder};

use super::block::{BlockOut, Copied, ROOM, RowBlock};
use super::cells::{Cell, FieldEncoder};
use super::columns::{
    ALERTS, DECISIONS, FINDINGS, INSTANCES, LOSSES, REQUESTS, TABLES, TIMELINE, Table, VERDICTS,
    further_columns,
};
use super::joined::{JoinedRows, LargeRow};
use super::rows;
use super::tallies::Tallies;
use crate::record::{Change, Decision, InstanceRow, Loss, Record, Request};
use crate::report::item::{Report, RunItem};
use crate::run_header::RunHeader;

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

    /// Writes a row of a large table.
    ///
    /// # Errors
    /// If writing fails.
    fn large(&mut self, row: LargeRow<'_>, h: &RunHeader, by: &mut JoinedRows) -> io::Result<()> {
        self.plain(row, h, by)
    }

    /// Writes a row of a large table from its cells.
    ///
    /// # Errors
    /// If writing fails.
    #[cold]
    #[inline(never)]
    fn plain(&mut self, row: LargeRow<'_>, h: &RunHeader, by: &mut JoinedRows) -> io::Result<()> {
        let encoder = &mut by.encoder;
        match row {
            LargeRow::Request(request) => self.row(encoder, &rows::request(request, h)),
            LargeRow::Decision(decision) => self.row(encoder, &rows::decision(decision, h)),
            LargeRow::Verdict(of, finding) => self.row(encoder, &rows::verdict(of, finding, h)),
            LargeRow::Change(change) => self.row(encoder, &rows::change(change, h)),
            LargeRow::Instance(row, tally) => self.row(encoder, &rows::instance(row, tally, h)),
        }
    }

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

/// A writer that collects rows in a block and hands it over when it is full.
pub struct BlockCsv<B: BlockOut> {
    out: B,
    block: RowBlock,
    /// A row that is not joined from pieces.
    plain: Vec<u8>,
}

/// A writer that collects rows and writes them in blocks.
pub type BufferedCsv<W> = BlockCsv<Copied<W>>;

impl<B: BlockOut> Rows for BlockCsv<B> {
    type Out = B::Out;

    fn to(out: B::Out) -> Self {
        Self { out: B::to(out), block: RowBlock::default(), plain: Vec::with_capacity(ROOM) }
    }

    fn row(&mut self, encoder: &mut FieldEncoder, cells: &[Cell<'_>]) -> io::Result<()> {
        self.plain.clear();
        encoder.fields(cells, &mut self.plain);
        end_row(&mut self.plain);
        self.block.append(&self.plain);
        self.end_of_row()
    }

    #[inline]
    fn large(&mut self, row: LargeRow<'_>, h: &RunHeader, by: &mut JoinedRows) -> io::Result<()> {
        match self.block.row(|room| by.write(row, h, room)) {
            Some(()) => self.end_of_row(),
            None => self.plain(row, h, by),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.out.settle()
    }
}

impl<B: BlockOut> BlockCsv<B> {
    #[inline]
    fn end_of_row(&mut self) -> io::Result<()> {
        if self.block.is_full() { self.hand_over() } else { Ok(()) }
    }

    #[cold]
    fn hand_over(&mut self) -> io::Result<()> {
        if self.block.rows().is_empty() {
            return Ok(());
        }
        let taken = self.out.take(&mut self.block);
        self.block.clear();
        taken
    }
}

/// A writer that is dropped early leaves whole rows.
impl<B: BlockOut> Drop for BlockCsv<B> {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// Ends a row: the comma after its last cell becomes a line end.
fn end_row(out: &mut [u8]) {
    if let Some(last) = out.last_mut() {
        *last = b'\n';
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
    joined: JoinedRows,
}

impl<T: Rows> DecisionsCsv<T> {
    /// Writes the header.
    ///
    /// # Errors
    /// If writing fails.
    pub fn new(out: T::Out) -> io::Result<Self> {
        let mut joined = JoinedRows::default();
        Ok(Self { rows: begin(out, &DECISIONS, &mut joined.encoder)?, joined })
    }
}

impl<T: Rows> Report<RunItem<'_>> for DecisionsCsv<T> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Record(Record::Decision(decision), header) => {
                self.rows.large(LargeRow::Decision(decision), header, &mut self.joined)?;
            }
            RunItem::End(_) => self.joined.end_of_run(),
            RunItem::Start(_) | RunItem::Record(..) => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

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
    joined: JoinedRows,
    /// Counts of the current run.
    tallies: Tallies,
    /// Number of rows written so far, in the order of [`TABLES`].
    counts: [u64; 8],
}

impl<T: Rows> CsvTables<T> {
    /// Writes the header of every table. `open` returns the output of a file name.
    ///
    /// # Errors
    /// If opening or writing fails.
    pub fn new(mut open: impl FnMut(&str) -> io::Result<T::Out>) -> io::Result<Self> {
        let mut joined = JoinedRows::default();
        let mut table = |table: &Table| begin(open(table.file)?, table, &mut joined.encoder);
        Ok(Self {
            requests: table(&REQUESTS)?,
            decisions: table(&DECISIONS)?,
            verdicts: table(&VERDICTS)?,
            instances: table(&INSTANCES)?,
            losses: table(&LOSSES)?,
            timeline: table(&TIMELINE)?,
            findings: table(&FINDINGS)?,
            alerts: table(&ALERTS)?,
            joined,
            tallies: Tallies::default(),
            counts: [0; 8],
        })
    }

    /// Writes records to their tables, in order.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&mut self, records: &[Record], header: &RunHeader) -> io::Result<()> {
        records.iter().try_for_each(|record| self.record(record, header))
    }

    pub(super) fn request(&mut self, request: &Request, header: &RunHeader) -> io::Result<()> {
        self.counts[0] += 1;
        self.requests.large(LargeRow::Request(request), header, &mut self.joined)
    }

    /// Counts decisions for the rows of their instances.
    pub(super) fn count(&mut self, decisions: &[Decision], header: &RunHeader) {
        for decision in decisions {
            self.tallies.count(decision, header.instances.len());
        }
    }

    /// Writes a decision, which [`Self::count`] counts.
    pub(super) fn decision(&mut self, decision: &Decision, header: &RunHeader) -> io::Result<()> {
        self.counts[1] += 1;
        self.decisions.large(LargeRow::Decision(decision), header, &mut self.joined)?;
        decision.ruling.findings().try_for_each(|finding| {
            self.counts[2] += 1;
            self.verdicts.large(LargeRow::Verdict(decision, finding), header, &mut self.joined)
        })
    }

    pub(super) fn change(&mut self, change: &Change, header: &RunHeader) -> io::Result<()> {
        self.counts[5] += 1;
        self.timeline.large(LargeRow::Change(change), header, &mut self.joined)
    }

    pub(super) fn loss(&mut self, loss: &Loss, header: &RunHeader) -> io::Result<()> {
        self.counts[4] += 1;
        self.losses.row(&mut self.joined.encoder, &rows::loss(loss, header))
    }

    /// Writes a record to its table.
    pub(super) fn record(&mut self, record: &Record, header: &RunHeader) -> io::Result<()> {
        let encoder = &mut self.joined.encoder;
        match record {
            Record::Loss(loss) => self.loss(loss, header),
            Record::Finding(finding) => {
                self.counts[6] += 1;
                self.findings.row(encoder, &rows::finding(finding, header))
            }
            Record::Alert(alert) => {
                self.counts[7] += 1;
                self.alerts.row(encoder, &rows::alert(alert, header))
            }
            Record::Request(request) => self.request(request, header),
            Record::Decision(decision) => {
                self.count(slice::from_ref(decision), header);
                self.decision(decision, header)
            }
            Record::Change(change) => self.change(change, header),
        }
    }

    /// Writes the instances at the end of a run.
    ///
    /// # Errors
    /// If writing fails.
    pub fn instances(&mut self, instances: &[InstanceRow], header: &RunHeader) -> io::Result<()> {
        for row in instances {
            let tally = self.tallies.of(row.instance);
            self.counts[3] += 1;
            self.instances.large(LargeRow::Instance(row, &tally), header, &mut self.joined)?;
        }
        Ok(())
    }

    /// Resets the counts of instances, and the texts of ids, at the end of a run.
    pub fn end_of_run(&mut self) {
        self.tallies.clear();
        self.joined.end_of_run();
    }

    /// Writes all buffered rows and returns the number of rows of each file.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<RowCounts> {
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
pub type RowCounts = Vec<(&'static str, u64)>;
