//! Runs one plan to its end.

use super::alerts::AlertWatch;
use super::expectations::judge::Judge;
use super::house::HouseWatch;
use crate::kernel::{Limit, Limits, Stop};
use crate::plan::Plan;
use crate::policy::Undecided;
use crate::record::Record;
use crate::words::words;
use crate::world::{Halt, Run, World};

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Why it stopped; `None` if it was interrupted.
    pub stop: Option<Stop>,
    /// The unknown fact or the limit of the world that stopped it; `None` for other reasons.
    pub halt: Option<Halt>,
    /// Number of events.
    pub events: u64,
}

impl Ending {
    /// The end of a run. A run that is still in progress counts as interrupted.
    pub fn of(run: &Run) -> Self {
        Self { stop: run.stop(), halt: run.world().halt().cloned(), events: run.events() }
    }

    /// Whether the run reached its end.
    pub const fn is_complete(&self) -> bool {
        self.word().is_complete()
    }

    /// The reason as a word.
    pub const fn word(&self) -> Stopped {
        match self.stop {
            Some(Stop::Drained) => Stopped::Drained,
            Some(Stop::Horizon) => Stopped::Horizon,
            Some(Stop::Limit(Limit::Events)) => Stopped::LimitEvents,
            Some(Stop::Limit(Limit::EventsAtOnce)) => Stopped::LimitEventsAtOnce,
            Some(Stop::Halted) => match &self.halt {
                Some(Halt { on: Undecided::TooManyMembers, .. }) => Stopped::LimitMembers,
                _ => Stopped::Undecided,
            },
            None => Stopped::Interrupted,
        }
    }
}

words! {
    /// How a run ended, as a word of files.
    Stopped: "an end of a run" {
        /// No event was left.
        Drained = "drained",
        /// The end of the simulated span was reached.
        Horizon = "horizon",
        /// The limit on events was reached.
        LimitEvents = "limit-events",
        /// The limit on events at one instant was reached.
        LimitEventsAtOnce = "limit-events-at-once",
        /// The limit on the members that groups create was reached.
        LimitMembers = "limit-members",
        /// The next step depended on an unknown fact.
        Undecided = "undecided",
        /// The user interrupted it.
        Interrupted = "interrupted",
    }
}

impl Stopped {
    /// Whether the run reached its end.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Drained | Self::Horizon)
    }
}

/// Runs a plan to its end.
///
/// Every record is passed to `on_record`, with the world after the step that emitted the record.
/// An error of `on_record` ends the run.
///
/// # Errors
/// The error of `on_record`.
pub fn carry_out<E>(
    plan: Plan,
    limits: Limits,
    judge: Option<&mut Judge>,
    on_record: impl FnMut(&Record, &World) -> Result<(), E>,
) -> Result<(Ending, Run), E> {
    carry_out_while(plan, limits, judge, || true, on_record)
}

/// As [`carry_out`], but stops when `may_continue` returns false. It is called between events, so
/// that the records of an event are complete.
///
/// # Errors
/// The error of `on_record`.
pub fn carry_out_while<E>(
    plan: Plan,
    limits: Limits,
    mut judge: Option<&mut Judge>,
    may_continue: impl Fn() -> bool,
    mut on_record: impl FnMut(&Record, &World) -> Result<(), E>,
) -> Result<(Ending, Run), E> {
    let mut alerts = AlertWatch::new(&plan);
    let mut house = HouseWatch::new(plan.house.clone(), plan.watch.clone());
    let mut run = Run::start_within(plan, limits);
    if let Some(judge) = &mut judge {
        judge.begin(run.world());
    }
    for finding in house.begin(run.world()) {
        if let Some(judge) = &mut judge {
            judge.add(&finding, run.world());
        }
        on_record(&finding, run.world())?;
    }
    while may_continue() {
        if let Some(judge) = &mut judge {
            let next = run.next_at();
            judge.check_states(next, run.world());
        }
        if !run.step() {
            break;
        }
        let raised = alerts.after(run.records(), run.world());
        for record in &raised {
            if let Record::Alert(alert) = record
                && let Some((policy, _, basis)) = alert.basis
            {
                run.rely(policy, basis.switches);
            }
        }
        let found = house.after(run.records(), &raised, run.world());
        for records in [run.records(), &raised, &found] {
            for record in records {
                if let Some(judge) = &mut judge {
                    judge.add(record, run.world());
                }
                on_record(record, run.world())?;
            }
        }
    }
    if let Some(judge) = &mut judge {
        judge.end(run.world());
    }
    Ok((Ending::of(&run), run))
}
