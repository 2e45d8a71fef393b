//! The due time of each timer: four bytes each, in dense arrays.
//!
//! A timer fires at its time in these arrays. The pages of the future event list contain only
//! hints, which are compared with the arrays before a timer fires. The arrays are small, because a
//! fleet of millions reads them at random.

use rustc_hash::FxHashMap;

use super::timer::TimerId;

/// The due time of a timer that is not set.
pub(super) const UNSET: u64 = u64::MAX;

/// Marks a timer that is not set.
const NONE: u32 = u32::MAX;

/// Marks a timer that is due more than 136 years after the start, which is later than can be
/// counted.
const LATER: u32 = u32::MAX - 1;

/// The due time of each timer, in seconds after the start of the list.
#[derive(Clone)]
pub(super) struct DueTimes<T: TimerId> {
    /// By priority, then index: the due time, or one of the two marks.
    due: Vec<Vec<u32>>,
    /// Due times of the timers that are marked as later.
    later: FxHashMap<T, u64>,
    /// Total length of the arrays.
    indices: usize,
}

impl<T: TimerId> DueTimes<T> {
    /// No timer is set.
    pub(super) fn new() -> Self {
        let due = vec![Vec::new(); usize::from(T::PRIORITIES)];
        Self { due, later: FxHashMap::default(), indices: 0 }
    }

    /// When `timer` is due; [`UNSET`] if it is not set.
    pub(super) fn of(&self, timer: T) -> u64 {
        let of_priority = &self.due[usize::from(timer.priority().0)];
        match of_priority.get(timer.index() as usize).copied().unwrap_or(NONE) {
            LATER => self.later.get(&timer).copied().unwrap_or(UNSET),
            NONE => UNSET,
            due => u64::from(due),
        }
    }

    /// Sets the due time of `timer`. The old value is not read, so nothing waits for memory.
    pub(super) fn set(&mut self, timer: T, at: u64) {
        let due = match u32::try_from(at) {
            Ok(due) if due < LATER => due,
            _ if at == UNSET => NONE,
            _ => {
                self.later.insert(timer, at);
                LATER
            }
        };
        let of_priority = &mut self.due[usize::from(timer.priority().0)];
        let index = timer.index() as usize;
        if let Some(index) = of_priority.get_mut(index) {
            *index = due;
        } else if due != NONE {
            self.indices += index + 1 - of_priority.len();
            of_priority.resize(index + 1, NONE);
            of_priority[index] = due;
        }
    }

    /// Total length of the arrays: for each priority, the largest index plus one.
    pub(super) const fn indices(&self) -> usize {
        self.indices
    }

    /// The timers that are set: priority, index and due time, in the order of priority and index.
    /// Timers that are marked as later have the same due time.
    pub(super) fn pending(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        let all = (0_u8..).zip(&self.due).flat_map(|(priority, of_priority)| {
            (0_u32..).zip(of_priority).map(move |(index, due)| (priority, index, *due))
        });
        all.filter(|(.., due)| *due != NONE)
    }

    /// Whether no timer is set; O(n) in the length of the arrays.
    pub(super) fn is_empty(&self) -> bool {
        self.due.iter().flatten().all(|due| *due == NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::timer::Priority;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    struct Probe(u32);

    impl TimerId for Probe {
        const PRIORITIES: u8 = 1;

        fn priority(&self) -> Priority {
            Priority(0)
        }

        fn index(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn every_due_time_is_returned_as_it_was_set() {
        let mut due_times = DueTimes::new();
        let marks = u64::from(LATER) - 2..u64::from(NONE) + 2;
        for at in marks.chain([0, 1, UNSET - 1]) {
            due_times.set(Probe(3), at);
            assert_eq!(due_times.of(Probe(3)), at);
            assert!(!due_times.is_empty());
        }
        due_times.set(Probe(3), 5);
        assert_eq!(due_times.of(Probe(3)), 5, "nearer again");
        due_times.set(Probe(3), UNSET);
        assert!(due_times.is_empty() && due_times.indices() == 4);
        assert_eq!(due_times.of(Probe(9)), UNSET);
    }
}
