//! The rows of a large table of events: how they are parsed, checked and kept.

use std::io;

use super::csv_stream::{CsvStream, NextRow};
use crate::diagnostics::Stream;
use crate::format::{When, verb_keys};
use crate::plan::events::{Event, EventLists, EventPosition, KeyCells, ParseCells, cell_parser};
use crate::plan::name_lookup::{CellCache, NameLookup};
use crate::plan::script_builder::{EventChecks, PassedEvents};
use crate::plan::tables::columns_of_events;
use crate::time::{SimSpan, SimTime, TimeReader};

/// The rows of a table of events.
pub(super) struct EventRows {
    lines: CsvStream,
    at: usize,
    verb: usize,
    id: Option<usize>,
    flags: Option<usize>,
    times: TimeReader,
    verbs: KnownVerbs,
}

/// The verbs that have occurred.
#[derive(Default)]
struct KnownVerbs {
    list: Vec<VerbColumns>,
    /// For each place of a word, the index of the latest verb that was found there.
    places: [usize; 32],
}

/// A verb with the columns of its keys.
struct VerbColumns {
    word: Box<str>,
    parse: ParseCells,
    /// The columns of its keys in their order; `usize::MAX` for a key without a column.
    columns: Box<[usize]>,
    /// The columns that may have text in its rows: these, `at`, `verb` and `id`.
    allowed: u64,
}

/// The result of [`EventRows::next`].
pub(super) enum RowEvent {
    Event(SimTime, Event),
    End,
    NeedsFullRead,
}

impl VerbColumns {
    /// The columns of a verb; `None` if the word is not a verb.
    fn of(word: &str, lines: &CsvStream) -> Option<Self> {
        let parse = cell_parser(word)?;
        let keys = verb_keys(word);
        let named = keys.iter().chain(&["at", "verb", "id"]).filter_map(|key| lines.column(key));
        let allowed = named.fold(0, |mask, column| mask | lines.bit(column));
        let columns = keys.iter().map(|key| lines.column(key).unwrap_or(usize::MAX)).collect();
        Some(Self { word: word.into(), parse, columns, allowed })
    }
}

impl KnownVerbs {
    /// The place of a word: words with the same length and last letters share it.
    fn place(word: &[u8]) -> usize {
        let [first, last] = word.last_chunk().copied().unwrap_or_default();
        (word.len() ^ usize::from(first ^ last.rotate_left(2))) % 32
    }

    /// The latest verb that was found at the place of a word; `None` if it is another one.
    #[inline]
    fn latest(&self, word: &[u8]) -> Option<&VerbColumns> {
        let verb = self.list.get(self.places[Self::place(word)])?;
        (*verb.word.as_bytes() == *word).then_some(verb)
    }

    /// The verb of a word, which becomes the latest of its place; `None` if the word is not a verb.
    #[cold]
    fn find(&mut self, word: &str, lines: &CsvStream) -> Option<&VerbColumns> {
        let known = self.list.iter().position(|verb| *verb.word == *word);
        let index = known.unwrap_or(self.list.len());
        if known.is_none() {
            self.list.push(VerbColumns::of(word, lines)?);
        }
        self.places[Self::place(word.as_bytes())] = index;
        self.list.get(index)
    }
}

impl EventRows {
    pub(super) fn open(table: &Stream) -> io::Result<Option<Self>> {
        let known = columns_of_events();
        let Some(lines) = CsvStream::open(table, &known, &["at", "verb"])? else { return Ok(None) };
        let (Some(at), Some(verb)) = (lines.column("at"), lines.column("verb")) else {
            return Ok(None);
        };
        let (id, flags) = (lines.column("id"), lines.column("flags"));
        let (times, verbs) = (TimeReader::default(), KnownVerbs::default());
        Ok(Some(Self { lines, at, verb, id, flags, times, verbs }))
    }

    /// Whether events can have names of their own.
    pub(super) const fn has_ids(&self) -> bool {
        self.id.is_some()
    }

    /// The `id` of the current row; `None` if it has none.
    pub(super) fn id(&self) -> Option<&str> {
        self.cell(self.id)
    }

    /// The text of a column in the current row; `None` if it is empty.
    fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.map(|column| self.lines.row().cell(column)).filter(|cell| !cell.is_empty())
    }

    /// The SHA-256 of the table, after its last row.
    pub(super) fn digest(self) -> String {
        self.lines.digest()
    }

    pub(super) fn next(&mut self, names: &mut dyn NameLookup) -> io::Result<RowEvent> {
        match self.lines.advance()? {
            NextRow::Row => {}
            NextRow::End => return Ok(RowEvent::End),
            NextRow::NeedsFullRead => return Ok(RowEvent::NeedsFullRead),
        }
        let row = self.lines.row();
        let known = self.verbs.latest(row.bytes(self.verb));
        let verb = match known {
            Some(verb) => verb,
            None => match self.verbs.find(row.cell(self.verb), &self.lines) {
                Some(verb) => verb,
                None => return Ok(RowEvent::NeedsFullRead),
            },
        };
        // Every column with text, other than `at`, `verb` and `id`, must be a key of the verb.
        if row.filled & !verb.allowed != 0 || row.has_parameter() {
            return Ok(RowEvent::NeedsFullRead);
        }
        let at = match self.times.plain(row.bytes(self.at)) {
            Some(at) => at,
            None => match When::plain(row.cell(self.at)) {
                Some(at) => at.from(names.start()),
                None => return Ok(RowEvent::NeedsFullRead),
            },
        };
        let cells = KeyCells { text: row.text, cells: row.cells, columns: &verb.columns };
        match (verb.parse)(&cells, names) {
            Some(event) => Ok(RowEvent::Event(at, event)),
            None => Ok(RowEvent::NeedsFullRead),
        }
    }
}

/// The position in a table whose rows are checked in their order.
pub(super) struct RowChecks {
    /// The instant of the last row.
    last: SimTime,
    /// The last instant of the scenario.
    end: SimTime,
    /// The rows that have passed.
    passed: PassedEvents,
}

impl RowChecks {
    /// The position before the first row.
    pub(super) fn new(start: SimTime, end: SimTime) -> Self {
        Self { last: start, end, passed: PassedEvents::default() }
    }

    /// Checks the event of the current row; false if it has a problem, is not in the order of time
    /// or not in the scenario's time span.
    #[inline]
    pub(super) fn pass(
        &mut self,
        (at, event): (SimTime, &Event),
        rows: &EventRows,
        (mut checks, memo): (EventChecks<'_>, &CellCache),
    ) -> bool {
        let is_next = self.last <= at && at <= self.end;
        self.last = at;
        let is_switch = matches!(event, Event::SetProtection(_));
        let cell = if is_switch { rows.cell(rows.flags).unwrap_or_default() } else { "" };
        let flags = || memo.flags.get(cell).map(|(_, flags)| &**flags);
        is_next && checks.pass((event, cell), flags, &mut self.passed)
    }
}

/// Events that are kept in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KeptEvents {
    /// Seconds of each since the start of the scenario.
    after: Vec<u32>,
    events: EventLists,
}

impl KeptEvents {
    /// Adds the next event; false if it is too late to be kept.
    pub(super) fn push(&mut self, after: SimSpan, event: Event) -> bool {
        let Ok(after) = u32::try_from(after.seconds()) else { return false };
        self.after.push(after);
        self.events.push(event);
        true
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.after.len()
    }

    /// Returns memory that is not used.
    pub(super) fn shrink_to_fit(&mut self) {
        self.after.shrink_to_fit();
        self.events.shrink_to_fit();
    }

    /// The event at a position, which becomes that of the next, and its instant; `None` after the
    /// last.
    pub(super) fn take(&self, start: SimTime, at: &mut EventPosition) -> Option<(SimTime, Event)> {
        let after = self.after.get(at.index())?;
        let instant = start.after(SimSpan::from_seconds((*after).into()));
        Some((instant, self.events.take(at)?))
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
