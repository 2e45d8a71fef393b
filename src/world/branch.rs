//! A branch: a run in which a search tries events that its script does not contain.
//!
//! A step of a branch is a step of a run: the same world, the same policies, the same order of
//! events. Branches are copied where a search tries several continuations.

use std::sync::Arc;

use super::step::{Halt, World};
use super::timer::Timer;
use crate::kernel::{EventBatches, FutureEvents, Limits, Simulation};
use crate::plan::{Event, ListedPlay, NextEvent, Plan, Scripted, Unread};
use crate::record::Record;
use crate::time::SimTime;
use crate::words::EventId;

impl EventBatches for ListedPlay {
    type Event = Result<(EventId, Event), Unread>;

    fn read(&mut self, most: usize, batch: &mut Vec<NextEvent>) {
        Self::read(self, most, batch);
    }
}

/// A run that can be copied, and in which events can be tried.
pub struct Branch {
    simulation: Simulation<World, ListedPlay>,
    /// The simulated time; timers and events up to it were handled.
    now: SimTime,
}

impl Branch {
    /// A branch at the start of a plan, with its script as a list.
    pub fn start(plan: Plan, script: Arc<[Scripted]>) -> Self {
        let (now, end) = (plan.header.start, plan.header.end);
        let (world, future_events) = World::begin(plan);
        let script = ListedPlay::new(script);
        let simulation = Simulation::new(world, script, future_events, end, Limits::default());
        Self { simulation, now }
    }

    /// A copy that continues on its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { simulation: self.simulation.fork(), now: self.now }
    }

    /// The world between two steps.
    pub const fn world(&self) -> &World {
        self.simulation.model()
    }

    /// The simulated time.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Instant of the next event or timer; `None` if there is none before the end.
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.simulation.next_at()
    }

    /// Handles the next event or timer; `false` if there is none before the end.
    pub fn step(&mut self) -> bool {
        let Some(at) = self.simulation.next_at() else { return false };
        self.now = at;
        self.simulation.step()
    }

    /// Moves the time to `at` and handles the next event of the script if it is due then; `false`
    /// if it is not. Nothing may be due earlier. Timers that are due at `at` do not fire yet.
    pub fn step_script(&mut self, at: SimTime) -> bool {
        self.now = at;
        self.simulation.step_script(at)
    }

    /// Handles, before the timers of this instant, an event that is not in the script.
    pub fn try_event(&mut self, id: EventId, event: Event) {
        self.simulation.intervene(self.now, &Ok((id, event)));
    }

    /// Records of the last step.
    pub fn records(&self) -> &[Record] {
        self.simulation.records()
    }

    /// Why the run stopped early; `None` if it did not.
    pub fn halt(&self) -> Option<&Halt> {
        self.world().halt()
    }

    /// Whether the script has no further event.
    pub fn is_script_over(&mut self) -> bool {
        self.simulation.is_script_over()
    }

    /// The timers that are set.
    pub const fn future_events(&self) -> &FutureEvents<Timer> {
        self.simulation.future_events()
    }
}
