//! The events of a plan in the order of time.

use std::fmt;
use std::sync::Arc;

use super::events::Event;
use crate::time::SimTime;
use crate::words::EventId;

/// One event of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scripted {
    /// The time of the event.
    pub at: SimTime,
    /// The id of the event.
    pub id: EventId,
    /// The verb with its keys.
    pub event: Event,
}

/// The next event of a table and its instant; an error if the table has changed since it was
/// checked.
pub type NextEvent = (SimTime, Result<(EventId, Event), Unread>);

/// A table of events that was checked and is read again during a run.
pub trait EventTable: fmt::Debug + Send + Sync {
    /// Number of events.
    fn len(&self) -> usize;
    /// Whether there is no event.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The path of the table in messages.
    fn path(&self) -> &str;
    /// The SHA-256 of the table when it was checked; `None` if it has not been checked to its end.
    fn sha256(&self) -> Option<&str>;
    /// The events in the order of time.
    fn open(self: Arc<Self>) -> Box<dyn Iterator<Item = NextEvent> + Send>;
    /// Checks the rest of a table that is checked while a run is in progress, and returns the
    /// SHA-256. To be called after the run.
    ///
    /// # Errors
    /// If the table has to be checked before a run: it has a mistake, or a name that its first rows
    /// do not have.
    fn settle(&self) -> Result<&str, Unread>;
}

/// A table whose file changed after it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The path of the table in messages.
    pub path: Arc<str>,
    /// The reason, as a message states it.
    pub why: String,
}

/// The events of a plan, sorted by time; events of the same instant are in the order of the file.
#[derive(Debug, Clone)]
pub enum Script {
    /// A list, which clones share.
    Listed(Arc<[Scripted]>),
    /// A table that was checked; a long one is read again during the run.
    Streamed(Arc<dyn EventTable>),
}

impl Script {
    /// Number of events.
    pub fn len(&self) -> usize {
        match self {
            Self::Listed(list) => list.len(),
            Self::Streamed(table) => table.len(),
        }
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The table, if it has not been checked to its end.
    pub fn unchecked(&self) -> Option<&Arc<dyn EventTable>> {
        match self {
            Self::Streamed(table) if table.sha256().is_none() => Some(table),
            Self::Streamed(_) | Self::Listed(_) => None,
        }
    }

    /// The events as a list.
    ///
    /// # Errors
    /// If a table has changed since it was checked.
    pub fn listed(&self) -> Result<Arc<[Scripted]>, Unread> {
        match self {
            Self::Listed(list) => Ok(Arc::clone(list)),
            Self::Streamed(table) => Arc::clone(table)
                .open()
                .map(|(at, next)| next.map(|(id, event)| Scripted { at, id, event }))
                .collect(),
        }
    }

    /// The events in the order of time.
    pub fn play(&self) -> Play {
        match self {
            Self::Listed(list) => Play::Listed(ListedPlay::new(Arc::clone(list))),
            Self::Streamed(table) => Play::Streamed(Arc::clone(table).open()),
        }
    }
}

/// A list of events during a run.
#[derive(Debug, Clone)]
pub struct ListedPlay {
    list: Arc<[Scripted]>,
    /// Number of events taken from it.
    taken: usize,
}

impl ListedPlay {
    /// The events of a list from its beginning.
    pub const fn new(list: Arc<[Scripted]>) -> Self {
        Self { list, taken: 0 }
    }

    /// Adds the next events to `batch`, at most `most`; none at the end.
    pub fn read(&mut self, most: usize, batch: &mut Vec<NextEvent>) {
        let next = &self.list[self.taken..];
        let next = &next[..next.len().min(most)];
        self.taken += next.len();
        batch.extend(next.iter().map(|Scripted { at, id, event }| (*at, Ok((*id, *event)))));
    }
}

/// A script during a run.
pub enum Play {
    /// A list.
    Listed(ListedPlay),
    /// A table.
    Streamed(Box<dyn Iterator<Item = NextEvent> + Send>),
}

impl Play {
    /// Adds the next events to `batch`, at most `most`; none at the end.
    pub fn read(&mut self, most: usize, batch: &mut Vec<NextEvent>) {
        match self {
            Self::Listed(list) => list.read(most, batch),
            Self::Streamed(table) => batch.extend(table.take(most)),
        }
    }
}
