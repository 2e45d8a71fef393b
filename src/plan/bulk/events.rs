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

use super::csv_stream::{CsvStream, NextRow, indices};
use crate::diagnostics::{Span, Stream};
use crate::fleet::Fleet;
use crate::format::{Name, When, verb_keys};
use crate::plan::events::{Event, EventLists, EventPosition, ParseCells, cell_parser};
use crate::plan::name_lookup::{FrozenNames, NameLookup};
use crate::plan::resolver::Resolver;
use crate::plan::script::{EventTable, NextEvent, Unread};
use crate::plan::script_builder::{Events, check_event, check_flags};
use crate::plan::tables::{NeedsFullRead, columns_of_events};
use crate::run_header::numbered;
use crate::time::{SimSpan, SimTime};
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
    kept: Option<KeptEvents>,
}

/// Events that are kept in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct KeptEvents {
    /// Seconds of each since the start of the scenario.
    after: Vec<u32>,
    events: EventLists,
}

impl KeptEvents {
    /// Adds the next event; false if it is too late to be kept.
    fn push(&mut self, after: SimSpan, event: Event) -> bool {
        let Ok(after) = u32::try_from(after.seconds()) else { return false };
        self.after.push(after);
        self.events.push(event);
        true
    }
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
    let mut kept = Some(KeptEvents::default());
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
        if let Some(all) = &mut kept
            && (all.events.len() >= keep || !all.push(at.since(resolver.start), event))
        {
            kept = None;
        }
    }
    if let Some(kept) = &mut kept {
        kept.after.shrink_to_fit();
        kept.events.shrink_to_fit();
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
        let position = EventPosition::default();
        Box::new(EventReader { table: self, rows: None, position, returned: 0, last, ended: false })
    }
}

/// The second reading of a table.
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
        let next = match &self.table.checked.kept {
            Some(kept) => Ok(kept.after.get(self.returned).and_then(|after| {
                let start = (&self.table.known).start();
                let at = start.after(SimSpan::from_seconds((*after).into()));
                Some((at, kept.events.take(&mut self.position)?))
            })),
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

/// Largest number of keys of a verb in a streamed table.
const MOST_KEYS: usize = 8;

/// The rows of a table of events.
struct EventRows {
    lines: CsvStream,
    at: usize,
    verb: usize,
    id: Option<usize>,
    /// The columns `at`, `verb` and `id`, as a mask.
    of_every_verb: u64,
    /// The verbs that have occurred.
    verbs: Vec<VerbColumns>,
    /// For each place of a word, the index of the latest verb that was found there.
    places: [usize; 32],
}

/// A verb with the columns of its keys.
struct VerbColumns {
    word: Box<str>,
    parse: ParseCells,
    /// The columns of its keys, as a mask.
    columns: u64,
    /// For each of these columns, the index of its key.
    key_of: [u8; 64],
    /// Number of keys.
    keys: usize,
}

/// The result of [`EventRows::next`].
enum RowEvent {
    Event(SimTime, Event),
    End,
    NeedsFullRead,
}

impl VerbColumns {
    /// The columns of a verb; `None` if the word is not a verb.
    fn of(word: &str, lines: &CsvStream) -> Option<Self> {
        let keys = verb_keys(word);
        let parse = cell_parser(word).filter(|_| keys.len() <= MOST_KEYS)?;
        let mut verb =
            Self { word: word.into(), parse, columns: 0, key_of: [0; 64], keys: keys.len() };
        for (index, key) in (0..).zip(keys) {
            let Some(column) = lines.column(key) else { continue };
            verb.columns |= 1 << column;
            verb.key_of[column] = index;
        }
        Some(verb)
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
        let of_every_verb = 1 << at | 1 << verb | id.map_or(0, |id| 1 << id);
        let (verbs, places) = (Vec::new(), [0; 32]);
        Ok(Some(Self { lines, at, verb, id, of_every_verb, verbs, places }))
    }

    /// The text of a column in the current row; `None` if it is empty.
    fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.map(|column| self.lines.row().cell(column)).filter(|cell| !cell.is_empty())
    }

    /// The index of a verb in `verbs`; `None` if the word is not a verb.
    ///
    /// The last verb with the same length and last letters is tried first.
    fn verb_of(
        verbs: &mut Vec<VerbColumns>,
        places: &mut [usize; 32],
        word: &str,
        lines: &CsvStream,
    ) -> Option<usize> {
        let last = word.as_bytes().last_chunk::<2>().copied().unwrap_or_default();
        let place = &mut places[(word.len() ^ usize::from(last[0] ^ last[1].rotate_left(2))) % 32];
        if verbs.get(*place).is_some_and(|verb| *verb.word == *word) {
            return Some(*place);
        }
        let known = verbs.iter().position(|verb| *verb.word == *word);
        *place = known.unwrap_or(verbs.len());
        if known.is_none() {
            verbs.push(VerbColumns::of(word, lines)?);
        }
        Some(*place)
    }

    fn next(&mut self, names: &mut dyn NameLookup) -> io::Result<RowEvent> {
        match self.lines.advance()? {
            NextRow::Row => {}
            NextRow::End => return Ok(RowEvent::End),
            NextRow::NeedsFullRead => return Ok(RowEvent::NeedsFullRead),
        }
        let row = self.lines.row();
        let word = row.cell(self.verb);
        let known = Self::verb_of(&mut self.verbs, &mut self.places, word, &self.lines);
        let Some(verb) = known.and_then(|known| self.verbs.get(known)) else {
            return Ok(RowEvent::NeedsFullRead);
        };
        // Every column with text, other than `at`, `verb` and `id`, must be a key of the verb.
        if row.filled & !(verb.columns | self.of_every_verb) != 0 || row.has_parameter() {
            return Ok(RowEvent::NeedsFullRead);
        }
        let mut cells = [None; MOST_KEYS];
        for column in indices(row.filled & verb.columns) {
            cells[usize::from(verb.key_of[column])] = Some(row.cell(column));
        }
        let at = When::plain(row.cell(self.at)).map(|at| at.from(names.start()));
        let event = at.and_then(|at| Some((at, (verb.parse)(&cells[..verb.keys], names)?)));
        Ok(event.map_or(RowEvent::NeedsFullRead, |(at, event)| RowEvent::Event(at, event)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_at_most_56_bytes() {
        assert!(size_of::<Event>() <= 56);
    }
}
