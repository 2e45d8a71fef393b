//! A thread that writes the tables, so that the run does not wait for output.
//!
//! Records are sent in batches, together with the names of instances that were created since the
//! last batch. The thread sends empty batches back, so that a run of any length uses the memory
//! of a few batches.

use std::io;
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::tables::{CsvTables, RowCounts, Rows};
use crate::record::{Change, Decision, InstanceRow, Loss, Record, Request, Target};
use crate::report::item::{Report, RunItem};
use crate::run_header::RunHeader;
use crate::words::Names;

/// Number of records in a batch.
const BATCH: usize = 2_048;

/// Number of batches: one is filled, one is written, two wait.
const BATCHES: usize = 4;

/// Records and instances that are sent together.
///
/// Records of a kind are kept together: a record as such takes as much space as the largest.
struct RowBatch {
    /// The kinds of the records, in their order.
    kinds: Vec<RecordKind>,
    requests: Vec<Request>,
    decisions: Vec<Decision>,
    changes: Vec<Change>,
    losses: Vec<Loss>,
    /// All other records.
    rare: Vec<Record>,
    /// Names of the instances that were created since the last batch.
    names: Names,
    instances: Vec<InstanceRow>,
}

/// A list of a [`RowBatch`].
#[derive(Clone, Copy)]
enum RecordKind {
    Request,
    Decision,
    Change,
    Loss,
    Rare,
}

/// Room for a whole batch in every list, which takes memory only when it is written.
impl Default for RowBatch {
    fn default() -> Self {
        Self {
            kinds: Vec::with_capacity(BATCH),
            requests: Vec::with_capacity(BATCH),
            decisions: Vec::with_capacity(BATCH),
            changes: Vec::with_capacity(BATCH),
            losses: Vec::with_capacity(BATCH),
            rare: Vec::with_capacity(BATCH),
            names: Names::default(),
            instances: Vec::new(),
        }
    }
}

impl RowBatch {
    fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.instances.is_empty()
    }

    #[inline]
    fn push(&mut self, record: &Record) {
        let kind = match record {
            Record::Request(request) => {
                self.requests.push(*request);
                RecordKind::Request
            }
            Record::Decision(decision) => {
                self.decisions.push(Decision::clone(decision));
                RecordKind::Decision
            }
            Record::Change(change) => {
                self.changes.push(*change);
                RecordKind::Change
            }
            Record::Loss(loss) => {
                self.losses.push(Loss::clone(loss));
                RecordKind::Loss
            }
            Record::Finding(_) | Record::Alert(_) => {
                self.rare.push(record.clone());
                RecordKind::Rare
            }
        };
        self.kinds.push(kind);
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.requests.clear();
        self.decisions.clear();
        self.changes.clear();
        self.losses.clear();
        self.rare.clear();
        self.names.forget_own();
        self.instances.clear();
    }

    /// Writes the records in their order, and then the instances.
    fn write<T: Rows>(&self, tables: &mut CsvTables<T>, header: &RunHeader) -> io::Result<()> {
        // What is read at random is read first and together, so that memory accesses overlap.
        tables.count(&self.decisions, header);
        for request in &self.requests {
            if let Target::Instance(id) = request.target {
                header.instances.prefetch(id.index());
            }
        }
        let (mut requests, mut decisions) = (self.requests.iter(), self.decisions.iter());
        let (mut changes, mut losses) = (self.changes.iter(), self.losses.iter());
        let mut rare = self.rare.iter();
        for kind in &self.kinds {
            match kind {
                RecordKind::Request => {
                    requests.next().map_or(Ok(()), |record| tables.request(record, header))
                }
                RecordKind::Decision => {
                    decisions.next().map_or(Ok(()), |record| tables.decision(record, header))
                }
                RecordKind::Change => {
                    changes.next().map_or(Ok(()), |record| tables.change(record, header))
                }
                RecordKind::Loss => {
                    losses.next().map_or(Ok(()), |record| tables.loss(record, header))
                }
                RecordKind::Rare => {
                    rare.next().map_or(Ok(()), |record| tables.record(record, header))
                }
            }?;
        }
        tables.instances(&self.instances, header)
    }
}

enum Message {
    /// A run begins.
    Begin(Box<RunHeader>),
    Batch(Box<RowBatch>),
    /// The run has ended.
    End,
}

/// Sends records to a thread that writes the tables.
///
/// After an error, every further call fails.
pub struct CsvThread {
    /// Messages to the thread; `None` after the thread was joined.
    to: Option<SyncSender<Message>>,
    /// Empty batches from the thread.
    back: Receiver<Box<RowBatch>>,
    batch: Box<RowBatch>,
    /// Number of instance names that were sent to the thread.
    known: usize,
    thread: Option<JoinHandle<io::Result<RowCounts>>>,
    counts: RowCounts,
}

impl CsvThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system refuses to create a thread.
    pub fn start<T: Rows + Send + 'static>(tables: CsvTables<T>) -> io::Result<Self> {
        let (to, from) = sync_channel(BATCHES);
        let (give_back, back) = sync_channel(BATCHES);
        for _ in 1..BATCHES {
            let _ = give_back.send(Box::default());
        }
        let work = move || work(tables, &from, &give_back);
        let thread = std::thread::Builder::new().name("csv-writer".to_owned()).spawn(work)?;
        let batch = Box::default();
        Ok(Self { to: Some(to), back, batch, known: 0, thread: Some(thread), counts: Vec::new() })
    }

    /// Number of rows of each file; empty before [`Report::finish`].
    pub fn counts(&self) -> &RowCounts {
        &self.counts
    }

    fn record(&mut self, record: &Record, header: &RunHeader) -> io::Result<()> {
        self.batch.push(record);
        if self.batch.kinds.len() < BATCH { Ok(()) } else { self.hand_over(header) }
    }

    fn hand_over(&mut self, header: &RunHeader) -> io::Result<()> {
        header.instances.since(self.known).for_each(|name| self.batch.names.push(name));
        self.known = header.instances.len();
        // The receiver fails if the thread has ended.
        let Ok(empty) = self.back.recv() else { return Err(self.failure()) };
        let full = mem::replace(&mut self.batch, empty);
        self.send(Message::Batch(full))
    }

    fn send(&mut self, message: Message) -> io::Result<()> {
        let sent = self.to.as_ref().is_some_and(|to| to.send(message).is_ok());
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// The error with which the thread has ended early.
    fn failure(&mut self) -> io::Error {
        self.join().err().unwrap_or_else(|| io::Error::other(ENDED))
    }

    /// Waits for the end of the thread. A second call does nothing.
    fn join(&mut self) -> io::Result<()> {
        self.to = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.counts = thread.join().unwrap_or_else(|_| Err(io::Error::other(ENDED)))?;
        Ok(())
    }
}

impl Report<RunItem<'_>> for CsvThread {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Start(plan) => {
                self.known = plan.header.instances.len();
                self.send(Message::Begin(Box::new(plan.header.clone())))?;
                for change in plan.starting_changes() {
                    self.record(&Record::Change(change), &plan.header)?;
                }
                Ok(())
            }
            RunItem::Record(record, header) => self.record(record, header),
            RunItem::End(end) => {
                for row in (end.instances)() {
                    self.batch.instances.push(row);
                    if self.batch.instances.len() >= BATCH {
                        self.hand_over(end.header)?;
                    }
                }
                if !self.batch.is_empty() {
                    self.hand_over(end.header)?;
                }
                self.send(Message::End)
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.join()
    }
}

const ENDED: &str = "the thread that writes the tables has ended";

/// Dropping waits until the thread has closed its files, so that their folder can be removed.
impl Drop for CsvThread {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

fn work<T: Rows>(
    mut tables: CsvTables<T>,
    from: &Receiver<Message>,
    back: &SyncSender<Box<RowBatch>>,
) -> io::Result<RowCounts> {
    let mut header = None;
    for message in from {
        match (message, &mut header) {
            (Message::Begin(begun), header) => *header = Some(begun),
            (Message::Batch(mut batch), Some(header)) => {
                batch.names.iter().for_each(|name| header.instances.push(name));
                batch.write(&mut tables, header)?;
                batch.clear();
                // A dropped receiver needs no batches.
                let _ = back.send(batch);
            }
            (Message::Batch(_), None) => {}
            (Message::End, _) => tables.end_of_run(),
        }
    }
    tables.finish()
}
