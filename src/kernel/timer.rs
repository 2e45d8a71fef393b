//! Ids of timers, and the total order of events.

use crate::time::SimTime;
use std::cmp::Ordering;
use std::hash::Hash;

/// Priority of a kind of timer among timers of the same instant; the lowest fires first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);

/// Id of a timer on a future event list.
///
/// Priority and index identify a timer: two timers are equal if and only if both are equal. The
/// future event list has one array of due times for each priority, as long as the largest index,
/// so indices should be dense.
pub trait TimerId: Copy + Eq + Hash {
    /// Number of priorities; each priority is below it.
    const PRIORITIES: u8;

    /// Priority of this kind of timer.
    fn priority(&self) -> Priority;

    /// Index of the timer within its kind; the lowest fires first among timers of the same instant
    /// and priority.
    fn index(&self) -> u32;
}

/// The total order of timers: time, then priority, then index.
///
/// The order of insertion never breaks a tie, so the order is the same for any queue, any page
/// width and any number of workers. `EventKey::number` states the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKey {
    /// Due time.
    pub at: SimTime,
    /// Priority at one instant; the lowest comes first.
    pub priority: Priority,
    /// Index within a priority; the lowest comes first.
    pub index: u32,
}

impl EventKey {
    /// The key of `timer` if it is due at `at`.
    pub fn of(timer: impl TimerId, at: SimTime) -> Self {
        Self { at, priority: timer.priority(), index: timer.index() }
    }

    /// Time, priority and index as the digits of one number, so that one comparison needs no
    /// branch.
    fn number(self) -> i128 {
        i128::from(self.at.seconds()) << 64
            | i128::from(self.priority.0) << 32
            | i128::from(self.index)
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
