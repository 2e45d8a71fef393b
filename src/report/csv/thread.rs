//! Two threads that write the tables, so that the run does not wait for output: one writes the
//! requests, the other everything else.
//!
//! Records are sent in batches, together with the names of instances that were created since the
//! last batch. A thread sends empty batches back, so that a run of any length uses the memory
//! of a few batches.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::tables::{BufferedCsv, Counts, CsvTables, EffectTables, RequestTable, Rows, TableGroup};
use crate::record::{Change, Decision, InstanceRow, Record, Request};
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
struct Batch {
    /// The kinds of the records, in their order.
    kinds: Vec<RecordKind>,
    requests: Vec<Request>,
    decisions: Vec<Decision>,
    changes: Vec<Change>,
    /// All other records.
    rare: Vec<Record>,
    /// Names of the instances that were created since the last batch.
    names: Names,
    instances: Vec<InstanceRow>,
}

/// A list of a [`Batch`].
#[derive(Clone, Copy)]
enum RecordKind {
    Request,
    Decision,
    Change,
    Rare,
}

/// Room for a whole batch in every list, which takes memory only when it is written.
impl Default for Batch {
    fn default() -> Self {
        Self {
            kinds: Vec::with_capacity(BATCH),
            requests: Vec::with_capacity(BATCH),
            decisions: Vec::with_capacity(BATCH),
            changes: Vec::with_capacity(BATCH),
            rare: Vec::with_capacity(BATCH),
            names: Names::default(),
            instances: Vec::new(),
        }
    }
}

impl Batch {
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
                self.decisions.push(decision.clone());
                RecordKind::Decision
            }
            Record::Change(change) => {
                self.changes.push(*change);
                RecordKind::Change
            }
            Record::Loss(_) | Record::Finding(_) | Record::Alert(_) => {
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
        self.rare.clear();
        self.names.forget_own();
        self.instances.clear();
    }
}

/// The tables of one thread.
trait ThreadTables: TableGroup + Send + 'static {
    /// Writes the records of a batch in their order, and then the instances.
    fn write(&mut self, batch: &Batch, header: &RunHeader) -> io::Result<()>;
}

impl<T: Rows + Send + 'static> ThreadTables for RequestTable<T> {
    fn write(&mut self, batch: &Batch, header: &RunHeader) -> io::Result<()> {
        batch.requests.iter().try_for_each(|request| self.request(request, header))
    }
}

impl<T: Rows + Send + 'static> ThreadTables for EffectTables<T> {
    fn write(&mut self, batch: &Batch, header: &RunHeader) -> io::Result<()> {
        let (mut decisions, mut changes) = (batch.decisions.iter(), batch.changes.iter());
        let mut rare = batch.rare.iter();
        for kind in &batch.kinds {
            match kind {
                RecordKind::Request => Ok(()),
                RecordKind::Decision => {
                    decisions.next().map_or(Ok(()), |record| self.decision(record, header))
                }
                RecordKind::Change => {
                    changes.next().map_or(Ok(()), |record| self.change(record, header))
                }
                RecordKind::Rare => {
                    rare.next().map_or(Ok(()), |record| self.record(record, header))
                }
            }?;
        }
        self.instances(&batch.instances, header)
    }
}

enum Message {
    /// A run begins.
    Begin(Box<RunHeader>),
    Batch(Box<Batch>),
    /// The run has ended.
    End,
}

/// A thread that writes some of the tables.
struct WriterThread {
    /// Messages to the thread; `None` after the thread was joined.
    to: Option<SyncSender<Message>>,
    /// Empty batches from the thread.
    back: Receiver<Box<Batch>>,
    batch: Box<Batch>,
    /// Number of instance names that were sent to the thread.
    known: usize,
    thread: Option<JoinHandle<io::Result<Counts>>>,
    counts: Counts,
}

impl WriterThread {
    fn start(name: &str, tables: impl ThreadTables) -> io::Result<Self> {
        let (to, from) = sync_channel(BATCHES);
        let (give_back, back) = sync_channel(BATCHES);
        for _ in 1..BATCHES {
            let _ = give_back.send(Box::default());
        }
        let work = move || work(tables, &from, &give_back);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
        let batch = Box::default();
        Ok(Self { to: Some(to), back, batch, known: 0, thread: Some(thread), counts: Vec::new() })
    }

    fn begin(&mut self, header: &RunHeader) -> io::Result<()> {
        self.known = header.instances.len();
        self.send(Message::Begin(Box::new(header.clone())))
    }

    fn record(&mut self, record: &Record, header: &RunHeader) -> io::Result<()> {
        self.batch.push(record);
        if self.batch.kinds.len() < BATCH { Ok(()) } else { self.hand_over(header) }
    }

    fn instance(&mut self, row: InstanceRow, header: &RunHeader) -> io::Result<()> {
        self.batch.instances.push(row);
        if self.batch.instances.len() < BATCH { Ok(()) } else { self.hand_over(header) }
    }

    fn end(&mut self, header: &RunHeader) -> io::Result<()> {
        if !self.batch.is_empty() {
            self.hand_over(header)?;
        }
        self.send(Message::End)
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

const ENDED: &str = "the thread that writes the tables has ended";

/// Dropping waits until the thread has closed its files, so that their folder can be removed.
impl Drop for WriterThread {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

/// Sends records to the threads that write the tables.
///
/// After an error, every further call fails.
pub struct CsvThreads {
    requests: WriterThread,
    effects: WriterThread,
    counts: Counts,
}

impl CsvThreads {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the system refuses to create a thread.
    pub fn start<W: Write + Send + 'static>(tables: CsvTables<BufferedCsv<W>>) -> io::Result<Self> {
        let CsvTables { requests, effects } = tables;
        Ok(Self {
            requests: WriterThread::start("request-writer", requests)?,
            effects: WriterThread::start("effect-writer", effects)?,
            counts: Vec::new(),
        })
    }

    /// Number of rows of each file; empty before [`Report::finish`].
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    #[inline]
    fn record(&mut self, record: &Record, header: &RunHeader) -> io::Result<()> {
        let is_request = matches!(record, Record::Request(_));
        let thread = if is_request { &mut self.requests } else { &mut self.effects };
        thread.record(record, header)
    }
}

impl Report<RunItem<'_>> for CsvThreads {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Start(plan) => {
                self.requests.begin(&plan.header)?;
                self.effects.begin(&plan.header)?;
                for change in plan.starting_changes() {
                    self.record(&Record::Change(change), &plan.header)?;
                }
                Ok(())
            }
            RunItem::Record(record, header) => self.record(record, header),
            RunItem::End(end) => {
                for row in (end.instances)() {
                    self.effects.instance(row, end.header)?;
                }
                self.requests.end(end.header)?;
                self.effects.end(end.header)
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let joined = [self.requests.join(), self.effects.join()];
        joined.into_iter().collect::<io::Result<()>>()?;
        self.counts.append(&mut self.requests.counts);
        self.counts.append(&mut self.effects.counts);
        Ok(())
    }
}

fn work(
    mut tables: impl ThreadTables,
    from: &Receiver<Message>,
    back: &SyncSender<Box<Batch>>,
) -> io::Result<Counts> {
    let mut header = None;
    for message in from {
        match (message, &mut header) {
            (Message::Begin(begun), header) => *header = Some(begun),
            (Message::Batch(mut batch), Some(header)) => {
                batch.names.iter().for_each(|name| header.instances.push(name));
                tables.write(&batch, header)?;
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
