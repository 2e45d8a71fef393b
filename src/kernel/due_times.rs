//! The due time of each timer: four bytes each, in dense arrays.
//!
//! A timer fires at its time in these arrays. The pages of the future event list contain only
//! hints, which are compared with the arrays before a timer fires. The arrays are small, because a
//! fleet of millions reads them at random.

use rustc_hash::FxHashMap;

use super::timer::TimerId;
use crate::time::SimTime;

/// Marks a timer that is not set.
const UNSET: u32 = u32::MAX;

/// Marks a timer that is due more than 136 years after the start, which is later than can be
/// counted.
const LATER: u32 = u32::MAX - 1;

/// The due time of each timer.
#[derive(Clone)]
pub(super) struct DueTimes<T: TimerId> {
    /// Start of the count; no due time is earlier.
    start: SimTime,
    /// By priority, then index: seconds after the start, or one of the two marks.
    due: Vec<Vec<u32>>,
    /// Due times of the timers that are marked as later.
    later: FxHashMap<T, SimTime>,
    /// Total length of the arrays.
    indices: usize,
}

impl<T: TimerId> DueTimes<T> {
    /// Due times counted from `start`; no timer is set.
    pub(super) fn from(start: SimTime) -> Self {
        let due = vec![Vec::new(); usize::from(T::PRIORITIES)];
        Self { start, due, later: FxHashMap::default(), indices: 0 }
    }

    /// When `timer` is due; [`SimTime::NEVER`] if it is not set.
    pub(super) fn of(&self, timer: T) -> SimTime {
        let of_priority = &self.due[usize::from(timer.priority().0)];
        match of_priority.get(timer.index() as usize) {
            None | Some(&UNSET) => SimTime::NEVER,
            Some(&LATER) => self.later.get(&timer).copied().unwrap_or(SimTime::NEVER),
            Some(due) => SimTime::from_seconds(self.start.seconds() + i64::from(*due)),
        }
    }

    /// Sets the due time of `timer`. The old value is not read, so nothing waits for memory.
    pub(super) fn set(&mut self, timer: T, at: SimTime) {
        let due = match u32::try_from(at.since(self.start).seconds()) {
            _ if at == SimTime::NEVER => UNSET,
            Ok(due) if due < LATER => due,
            _ => {
                self.later.insert(timer, at);
                LATER
            }
        };
        let of_priority = &mut self.due[usize::from(timer.priority().0)];
        let index = timer.index() as usize;
        if let Some(index) = of_priority.get_mut(index) {
            *index = due;
        } else if due != UNSET {
            self.indices += index + 1 - of_priority.len();
            of_priority.resize(index + 1, UNSET);
            of_priority[index] = due;
        }
    }

    /// Total length of the arrays: for each priority, the largest index plus one.
    pub(super) const fn indices(&self) -> usize {
        self.indices
    }

    /// The timers that are set: priority, index and due time, in the order of priority and index.
    pub(super) fn pending(&self) -> impl Iterator<Item = (u8, u32, i64)> {
        let all = (0_u8..).zip(&self.due).flat_map(|(priority, of_priority)| {
            (0_u32..).zip(of_priority).map(move |(index, due)| (priority, index, *due))
        });
        let start = self.start.seconds();
        // All timers that are marked as later have the same due time here.
        all.filter(|(.., due)| *due != UNSET)
            .map(move |(priority, index, due)| (priority, index, start + i64::from(due)))
    }

    /// Whether no timer is set; O(n) in the length of the arrays.
    pub(super) fn is_empty(&self) -> bool {
        self.due.iter().flatten().all(|due| *due == UNSET)
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
    fn every_instant_is_returned_as_it_was_set() {
        for start in [-4_000_000_000, 0, 1_767_225_600] {
            let mut due_times = DueTimes::from(SimTime::from_seconds(start));
            let marks = i64::from(LATER) - 2..i64::from(UNSET) + 2;
            let after = marks.chain([0, 1, i64::MAX - 1 - start.max(0)]);
            for at in after.map(|after| SimTime::from_seconds(start + after)) {
                due_times.set(Probe(3), at);
                assert_eq!(due_times.of(Probe(3)), at);
                assert!(!due_times.is_empty());
            }
            due_times.set(Probe(3), SimTime::from_seconds(start + 5));
            assert_eq!(due_times.of(Probe(3)), SimTime::from_seconds(start + 5), "nearer again");
            due_times.set(Probe(3), SimTime::NEVER);
            assert!(due_times.is_empty() && due_times.indices() == 4);
            assert_eq!(due_times.of(Probe(9)), SimTime::NEVER);
        }
    }
}
