//! The future event list: timers that wait for their instant, and the order in which they fire.
//!
//! A timer is named by what it is about. Setting it again moves it, clearing it
//! takes it out; nothing stale ever reaches the clock.
//!
//! # Layout
//!
//! * `truth`: when each timer falls due, a dense array for each rank.
//! * `pages`: one for each day to come, with a note of every timer that was set
//!   to it, in no order. A note may be out of date: the truth decides.
//! * `today`: the notes of the page that was opened last, sorted once.
//! * `near`: what was set for a page that had been opened already.
//!
//! A page is opened when nothing nearer is left: its notes are held against the
//! truth, and those that still hold are sorted. What stands in `today` or `near` is
//! held against the truth once more when its turn comes, so moving a timer away
//! costs nothing there; only what comes in while the day is under way needs a queue,
//! which stays short. How wide a page is changes no order, only the speed.

use super::due_times::DueTimes;
use super::timer::{EventKey, TimerId};
use crate::time::SimTime;
use priority_queue::PriorityQueue;
use rustc_hash::FxBuildHasher;
use std::cmp::Reverse;
use std::mem;

/// How much time a page covers: two to this power of seconds, 18 hours and some.
/// Anything from an hour to a day is as fast; a power, so that no time is divided.
const PAGE: u32 = 16;

/// How many pages a volume has; the last one holds everything that lies beyond.
const PAGES: usize = 4_096;

/// How many notes of the day are held against the truth at one time.
const AHEAD: usize = 32;

/// How many notes there may be for each place in the truth before all are read again,
/// and how many in any case.
const NOTES_PER_PLACE: usize = 8;

const NOTES_AT_LEAST: usize = 4_096;

/// The future event list: at most one entry for each timer.
///
/// Setting, moving and clearing a timer of a later day cost O(1) on average, of
/// an opened day O(log d), where d is the number of timers that came into the day
/// after it had been opened. Memory grows with the largest index of each rank,
/// never with how often timers are set, cleared or moved.
pub struct FutureEvents<T: TimerId> {
    now: SimTime,
    due_times: DueTimes<T>,
    /// The latest first. A timer that stands in `near` as well is taken from there.
    today: Vec<(SimTime, T)>,
    /// How many notes of `today` have not been looked at since it was opened.
    unseen: usize,
    /// Whether those that were looked at last have not been told as coming.
    untold: bool,
    near: Near<T>,
    /// Timers that were set to a day; those that have moved or gone among them, and doubles.
    pages: Vec<Vec<T>>,
    /// How many notes stand on all pages.
    notes: usize,
    /// The first page that has not been opened.
    open: usize,
    /// The page that holds everything beyond the others.
    last: usize,
    /// Where the first page begins.
    origin: SimTime,
    /// Of a page: two to this power of seconds.
    width: u32,
}

impl<T: TimerId> FutureEvents<T> {
    /// An empty future event list whose clock stands at `start`.
    pub fn starting_at(start: SimTime) -> Self {
        Self::with_pages(start, PAGE, PAGES)
    }

    /// An future event list with that many pages, two at least, of another width.
    fn with_pages(start: SimTime, width: u32, pages: usize) -> Self {
        Self {
            now: start,
            due_times: DueTimes::from(start),
            today: Vec::new(),
            unseen: 0,
            untold: false,
            near: Near { queue: PriorityQueue::with_default_hasher(), first: None },
            pages: Vec::new(),
            notes: 0,
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
        self.due_times.set(timer, at);
        let page = self.page(at);
        if page < self.open {
            self.near.set(timer, at);
        } else {
            self.note(timer, page);
        }
    }

    /// Takes `timer` out; nothing happens if it was not set.
    pub fn clear(&mut self, timer: T) {
        self.set(timer, SimTime::NEVER);
    }

    /// When `timer` is due, if it is set.
    pub fn due(&self, timer: T) -> Option<SimTime> {
        Some(self.due_times.of(timer)).filter(|at| *at < SimTime::NEVER)
    }

    /// Whether no timer waits. It looks at every place of the truth.
    pub fn is_empty(&self) -> bool {
        self.due_times.is_empty()
    }

    /// The instant of the next timer, if it is due by `bound`, inclusive.
    ///
    /// No page is opened that begins after `bound`, so that what is set until
    /// then can still be noted instead of queued.
    pub(super) fn next_by(&mut self, bound: SimTime) -> Option<SimTime> {
        self.head_by(bound).map(|first| first.at)
    }

    fn head_by(&mut self, bound: SimTime) -> Option<EventKey> {
        loop {
            self.strip();
            if let Some(first) = self.first() {
                return Some(first).filter(|first| first.at <= bound);
            }
            if self.open > self.page(bound) || !self.turn() {
                return None;
            }
        }
    }

    /// Takes off the heads of `today` and `near` that no longer hold.
    fn strip(&mut self) {
        while let Some((key, timer)) = self.near.first
            && self.due_times.of(timer) != key.at
        {
            self.near.pop();
        }
        loop {
            if self.today.len() <= self.unseen {
                self.look_ahead();
            }
            match self.today.last() {
                Some((at, timer)) if self.due_times.of(*timer) != *at => drop(self.today.pop()),
                _ => return,
            }
        }
    }

    /// Holds the next few notes of `today` against the truth: all together, so that
    /// the waits for memory overlap.
    fn look_ahead(&mut self) {
        self.unseen = self.today.len().saturating_sub(AHEAD);
        let mut kept = self.unseen;
        for index in self.unseen..self.today.len() {
            let (at, timer) = self.today[index];
            if self.due_times.of(timer) == at {
                self.today[kept] = (at, timer);
                kept += 1;
            }
        }
        self.today.truncate(kept);
        self.untold = true;
    }

    /// Timers that are likely to come next, each batch of them told once. What is set for a
    /// day that is under way is not among them.
    pub(super) fn coming(&mut self) -> impl Iterator<Item = T> {
        let untold = mem::take(&mut self.untold);
        let coming = if untold { &self.today[self.unseen..] } else { &[] };
        coming.iter().map(|(_, timer)| *timer)
    }

    /// The earliest moment of the pages that have been opened.
    fn first(&self) -> Option<EventKey> {
        let noted = self.today.last().map(|(at, timer)| EventKey::of(*timer, *at));
        match (noted, self.near.first) {
            (Some(noted), Some((queued, _))) => Some(noted.min(queued)),
            (noted, queued) => noted.or(queued.map(|(key, _)| key)),
        }
    }

    /// Takes the next timer and moves the clock to it.
    pub(super) fn take(&mut self) -> Option<T> {
        let first = self.head_by(SimTime::NEVER)?;
        // A note of the same moment no longer holds once the truth has been cleared.
        let timer = match self.near.first {
            Some((key, timer)) if key == first => {
                self.near.pop();
                timer
            }
            _ => self.today.pop()?.1,
        };
        self.due_times.set(timer, SimTime::NEVER);
        self.advance(first.at);
        Some(timer)
    }

    /// Moves the clock to an instant that the script named.
    pub(super) fn advance(&mut self, to: SimTime) {
        // INVARIANT: the clock never goes back; the simulation takes the earlier head.
        assert!(to >= self.now, "the clock would go back to {to}");
        self.now = to;
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
            self.pages.resize_with(page + 1, Vec::new);
        }
        self.pages[page].push(timer);
        self.notes += 1;
        if self.notes > NOTES_AT_LEAST && self.notes > NOTES_PER_PLACE * self.due_times.indices() {
            self.reread();
        }
    }

    /// Strikes out every note that no longer holds, and doubles.
    fn reread(&mut self) {
        for page in self.open..self.pages.len() {
            self.pages[page] = self.read(page);
        }
        self.notes = self.pages.iter().map(Vec::len).sum();
    }

    /// The timers that are in truth due on a page, each of them once.
    fn read(&mut self, page: usize) -> Vec<T> {
        let mut notes = self.pages.get_mut(page).map(mem::take).unwrap_or_default();
        notes.retain(|timer| self.page(self.due_times.of(*timer)) == page);
        notes.sort_unstable_by_key(|timer| (timer.priority(), timer.index()));
        notes.dedup();
        notes
    }

    /// Opens the next page; `false` if there is none.
    fn turn(&mut self) -> bool {
        let page = self.open;
        if page == self.last {
            return self.begin_volume();
        }
        self.open += 1;
        let notes = self.pages.get_mut(page).map(mem::take).unwrap_or_default();
        self.notes -= notes.len();
        let mut today = mem::take(&mut self.today);
        // First all due times, then the sorting: so the waits for memory overlap.
        let times = notes.iter().map(|timer| (self.due_times.of(*timer), *timer));
        today.extend(times.filter(|(at, _)| self.page(*at) == page));
        today.sort_unstable_by_key(|(at, timer)| Reverse(EventKey::of(*timer, *at)));
        self.unseen = today.len();
        self.today = today;
        true
    }

    /// Spreads the last page over new ones, from the first timer on it onwards; `false`
    /// if there is none.
    fn begin_volume(&mut self) -> bool {
        let timers = self.read(self.last);
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

/// Timers of days that have been opened, those that have moved or gone among them.
struct Near<T: TimerId> {
    /// `priority-queue` leaves equal priorities in arbitrary order; a moment
    /// names its timer, so no two are equal.
    queue: PriorityQueue<T, Reverse<EventKey>, FxBuildHasher>,
    /// Its head, which is looked at far more often than it changes.
    first: Option<(EventKey, T)>,
}

impl<T: TimerId> Near<T> {
    fn set(&mut self, timer: T, at: SimTime) {
        self.queue.push(timer, Reverse(EventKey::of(timer, at)));
        self.look();
    }

    fn pop(&mut self) {
        self.queue.pop();
        self.look();
    }

    fn look(&mut self) {
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
        const RANKS: u8 = 3;

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
        assert!(future_events.notes <= NOTES_AT_LEAST + 1, "{} notes", future_events.notes);
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
            most = most.max(future_events.today.len() + future_events.near.queue.len());
        }
        assert!(most <= 24, "{most}");
    }

    #[test]
    fn a_page_that_nobody_asked_for_stays_closed() {
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
                    3 => future_events.reread(),
                    _ => drop(future_events.take()),
                }
                for timer in (0..9).flat_map(|who| [Probe::Early(who), Probe::Late(who)]) {
                    let Some(due) = future_events.due(timer) else { continue };
                    let page = future_events.pages.get(future_events.page(due));
                    let is_noted = page.is_some_and(|page| page.contains(&timer));
                    let queued = future_events.near.queue.get_priority(&timer);
                    let is_queued = queued == Some(&Reverse(EventKey::of(timer, due)));
                    let is_today = future_events.today.contains(&(due, timer));
                    prop_assert!(is_noted || is_queued || is_today);
                }
                prop_assert_eq!(notes(&future_events), future_events.notes);
            }
        }
    }
}
