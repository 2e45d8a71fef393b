//! The event loop: takes the next event or timer, calls its handler, returns the records.

use super::future_events::FutureEvents;
use super::timer::TimerId;
use crate::time::SimTime;

/// A model: handlers of events and timers.
pub trait Model {
    /// An event of the script.
    type Event;
    /// A timer that the model schedules.
    type Timer: TimerId;
    /// A record of a request, a decision or a change.
    type Record;

    /// Prefetches the data of a coming event from memory. It must have no other effect.
    fn prefetch_event(&self, _event: &Self::Event) {}

    /// Prefetches the data of a coming timer from memory. The timer may still be moved or cleared;
    /// timers set within the current page are not prefetched.
    fn prefetch_timer(&self, _timer: Self::Timer) {}

    /// Removes the records of the last event. A model can keep their memory for later ones.
    fn clear(&mut self, records: &mut Vec<Self::Record>) {
        records.clear();
    }

    /// Handles an event of the script at `future_events.now()`.
    fn handle_event(
        &mut self,
        event: &Self::Event,
        future_events: &mut FutureEvents<Self::Timer>,
        out: &mut Vec<Self::Record>,
    ) -> Flow;

    /// Handles a timer that is due at `future_events.now()`.
    fn handle_timer(
        &mut self,
        timer: Self::Timer,
        future_events: &mut FutureEvents<Self::Timer>,
        out: &mut Vec<Self::Record>,
    ) -> Flow;
}

/// The events of a script in the order of time. They are read in batches, which costs less than one
/// at a time.
pub trait EventBatches {
    /// An event of the script.
    type Event;

    /// Adds the next events with their instants to `batch`, at most `most`; none at the end.
    fn read(&mut self, most: usize, batch: &mut Vec<(SimTime, Self::Event)>);
}

impl<E, I: Iterator<Item = (SimTime, E)>> EventBatches for I {
    type Event = E;

    fn read(&mut self, most: usize, batch: &mut Vec<(SimTime, E)>) {
        batch.extend(self.take(most));
    }
}

/// Number of events of the script that are read at a time.
const AHEAD: usize = 32;

/// Whether the run continues after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The next event may be taken.
    Continue,
    /// The model cannot continue; it stores the reason itself.
    Halt,
}

/// Why a simulation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The script and the future event list are empty.
    Drained,
    /// All events up to and including the horizon were handled.
    Horizon,
    /// A limit was reached before the horizon.
    Limit(Limit),
    /// The model halted before the horizon.
    Halted,
}

/// Which limit ended a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::events`].
    Events,
    /// [`Limits::events_at_once`].
    EventsAtOnce,
}

/// Limits of a run, so that a model in an endless loop ends.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events in the whole run.
    pub events: u64,
    /// Events at one simulated instant.
    pub events_at_once: u64,
}

impl Default for Limits {
    /// 1,000,000,000 events, and 100,000,000 at one instant.
    fn default() -> Self {
        Self { events: 1_000_000_000, events_at_once: 100_000_000 }
    }
}

/// A simulation in progress: an iterator over the records of the model. It calls no report, so
/// reports cannot change it.
pub struct Simulation<M: Model, S: EventBatches<Event = M::Event>> {
    model: M,
    script: S,
    /// Events of the script that were read last and have been prefetched.
    ahead: Vec<(SimTime, M::Event)>,
    /// Number of them that have been handled.
    handled: usize,
    future_events: FutureEvents<M::Timer>,
    horizon: SimTime,
    limits: Limits,
    events: u64,
    events_now: u64,
    /// Records of the last event.
    records: Vec<M::Record>,
    /// Number of them that the iterator has returned.
    returned: usize,
    stop: Option<Stop>,
}

impl<M: Model, S: EventBatches<Event = M::Event>> Simulation<M, S> {
    /// Starts `model` with the timers already in `future_events`.
    ///
    /// `script` must be sorted by time. The horizon is inclusive.
    pub fn new(
        model: M,
        script: S,
        future_events: FutureEvents<M::Timer>,
        horizon: SimTime,
        limits: Limits,
    ) -> Self {
        Self {
            model,
            script,
            ahead: Vec::with_capacity(AHEAD),
            handled: 0,
            future_events,
            horizon,
            limits,
            events: 0,
            events_now: 0,
            records: Vec::new(),
            returned: 0,
            stop: None,
        }
    }

    /// The model between two steps.
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// The model, so that an observer can add to it between two events.
    pub const fn model_mut(&mut self) -> &mut M {
        &mut self.model
    }

    /// Why the simulation ended; `None` while it is in progress.
    pub const fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// Number of events and timers handled so far.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Instant of the next event or timer; `None` if there is none up to the horizon.
    pub fn next_at(&mut self) -> Option<SimTime> {
        let scripted = self.next_event_at();
        let bound = scripted.map_or(self.horizon, |at| at.min(self.horizon));
        let next = self.future_events.next_by(bound).or(scripted);
        self.future_events.upcoming().for_each(|timer| self.model.prefetch_timer(timer));
        next.filter(|at| self.stop.is_none() && *at <= self.horizon)
    }

    /// Handles the next event or timer, whose records are then in [`Self::records`].
    ///
    /// Returns `false` once the simulation has stopped.
    pub fn step(&mut self) -> bool {
        self.model.clear(&mut self.records);
        self.returned = 0;
        if self.stop.is_some() {
            return false;
        }
        let Some(at) = self.next_at() else {
            let nothing_left = self.handled == self.ahead.len() && self.future_events.is_empty();
            self.stop = Some(if nothing_left { Stop::Drained } else { Stop::Horizon });
            return false;
        };
        self.events_now = if at == self.future_events.now() { self.events_now + 1 } else { 1 };
        if self.events >= self.limits.events {
            self.stop = Some(Stop::Limit(Limit::Events));
            return false;
        }
        if self.events_now > self.limits.events_at_once {
            self.stop = Some(Stop::Limit(Limit::EventsAtOnce));
            return false;
        }
        self.events += 1;
        if self.react(at) == Flow::Halt {
            self.stop = Some(Stop::Halted);
        }
        true
    }

    /// Handles the next event of the script if it is due at `at`; `false` if it is not. No timer
    /// may be due before.
    pub fn step_script(&mut self, at: SimTime) -> bool {
        self.model.clear(&mut self.records);
        self.returned = 0;
        if self.stop.is_some() || self.next_event_at() != Some(at) {
            return false;
        }
        self.events += 1;
        if self.react(at) == Flow::Halt {
            self.stop = Some(Stop::Halted);
        }
        true
    }

    /// Handles an event that is not in the script at the instant `at`, which must not be before the
    /// simulated time. Neither an event of the script nor a timer may be due earlier.
    pub fn intervene(&mut self, at: SimTime, event: &M::Event) {
        self.model.clear(&mut self.records);
        self.returned = 0;
        self.events += 1;
        self.future_events.advance(at);
        if self.model.handle_event(event, &mut self.future_events, &mut self.records) == Flow::Halt
        {
            self.stop = Some(Stop::Halted);
        }
    }

    /// The future event list between two steps.
    pub const fn future_events(&self) -> &FutureEvents<M::Timer> {
        &self.future_events
    }

    /// Whether the script has no further event.
    pub fn is_script_over(&mut self) -> bool {
        self.next_event_at().is_none()
    }

    /// A copy that continues on its own.
    #[must_use]
    pub fn fork(&self) -> Self
    where
        M: Clone,
        M::Event: Clone,
        S: Clone,
    {
        Self {
            model: self.model.clone(),
            script: self.script.clone(),
            ahead: self.ahead.clone(),
            future_events: self.future_events.clone(),
            records: Vec::new(),
            returned: 0,
            ..*self
        }
    }

    /// Instant of the next event of the script.
    fn next_event_at(&mut self) -> Option<SimTime> {
        if self.handled == self.ahead.len() {
            self.ahead.clear();
            self.handled = 0;
            self.script.read(AHEAD, &mut self.ahead);
            self.ahead.iter().for_each(|(_, event)| self.model.prefetch_event(event));
        }
        self.ahead.get(self.handled).map(|(at, _)| *at)
    }

    /// Handles one event of the instant `at`: of the script if it has one, else a timer.
    fn react(&mut self, at: SimTime) -> Flow {
        if let Some((scripted, event)) = self.ahead.get(self.handled)
            && *scripted == at
        {
            self.handled += 1;
            self.future_events.advance(at);
            return self.model.handle_event(event, &mut self.future_events, &mut self.records);
        }
        match self.future_events.take() {
            Some(timer) => {
                self.model.handle_timer(timer, &mut self.future_events, &mut self.records)
            }
            None => Flow::Continue,
        }
    }

    /// Records of the last event, in order.
    pub fn records(&self) -> &[M::Record] {
        &self.records
    }
}

impl<M: Model, S: EventBatches<Event = M::Event>> Iterator for Simulation<M, S>
where
    M::Record: Clone,
{
    type Item = M::Record;

    fn next(&mut self) -> Option<M::Record> {
        loop {
            if let Some(record) = self.records.get(self.returned) {
                self.returned += 1;
                return Some(record.clone());
            }
            if !self.step() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::timer::Priority;
    use crate::time::SimSpan;

    /// A model with one timer every `period` seconds that records each event.
    struct Clockwork {
        period: i64,
        halt_at: i64,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    struct Tick;

    impl TimerId for Tick {
        const PRIORITIES: u8 = 1;

        fn priority(&self) -> Priority {
            Priority(0)
        }

        fn index(&self) -> u32 {
            0
        }
    }

    impl Model for Clockwork {
        type Event = &'static str;
        type Timer = Tick;
        type Record = String;

        fn handle_event(
            &mut self,
            event: &&'static str,
            future_events: &mut FutureEvents<Tick>,
            out: &mut Vec<String>,
        ) -> Flow {
            out.push(format!("{} {event}", future_events.now().seconds()));
            if *event == "stop" {
                future_events.clear(Tick);
            }
            Flow::Continue
        }

        fn handle_timer(
            &mut self,
            _: Tick,
            future_events: &mut FutureEvents<Tick>,
            out: &mut Vec<String>,
        ) -> Flow {
            let now = future_events.now();
            out.push(format!("{} tick", now.seconds()));
            future_events.set(Tick, now.after(SimSpan::from_seconds(self.period)));
            if now.seconds() >= self.halt_at { Flow::Halt } else { Flow::Continue }
        }
    }

    fn run(
        period: i64,
        halt_at: i64,
        script: &[(i64, &'static str)],
        horizon: i64,
        limits: Limits,
    ) -> (Vec<String>, Option<Stop>) {
        let (records, stop, _) = counted_run(period, halt_at, script, horizon, limits);
        (records, stop)
    }

    /// The records of a run, its stop, and the number of events that it has handled.
    fn counted_run(
        period: i64,
        halt_at: i64,
        script: &[(i64, &'static str)],
        horizon: i64,
        limits: Limits,
    ) -> (Vec<String>, Option<Stop>, u64) {
        let mut future_events = FutureEvents::starting_at(SimTime::from_seconds(0));
        future_events.set(Tick, SimTime::from_seconds(period));
        let script: Vec<_> =
            script.iter().map(|(at, o)| (SimTime::from_seconds(*at), *o)).collect();
        let model = Clockwork { period, halt_at };
        let horizon = SimTime::from_seconds(horizon);
        let mut simulation =
            Simulation::new(model, script.into_iter(), future_events, horizon, limits);
        let records = simulation.by_ref().collect();
        (records, simulation.stop(), simulation.events())
    }

    #[test]
    fn events_of_the_script_come_before_timers_of_the_same_instant() {
        let script = [(10, "a"), (10, "b"), (12, "c")];
        let (seen, stop) = run(10, 99, &script, 20, Limits::default());
        assert_eq!(seen, ["10 a", "10 b", "10 tick", "12 c", "20 tick"]);
        assert_eq!(stop, Some(Stop::Horizon), "the horizon itself is included");
    }

    #[test]
    fn a_run_that_has_nothing_left_is_drained() {
        let (seen, stop) = run(10, 99, &[(5, "stop")], 20, Limits::default());
        assert_eq!((seen, stop), (vec!["5 stop".to_owned()], Some(Stop::Drained)));
    }

    #[test]
    fn a_model_may_halt_and_its_last_records_are_kept() {
        let (seen, stop) = run(10, 20, &[], 99, Limits::default());
        assert_eq!((seen.len(), stop), (2, Some(Stop::Halted)));
    }

    #[test]
    fn limits_end_a_run_and_name_themselves() {
        let few = Limits { events: 3, events_at_once: 99 };
        let (seen, stop, events) = counted_run(1, 99, &[], 99, few);
        assert_eq!((seen.len(), stop, events), (3, Some(Stop::Limit(Limit::Events)), 3));
        let few = Limits { events: 99, events_at_once: 4 };
        let (seen, stop, events) = counted_run(0, 99, &[], 99, few);
        assert_eq!((seen.len(), stop, events), (4, Some(Stop::Limit(Limit::EventsAtOnce)), 4));
    }
}
