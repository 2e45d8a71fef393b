//! The events of a large table: read once to be checked and, unless they are few enough to be
//! kept meanwhile, once more while they happen.
//!
//! A table is read this way only while every row is complete, every name is known, rows are sorted
//! by time and there is nothing to report. At the first other row the table is left to the reader
//! that reports every mistake, in pieces; a table without any is then read whole; see
//! [`NeedsFullRead`]. Both give the same events; a test compares them.
//!
//! Memory holds the names, one entry for each selector that is more than a name, the `id`s that
//! are given (an event without one is named by its number), and as many events as may be kept.

use std::io;
use std::sync::Arc;

use super::csv_stream::{Given, Lines, Row};
use crate::diagnostics::{Span, Stream};
use crate::fleet::Fleet;
use crate::format::{Name, When};
use crate::plan::events::{Event, ParseCells, cell_parser, verb_keys};
use crate::plan::name_lookup::{FrozenNames, NameLookup};
use crate::plan::resolver::Resolver;
use crate::plan::script::{EventTable, NextEvent, Unread};
use crate::plan::script_builder::{Events, check_flags, check_order};
use crate::plan::tables::{NeedsFullRead, columns_of_events};
use crate::run_header::numbered;
use crate::time::SimTime;
use crate::words::EventId;

/// The events of a table, checked.
#[derive(Debug)]
pub struct Streamed {
    table: Stream,
    known: FrozenNames,
    checked: Checked,
}

/// What the first reading found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many rows there are.
    pub rows: usize,
    /// The SHA-256 of the table.
    pub sha256: String,
    /// All that it says, if that is not too much.
    kept: Option<Vec<(SimTime, Event)>>,
}

/// Reads a table of events; keeps what names mean, and all that it says if it has no more than
/// `keep` rows.
///
/// # Errors
/// [`NeedsFullRead`], if there is anything to be reported about it.
pub fn check(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    table: &Stream,
    keep: usize,
    end: SimTime,
) -> Result<(Events, Checked), NeedsFullRead> {
    let mut events = Events::default();
    let reported = resolver.problems.len();
    let mut rows = Rows::open(table).ok().flatten().ok_or(NeedsFullRead(0))?;
    let mut last = resolver.start;
    let mut kept = Some(Vec::new());
    loop {
        let here = NeedsFullRead(events.len() + 1);
        let (at, order) = match rows.next(resolver).map_err(|_| here)? {
            Read::Event(at, order) => (at, order),
            Read::End => break,
            Read::Unclear => return Err(here),
        };
        if at < last || at > end {
            return Err(here);
        }
        last = at;
        name(&mut events, rows.cell(rows.id)).ok_or(here)?;
        if let Event::SetProtection(order) = &order {
            let flags = rows.cell(rows.lines.column("flags"));
            let known = resolver.memo.flags.get(flags.unwrap_or_default());
            let flags = Arc::clone(&known.ok_or(here)?.1);
            check_flags(resolver, fleet, &flags, order, Span::NOWHERE);
        }
        check_order(resolver, fleet, &order, Span::NOWHERE);
        if resolver.problems.len() != reported {
            return Err(here);
        }
        kept = kept.filter(|kept| kept.len() < keep);
        if let Some(kept) = &mut kept {
            kept.push((at, order));
        }
    }
    let sha256 = rows.lines.digest();
    let rows = events.len();
    Ok((events, Checked { rows, sha256, kept }))
}

/// Gives an event its name; nothing, if anything is to be said about that.
fn name(events: &mut Events, id: Option<&str>) -> Option<EventId> {
    match id {
        None => Some(events.unnamed()),
        // A row further on could be called so by its number.
        Some(id) if Name::fault(id).is_some() || numbered(id).is_some() => None,
        Some(id) => events.named(id, None).ok(),
    }
}

impl Streamed {
    /// A table that has been checked, and what its names mean.
    pub const fn new(table: Stream, known: FrozenNames, checked: Checked) -> Self {
        Self { table, known, checked }
    }
}

impl EventTable for Streamed {
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
        Box::new(Reading { of: self, rows: None, taken: 0, last, over: false })
    }
}

/// A table of events while it is read once more.
struct Reading {
    of: Arc<Streamed>,
    rows: Option<Rows>,
    taken: usize,
    last: SimTime,
    over: bool,
}

impl Iterator for Reading {
    type Item = NextEvent;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = match &self.of.checked.kept {
            Some(kept) => Ok(kept.get(self.taken).copied()),
            None => self.read(),
        };
        match next {
            Ok(Some((at, order))) => {
                self.last = at;
                self.taken += 1;
                Some((at, Ok((EventId::at(self.taken - 1), order))))
            }
            Ok(None) => {
                self.over = true;
                None
            }
            Err(why) => {
                self.over = true;
                let why = why.map_or_else(|| CHANGED.to_owned(), |error| error.to_string());
                Some((self.last, Err(Unread { path: Arc::clone(&self.of.table.path), why })))
            }
        }
    }
}

/// What is reported of a table that no longer reads as it did.
const CHANGED: &str = "it changed after it was checked";

impl Reading {
    /// The next event; at the end, whether the table is still what was checked.
    ///
    /// # Errors
    /// What went wrong; nothing, if the table has changed.
    fn read(&mut self) -> Result<Option<(SimTime, Event)>, Option<io::Error>> {
        if self.rows.is_none() {
            self.rows = Rows::open(&self.of.table)?;
        }
        let Some(rows) = &mut self.rows else { return Err(None) };
        let mut known = &self.of.known;
        match rows.next(&mut known)? {
            Read::Event(at, order) if at >= self.last && self.taken < self.of.len() => {
                Ok(Some((at, order)))
            }
            Read::Event(..) | Read::Unclear => Err(None),
            Read::End => {
                let digest = self.rows.take().map(|rows| rows.lines.digest());
                let same = digest.is_some_and(|digest| digest == self.of.checked.sha256);
                if same { Ok(None) } else { Err(None) }
            }
        }
    }
}

/// The rows of a table of events.
struct Rows {
    lines: Lines,
    at: usize,
    verb: usize,
    id: Option<usize>,
    /// What reads the keys of each verb that has come.
    verbs: Vec<Verb>,
}

/// A verb that has come: what reads it, and in which columns its keys stand.
struct Verb {
    word: Box<str>,
    parse: ParseCells,
    columns: Box<[Option<usize>]>,
}

/// What a row says.
enum Read {
    Event(SimTime, Event),
    End,
    Unclear,
}

/// The cells of a row that belong to its verb, in the order of the verb's keys.
struct VerbCells<'r> {
    row: Row<'r>,
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

impl Rows {
    fn open(table: &Stream) -> io::Result<Option<Self>> {
        let known = columns_of_events();
        let Some(lines) = Lines::open(table, &known, &["at", "verb"])? else { return Ok(None) };
        let (Some(at), Some(verb)) = (lines.column("at"), lines.column("verb")) else {
            return Ok(None);
        };
        let id = lines.column("id");
        Ok(Some(Self { lines, at, verb, id, verbs: Vec::new() }))
    }

    /// What stands in a column of the row, if anything does.
    fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.map(|column| self.lines.row().cell(column)).filter(|cell| !cell.is_empty())
    }

    fn next(&mut self, names: &mut dyn NameLookup) -> io::Result<Read> {
        match self.lines.advance()? {
            Given::Row => {}
            Given::End => return Ok(Read::End),
            Given::Unclear => return Ok(Read::Unclear),
        }
        let row = self.lines.row();
        let word = row.cell(self.verb);
        let known = self.verbs.iter().position(|verb| *verb.word == *word);
        if known.is_none() {
            let Some(parse) = cell_parser(word) else { return Ok(Read::Unclear) };
            let columns = verb_keys(word).iter().map(|key| self.lines.column(key)).collect();
            self.verbs.push(Verb { word: word.into(), parse, columns });
        }
        let known = known.unwrap_or(self.verbs.len() - 1);
        let Some(verb) = self.verbs.get(known) else { return Ok(Read::Unclear) };
        // `at`, the verb and an `id` are no keys of the verb; everything else has to be.
        let mut own = 0;
        for (column, cell) in row.filled() {
            // `$name` stands for something elsewhere.
            if cell.starts_with('$') {
                return Ok(Read::Unclear);
            }
            let is_own = column == self.at || column == self.verb || Some(column) == self.id;
            own += usize::from(!is_own);
        }
        let mut cells = VerbCells { row, columns: verb.columns.iter(), filled: 0 };
        let at = When::plain(row.cell(self.at)).map(|at| at.from(names.start()));
        let order = at.and_then(|at| Some((at, (verb.parse)(&mut cells, names)?)));
        Ok(match order.filter(|_| cells.filled == own) {
            Some((at, order)) => Read::Event(at, order),
            None => Read::Unclear,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_row_stays_small() {
        assert!(size_of::<(SimTime, Event)>() <= 64);
    }
}
