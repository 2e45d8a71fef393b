//! Tests of the future event list, against a sorted list.

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
            Self::Early(index) | Self::Late(index) => *index,
        }
    }
}

fn second(n: i64) -> SimTime {
    SimTime::from_seconds(n)
}

/// Takes the next timer.
fn take(future_events: &mut FutureEvents<Probe>) -> Option<Probe> {
    future_events.next_by(SimTime::NEVER)?;
    future_events.take()
}

fn drain(mut future_events: FutureEvents<Probe>) -> Vec<(i64, Probe)> {
    std::iter::from_fn(|| take(&mut future_events).map(|t| (future_events.now().seconds(), t)))
        .collect()
}

fn notes(future_events: &FutureEvents<Probe>) -> usize {
    future_events.pages.iter().map(Vec::len).sum()
}

#[test]
fn simultaneous_timers_fire_by_priority_and_then_by_index() {
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
fn setting_again_moves_a_timer_and_clearing_removes_it() {
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
fn timers_at_the_end_of_the_calendar_fire() {
    let (start, end) = (second(0), second(253_402_300_799)); // year 9999
    let mut future_events = FutureEvents::starting_at(start);
    future_events.set(Probe::Late(0), end);
    future_events.set(Probe::Late(1), second(SimTime::NEVER.seconds() - 1));
    future_events.set(Probe::Early(0), second(1));
    let order: Vec<Probe> = drain(future_events).into_iter().map(|(_, timer)| timer).collect();
    assert_eq!(order, [Probe::Early(0), Probe::Late(0), Probe::Late(1)]);
}

#[test]
fn notes_of_cleared_and_moved_timers_are_removed() {
    let day = 86_400;
    let mut future_events = FutureEvents::starting_at(second(0));
    for round in 0..10_000_i64 {
        let index = u32::try_from(round % 100).unwrap();
        future_events.set(Probe::Early(index), second((round % 13 + 1) * day));
        future_events.set(Probe::Late(index), second((round % 7 + 1) * day));
        future_events.clear(Probe::Late(index));
    }
    assert_eq!(notes(&future_events), future_events.notes);
    assert!(future_events.notes <= FEWEST_NOTES + 1, "{} notes", future_events.notes);
    assert_eq!(drain(future_events).len(), 100);
}

#[test]
fn only_timers_of_the_open_page_are_queued() {
    let mut future_events = FutureEvents::starting_at(second(0));
    for index in 0..1_000 {
        future_events.set(Probe::Early(index), second(i64::from(index) * 3_600));
    }
    let mut most = 0;
    while take(&mut future_events).is_some() {
        most = most.max(future_events.current_page.len() + future_events.near_future.queue.len());
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

/// Operations of a model: set, clear, take, or advance the clock to an event of the script.
type Steps = Vec<(u8, u32, i64, bool)>;

fn steps() -> impl Strategy<Value = Steps> {
    prop::collection::vec((0_u8..6, 0_u32..9, 0_i64..500, any::<bool>()), 0..300)
}

/// The log of a sequence of operations: each timer that fired, with its time.
fn replay(steps: &Steps, mut future_events: FutureEvents<Probe>) -> Vec<(SimTime, Probe)> {
    let mut log = take_steps(steps, &mut future_events);
    log.extend(std::iter::from_fn(|| {
        take(&mut future_events).map(|timer| (future_events.now(), timer))
    }));
    log
}

/// The same without the timers that are left at the end.
fn take_steps(
    steps: &[(u8, u32, i64, bool)],
    future_events: &mut FutureEvents<Probe>,
) -> Vec<(SimTime, Probe)> {
    let mut log = Vec::new();
    for (what, index, delay, early) in steps {
        let timer = if *early { Probe::Early(*index) } else { Probe::Late(*index) };
        let later = future_events.now().after(SimSpan::from_seconds(*delay));
        match what {
            0 | 1 => future_events.set(timer, later),
            2 => future_events.clear(timer),
            3 => log.extend(take(future_events).map(|timer| (future_events.now(), timer))),
            _ => match future_events.next_by(later) {
                Some(_) => {
                    log.extend(future_events.take().map(|timer| (future_events.now(), timer)));
                }
                None => future_events.advance(later),
            },
        }
    }
    log
}

/// The log of [`replay`] with a sorted set of (time, priority, index), and a map of due times.
fn replay_model(steps: &Steps) -> Vec<(SimTime, Probe)> {
    let mut now = second(0);
    let (mut log, mut times, mut set) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let key = |timer: Probe, at: SimTime| (at, timer.priority(), timer.index(), timer);
    for (what, index, delay, early) in steps {
        let timer = if *early { Probe::Early(*index) } else { Probe::Late(*index) };
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
    fn any_sequence_fires_in_the_order_of_a_sorted_set(steps in steps()) {
        let future_events = FutureEvents::starting_at(second(0));
        prop_assert_eq!(replay(&steps, future_events), replay_model(&steps));
    }

    #[test]
    fn each_copy_of_a_shared_list_fires_in_the_order_of_a_sorted_set(
        steps in steps(),
        shared_after in 0_usize..300,
        pages in 2_usize..9,
    ) {
        let (before, after) = steps.split_at(shared_after.min(steps.len()));
        let mut future_events = FutureEvents::with_pages(second(0), 5, pages);
        let log = take_steps(before, &mut future_events);
        future_events.share();
        let model = replay_model(&steps);
        for _ in 0..2 {
            let later = replay(&after.to_vec(), future_events.clone());
            prop_assert_eq!([log.as_slice(), &later].concat(), model.clone());
        }
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
    fn every_due_timer_is_on_its_page_or_queued(steps in steps(), width in 0_u32..12) {
        let mut future_events = FutureEvents::with_pages(second(0), width, 9);
        for (what, index, delay, early) in steps {
            let timer = if early { Probe::Early(index) } else { Probe::Late(index) };
            match what {
                0 | 1 => {
                    let at = future_events.now().after(SimSpan::from_seconds(delay));
                    future_events.set(timer, at);
                }
                2 => future_events.clear(timer),
                3 => future_events.remove_outdated_notes(),
                _ => drop(future_events.take()),
            }
            for timer in (0..9).flat_map(|index| [Probe::Early(index), Probe::Late(index)]) {
                let Some(due) = future_events.due(timer) else { continue };
                let seconds = future_events.seconds(due);
                let page = future_events.pages.get(future_events.page(seconds));
                let is_noted = page.is_some_and(|page| page.contains(&timer));
                let queued = future_events.near_future.queue.get_priority(&timer);
                let is_queued = queued == Some(&Reverse(EventKey::of(timer, due)));
                let mut current = future_events.current_page.iter();
                let is_current = current
                    .any(|note| note.timer == timer && future_events.due_by(note) == seconds);
                prop_assert!(is_noted || is_queued || is_current);
            }
            prop_assert_eq!(notes(&future_events), future_events.notes);
        }
    }
}
