//! The future event list: timers with their due times, and the order in which they fire.
//!
//! A timer is identified by its [`TimerId`]. Setting it again moves it, and clearing it removes
//! it; a timer that was moved or cleared never fires at its old time.
//!
//! # Layout
//!
//! The list is a calendar queue (Brown 1988) with lazy deletion:
//!
//! * `due_times`: the due time of each timer, a dense array for each priority.
//! * `pages`: one for each span of time to come, with an unsorted note of every timer that was set
//!   to it. A note can be out of date; `due_times` decides.
//! * `current_page`: the notes of the page that was opened last, sorted once.
//! * `near_future`: timers that were set to a page after it had been opened, in a priority queue.
//!
//! When `current_page` and `near_future` are empty, the next page is opened: its notes are compared
//! with `due_times`, and valid ones are sorted. Entries of both are compared again when they are
//! taken, so that moving a timer away costs nothing there. The width of a page changes the speed,
//! never the order.

use super::due_times::DueTimes;
use super::timer::{EventKey, TimerId};
use crate::time::SimTime;
use priority_queue::PriorityQueue;
use rustc_hash::FxBuildHasher;
use std::cmp::Reverse;
use std::mem;

/// Width of a page: two to this power of seconds, about 18 hours. Widths from an hour to a day are
/// equally fast; a power of two needs no division.
const PAGE: u32 = 16;

/// Number of pages of a volume; the last page contains everything later.
const PAGES: usize = 4_096;

/// Number of notes of the current page that are compared with `due_times` at a time.
const NOTES_AT_ONCE: usize = 32;

/// Notes for each entry of `due_times` at which outdated notes are removed, and the smallest number
/// of notes at which that happens.
const NOTES_PER_TIMER: usize = 8;

const FEWEST_NOTES: usize = 4_096;

/// The future event list: at most one entry for each timer.
///
/// Setting, moving and clearing a timer on a later page take O(1) on average, and on an opened page
/// O(log d), where d is the number of timers set to the page after it was opened. Memory grows with
/// the largest index of each priority, not with the number of operations.
pub struct FutureEvents<T: TimerId> {
    now: SimTime,
    due_times: DueTimes<T>,
    /// Latest first. A timer that is in `near_future` as well is taken from there.
    current_page: Vec<(SimTime, T)>,
    /// Number of notes of `current_page` that have not been checked since it was opened.
    unchecked: usize,
    /// Whether [`Self::upcoming`] has not returned the notes that were checked last.
    unreported: bool,
    near_future: NearFuture<T>,
    /// Timers that were set to each page, including outdated and duplicate notes.
    pages: Vec<Vec<T>>,
    /// Number of notes on all pages.
    notes: usize,
    /// Index of the first page that has not been opened.
    open: usize,
    /// Index of the last page, which contains everything later.
    last: usize,
    /// Start of the first page.
    origin: SimTime,
    /// Width of a page: two to this power of seconds.
    width: u32,
}

impl<T: TimerId> FutureEvents<T> {
    /// An empty list whose clock shows `start`.
    pub fn starting_at(start: SimTime) -> Self {
        Self::with_pages(start, PAGE, PAGES)
    }

    /// An empty list with `pages` pages (at least two) of `width`.
    fn with_pages(start: SimTime, width: u32, pages: usize) -> Self {
        Self {
            now: start,
            due_times: DueTimes::from(start),
            current_page: Vec::new(),
            unchecked: 0,
            unreported: false,
            near_future: NearFuture { queue: PriorityQueue::with_default_hasher(), first: None },
            pages: Vec::new(),
            notes: 0,
            open: 0,
            last: pages - 1,
            origin: start,
            width,
        }
    }

    /// The simulated time. It advances only when the next event is taken.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Sets `timer` to fire at `at`, and replaces its earlier due time. [`SimTime::NEVER`] clears
    /// it.
    ///
    /// # Panics
    /// If `at` is before the simulated time, which is an error of the model.
    pub fn set(&mut self, timer: T, at: SimTime) {
        assert!(at >= self.now, "a timer was set {} in the past", self.now.since(at));
        self.due_times.set(timer, at);
        let page = self.page(at);
        if page < self.open {
            self.near_future.set(timer, at);
        } else {
            self.note(timer, page);
        }
    }

    /// Removes `timer`; has no effect if it was not set.
    pub fn clear(&mut self, timer: T) {
        self.set(timer, SimTime::NEVER);
    }

    /// Due time of `timer`; `None` if it is not set.
    pub fn due(&self, timer: T) -> Option<SimTime> {
        Some(self.due_times.of(timer)).filter(|at| *at < SimTime::NEVER)
    }

    /// Whether no timer is set; O(n) in the length of `due_times`.
    pub fn is_empty(&self) -> bool {
        self.due_times.is_empty()
    }

    /// Due time of the next timer; `None` if that is after `bound`.
    ///
    /// No page that starts after `bound` is opened, so that timers can still be noted on it.
    pub(super) fn next_by(&mut self, bound: SimTime) -> Option<SimTime> {
        self.head_by(bound).map(|first| first.at)
    }

    fn head_by(&mut self, bound: SimTime) -> Option<EventKey> {
        loop {
            self.discard_outdated();
            if let Some(first) = self.first() {
                return Some(first).filter(|first| first.at <= bound);
            }
            if self.open > self.page(bound) || !self.open_next_page() {
                return None;
            }
        }
    }

    /// Removes outdated entries from the heads of `current_page` and `near_future`.
    fn discard_outdated(&mut self) {
        while let Some((key, timer)) = self.near_future.first
            && self.due_times.of(timer) != key.at
        {
            self.near_future.pop();
        }
        loop {
            if self.current_page.len() <= self.unchecked {
                self.check_next_notes();
            }
            match self.current_page.last() {
                Some((at, timer)) if self.due_times.of(*timer) != *at => {
                    self.current_page.pop();
                }
                _ => return,
            }
        }
    }

    /// Compares the next notes of `current_page` with `due_times`, together, so that memory
    /// accesses overlap.
    fn check_next_notes(&mut self) {
        self.unchecked = self.current_page.len().saturating_sub(NOTES_AT_ONCE);
        let mut kept = self.unchecked;
        for index in self.unchecked..self.current_page.len() {
            let (at, timer) = self.current_page[index];
            if self.due_times.of(timer) == at {
                self.current_page[kept] = (at, timer);
                kept += 1;
            }
        }
        self.current_page.truncate(kept);
        self.unreported = true;
    }

    /// Timers that are likely to fire next; each batch is returned once. Timers in `near_future`
    /// are not included.
    pub(super) fn upcoming(&mut self) -> impl Iterator<Item = T> {
        let unreported = mem::take(&mut self.unreported);
        let upcoming = if unreported { &self.current_page[self.unchecked..] } else { &[] };
        upcoming.iter().map(|(_, timer)| *timer)
    }

    /// The first key of `current_page` and `near_future`.
    fn first(&self) -> Option<EventKey> {
        let noted = self.current_page.last().map(|(at, timer)| EventKey::of(*timer, *at));
        match (noted, self.near_future.first) {
            (Some(noted), Some((queued, _))) => Some(noted.min(queued)),
            (noted, queued) => noted.or(queued.map(|(key, _)| key)),
        }
    }

    /// Takes the next timer and moves the clock to it.
    pub(super) fn take(&mut self) -> Option<T> {
        let first = self.head_by(SimTime::NEVER)?;
        // A note with the same key is outdated once the due time has been cleared.
        let timer = match self.near_future.first {
            Some((key, timer)) if key == first => {
                self.near_future.pop();
                timer
            }
            _ => self.current_page.pop()?.1,
        };
        self.due_times.set(timer, SimTime::NEVER);
        self.advance(first.at);
        Some(timer)
    }

    /// Advances the clock to the time of an event.
    pub(super) fn advance(&mut self, to: SimTime) {
        // INVARIANT: the clock never goes back; the simulation takes the earlier head.
        assert!(to >= self.now, "the clock would go back to {to}");
        self.now = to;
    }

    /// Index of the page that contains `at`. Times before the first page belong to it;
    /// [`SimTime::NEVER`] has an index after the last page, on which nothing is noted.
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
            self.pages.resize_with(page + 1, Vec::new);
        }
        self.pages[page].push(timer);
        self.notes += 1;
        if self.notes > FEWEST_NOTES && self.notes > NOTES_PER_TIMER * self.due_times.indices() {
            self.remove_outdated_notes();
        }
    }

    /// Removes outdated and duplicate notes from all pages.
    fn remove_outdated_notes(&mut self) {
        for page in self.open..self.pages.len() {
            self.pages[page] = self.due_on(page);
        }
        self.notes = self.pages.iter().map(Vec::len).sum();
    }

    /// The timers that are due on a page, without duplicates.
    fn due_on(&mut self, page: usize) -> Vec<T> {
        let mut notes = self.pages.get_mut(page).map(mem::take).unwrap_or_default();
        notes.retain(|timer| self.page(self.due_times.of(*timer)) == page);
        notes.sort_unstable_by_key(|timer| (timer.priority(), timer.index()));
        notes.dedup();
        notes
    }

    /// Opens the next page; `false` if there is none.
    fn open_next_page(&mut self) -> bool {
        let page = self.open;
        if page == self.last {
            return self.start_volume();
        }
        self.open += 1;
        let notes = self.pages.get_mut(page).map(mem::take).unwrap_or_default();
        self.notes -= notes.len();
        let mut current_page = mem::take(&mut self.current_page);
        // All due times are read before sorting, so that memory accesses overlap.
        let times = notes.iter().map(|timer| (self.due_times.of(*timer), *timer));
        current_page.extend(times.filter(|(at, _)| self.page(*at) == page));
        current_page.sort_unstable_by_key(|(at, timer)| Reverse(EventKey::of(*timer, *at)));
        self.unchecked = current_page.len();
        self.current_page = current_page;
        true
    }

    /// Distributes the last page over new pages that start at its first timer; `false` if it has no
    /// timer.
    fn start_volume(&mut self) -> bool {
        let timers = self.due_on(self.last);
        self.pages.clear();
        self.notes = 0;
        let Some(first) = timers.iter().map(|timer| self.due_times.of(*timer)).min() else {
            return false;
        };
        self.origin = first;
        self.open = 0;
        for timer in timers {
            self.note(timer, self.page(self.due_times.of(timer)));
        }
        true
    }
}

/// Timers that were set to an opened page, including outdated entries.
struct NearFuture<T: TimerId> {
    /// `priority-queue` returns equal priorities in arbitrary order; keys of different timers are
    /// never equal.
    queue: PriorityQueue<T, Reverse<EventKey>, FxBuildHasher>,
    /// Head of the queue, which is read far more often than it changes.
    first: Option<(EventKey, T)>,
}

impl<T: TimerId> NearFuture<T> {
    fn set(&mut self, timer: T, at: SimTime) {
        self.queue.push(timer, Reverse(EventKey::of(timer, at)));
        self.update_first();
    }

    fn pop(&mut self) {
        self.queue.pop();
        self.update_first();
    }

    fn update_first(&mut self) {
        self.first = self.queue.peek().map(|(timer, Reverse(key))| (*key, *timer));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::timer::Priority;
    use super::*;
    use crate::time::SimSpan;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Probe {
        Late(u32),
        Early(u32),
    }

    impl TimerId for Probe {
        const PRIORITIES: u8 = 3;

        fn priority(&self) -> Priority {
            match self {
                Self::Early(_) => Priority(1),
                Self::Late(_) => Priority(2),
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

    fn drain(mut future_events: FutureEvents<Probe>) -> Vec<(i64, Probe)> {
        std::iter::from_fn(|| future_events.take().map(|t| (future_events.now().seconds(), t)))
            .collect()
    }

    fn notes(future_events: &FutureEvents<Probe>) -> usize {
        future_events.pages.iter().map(Vec::len).sum()
    }

    #[test]
    fn simultaneous_timers_fire_by_rank_and_then_by_whom_they_are_about() {
        let mut future_events = FutureEvents::starting_at(second(0));
        for timer in [Probe::Late(1), Probe::Early(9), Probe::Late(0), Probe::Early(3)] {
            future_events.set(timer, second(5));
        }
        future_events.set(Probe::Late(7), second(4));
        let order: Vec<Probe> = drain(future_events).into_iter().map(|(_, timer)| timer).collect();
        let expected =
            [Probe::Late(7), Probe::Early(3), Probe::Early(9), Probe::Late(0), Probe::Late(1)];
        assert_eq!(order, expected);
    }

    #[test]
    fn setting_again_moves_and_clearing_takes_out() {
        let mut future_events = FutureEvents::starting_at(second(0));
        future_events.set(Probe::Early(1), second(5));
        future_events.set(Probe::Early(1), second(9));
        future_events.set(Probe::Early(2), second(7));
        future_events.clear(Probe::Early(2));
        future_events.clear(Probe::Early(3));
        future_events.set(Probe::Early(4), SimTime::NEVER);
        assert_eq!(future_events.due(Probe::Early(1)), Some(second(9)));
        assert_eq!(future_events.due(Probe::Early(2)), None);
        assert_eq!(future_events.due(Probe::Late(1)), None);
        assert!(!future_events.is_empty());
        assert_eq!(drain(future_events), [(9, Probe::Early(1))]);
    }

    #[test]
    fn the_end_of_the_calendar_is_a_few_volumes_away() {
        let (start, end) = (second(0), second(253_402_300_799)); // year 9999
        let mut future_events = FutureEvents::starting_at(start);
        future_events.set(Probe::Late(0), end);
        future_events.set(Probe::Late(1), second(SimTime::NEVER.seconds() - 1));
        future_events.set(Probe::Early(0), second(1));
        let order: Vec<Probe> = drain(future_events).into_iter().map(|(_, timer)| timer).collect();
        assert_eq!(order, [Probe::Early(0), Probe::Late(0), Probe::Late(1)]);
    }

    #[test]
    fn nothing_is_kept_of_timers_that_were_cleared_or_moved() {
        let day = 86_400;
        let mut future_events = FutureEvents::starting_at(second(0));
        for round in 0..10_000_i64 {
            let who = u32::try_from(round % 100).unwrap();
            future_events.set(Probe::Early(who), second((round % 13 + 1) * day));
            future_events.set(Probe::Late(who), second((round % 7 + 1) * day));
            future_events.clear(Probe::Late(who));
        }
        assert_eq!(notes(&future_events), future_events.notes);
        assert!(future_events.notes <= FEWEST_NOTES + 1, "{} notes", future_events.notes);
        assert_eq!(drain(future_events).len(), 100);
    }

    #[test]
    fn only_opened_days_are_queued() {
        let mut future_events = FutureEvents::starting_at(second(0));
        for who in 0..1_000 {
            future_events.set(Probe::Early(who), second(i64::from(who) * 3_600));
        }
        let mut most = 0;
        while future_events.take().is_some() {
            most =
                most.max(future_events.current_page.len() + future_events.near_future.queue.len());
        }
        assert!(most <= 24, "{most}");
    }

    #[test]
    fn a_page_after_the_bound_is_not_opened() {
        let mut future_events = FutureEvents::starting_at(second(0));
        future_events.set(Probe::Early(0), second(1_000_000));
        assert_eq!(future_events.next_by(second(500_000)), None);
        future_events.set(Probe::Early(1), second(700_000));
        assert_eq!(notes(&future_events), 2, "both are notes");
        assert_eq!(future_events.next_by(second(700_000)), Some(second(700_000)));
    }

    /// What a model might do: set, clear, take, or let time pass up to an order of its script.
    type Steps = Vec<(u8, u32, i64, bool)>;

    fn steps() -> impl Strategy<Value = Steps> {
        prop::collection::vec((0_u8..6, 0_u32..9, 0_i64..500, any::<bool>()), 0..300)
    }

    /// The log of a history: every timer that fired, and when.
    fn replay(steps: &Steps, mut future_events: FutureEvents<Probe>) -> Vec<(SimTime, Probe)> {
        let mut log = Vec::new();
        for (what, who, delay, early) in steps {
            let timer = if *early { Probe::Early(*who) } else { Probe::Late(*who) };
            let later = future_events.now().after(SimSpan::from_seconds(*delay));
            match what {
                0 | 1 => future_events.set(timer, later),
                2 => future_events.clear(timer),
                3 => log.extend(future_events.take().map(|timer| (future_events.now(), timer))),
                _ => match future_events.next_by(later) {
                    Some(_) => {
                        log.extend(future_events.take().map(|timer| (future_events.now(), timer)));
                    }
                    None => future_events.advance(later),
                },
            }
        }
        log.extend(std::iter::from_fn(|| {
            future_events.take().map(|timer| (future_events.now(), timer))
        }));
        log
    }

    /// The same with a sorted set of (time, rank, who), and the times beside it.
    fn replay_model(steps: &Steps) -> Vec<(SimTime, Probe)> {
        let mut now = second(0);
        let (mut log, mut times, mut set) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let key = |timer: Probe, at: SimTime| (at, timer.priority(), timer.index(), timer);
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
            let future_events = FutureEvents::starting_at(second(0));
            prop_assert_eq!(replay(&steps, future_events), replay_model(&steps));
        }

        #[test]
        fn any_page_width_gives_the_same_log(
            steps in steps(),
            width in 0_u32..12,
            pages in 2_usize..40,
        ) {
            let future_events = FutureEvents::with_pages(second(0), width, pages);
            prop_assert_eq!(replay(&steps, future_events), replay_model(&steps));
        }

        #[test]
        fn what_is_due_is_noted_where_it_will_be_found(steps in steps(), width in 0_u32..12) {
            let mut future_events = FutureEvents::with_pages(second(0), width, 9);
            for (what, who, delay, early) in steps {
                let timer = if early { Probe::Early(who) } else { Probe::Late(who) };
                match what {
                    0 | 1 => {
                        let at = future_events.now().after(SimSpan::from_seconds(delay));
                        future_events.set(timer, at);
                    }
                    2 => future_events.clear(timer),
                    3 => future_events.remove_outdated_notes(),
                    _ => drop(future_events.take()),
                }
                for timer in (0..9).flat_map(|who| [Probe::Early(who), Probe::Late(who)]) {
                    let Some(due) = future_events.due(timer) else { continue };
                    let page = future_events.pages.get(future_events.page(due));
                    let is_noted = page.is_some_and(|page| page.contains(&timer));
                    let queued = future_events.near_future.queue.get_priority(&timer);
                    let is_queued = queued == Some(&Reverse(EventKey::of(timer, due)));
                    let is_today = future_events.current_page.contains(&(due, timer));
                    prop_assert!(is_noted || is_queued || is_today);
                }
                prop_assert_eq!(notes(&future_events), future_events.notes);
            }
        }
    }
}
