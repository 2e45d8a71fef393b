//! What identifies a timer, and the total order of everything that fires.

use crate::time::SimTime;
use std::cmp::Ordering;
use std::hash::Hash;

/// Span of a kind of timer among those of the same instant; lower fires first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);

/// What waits in an future event list: a name, small enough to copy.
///
/// Priority and index together are its name: two timers are equal if and only if
/// they agree in both. An future event list keeps an array of due times for each rank, as long
/// as its largest index, so indices should be dense.
pub trait TimerId: Copy + Eq + Hash {
    /// How many ranks there are; each is below it.
    const RANKS: u8;

    /// Where timers of this kind stand among those of the same instant.
    fn priority(&self) -> Priority;

    /// Which one of its kind it is; also its place among those of the same rank
    /// and instant.
    fn index(&self) -> u32;
}

/// The total order of a simulated universe: time, then rank, then who.
///
/// Ties break by meaning and never by the order of insertion, so the order
/// survives any queue, any page width and any number of workers. `EventKey::number`
/// is the only place where the order is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKey {
    /// When.
    pub at: SimTime,
    /// Which kind first, at one instant.
    pub priority: Priority,
    /// Which one first, within a kind.
    pub who: u32,
}

impl EventKey {
    /// The moment at which `timer` fires if it is due at `at`.
    pub fn of(timer: impl TimerId, at: SimTime) -> Self {
        Self { at, priority: timer.priority(), who: timer.index() }
    }

    /// Time, rank and who as the digits of one number: one comparison, without a branch.
    fn number(self) -> i128 {
        i128::from(self.at.seconds()) << 64
            | i128::from(self.priority.0) << 32
            | i128::from(self.who)
    }
}

impl Ord for EventKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for EventKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
