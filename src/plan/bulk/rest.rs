//! A table of events whose rows are checked while the run is in progress, by a thread of its own.
//!
//! The first rows are checked before the run, as those of every table; then the plan is made. It is
//! the plan of the whole table, provided that the other rows have no mistake and no caller, model,
//! selector or protections that the first rows do not have. The thread checks this. Where it fails,
//! [`EventTable::settle`] returns an error, and the caller drops the run with everything that it
//! has written, and starts again with a table that is checked to its end. So a run that ends has
//! the same plan, the same events and the same records as without the thread.

use std::io;
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use super::event_rows::{EventRows, KeptEvents, RowChecks, RowEvent};
use crate::diagnostics::{Problems, Stream};
use crate::plan::events::{Event, EventPosition};
use crate::plan::name_lookup::{FrozenNames, NameLookup};
use crate::plan::script::{EventTable, NextEvent, Unread};
use crate::plan::script_builder::EventChecks;
use crate::policy::Rulebook;
use crate::time::SimTime;
use crate::words::EventId;

/// Number of events that the thread hands over together.
const BATCH: usize = 2_048;

/// Number of batches that can wait.
const WAITING: usize = 4;

/// The rows of a table after the first ones.
pub(super) struct Rest {
    /// The reader, after the first rows.
    pub(super) rows: EventRows,
    /// The position of the checks, after the first rows.
    pub(super) checks: RowChecks,
    /// The policy of the scenario.
    pub(super) policy: Arc<Rulebook>,
    /// Number of rows that are left.
    pub(super) left: usize,
}

type Batch = Vec<(SimTime, Event)>;

/// A table that is checked while the run is in progress.
pub(super) struct TableInProgress {
    table: Stream,
    known: Arc<FrozenNames>,
    rows: usize,
    first: KeptEvents,
    rest: Mutex<RestState>,
    /// SHA-256 of the table, as hexadecimal digits, once it has been checked.
    sha256: OnceLock<String>,
}

enum RestState {
    /// The run has not begun.
    Waiting(Box<Rest>),
    /// The exchange with the thread, and the thread, which returns the SHA-256 of the table.
    Reading(Exchange, JoinHandle<Result<String, String>>),
    /// The thread has ended.
    Ended,
}

/// One side of the exchange of batches: full ones from the thread, and empty ones back to it, so
/// that the memory of a few batches suffices.
struct Exchange {
    to: SyncSender<Batch>,
    from: Receiver<Batch>,
}

impl Exchange {
    fn pair() -> [Self; 2] {
        let (full, take_full) = sync_channel(WAITING);
        let (empty, take_empty) = sync_channel(2 * WAITING);
        [Self { to: full, from: take_empty }, Self { to: empty, from: take_full }]
    }
}

impl TableInProgress {
    /// A table whose first rows are checked.
    pub(super) fn new(
        table: Stream,
        known: FrozenNames,
        rows: usize,
        first: KeptEvents,
        rest: Rest,
    ) -> Self {
        let rest = Mutex::new(RestState::Waiting(rest.into()));
        Self { table, known: known.into(), rows, first, rest, sha256: OnceLock::new() }
    }

    /// The state of the rest; a thread that has panicked leaves it as it was.
    fn rest(&self) -> MutexGuard<'_, RestState> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the thread. A second call does nothing.
    fn start(&self) -> io::Result<()> {
        let mut state = self.rest();
        let rest = match mem::replace(&mut *state, RestState::Ended) {
            RestState::Waiting(rest) => rest,
            started @ (RestState::Reading(..) | RestState::Ended) => {
                *state = started;
                return Ok(());
            }
        };
        let [theirs, ours] = Exchange::pair();
        let known = Arc::clone(&self.known);
        let work = move || rest.check(&known, &theirs);
        let thread = thread::Builder::new().name("event-reader".to_owned()).spawn(work)?;
        *state = RestState::Reading(ours, thread);
        Ok(())
    }

    /// The next events, in exchange for a batch that was taken; `None` after the last, and where
    /// the thread has found a reason to stop.
    fn exchange(&self, mut taken: Batch) -> Option<Batch> {
        let state = self.rest();
        let RestState::Reading(exchange, _) = &*state else { return None };
        taken.clear();
        // A thread that has ended needs no batch.
        let _ = exchange.to.try_send(taken);
        exchange.from.recv().ok()
    }

    fn unread(&self, why: String) -> Unread {
        Unread { path: Arc::clone(&self.table.path), why }
    }
}

impl std::fmt::Debug for TableInProgress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TableInProgress").field(&self.table).finish()
    }
}

impl EventTable for TableInProgress {
    fn len(&self) -> usize {
        self.rows
    }

    fn path(&self) -> &str {
        &self.table.path
    }

    fn sha256(&self) -> Option<&str> {
        self.sha256.get().map(String::as_str)
    }

    fn open(self: Arc<Self>) -> Box<dyn Iterator<Item = NextEvent> + Send> {
        // Without a thread, the events end early, and `settle` reports it.
        let _ = self.start();
        let position = EventPosition::default();
        let last = (&*self.known).start();
        let batch = Batch::new();
        Box::new(EventsInProgress { table: self, position, batch, next: 0, returned: 0, last })
    }

    fn settle(&self) -> Result<&str, Unread> {
        let ended = mem::replace(&mut *self.rest(), RestState::Ended);
        let RestState::Reading(exchange, thread) = ended else {
            return self.sha256().ok_or_else(|| self.unread("it was not read".into()));
        };
        // The thread no longer waits for a receiver, and checks the rows that are left.
        drop(exchange);
        let checked = thread.join().unwrap_or_else(|_| Err("its reader has ended".to_owned()));
        let sha256 = checked.map_err(|why| self.unread(why))?;
        Ok(self.sha256.get_or_init(|| sha256))
    }
}

/// The events of a table in progress: the first ones, and those from the thread.
struct EventsInProgress {
    table: Arc<TableInProgress>,
    position: EventPosition,
    batch: Batch,
    /// Index of the next event of the batch.
    next: usize,
    /// Number of events that were returned.
    returned: usize,
    /// The instant of the last event.
    last: SimTime,
}

impl EventsInProgress {
    fn next_event(&mut self) -> Option<(SimTime, Event)> {
        let table = &self.table;
        let first = table.first.take((&*table.known).start(), &mut self.position);
        if first.is_some() {
            return first;
        }
        if self.next == self.batch.len() {
            self.batch = table.exchange(mem::take(&mut self.batch))?;
            self.next = 0;
        }
        self.next += 1;
        self.batch.get(self.next - 1).copied()
    }
}

impl Iterator for EventsInProgress {
    type Item = NextEvent;

    fn next(&mut self) -> Option<NextEvent> {
        let Some((at, event)) = self.next_event() else {
            // Fewer events: the thread has found a reason to stop, and the run stops too.
            let is_last = mem::replace(&mut self.returned, self.table.rows) == self.table.rows;
            let error = || (self.last, Err(self.table.unread(UNCLEAR.to_owned())));
            return (!is_last).then(error);
        };
        self.last = at;
        self.returned += 1;
        Some((at, Ok((EventId::from_index(self.returned - 1), event))))
    }
}

impl Rest {
    /// Checks the rows, and hands over their events until the run has ended. Returns the SHA-256 of
    /// the table.
    ///
    /// # Errors
    /// If the table has to be checked before a run.
    fn check(self, known: &FrozenNames, exchange: &Exchange) -> Result<String, String> {
        let Self { mut rows, mut checks, policy, left } = self;
        let mut known = known;
        let mut problems = Problems::default();
        let mut seen = 0;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let (at, event) = match rows.next(&mut known).map_err(|error| error.to_string())? {
                RowEvent::Event(at, event) => (at, event),
                RowEvent::End => break,
                RowEvent::NeedsFullRead => return Err(UNCLEAR.to_owned()),
            };
            let against = EventChecks::under(&policy, &mut problems);
            if !checks.pass((at, &event), &rows, (against, &known.memo)) {
                return Err(UNCLEAR.to_owned());
            }
            seen += 1;
            batch.push((at, event));
            if batch.len() == BATCH {
                // A run that has ended receives no more events.
                let empty = exchange.from.try_recv().unwrap_or_default();
                let _ = exchange.to.send(mem::replace(&mut batch, empty));
                batch.reserve(BATCH);
            }
        }
        let _ = exchange.to.send(batch);
        if seen == left { Ok(rows.digest()) } else { Err(UNCLEAR.to_owned()) }
    }
}

const UNCLEAR: &str = "it has to be checked before the run";
