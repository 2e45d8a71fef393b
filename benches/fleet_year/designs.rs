//! The designs that are measured: the kernel, the limit, and the queue that the kernel had before.

use std::cmp::Reverse;

use priority_queue::PriorityQueue;
use rustc_hash::FxBuildHasher;
use stayput::kernel::{EventKey, Flow, FutureEvents, Limits, Model, Simulation, TimerId};
use stayput::time::SimTime;

use super::fleet::{END, Event, Fleet, Outcome, Timers, Wait, Year};

const START: SimTime = SimTime::from_seconds(0);

/// The timers that fired, with their times.
pub type Schedule = Vec<(SimTime, Wait)>;

/// The whole kernel: future event list, script, clock, limits.
pub fn kernel(year: &Year) -> Outcome {
    simulate(year, None).0
}

/// The schedule of the firings, and the result of the year.
pub fn schedule(year: &Year) -> (Schedule, Outcome) {
    let (outcome, log) = simulate(year, Some(Schedule::new()));
    (log.unwrap_or_default(), outcome)
}

struct Simulated {
    fleet: Fleet,
    log: Option<Schedule>,
}

impl Timers for FutureEvents<Wait> {
    fn set(&mut self, timer: Wait, at: SimTime) {
        FutureEvents::set(self, timer, at);
    }

    fn clear(&mut self, timer: Wait) {
        FutureEvents::clear(self, timer);
    }
}

impl Model for Simulated {
    type Event = Event;
    type Timer = Wait;
    type Record = ();

    fn prefetch_event(&self, event: &Event) {
        self.fleet.touch(event.instance);
    }

    fn prefetch_timer(&self, timer: Wait) {
        if let Wait::Release(instance) | Wait::Term(instance) = timer {
            self.fleet.touch(instance);
        }
    }

    fn handle_event(
        &mut self,
        event: &Event,
        future_events: &mut FutureEvents<Wait>,
        _: &mut Vec<()>,
    ) -> Flow {
        self.fleet.handle_event(*event, future_events.now(), future_events);
        Flow::Continue
    }

    fn handle_timer(
        &mut self,
        timer: Wait,
        future_events: &mut FutureEvents<Wait>,
        _: &mut Vec<()>,
    ) -> Flow {
        if let Some(log) = &mut self.log {
            log.push((future_events.now(), timer));
        }
        self.fleet.handle_timer(timer, future_events.now(), future_events);
        Flow::Continue
    }
}

fn simulate(year: &Year, log: Option<Schedule>) -> (Outcome, Option<Schedule>) {
    let mut future_events = FutureEvents::starting_at(START);
    let mut model = Simulated { fleet: Fleet::new(year), log };
    model.fleet.start(&mut future_events);
    let horizon = SimTime::from_seconds(END.seconds() - 1);
    let mut run = Simulation::new(model, year.script(), future_events, horizon, Limits::default());
    while run.step() {}
    let outcome = run.model().fleet.outcome(year.events.len());
    let log = run.model().log.clone();
    (outcome, log)
}

/// A queue of timers for the plain loop.
trait Queue: Timers {
    fn next(&self) -> Option<SimTime>;
    fn take(&mut self) -> Option<Wait>;
}

/// The loop without a kernel; an event comes before the timers of its instant.
fn plain(year: &Year, mut queue: impl Queue) -> Outcome {
    let mut fleet = Fleet::new(year);
    fleet.start(&mut queue);
    let mut script = year.script().peekable();
    loop {
        let ordered = script.peek().map_or(END, |(at, _)| *at);
        match queue.next().filter(|at| *at < ordered) {
            Some(at) => {
                if let Some(timer) = queue.take() {
                    fleet.handle_timer(timer, at, &mut queue);
                }
            }
            None => match script.next() {
                Some((at, event)) => fleet.handle_event(event, at, &mut queue),
                None => return fleet.outcome(year.events.len()),
            },
        }
    }
}

/// No queue: due times are stored, and the order of firing is given.
pub fn limit(year: &Year, schedule: &Schedule) -> Outcome {
    let due = vec![[SimTime::NEVER; 3]; year.instances as usize];
    plain(year, Known { due, schedule, next: 0 })
}

struct Known<'a> {
    due: Vec<[SimTime; 3]>,
    schedule: &'a Schedule,
    next: usize,
}

impl Timers for Known<'_> {
    fn set(&mut self, timer: Wait, at: SimTime) {
        self.due[timer.index() as usize][usize::from(timer.priority().0)] = at;
    }

    fn clear(&mut self, timer: Wait) {
        self.set(timer, SimTime::NEVER);
    }
}

impl Queue for Known<'_> {
    fn next(&self) -> Option<SimTime> {
        self.schedule.get(self.next).map(|(at, _)| *at)
    }

    fn take(&mut self) -> Option<Wait> {
        let (_, timer) = *self.schedule.get(self.next)?;
        self.next += 1;
        self.clear(timer);
        Some(timer)
    }
}

/// Every timer in one `priority-queue`.
pub fn bare(year: &Year) -> Outcome {
    plain(year, Bare(PriorityQueue::with_default_hasher()))
}

struct Bare(PriorityQueue<Wait, Reverse<EventKey>, FxBuildHasher>);

impl Timers for Bare {
    fn set(&mut self, timer: Wait, at: SimTime) {
        self.0.push(timer, Reverse(EventKey::of(timer, at)));
    }

    fn clear(&mut self, timer: Wait) {
        self.0.remove(&timer);
    }
}

impl Queue for Bare {
    fn next(&self) -> Option<SimTime> {
        self.0.peek().map(|(_, Reverse(first))| first.at)
    }

    fn take(&mut self) -> Option<Wait> {
        self.0.pop().map(|(timer, _)| timer)
    }
}
