//! The agenda: timers that wait for their instant, and the order in which they fire.
//!
//! A timer is named by what it is about. Setting it again moves it, clearing it
//! takes it out; nothing stale is ever left behind to be skipped later.

use std::cmp::Reverse;
use std::hash::Hash;

use priority_queue::PriorityQueue;
use rustc_hash::FxBuildHasher;

use crate::time::SimTime;

/// Place of a kind of timer among those of the same instant; lower fires first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u8);

/// What waits in an agenda: a name, small enough to copy.
pub trait Timer: Copy + Ord + Hash {
    /// Where timers of this kind stand among those of the same instant.
    fn rank(&self) -> Rank;
}

/// The total order of a simulated universe: time, then rank, then who.
///
/// Ties break by meaning and never by the order of insertion, so the order
/// survives any queue, any page width and any number of workers. This is the
/// only place where the order is stated; `derive(Ord)` compares the fields in
/// the order written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment<T> {
    /// When.
    pub at: SimTime,
    /// Which kind first, at one instant.
    pub rank: Rank,
    /// Which one first, within a kind.
    pub who: T,
}

/// The future event list: at most one entry for each timer.
///
/// `priority-queue` leaves equal priorities in arbitrary order; the timer is
/// part of the priority, so no two are equal. Setting, clearing and taking
/// cost O(log n) in the number of pending timers.
pub struct Agenda<T: Timer> {
    now: SimTime,
    pending: PriorityQueue<T, Reverse<Moment<T>>, FxBuildHasher>,
}

impl<T: Timer> Agenda<T> {
    /// An empty agenda whose clock stands at `start`.
    pub fn starting_at(start: SimTime) -> Self {
        Self { now: start, pending: PriorityQueue::with_default_hasher() }
    }

    /// The clock. It moves only when the next event is taken.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Sets `timer` to fire at `at`, wherever it stood before.
    ///
    /// # Panics
    /// If `at` has passed: that is a mistake of the model.
    pub fn set(&mut self, timer: T, at: SimTime) {
        assert!(at >= self.now, "a timer was set {} in the past", self.now.since(at));
        let moment = Moment { at, rank: timer.rank(), who: timer };
        self.pending.push(timer, Reverse(moment));
    }

    /// Takes `timer` out; nothing happens if it was not set.
    pub fn clear(&mut self, timer: T) {
        self.pending.remove(&timer);
    }

    /// When `timer` is due, if it is set.
    pub fn due(&self, timer: T) -> Option<SimTime> {
        self.pending.get_priority(&timer).map(|Reverse(moment)| moment.at)
    }

    /// The instant of the next timer.
    pub fn next_at(&self) -> Option<SimTime> {
        self.pending.peek().map(|(_, Reverse(moment))| moment.at)
    }

    /// How many timers wait.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether no timer waits.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Takes the next timer and moves the clock to it.
    pub(super) fn take(&mut self) -> Option<T> {
        let (timer, Reverse(moment)) = self.pending.pop()?;
        self.advance(moment.at);
        Some(timer)
    }

    /// Moves the clock to an instant that the script named.
    pub(super) fn advance(&mut self, to: SimTime) {
        // INVARIANT: the clock never goes back; the simulation takes the earlier head.
        assert!(to >= self.now, "the clock would go back to {to}");
        self.now = to;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Probe {
        Late(u8),
        Early(u8),
    }

    impl Timer for Probe {
        fn rank(&self) -> Rank {
            match self {
                Self::Early(_) => Rank(1),
                Self::Late(_) => Rank(2),
            }
        }
    }

    fn second(n: i64) -> SimTime {
        SimTime::from_seconds(n)
    }

    fn drain(mut agenda: Agenda<Probe>) -> Vec<(i64, Probe)> {
        std::iter::from_fn(|| agenda.take().map(|t| (agenda.now().seconds(), t))).collect()
    }

    #[test]
    fn simultaneous_timers_fire_by_rank_and_then_by_whom_they_are_about() {
        let mut agenda = Agenda::starting_at(second(0));
        for timer in [Probe::Late(1), Probe::Early(9), Probe::Late(0), Probe::Early(3)] {
            agenda.set(timer, second(5));
        }
        agenda.set(Probe::Late(7), second(4));
        let order: Vec<Probe> = drain(agenda).into_iter().map(|(_, timer)| timer).collect();
        let expected =
            [Probe::Late(7), Probe::Early(3), Probe::Early(9), Probe::Late(0), Probe::Late(1)];
        assert_eq!(order, expected);
    }

    #[test]
    fn setting_again_moves_and_clearing_takes_out() {
        let mut agenda = Agenda::starting_at(second(0));
        agenda.set(Probe::Early(1), second(5));
        agenda.set(Probe::Early(1), second(9));
        agenda.set(Probe::Early(2), second(7));
        agenda.clear(Probe::Early(2));
        agenda.clear(Probe::Early(3));
        assert_eq!(agenda.due(Probe::Early(1)), Some(second(9)));
        assert_eq!(agenda.len(), 1);
        assert_eq!(drain(agenda), [(9, Probe::Early(1))]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// The model is a set of (time, rank, who) with the times kept beside it.
        #[test]
        fn any_history_fires_in_the_order_of_a_sorted_set(
            steps in prop::collection::vec((0_u8..4, 0_u8..6, 0_i64..50, any::<bool>()), 0..200)
        ) {
            let mut agenda = Agenda::starting_at(second(0));
            let mut times = BTreeMap::new();
            let mut model = BTreeSet::new();
            for (what, who, delay, early) in steps {
                let timer = if early { Probe::Early(who) } else { Probe::Late(who) };
                if what == 3 {
                    let expected = model.pop_first();
                    let taken = agenda.take();
                    prop_assert_eq!(taken, expected.map(|m: Moment<Probe>| m.who));
                    if let Some(moment) = expected {
                        times.remove(&moment.who);
                        prop_assert_eq!(agenda.now(), moment.at);
                    }
                    continue;
                }
                if let Some(at) = times.remove(&timer) {
                    model.remove(&Moment { at, rank: timer.rank(), who: timer });
                }
                if what == 2 {
                    agenda.clear(timer);
                } else {
                    let at = agenda.now().after(crate::time::SimSpan::from_seconds(delay));
                    agenda.set(timer, at);
                    times.insert(timer, at);
                    model.insert(Moment { at, rank: timer.rank(), who: timer });
                }
                prop_assert_eq!(agenda.next_at(), model.first().map(|m| m.at));
                prop_assert_eq!(agenda.len(), model.len());
            }
        }
    }
}
