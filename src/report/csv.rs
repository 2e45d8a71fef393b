//! CSV: RFC 4180, `\n` at the end of each row, a header always.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::columns::{
    DECISIONS, INSTANCE_COLUMNS, INSTANCES, LOSSES, REQUESTS, TABLES, TIMELINE, Table, VERDICTS,
};
use super::rows;
use crate::record::{Decision, Legend, Record};
use crate::time::SimTime;
use crate::vocab::{AccountId, Effect, GroupId, InstanceId, Lifecycle, Trigger, Word};

pub(super) fn writer<W: Write>(out: W, table: &Table) -> io::Result<Writer<W>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out);
    writer.write_record(table.columns.iter().map(|column| column.name)).map_err(io_error)?;
    Ok(writer)
}

/// The reason behind an error of the CSV library.
#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
pub(super) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

pub(super) fn put<W: Write, const N: usize>(
    writer: &mut Writer<W>,
    row: &[rows::Cell<'_>; N],
) -> io::Result<()> {
    writer.write_record(row.iter().map(|cell| cell.as_bytes())).map_err(io_error)
}

/// Only the decisions, as one stream.
pub struct DecisionsCsv<W: Write>(Writer<W>);

impl<W: Write> DecisionsCsv<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(out: W) -> io::Result<Self> {
        writer(out, &DECISIONS).map(Self)
    }

    /// Writes a record, if it is a decision.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, record: &Record, legend: &Legend) -> io::Result<()> {
        match record {
            Record::Decision(decision) => put(&mut self.0, &rows::decision(decision, legend)),
            Record::Request(_) | Record::Change(_) | Record::Loss(_) => Ok(()),
        }
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// An instance as it stands at the end.
#[derive(Debug, Clone, Copy)]
pub struct InstanceRow {
    /// The instance.
    pub instance: InstanceId,
    /// Who pays for it.
    pub account: AccountId,
    /// The group that it is in.
    pub group: Option<GroupId>,
    /// Its state.
    pub state: Lifecycle,
    /// The policy that it is under.
    pub policy: crate::vocab::PolicyId,
    /// The protections that are on.
    pub on: crate::vocab::ProtectionSet,
    /// Those of which nobody knows.
    pub unknown: crate::vocab::ProtectionSet,
}

/// What the rows of instances at the end need to know of the run.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    released: Option<(SimTime, Trigger)>,
    held: u64,
    overridden: u64,
}

/// All tables, each to a writer of its own.
pub struct CsvTables<W: Write> {
    requests: Writer<W>,
    decisions: Writer<W>,
    verdicts: Writer<W>,
    instances: Writer<W>,
    losses: Writer<W>,
    timeline: Writer<W>,
    tallies: Vec<Tally>,
    counts: [u64; 6],
}

impl<W: Write> CsvTables<W> {
    /// Begins every table with its header; `open` gives the writer of a file.
    ///
    /// # Errors
    /// If one cannot be opened or written.
    pub fn new(mut open: impl FnMut(&str) -> io::Result<W>) -> io::Result<Self> {
        let mut table = |table: &Table| writer(open(table.file)?, table);
        Ok(Self {
            requests: table(&REQUESTS)?,
            decisions: table(&DECISIONS)?,
            verdicts: table(&VERDICTS)?,
            instances: table(&INSTANCES)?,
            losses: table(&LOSSES)?,
            timeline: table(&TIMELINE)?,
            tallies: Vec::new(),
            counts: [0; 6],
        })
    }

    /// Writes a record to its table.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, record: &Record, legend: &Legend) -> io::Result<()> {
        match record {
            Record::Request(request) => {
                self.counts[0] += 1;
                put(&mut self.requests, &rows::request(request, legend))
            }
            Record::Decision(decision) => self.decision(decision, legend),
            Record::Loss(loss) => {
                self.counts[4] += 1;
                put(&mut self.losses, &rows::loss(loss, legend))
            }
            Record::Change(change) => {
                self.counts[5] += 1;
                put(&mut self.timeline, &rows::change(change, legend))
            }
        }
    }

    fn decision(&mut self, decision: &Decision, legend: &Legend) -> io::Result<()> {
        let at = decision.instance.index();
        if self.tallies.len() <= at {
            self.tallies.resize(at + 1, Tally::default());
        }
        let tally = &mut self.tallies[at];
        tally.held += u64::from(decision.outcome == crate::vocab::Outcome::Held);
        tally.overridden += u64::from(decision.outcome == crate::vocab::Outcome::Overridden);
        if decision.effect == Effect::Released {
            tally.released = Some((decision.at, decision.trigger));
        }
        self.counts[1] += 1;
        put(&mut self.decisions, &rows::decision(decision, legend))?;
        for finding in decision.ruling.findings() {
            self.counts[2] += 1;
            put(&mut self.verdicts, &rows::verdict(decision, finding, legend))?;
        }
        Ok(())
    }

    /// Writes the instances as they stand at the end of a run, and forgets that run.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn end_of_run(
        &mut self,
        instances: impl Iterator<Item = InstanceRow>,
        legend: &Legend,
    ) -> io::Result<()> {
        for row in instances {
            let tally = self.tallies.get(row.instance.index()).copied().unwrap_or_default();
            let cells: [rows::Cell<'_>; INSTANCE_COLUMNS] = [
                legend.scenario.as_str().into(),
                legend.case.as_str().into(),
                legend.replication.to_string().into(),
                legend.instance(row.instance).into(),
                legend.account(row.account).into(),
                row.group.map_or("", |group| legend.group(group)).into(),
                row.state.word().into(),
                tally.released.map_or_else(String::new, |(at, _)| at.to_string()).into(),
                tally.released.map_or("", |(_, trigger)| trigger.word()).into(),
                rows::protections(legend, row.policy, row.on, row.unknown).into(),
                tally.held.to_string().into(),
                tally.overridden.to_string().into(),
            ];
            self.counts[3] += 1;
            put(&mut self.instances, &cells)?;
        }
        self.tallies.clear();
        Ok(())
    }

    /// Writes what is still held back; gives the number of rows of each file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<Vec<(&'static str, u64)>> {
        for writer in [
            &mut self.requests,
            &mut self.decisions,
            &mut self.verdicts,
            &mut self.instances,
            &mut self.losses,
            &mut self.timeline,
        ] {
            writer.flush()?;
        }
        Ok(TABLES.iter().map(|table| table.file).zip(self.counts).collect())
    }
}
