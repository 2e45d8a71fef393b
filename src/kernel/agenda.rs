//! The agenda: timers that wait for their instant, and the order in which they fire.
//!
//! A timer is named by what it is about. Setting it again moves it, clearing it
//! takes it out; nothing stale ever reaches the clock.
//!
//! # Layout
//!
//! * `due`: when each timer falls due, a dense array. The truth.
//! * `pages`: one for each day to come, with a note of every timer that was set
//!   to it, in no order. A note may be out of date: the truth decides.
//! * `near`: the timers of the pages that have been opened, in their order.
//!
//! A page is opened when nothing nearer is left: its notes are held against the
//! truth, and those that still hold go to `near`. So the queue is as long as a
//! day and not as the future, and stays in the cache. How wide a page is changes
//! no order, only the speed.

use std::cmp::Reverse;
use std::hash::Hash;
use std::mem;

use priority_queue::PriorityQueue;
use rustc_hash::FxBuildHasher;

use crate::time::SimTime;

/// How much time a page covers: two to this power of seconds, 18 hours and some.
/// Anything from an hour to a day is as fast; a power, so that no time is divided.
const PAGE: u32 = 16;

/// How many pages a volume has; the last one holds everything that lies beyond.
const PAGES: usize = 4_096;

/// How many notes a page may hold for each timer that is due on it, before it is
/// written anew; and how many in any case.
const NOTES_PER_TIMER: usize = 8;
const NOTES_AT_LEAST: usize = 64;

/// Place of a kind of timer among those of the same instant; lower fires first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u8);

/// What waits in an agenda: a name, small enough to copy.
///
/// Rank and index together are its name: two timers are equal if and only if
/// they agree in both. An agenda keeps a table with a row for each index and a
/// column for each rank, so what is about one thing lies together, and indices
/// should be dense.
pub trait Timer: Copy + Eq + Hash {
    /// How many ranks there are; each is below it.
    const RANKS: u8;

    /// Where timers of this kind stand among those of the same instant.
    fn rank(&self) -> Rank;

    /// Which one of its kind it is; also its place among those of the same rank
    /// and instant.
    fn index(&self) -> u32;
}

/// The total order of a simulated universe: time, then rank, then who.
///
/// Ties break by meaning and never by the order of insertion, so the order
/// survives any queue, any page width and any number of workers. This is the
/// only place where the order is stated; `derive(Ord)` compares the fields in
/// the order written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// Which kind first, at one instant.
    pub rank: Rank,
    /// Which one first, within a kind.
    pub who: u32,
}

impl Moment {
    /// The moment at which `timer` fires if it is due at `at`.
    pub fn of(timer: impl Timer, at: SimTime) -> Self {
        Self { at, rank: timer.rank(), who: timer.index() }
    }
}

/// One day to come.
struct Page<T> {
    /// Timers that were set to it; those that have moved or gone among them, and doubles.
    notes: Vec<T>,
    /// How many timers are in truth due on it.
    due: usize,
}

impl<T> Page<T> {
    const BLANK: Self = Self { notes: Vec::new(), due: 0 };
}

/// The future event list: at most one entry for each timer.
///
/// Setting, moving and clearing a timer of a later day cost O(1) on average, of
/// an opened day O(log d), where d is the number of timers of a day. Memory grows
/// with the largest index of each rank and with the timers that wait at one time,
/// never with those that were cleared or moved.
pub struct Agenda<T: Timer> {
    now: SimTime,
    /// By index, then rank; [`SimTime::NEVER`] is not set.
    due: Vec<SimTime>,
    waiting: usize,
    /// `priority-queue` leaves equal priorities in arbitrary order; a moment
    /// names its timer, so no two are equal.
    near: PriorityQueue<T, Reverse<Moment>, FxBuildHasher>,
    pages: Vec<Page<T>>,
    /// The first page that has not been opened.
    open: usize,
    /// The page that holds everything beyond the others.
    last: usize,
    /// Where the first page begins.
    origin: SimTime,
    /// Of a page: two to this power of seconds.
    width: u32,
}

impl<T: Timer> Agenda<T> {
    /// An empty agenda whose clock stands at `start`.
    pub fn starting_at(start: SimTime) -> Self {
        Self::with_pages(start, PAGE, PAGES)
    }

    /// An agenda with that many pages, two at least, of another width.
    fn with_pages(start: SimTime, width: u32, pages: usize) -> Self {
        Self {
            now: start,
            due: Vec::new(),
            waiting: 0,
            near: PriorityQueue::with_default_hasher(),
            pages: Vec::new(),
            open: 0,
            last: pages - 1,
            origin: start,
            width,
        }
    }

    /// The clock. It moves only when the next event is taken.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Sets `timer` to fire at `at`, wherever it stood before. To set it to
    /// [`SimTime::NEVER`] is to clear it.
    ///
    /// # Panics
    /// If `at` has passed: that is a mistake of the model.
    pub fn set(&mut self, timer: T, at: SimTime) {
        assert!(at >= self.now, "a timer was set {} in the past", self.now.since(at));
        let before = self.record(timer, at);
        let (from, to) = (self.page(before), self.page(at));
        // A note on a closed page says only which day, so it still holds.
        if from == to && to >= self.open {
            return;
        }
        self.waiting += usize::from(at < SimTime::NEVER);
        self.waiting -= usize::from(before < SimTime::NEVER);
        if from >= self.open {
            self.strike(from);
        } else if to >= self.open {
            self.near.remove(&timer);
        }
        if to < self.open {
            self.near.push(timer, Reverse(Moment::of(timer, at)));
        } else {
            self.note(timer, to);
        }
    }

    /// Takes `timer` out; nothing happens if it was not set.
    pub fn clear(&mut self, timer: T) {
        self.set(timer, SimTime::NEVER);
    }

    /// When `timer` is due, if it is set.
    pub fn due(&self, timer: T) -> Option<SimTime> {
        Some(self.truth(timer)).filter(|at| *at < SimTime::NEVER)
    }

    /// How many timers wait.
    pub const fn len(&self) -> usize {
        self.waiting
    }

    /// Whether no timer waits.
    pub const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// The instant of the next timer, if it is due by `bound`, inclusive.
    ///
    /// No page is opened that begins after `bound`, so that what is set until
    /// then can still be noted instead of queued.
    pub(super) fn next_by(&mut self, bound: SimTime) -> Option<SimTime> {
        while self.near.is_empty() && self.waiting > 0 && self.open <= self.page(bound) {
            self.turn();
        }
        let (_, Reverse(first)) = self.near.peek()?;
        (first.at <= bound).then_some(first.at)
    }

    /// Takes the next timer and moves the clock to it.
    pub(super) fn take(&mut self) -> Option<T> {
        self.next_by(SimTime::NEVER)?;
        let (timer, Reverse(moment)) = self.near.pop()?;
        self.record(timer, SimTime::NEVER);
        self.waiting -= 1;
        self.advance(moment.at);
        Some(timer)
    }

    /// Moves the clock to an instant that the script named.
    pub(super) fn advance(&mut self, to: SimTime) {
        // INVARIANT: the clock never goes back; the simulation takes the earlier head.
        assert!(to >= self.now, "the clock would go back to {to}");
        self.now = to;
    }

    /// The place of a timer in the truth.
    fn slot(timer: T) -> usize {
        debug_assert!(timer.rank().0 < T::RANKS, "two timers would share a place");
        timer.index() as usize * usize::from(T::RANKS) + usize::from(timer.rank().0)
    }

    fn truth(&self, timer: T) -> SimTime {
        self.due.get(Self::slot(timer)).copied().unwrap_or(SimTime::NEVER)
    }

    /// Writes down when `timer` is due; returns what was there.
    fn record(&mut self, timer: T, at: SimTime) -> SimTime {
        let slot = Self::slot(timer);
        if self.due.len() <= slot {
            self.due.resize(slot + 1, SimTime::NEVER);
        }
        mem::replace(&mut self.due[slot], at)
    }

    /// The page that `at` lies on. What lies before the first belongs to it; what
    /// is never due has a page to itself, on which nothing is noted.
    fn page(&self, at: SimTime) -> usize {
        let number = at.since(self.origin).seconds() >> self.width;
        let number = usize::try_from(number).map_or(self.last, |number| number.min(self.last));
        number + usize::from(at == SimTime::NEVER)
    }

    /// Notes `timer` on a page.
    fn note(&mut self, timer: T, page: usize) {
        if page > self.last {
            return;
        }
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || Page::BLANK);
        }
        self.pages[page].notes.push(timer);
        self.pages[page].due += 1;
    }

    /// Counts a timer out that was noted on a page. The note stays until most are out of date.
    fn strike(&mut self, page: usize) {
        let Some(Page { notes, due }) = self.pages.get_mut(page) else { return };
        *due -= 1;
        if notes.len() > NOTES_PER_TIMER * *due + NOTES_AT_LEAST {
            self.pages[page].notes = self.read(page);
        }
    }

    /// The timers that are in truth due on a page, each of them once.
    fn read(&mut self, page: usize) -> Vec<T> {
        let mut notes = mem::take(&mut self.pages[page].notes);
        notes.retain(|timer| self.page(self.truth(*timer)) == page);
        notes.sort_unstable_by_key(|timer| (timer.rank(), timer.index()));
        notes.dedup();
        notes
    }

    /// Opens the next page.
    fn turn(&mut self) {
        let page = self.open;
        if page == self.last {
            return self.begin_volume();
        }
        self.open += 1;
        let notes = self.pages.get_mut(page).map(|page| mem::replace(page, Page::BLANK).notes);
        // First all due times, then the queue: so the waits for memory overlap.
        let times = notes.iter().flatten().map(|timer| (*timer, self.truth(*timer)));
        let current: Vec<_> = times.filter(|(_, at)| self.page(*at) == page).collect();
        let moment = |(timer, at)| (timer, Reverse(Moment::of(timer, at)));
        self.near.extend(current.into_iter().map(moment));
    }

    /// Spreads the last page over new ones, from the first timer on it onwards.
    fn begin_volume(&mut self) {
        let timers = self.read(self.last);
        let first = timers.iter().map(|timer| self.truth(*timer)).min();
        self.origin = first.unwrap_or(self.now);
        self.open = 0;
        self.pages.clear();
        for timer in timers {
            self.note(timer, self.page(self.truth(timer)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::time::SimSpan;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Probe {
        Late(u32),
        Early(u32),
    }

    impl Timer for Probe {
        const RANKS: u8 = 3;

        fn rank(&self) -> Rank {
            match self {
                Self::Early(_) => Rank(1),
                Self::Late(_) => Rank(2),
            }
        }

        fn index(&self) -> u32 {
            match self {
                Self::Early(who) | Self::Late(who) => *who,
            }
        }
    }

    fn second(n: i64) -> SimTime {
        SimTime::from_seconds(n)
    }

    fn drain(mut agenda: Agenda<Probe>) -> Vec<(i64, Probe)> {
        std::iter::from_fn(|| agenda.take().map(|t| (agenda.now().seconds(), t))).collect()
    }

    fn notes(agenda: &Agenda<Probe>) -> usize {
        agenda.pages.iter().map(|page| page.notes.len()).sum()
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
        agenda.set(Probe::Early(4), SimTime::NEVER);
        assert_eq!(agenda.due(Probe::Early(1)), Some(second(9)));
        assert_eq!(agenda.due(Probe::Early(2)), None);
        assert_eq!(agenda.due(Probe::Late(1)), None);
        assert_eq!(agenda.len(), 1);
        assert_eq!(drain(agenda), [(9, Probe::Early(1))]);
    }

    #[test]
    fn the_end_of_the_calendar_is_a_few_volumes_away() {
        let (start, end) = (second(0), second(253_402_300_799)); // year 9999
        let mut agenda = Agenda::starting_at(start);
        agenda.set(Probe::Late(0), end);
        agenda.set(Probe::Late(1), second(SimTime::NEVER.seconds() - 1));
        agenda.set(Probe::Early(0), second(1));
        let order: Vec<Probe> = drain(agenda).into_iter().map(|(_, timer)| timer).collect();
        assert_eq!(order, [Probe::Early(0), Probe::Late(0), Probe::Late(1)]);
    }

    #[test]
    fn nothing_is_kept_of_timers_that_were_cleared_or_moved() {
        let day = 86_400;
        let mut agenda = Agenda::starting_at(second(0));
        for round in 0..10_000_i64 {
            let who = u32::try_from(round % 100).unwrap();
            agenda.set(Probe::Early(who), second((round % 13 + 1) * day));
            agenda.set(Probe::Late(who), second((round % 7 + 1) * day));
            agenda.clear(Probe::Late(who));
        }
        assert_eq!(agenda.len(), 100);
        // Fourteen pages, each with some notes in any case, and the timers that wait.
        assert!(notes(&agenda) <= 14 * NOTES_AT_LEAST + NOTES_PER_TIMER * 100);
        assert_eq!(drain(agenda).len(), 100);
    }

    #[test]
    fn only_opened_days_are_queued() {
        let mut agenda = Agenda::starting_at(second(0));
        for who in 0..1_000 {
            agenda.set(Probe::Early(who), second(i64::from(who) * 3_600));
        }
        let mut most = 0;
        while agenda.take().is_some() {
            most = most.max(agenda.near.len());
        }
        assert!(most <= 24, "{most}");
    }

    #[test]
    fn a_page_that_nobody_asked_for_stays_closed() {
        let mut agenda = Agenda::starting_at(second(0));
        agenda.set(Probe::Early(0), second(1_000_000));
        assert_eq!(agenda.next_by(second(500_000)), None);
        agenda.set(Probe::Early(1), second(700_000));
        assert!(agenda.near.is_empty(), "both are notes");
        assert_eq!(agenda.next_by(second(700_000)), Some(second(700_000)));
    }

    /// What a model might do: set, clear, take, or let time pass up to an order of its script.
    type Steps = Vec<(u8, u32, i64, bool)>;

    fn steps() -> impl Strategy<Value = Steps> {
        prop::collection::vec((0_u8..6, 0_u32..9, 0_i64..500, any::<bool>()), 0..300)
    }

    /// The log of a history: every timer that fired, and when.
    fn replay(steps: &Steps, mut agenda: Agenda<Probe>) -> Vec<(SimTime, Probe)> {
        let mut log = Vec::new();
        for (what, who, delay, early) in steps {
            let timer = if *early { Probe::Early(*who) } else { Probe::Late(*who) };
            let later = agenda.now().after(SimSpan::from_seconds(*delay));
            match what {
                0 | 1 => agenda.set(timer, later),
                2 => agenda.clear(timer),
                3 => log.extend(agenda.take().map(|timer| (agenda.now(), timer))),
                _ => match agenda.next_by(later) {
                    Some(_) => log.extend(agenda.take().map(|timer| (agenda.now(), timer))),
                    None => agenda.advance(later),
                },
            }
        }
        log.extend(std::iter::from_fn(|| agenda.take().map(|timer| (agenda.now(), timer))));
        log
    }

    /// The same with a sorted set of (time, rank, who), and the times beside it.
    fn replay_model(steps: &Steps) -> Vec<(SimTime, Probe)> {
        let mut now = second(0);
        let (mut log, mut times, mut set) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let key = |timer: Probe, at: SimTime| (at, timer.rank(), timer.index(), timer);
        for (what, who, delay, early) in steps {
            let timer = if *early { Probe::Early(*who) } else { Probe::Late(*who) };
            let later = now.after(SimSpan::from_seconds(*delay));
            if *what < 3 {
                if let Some(at) = times.remove(&timer) {
                    set.remove(&key(timer, at));
                }
                if *what < 2 {
                    times.insert(timer, later);
                    set.insert(key(timer, later));
                }
                continue;
            }
            let bound = if *what == 3 { SimTime::NEVER } else { later };
            match set.first().copied().filter(|first| first.0 <= bound) {
                Some(first) => {
                    set.remove(&first);
                    times.remove(&first.3);
                    now = first.0;
                    log.push((first.0, first.3));
                }
                None if *what > 3 => now = later,
                None => {}
            }
        }
        log.extend(set.into_iter().map(|(at, _, _, timer)| (at, timer)));
        log
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_history_fires_in_the_order_of_a_sorted_set(steps in steps()) {
            prop_assert_eq!(replay(&steps, Agenda::starting_at(second(0))), replay_model(&steps));
        }

        #[test]
        fn any_page_width_gives_the_same_log(
            steps in steps(),
            width in 0_u32..12,
            pages in 2_usize..40,
        ) {
            let agenda = Agenda::with_pages(second(0), width, pages);
            prop_assert_eq!(replay(&steps, agenda), replay_model(&steps));
        }

        #[test]
        fn as_many_wait_as_are_due(steps in steps(), width in 0_u32..12) {
            let mut agenda = Agenda::with_pages(second(0), width, 9);
            for (what, who, delay, early) in steps {
                let timer = if early { Probe::Early(who) } else { Probe::Late(who) };
                match what {
                    0 | 1 => agenda.set(timer, agenda.now().after(SimSpan::from_seconds(delay))),
                    2 => agenda.clear(timer),
                    _ => drop(agenda.take()),
                }
                let due = agenda.due.iter().filter(|at| **at < SimTime::NEVER).count();
                let noted: usize = agenda.pages.iter().map(|page| page.due).sum();
                prop_assert_eq!(agenda.len(), due);
                prop_assert_eq!(agenda.near.len() + noted, due);
                prop_assert!(notes(&agenda) <= NOTES_PER_TIMER * noted + 10 * NOTES_AT_LEAST);
            }
        }
    }
}
