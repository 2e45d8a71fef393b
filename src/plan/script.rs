//! The events of a plan in the order of time.

use super::bulk::events::Streamed;
use super::compiled::Play;
use super::events::Event;
use crate::time::SimTime;
use crate::words::EventId;
use std::sync::Arc;

/// One event of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scripted {
    /// When.
    pub at: SimTime,
    /// Which event of the file.
    pub event: EventId,
    /// What it asks.
    pub order: Event,
}

/// What happens, sorted by time, and by the order written within one instant.
#[derive(Debug, Clone)]
pub enum Script {
    /// In a list, which clones share.
    Listed(Arc<[Scripted]>),
    /// In a table that was checked; a long one is read once more while the plan is carried out.
    Streamed(Arc<Streamed>),
}

impl Script {
    /// How many events there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Listed(list) => list.len(),
            Self::Streamed(table) => table.len(),
        }
    }

    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One event after the other.
    pub fn play(&self) -> Play {
        match self {
            Self::Listed(list) => Play::Listed(Arc::clone(list), 0),
            Self::Streamed(table) => Play::Streamed(Box::new(table.play())),
        }
    }
}
