//! One plan, carried out to its end.

use super::expectations::judge::Judge;
use crate::kernel::{Limit, Limits, Stop};
use crate::plan::Plan;
use crate::record::Record;
use crate::words::words;
use crate::world::{Halt, Run, World};

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Why it stopped; `None` if the reader of the records stopped.
    pub stop: Option<Stop>,
    /// What its further course hung on, if that could not be decided.
    pub halt: Option<Halt>,
    /// How many events happened.
    pub events: u64,
}

impl Ending {
    /// Whether everything up to the end has happened.
    pub const fn is_complete(&self) -> bool {
        self.word().is_complete()
    }

    /// The same in a word.
    pub const fn word(&self) -> Stopped {
        match self.stop {
            Some(Stop::Drained) => Stopped::Drained,
            Some(Stop::Horizon) => Stopped::Horizon,
            Some(Stop::Limit(Limit::Events)) => Stopped::LimitEvents,
            Some(Stop::Limit(Limit::EventsAtOnce)) => Stopped::LimitEventsAtOnce,
            Some(Stop::Halted) => Stopped::Undecided,
            None => Stopped::Interrupted,
        }
    }
}

words! {
    /// How a run ended, as files say it.
    Stopped: "an end of a run" {
        /// Nothing more was to happen.
        Drained = "drained",
        /// Its time was over.
        Horizon = "horizon",
        /// There were too many events.
        LimitEvents = "limit-events",
        /// There were too many events at one instant.
        LimitEventsAtOnce = "limit-events-at-once",
        /// Its course hung on something that nobody knows.
        Undecided = "undecided",
        /// Somebody asked for an end.
        Interrupted = "interrupted",
    }
}

impl Stopped {
    /// Whether everything up to the end has happened.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Drained | Self::Horizon)
    }
}

/// Carries a plan out to its end.
///
/// Every record goes to `take`, together with the world as it stands after the
/// step that made it; `take` may end the run by answering with an error.
///
/// # Errors
/// Whatever `take` answers with.
pub fn carry_out<E>(
    plan: Plan,
    limits: Limits,
    judge: Option<&mut Judge>,
    take: impl FnMut(&Record, &World) -> Result<(), E>,
) -> Result<(Ending, Run), E> {
    carry_out_while(plan, limits, judge, || true, take)
}

/// The same, as long as `go_on` says so: it is asked between two events, so that whatever
/// belongs to one event has been taken.
///
/// # Errors
/// Whatever `take` answers with.
pub fn carry_out_while<E>(
    plan: Plan,
    limits: Limits,
    mut judge: Option<&mut Judge>,
    go_on: impl Fn() -> bool,
    mut take: impl FnMut(&Record, &World) -> Result<(), E>,
) -> Result<(Ending, Run), E> {
    let mut run = Run::start_within(plan, limits);
    if let Some(judge) = &mut judge {
        judge.begin(run.world());
    }
    while go_on() {
        if let Some(judge) = &mut judge {
            let next = run.next_at();
            judge.look(next, run.world());
        }
        if !run.step() {
            break;
        }
        for record in run.records() {
            if let Some(judge) = &mut judge {
                judge.take(record, run.world());
            }
            take(record, run.world())?;
        }
    }
    if let Some(judge) = &mut judge {
        judge.end(run.world());
    }
    let ending =
        Ending { stop: run.stop(), halt: run.world().halt().cloned(), events: run.events() };
    Ok((ending, run))
}
