//! The timers of random sources, and the events that the sources cause.

use super::random_sources::Setting;
use super::step::{Step, World};
use super::timer::Timer;
use crate::kernel::FutureEvents;
use crate::plan::Event;
use crate::words::{EventId, SourceId};

impl World {
    /// Sets the first timer of each random source.
    pub(super) fn schedule_random_sources(&self, future_events: &mut FutureEvents<Timer>) {
        for (index, source) in self.sources.iter().enumerate() {
            future_events.set(Timer::RandomSource(SourceId::from_index(index)), source.due());
        }
    }
}

impl Step<'_> {
    /// The event that a random source causes now; sets the timer of its next one.
    pub(super) fn next_occurrence(&mut self, id: SourceId) -> (EventId, Event) {
        let World { sources, fleet, targets, header, .. } = &mut *self.world;
        let setting = Setting { fleet, targets, start: header.start, end: header.end };
        let source = &mut sources[id.index()];
        let event = source.take(self.now, &setting);
        self.future_events.set(Timer::RandomSource(id), source.due());
        (source.planned.event, event)
    }
}
