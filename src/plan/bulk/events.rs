//! The events of a large table. The table is read once to check it, and a second time during the
//! run unless its events were few enough to be kept in memory.
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

use super::csv_stream::{CsvRow, CsvStream, NextRow};
use crate::diagnostics::{Span, Stream};
use crate::fleet::Fleet;
use crate::format::{Name, When, verb_keys};
use crate::plan::events::{Event, ParseCells, cell_parser};
use crate::plan::name_lookup::{FrozenNames, NameLookup};
use crate::plan::resolver::Resolver;
use crate::plan::script::{EventTable, NextEvent, Unread};
use crate::plan::script_builder::{Events, check_event, check_flags};
use crate::plan::tables::{NeedsFullRead, columns_of_events};
use crate::run_header::numbered;
use crate::time::SimTime;
use crate::words::EventId;

/// A table of events that was checked.
#[derive(Debug)]
struct LargeEventTable {
    table: Stream,
    known: FrozenNames,
    checked: Checked,
}

/// The result of the first reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Number of rows.
    pub rows: usize,
    /// SHA-256 of the table, as hexadecimal digits.
    pub sha256: String,
    /// The events; `None` if there are too many to keep.
    kept: Option<Vec<(SimTime, Event)>>,
}

/// Checks a table of events. Keeps the events if there are at most `keep`.
///
/// # Errors
/// [`NeedsFullRead`] if the table has a problem to report.
pub fn check(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    table: &Stream,
    keep: usize,
    end: SimTime,
) -> Result<(Events, Checked), NeedsFullRead> {
    let mut events = Events::default();
    let reported = resolver.problems.len();
    let mut rows = EventRows::open(table).ok().flatten().ok_or(NeedsFullRead(0))?;
    let mut last = resolver.start;
    let mut kept = Some(Vec::new());
    loop {
        let here = NeedsFullRead(events.len() + 1);
        let (at, event) = match rows.next(resolver).map_err(|_| here)? {
            RowEvent::Event(at, event) => (at, event),
            RowEvent::End => break,
            RowEvent::NeedsFullRead => return Err(here),
        };
        if at < last || at > end {
            return Err(here);
        }
        last = at;
        name(&mut events, rows.cell(rows.id)).ok_or(here)?;
        if let Event::SetProtection(event) = &event {
            let flags = rows.cell(rows.lines.column("flags"));
            let known = resolver.memo.flags.get(flags.unwrap_or_default());
            let flags = Arc::clone(&known.ok_or(here)?.1);
            check_flags(resolver, fleet, &flags, event, Span::NOWHERE);
        }
        check_event(resolver, fleet, &event, Span::NOWHERE);
        if resolver.problems.len() != reported {
            return Err(here);
        }
        kept = kept.filter(|kept| kept.len() < keep);
        if let Some(kept) = &mut kept {
            kept.push((at, event));
        }
    }
    let sha256 = rows.lines.digest();
    let rows = events.len();
    Ok((events, Checked { rows, sha256, kept }))
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

/// A checked table with the names that its cells use.
pub fn event_table(table: Stream, known: FrozenNames, checked: Checked) -> Arc<dyn EventTable> {
    Arc::new(LargeEventTable { table, known, checked })
}

impl EventTable for LargeEventTable {
    fn len(&self) -> usize {
        self.checked.rows
    }

    fn path(&self) -> &str {
        &self.table.path
    }

    fn sha256(&self) -> &str {
        &self.checked.sha256
    }

    fn open(self: Arc<Self>) -> Box<dyn Iterator<Item = NextEvent> + Send> {
        let last = (&self.known).start();
        Box::new(EventReader { table: self, rows: None, returned: 0, last, ended: false })
    }
}

/// The second reading of a table.
struct EventReader {
    table: Arc<LargeEventTable>,
    /// `None` before the table was opened and after it was closed.
    rows: Option<EventRows>,
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
        let next = match &self.table.checked.kept {
            Some(kept) => Ok(kept.get(self.returned).copied()),
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
                let digest = self.rows.take().map(|rows| rows.lines.digest());
                let same = digest.is_some_and(|digest| digest == self.table.checked.sha256);
                if same { Ok(None) } else { Err(None) }
            }
        }
    }
}

/// The rows of a table of events.
struct EventRows {
    lines: CsvStream,
    at: usize,
    verb: usize,
    id: Option<usize>,
    /// The verbs that have occurred.
    verbs: Vec<VerbColumns>,
}

/// A verb with the columns of its keys.
struct VerbColumns {
    word: Box<str>,
    parse: ParseCells,
    /// Index of the column of each key; `None` if the table does not have it.
    columns: Box<[Option<usize>]>,
}

/// The result of [`EventRows::next`].
enum RowEvent {
    Event(SimTime, Event),
    End,
    NeedsFullRead,
}

/// The cells of a row that belong to its verb, in the order of the verb's keys.
struct VerbCells<'r> {
    row: CsvRow<'r>,
    /// The columns of the verb's keys.
    columns: std::slice::Iter<'r, Option<usize>>,
    /// Number of cells with text so far.
    filled: usize,
}

impl<'r> Iterator for VerbCells<'r> {
    type Item = Option<&'r str>;

    fn next(&mut self) -> Option<Self::Item> {
        let column = self.columns.next().copied()?;
        let cell = column.map(|column| self.row.cell(column)).filter(|cell| !cell.is_empty());
        self.filled += usize::from(cell.is_some());
        Some(cell)
    }
}

impl EventRows {
    fn open(table: &Stream) -> io::Result<Option<Self>> {
        let known = columns_of_events();
        let Some(lines) = CsvStream::open(table, &known, &["at", "verb"])? else { return Ok(None) };
        let (Some(at), Some(verb)) = (lines.column("at"), lines.column("verb")) else {
            return Ok(None);
        };
        let id = lines.column("id");
        Ok(Some(Self { lines, at, verb, id, verbs: Vec::new() }))
    }

    /// The text of a column in the current row; `None` if it is empty.
    fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.map(|column| self.lines.row().cell(column)).filter(|cell| !cell.is_empty())
    }

    fn next(&mut self, names: &mut dyn NameLookup) -> io::Result<RowEvent> {
        match self.lines.advance()? {
            NextRow::Row => {}
            NextRow::End => return Ok(RowEvent::End),
            NextRow::NeedsFullRead => return Ok(RowEvent::NeedsFullRead),
        }
        let row = self.lines.row();
        let word = row.cell(self.verb);
        let known = self.verbs.iter().position(|verb| *verb.word == *word);
        if known.is_none() {
            let Some(parse) = cell_parser(word) else { return Ok(RowEvent::NeedsFullRead) };
            let columns = verb_keys(word).iter().map(|key| self.lines.column(key)).collect();
            self.verbs.push(VerbColumns { word: word.into(), parse, columns });
        }
        let known = known.unwrap_or(self.verbs.len() - 1);
        let Some(verb) = self.verbs.get(known) else { return Ok(RowEvent::NeedsFullRead) };
        // Every column with text, other than `at`, `verb` and `id`, must be a key of the verb.
        let mut keys = 0;
        for (column, cell) in row.filled() {
            // `$name` refers to a parameter of a case.
            if cell.starts_with('$') {
                return Ok(RowEvent::NeedsFullRead);
            }
            let is_key = column != self.at && column != self.verb && Some(column) != self.id;
            keys += usize::from(is_key);
        }
        let mut cells = VerbCells { row, columns: verb.columns.iter(), filled: 0 };
        let at = When::plain(row.cell(self.at)).map(|at| at.from(names.start()));
        let event = at.and_then(|at| Some((at, (verb.parse)(&mut cells, names)?)));
        Ok(match event.filter(|_| cells.filled == keys) {
            Some((at, event)) => RowEvent::Event(at, event),
            None => RowEvent::NeedsFullRead,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_event_has_at_most_64_bytes() {
        assert!(size_of::<(SimTime, Event)>() <= 64);
    }
}
