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

use super::due_times::{DueTimes, UNSET};
use super::timer::{EventKey, TimerId};
use crate::time::SimTime;
use priority_queue::PriorityQueue;
use rustc_hash::FxBuildHasher;
use std::cmp::Reverse;
use std::mem;
use std::sync::Arc;

/// Width of a page: two to this power of seconds, about 18 hours. Widths from an hour to a day are
/// equally fast; a power of two needs no division.
const PAGE: u32 = 16;

/// Number of pages of a volume; the last page contains everything later.
const PAGES: usize = 4_096;

/// Number of notes of the current page that are compared with `due_times` at a time.
const NOTES_AT_ONCE: usize = 32;

/// Outdated notes are removed when there are this many notes for each entry of `due_times`, and at
/// least [`FEWEST_NOTES`].
const NOTES_PER_TIMER: usize = 8;

const FEWEST_NOTES: usize = 4_096;

/// Largest number of empty lists that are kept for further pages.
const SPARE: usize = 8;

/// The future event list: at most one entry for each timer.
///
/// Setting, moving and clearing a timer on a later page take O(1) on average, and on an opened page
/// O(log d), where d is the number of timers set to the page after it was opened. Memory grows with
/// the largest index of each priority, not with the number of operations.
#[derive(Clone)]
pub struct FutureEvents<T: TimerId> {
    /// The start of the clock, from which all times but `now` are counted, in seconds.
    start: SimTime,
    now: SimTime,
    due_times: DueTimes<T>,
    /// The notes of the current page, latest first. A timer that is in `near_future` as well is
    /// taken from there.
    current_page: Vec<PageNote<T>>,
    /// Start of the current page.
    current_start: u64,
    /// Number of notes of `current_page` that have not been checked since it was opened.
    unchecked: usize,
    /// Whether [`Self::upcoming`] still has to return the notes that were checked last.
    unreported: bool,
    near_future: NearFuture<T>,
    /// Timers that were set to each page, including outdated and duplicate notes.
    pages: Vec<Vec<T>>,
    /// Notes that copies of this list share, in addition to those of `pages`; empty if there are
    /// none.
    shared_pages: Arc<Vec<Vec<T>>>,
    /// Empty lists of opened pages, whose memory further pages take over.
    spare: Vec<Vec<T>>,
    /// Number of notes on `pages`.
    notes: usize,
    /// Index of the first page that has not been opened.
    open: usize,
    /// Start of that page.
    open_start: u64,
    /// Index of the last page, which contains everything later.
    last: usize,
    /// Start of the first page.
    origin: u64,
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
            start,
            now: start,
            due_times: DueTimes::new(),
            current_page: Vec::new(),
            current_start: 0,
            unchecked: 0,
            unreported: false,
            near_future: NearFuture { queue: PriorityQueue::with_default_hasher(), first: None },
            pages: Vec::new(),
            shared_pages: Arc::default(),
            spare: Vec::new(),
            notes: 0,
            open: 0,
            open_start: 0,
            last: pages - 1,
            origin: 0,
            width,
        }
    }

    /// Lets copies of this list share the notes of the timers that are set. A copy then costs four
    /// bytes for each timer.
    pub fn share(&mut self) {
        if self.shared_pages.is_empty() {
            self.shared_pages = Arc::new(mem::take(&mut self.pages));
            self.notes = 0;
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
        let due = self.seconds(at);
        self.due_times.set(timer, due);
        if due < self.open_start {
            self.near_future.set(timer, at);
        } else {
            self.note(timer, self.page(due));
        }
    }

    /// Removes `timer`; has no effect if it was not set.
    pub fn clear(&mut self, timer: T) {
        self.set(timer, SimTime::NEVER);
    }

    /// Due time of `timer`; `None` if it is not set.
    pub fn due(&self, timer: T) -> Option<SimTime> {
        Some(self.due_times.of(timer)).filter(|due| *due != UNSET).map(|due| self.instant(due))
    }

    /// The timers that are set: priority, index and due time in seconds, in the order of priority
    /// and index; O(n) in the length of `due_times`. Timers that are due more than 136 years after
    /// the start have one common time.
    pub fn pending(&self) -> impl Iterator<Item = (u8, u32, i64)> {
        let start = self.start.seconds();
        self.due_times
            .pending()
            .map(move |(priority, index, due)| (priority, index, start + i64::from(due)))
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
        let last = self.seconds(bound);
        loop {
            // Before most events of a script no timer is due, outdated or not.
            if self.earliest() > last {
                return None;
            }
            self.discard_outdated();
            if let Some(first) = self.first() {
                return Some(first).filter(|first| first.at <= bound);
            }
            if self.open_start > last || !self.open_next_page() {
                return None;
            }
        }
    }

    /// No timer is due before this, in seconds; entries that are outdated count as well.
    fn earliest(&self) -> u64 {
        let noted = self.current_page.last().map_or(self.open_start, |note| self.due_by(note));
        match self.near_future.first {
            Some((key, _)) => noted.min(self.seconds(key.at)),
            None => noted,
        }
    }

    /// Removes outdated entries from the heads of `current_page` and `near_future`.
    fn discard_outdated(&mut self) {
        while let Some((key, timer)) = self.near_future.first
            && self.due_times.of(timer) != self.seconds(key.at)
        {
            self.near_future.pop();
        }
        loop {
            if self.current_page.len() <= self.unchecked {
                self.check_next_notes();
            }
            match self.current_page.last() {
                Some(note) if !self.is_due(note) => {
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
            let note = self.current_page[index];
            self.current_page[kept] = note;
            kept += usize::from(self.is_due(&note));
        }
        self.current_page.truncate(kept);
        self.unreported = true;
    }

    /// Timers that are likely to fire next; each batch is returned once. Timers in `near_future`
    /// are not included.
    pub(super) fn upcoming(&mut self) -> impl Iterator<Item = T> {
        let unreported = mem::take(&mut self.unreported);
        let upcoming = if unreported { &self.current_page[self.unchecked..] } else { &[] };
        upcoming.iter().map(|note| note.timer)
    }

    /// The first key of `current_page` and `near_future`.
    fn first(&self) -> Option<EventKey> {
        let noted = self.current_page.last();
        let noted = noted.map(|note| EventKey::of(note.timer, self.instant(self.due_by(note))));
        match (noted, self.near_future.first) {
            (Some(noted), Some((queued, _))) => Some(noted.min(queued)),
            (noted, queued) => noted.or(queued.map(|(key, _)| key)),
        }
    }

    /// Takes the timer whose due time [`Self::next_by`] has just returned, and moves the clock to
    /// it; `None` if it returned none.
    pub(super) fn take(&mut self) -> Option<T> {
        let first = self.first()?;
        // A note with the same key is outdated once the due time has been cleared.
        let timer = match self.near_future.first {
            Some((key, timer)) if key == first => {
                self.near_future.pop();
                timer
            }
            _ => self.current_page.pop()?.timer,
        };
        self.due_times.set(timer, UNSET);
        self.advance(first.at);
        Some(timer)
    }

    /// Advances the clock to the time of an event.
    pub(super) fn advance(&mut self, to: SimTime) {
        // INVARIANT: the clock never goes back; the simulation takes the earlier head.
        assert!(to >= self.now, "the clock would go back to {to}");
        self.now = to;
    }

    /// Seconds from the start to `at`; [`UNSET`] for [`SimTime::NEVER`].
    fn seconds(&self, at: SimTime) -> u64 {
        if at == SimTime::NEVER { UNSET } else { at.since(self.start).seconds().unsigned_abs() }
    }

    /// The instant that is `seconds` after the start.
    fn instant(&self, seconds: u64) -> SimTime {
        SimTime::from_seconds(self.start.seconds().saturating_add_unsigned(seconds))
    }

    /// The time at which a note of the current page was due.
    const fn due_by(&self, note: &PageNote<T>) -> u64 {
        self.current_start + note.offset()
    }

    /// Whether the timer of a note of the current page is still due at its time.
    fn is_due(&self, note: &PageNote<T>) -> bool {
        self.due_times.of(note.timer) == self.due_by(note)
    }

    /// Index of the page that contains a time. Times before the first page belong to it; [`UNSET`]
    /// has an index after the last page, on which nothing is noted.
    fn page(&self, seconds: u64) -> usize {
        let number = seconds.saturating_sub(self.origin) >> self.width;
        let number = usize::try_from(number).map_or(self.last, |number| number.min(self.last));
        number + usize::from(seconds == UNSET)
    }

    /// Notes `timer` on a page.
    fn note(&mut self, timer: T, page: usize) {
        if page > self.last {
            return;
        }
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, Vec::new);
        }
        let notes = &mut self.pages[page];
        if notes.capacity() == 0
            && let Some(spare) = self.spare.pop()
        {
            *notes = spare;
        }
        notes.push(timer);
        self.notes += 1;
        if self.notes > FEWEST_NOTES && self.notes > NOTES_PER_TIMER * self.due_times.indices() {
            self.remove_outdated_notes();
        }
    }

    /// Removes outdated and duplicate notes from all pages.
    fn remove_outdated_notes(&mut self) {
        for page in self.open..self.pages.len() {
            let notes = mem::take(&mut self.pages[page]);
            self.pages[page] = self.due_on(page, notes);
        }
        self.notes = self.pages.iter().map(Vec::len).sum();
    }

    /// The timers of `notes` that are due on a page, without duplicates.
    fn due_on(&self, page: usize, mut notes: Vec<T>) -> Vec<T> {
        notes.retain(|timer| self.page(self.due_times.of(*timer)) == page);
        notes.sort_unstable_by_key(|timer| (timer.priority(), timer.index()));
        notes.dedup();
        notes
    }

    /// Takes the notes of a page, without those that copies share.
    fn take_notes(&mut self, page: usize) -> Vec<T> {
        let notes = self.pages.get_mut(page).map(mem::take).unwrap_or_default();
        self.notes -= notes.len();
        notes
    }

    /// Opens the next page; `false` if there is none.
    fn open_next_page(&mut self) -> bool {
        let page = self.open;
        if page == self.last {
            return self.start_volume();
        }
        let mut notes = self.take_notes(page);
        let start = self.open_start;
        self.open += 1;
        self.open_start += 1 << self.width;
        self.current_start = start;
        let mut current_page = mem::take(&mut self.current_page);
        // All due times are read before sorting, and outdated notes are dropped without a branch,
        // so that memory accesses overlap.
        let shared = self.shared_pages.get(page).map(Vec::as_slice).unwrap_or_default();
        for timers in [&notes, shared] {
            current_page.extend(timers.iter().map(|timer| {
                let offset = self.due_times.of(*timer).wrapping_sub(start);
                if offset >> self.width == 0 {
                    PageNote::new(*timer, offset)
                } else {
                    PageNote { order: OUTDATED, timer: *timer }
                }
            }));
        }
        let mut kept = 0;
        for index in 0..current_page.len() {
            let note = current_page[index];
            current_page[kept] = note;
            kept += usize::from(note.order != OUTDATED);
        }
        current_page.truncate(kept);
        if notes.capacity() > 0 && self.spare.len() < SPARE {
            notes.clear();
            self.spare.push(notes);
        }
        current_page.sort_unstable_by_key(|note| Reverse(note.order));
        self.unchecked = current_page.len();
        self.current_page = current_page;
        true
    }

    /// Distributes the last page over new pages that start at its first timer; `false` if it has no
    /// timer.
    fn start_volume(&mut self) -> bool {
        let mut notes = self.take_notes(self.last);
        notes.extend(self.shared_pages.get(self.last).into_iter().flatten());
        let timers = self.due_on(self.last, notes);
        self.pages.clear();
        self.shared_pages = Arc::default();
        self.notes = 0;
        let Some(first) = timers.iter().map(|timer| self.due_times.of(*timer)).min() else {
            return false;
        };
        self.origin = first;
        self.open = 0;
        self.open_start = first;
        for timer in timers {
            self.note(timer, self.page(self.due_times.of(timer)));
        }
        true
    }
}

/// The order of a note whose timer is no longer due on the page.
const OUTDATED: u64 = u64::MAX;

/// A note of the current page.
#[derive(Clone, Copy)]
struct PageNote<T> {
    /// The order of the notes of a page, as [`EventKey`] states it, in one number: seconds from the
    /// start of the page, priority, index.
    order: u64,
    timer: T,
}

impl<T: TimerId> PageNote<T> {
    fn new(timer: T, offset: u64) -> Self {
        let order = offset << 40 | u64::from(timer.priority().0) << 32 | u64::from(timer.index());
        Self { order, timer }
    }

    /// Seconds from the start of the page to the time at which the timer was due.
    const fn offset(&self) -> u64 {
        self.order >> 40
    }
}

/// Timers that were set to an opened page, including outdated entries.
#[derive(Clone)]
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
mod tests;
