//! Tables written by a thread of their own, so that the run need not wait for them.
//!
//! Records go over in batches, together with the names that the run has given
//! since the last one; empty batches come back and are filled again, so that a
//! run of any length takes no more memory than a few of them. It must never
//! know where the bytes go.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::rows::InstanceRow;
use super::tables::{BufferedCsv, Counts, CsvTables};
use crate::record::Record;
use crate::report::item::{Report, RunItem};
use crate::run_header::RunHeader;
use crate::words::Names;

/// How many records go over at once.
const BATCH: usize = 2_048;

/// How many batches there are: one that is filled, one that is written, and two that wait.
const BATCHES: usize = 4;

/// What goes over at once.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    /// The names of instances that came to be since the last batch.
    names: Names,
    instances: Vec<InstanceRow>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.instances.is_empty()
    }

    fn clear(&mut self) {
        self.records.clear();
        self.names.forget_own();
        self.instances.clear();
    }
}

enum Message {
    /// A run begins.
    Begin(Box<RunHeader>),
    Batch(Batch),
    /// The run has ended.
    End,
}

/// Has tables written by a thread.
///
/// Once it has answered with an error there is nothing more to be had from it.
pub struct CsvThread {
    to: Option<SyncSender<Message>>,
    back: Receiver<Batch>,
    batch: Batch,
    /// How many names of instances the thread knows.
    known: usize,
    thread: Option<JoinHandle<io::Result<Counts>>>,
    counts: Counts,
}

impl CsvThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub fn start<W: Write + Send + 'static>(tables: CsvTables<BufferedCsv<W>>) -> io::Result<Self> {
        let (to, from) = sync_channel(BATCHES);
        let (give_back, back) = sync_channel(BATCHES);
        for _ in 1..BATCHES {
            let _ = give_back.send(Batch::default());
        }
        let work = move || work(tables, &from, &give_back);
        let thread = std::thread::Builder::new().name("scribe".to_owned()).spawn(work)?;
        let batch = Batch::default();
        Ok(Self { to: Some(to), back, batch, known: 0, thread: Some(thread), counts: Vec::new() })
    }

    /// Number of rows of each file; empty before [`Report::finish`].
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn hand_over(&mut self, header: &RunHeader) -> io::Result<()> {
        header.instances.since(self.known).for_each(|name| self.batch.names.push(name));
        self.known = header.instances.len();
        // Nothing comes back from a thread that has ended.
        let Ok(empty) = self.back.recv() else { return Err(self.failure()) };
        let full = mem::replace(&mut self.batch, empty);
        self.send(Message::Batch(full))
    }

    fn send(&mut self, parcel: Message) -> io::Result<()> {
        let sent = self.to.as_ref().is_some_and(|to| to.send(parcel).is_ok());
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// Why the thread has ended before its time.
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
            RunItem::Start(header) => {
                self.known = header.instances.len();
                self.send(Message::Begin(Box::new(header.clone())))
            }
            RunItem::Record(record, header) => {
                self.batch.records.push(record.clone());
                if self.batch.records.len() < BATCH { Ok(()) } else { self.hand_over(header) }
            }
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

const ENDED: &str = "the thread that writes has ended";

/// A writer that gives up waits until the files are let go, so that their folder can be taken away.
impl Drop for CsvThread {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

fn work<W: Write>(
    mut tables: CsvTables<BufferedCsv<W>>,
    from: &Receiver<Message>,
    back: &SyncSender<Batch>,
) -> io::Result<Counts> {
    let mut header = None;
    for parcel in from {
        match (parcel, &mut header) {
            (Message::Begin(begun), header) => *header = Some(begun),
            (Message::Batch(mut batch), Some(header)) => {
                batch.names.iter().for_each(|name| header.instances.push(name));
                tables.write(&batch.records, header)?;
                tables.instances(&batch.instances, header)?;
                batch.clear();
                // A receiver that has gone away needs no batches.
                let _ = back.send(batch);
            }
            (Message::Batch(_), None) => {}
            (Message::End, _) => tables.end_of_run(),
        }
    }
    tables.finish()
}
