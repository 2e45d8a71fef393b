//! The events of a large table. The table is read once to check it, and a second time during the
//! run unless its events were few enough to be kept in memory. A run that prints nothing before its
//! end can begin when the first rows are checked; see `rest.rs`.
//!
//! This reader requires that every row is complete, every name is known, rows are sorted by time,
//! and no row has a problem to report. Otherwise the full reader first searches the table in pieces
//! for mistakes, and reads it whole if there are none; see [`NeedsFullRead`]. Both readers give the
//! same events; a test compares them.
//!
//! Memory holds the names, one entry for each selector that is not a single name, the `id`s of
//! events (an event without one is named by its number), and the events that are kept.

use std::io;
use std::sync::Arc;
use std::thread;

use memchr::memchr_iter;

use super::event_rows::{EventRows, KeptEvents, RowChecks, RowEvent};
use super::rest::{Rest, TableInProgress};
use crate::diagnostics::Stream;
use crate::fleet::Fleet;
use crate::format::Name;
use crate::plan::events::{Event, EventPosition};
use crate::plan::name_lookup::{FrozenNames, NameLookup};
use crate::plan::resolver::Resolver;
use crate::plan::script::{EventTable, NextEvent, Unread};
use crate::plan::script_builder::{EventChecks, Events};
use crate::plan::tables::NeedsFullRead;
use crate::run_header::numbered;
use crate::time::SimTime;
use crate::words::EventId;

/// A table of events that was checked.
#[derive(Debug)]
struct LargeEventTable {
    table: Stream,
    known: FrozenNames,
    rows: usize,
    /// SHA-256 of the table, as hexadecimal digits.
    sha256: String,
    /// The events; `None` if there are too many to keep.
    kept: Option<KeptEvents>,
}

/// The result of the first reading.
pub struct Checked {
    /// Number of rows.
    rows: usize,
    read: ReadRows,
}

/// The rows that were read.
enum ReadRows {
    /// All of them, with the SHA-256 of the table, and the events if they are kept.
    All(String, Option<KeptEvents>),
    /// The first ones; the others are checked during the run.
    First(KeptEvents, Box<Rest>),
}

/// Checks a table of events. Keeps the events if there are at most `keep`. If `first` is a number
/// of rows, the others may be left to the run; see `rest.rs`.
///
/// # Errors
/// [`NeedsFullRead`] if the table has a problem to report.
pub fn check(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    table: &Stream,
    (keep, first): (usize, Option<usize>),
    end: SimTime,
) -> Result<(Events, Checked), NeedsFullRead> {
    let mut events = Events::default();
    let reported = resolver.problems.len();
    let mut rows = EventRows::open(table).ok().flatten().ok_or(NeedsFullRead(0))?;
    let mut checks = RowChecks::new(resolver.start, end);
    let mut kept = Some(KeptEvents::default());
    // Without names of events, the number of rows suffices; one policy needs no fleet.
    let first = first.filter(|_| !rows.has_ids() && resolver.rulebooks.len() == 1);
    let mut counting = first.and_then(|_| {
        let table = table.clone();
        thread::Builder::new().spawn(move || lines(&table)).ok()
    });
    loop {
        let here = NeedsFullRead(events.len() + 1);
        let (at, event) = match rows.next(resolver).map_err(|_| here)? {
            RowEvent::Event(at, event) => (at, event),
            RowEvent::End => break,
            RowEvent::NeedsFullRead => return Err(here),
        };
        name(&mut events, rows.id()).ok_or(here)?;
        let is_good = checks.pass((at, &event), &rows, EventChecks::of_row(resolver, fleet));
        if !is_good || resolver.problems.len() != reported {
            return Err(here);
        }
        if let Some(all) = &mut kept
            && (all.len() >= keep || !all.push(at.since(resolver.start), event))
        {
            kept = None;
        }
        if first == Some(events.len())
            && let Some(counting) = counting.take()
            && let Some(kept) = kept.take()
        {
            let count = counting.join().ok().and_then(Result::ok).ok_or(here)?.saturating_sub(1);
            let left = count.saturating_sub(events.len());
            events.fill(count);
            let policy = Arc::clone(&resolver.rulebooks[0]);
            let rest = Box::new(Rest { rows, checks, policy, left });
            return Ok((events, Checked { rows: count, read: ReadRows::First(kept, rest) }));
        }
    }
    if let Some(kept) = &mut kept {
        kept.shrink_to_fit();
    }
    let read = ReadRows::All(rows.digest(), kept);
    let rows = events.len();
    Ok((events, Checked { rows, read }))
}

/// Names an event; `None` if the name has a problem to report.
fn name(events: &mut Events, id: Option<&str>) -> Option<EventId> {
    match id {
        None => Some(events.unnamed()),
        // A later row without an id could get this name from its number.
        Some(id) if Name::fault(id).is_some() || numbered(id).is_some() => None,
        Some(id) => events.named(id, None).ok(),
    }
}

/// Number of lines of a table.
fn lines(table: &Stream) -> io::Result<usize> {
    let mut reader = (table.open)()?;
    let mut block = vec![0; 1 << 18];
    let (mut count, mut last) = (0, b'\n');
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok(count + usize::from(last != b'\n'));
        }
        count += memchr_iter(b'\n', &block[..read]).count();
        last = block[read - 1];
    }
}

/// A checked table with the names that its cells use.
pub fn event_table(table: Stream, known: FrozenNames, checked: Checked) -> Arc<dyn EventTable> {
    let rows = checked.rows;
    match checked.read {
        ReadRows::All(sha256, kept) => {
            Arc::new(LargeEventTable { table, known, rows, sha256, kept })
        }
        ReadRows::First(first, rest) => {
            Arc::new(TableInProgress::new(table, known, rows, first, *rest))
        }
    }
}

impl EventTable for LargeEventTable {
    fn len(&self) -> usize {
        self.rows
    }

    fn path(&self) -> &str {
        &self.table.path
    }

    fn sha256(&self) -> Option<&str> {
        Some(&self.sha256)
    }

    fn open(self: Arc<Self>) -> Box<dyn Iterator<Item = NextEvent> + Send> {
        let last = (&self.known).start();
        let position = EventPosition::default();
        Box::new(EventReader { table: self, rows: None, position, returned: 0, last, ended: false })
    }

    fn settle(&self) -> Result<&str, Unread> {
        Ok(&self.sha256)
    }
}

/// The events of a table that was checked: those that are kept, or a second reading.
struct EventReader {
    table: Arc<LargeEventTable>,
    /// `None` before the table was opened and after it was closed.
    rows: Option<EventRows>,
    /// The position in the events that are kept.
    position: EventPosition,
    /// Number of events that were returned.
    returned: usize,
    /// The instant of the last event.
    last: SimTime,
    ended: bool,
}

impl Iterator for EventReader {
    type Item = NextEvent;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match &self.table.kept {
            Some(kept) => Ok(kept.take((&self.table.known).start(), &mut self.position)),
            None => self.read(),
        };
        match next {
            Ok(Some((at, event))) => {
                self.last = at;
                self.returned += 1;
                Some((at, Ok((EventId::from_index(self.returned - 1), event))))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(why) => {
                self.ended = true;
                let why = why.map_or_else(|| CHANGED.to_owned(), |error| error.to_string());
                Some((self.last, Err(Unread { path: Arc::clone(&self.table.table.path), why })))
            }
        }
    }
}

/// The message about a table that changed after the first reading.
const CHANGED: &str = "it changed after it was checked";

impl EventReader {
    /// The next event; `None` at the end, after checking the digest of the table.
    ///
    /// # Errors
    /// `None` if the table has changed, else the I/O error.
    fn read(&mut self) -> Result<Option<(SimTime, Event)>, Option<io::Error>> {
        if self.rows.is_none() {
            self.rows = EventRows::open(&self.table.table)?;
        }
        let Some(rows) = &mut self.rows else { return Err(None) };
        let mut known = &self.table.known;
        match rows.next(&mut known)? {
            RowEvent::Event(at, event) if at >= self.last && self.returned < self.table.len() => {
                Ok(Some((at, event)))
            }
            RowEvent::Event(..) | RowEvent::NeedsFullRead => Err(None),
            RowEvent::End => {
                let digest = self.rows.take().map(EventRows::digest);
                let same = digest.is_some_and(|digest| digest == self.table.sha256);
                if same { Ok(None) } else { Err(None) }
            }
        }
    }
}
