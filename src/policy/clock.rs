//! Clocks: steps that are due some time after a start, such as the end of a term.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::facts::Condition;
use crate::time::{CalendarSpan, SimSpan, SimTime, UtcOffset};
use crate::words::{ClockAction, RuleId, Trigger, words};

words! {
    /// How the instant of a step is rounded.
    Rounding: "a rounding" {
        /// The exact second.
        Exact = "exact",
        /// The start of the day, in the calendar of the policy.
        DayStart = "day-start",
    }
}

/// One step of a clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClockStep {
    /// The rule that states it.
    pub rule: RuleId,
    /// The instances that it applies to.
    pub when: Condition,
    /// Span after the start or the earlier step.
    pub after: CalendarSpan,
    /// Whether the grace period of the account is added.
    pub plus_grace: bool,
    /// Index of the earlier step from which it counts; `None` to count from the start.
    pub since: Option<usize>,
    /// How its instant is rounded.
    pub rounding: Rounding,
    /// The requested action.
    pub action: ClockAction,
    /// The trigger of the request.
    pub trigger: Trigger,
    /// Its rank among steps that are due at the same instant: first by how much the action takes,
    /// then by rule id. The order in the file has no meaning.
    pub turn: u8,
}

/// The steps of a clock in the order in which they fall due, with their instants.
pub type Timetable = SmallVec<[(SimTime, usize); 4]>;

/// A clock.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Clock {
    /// Its steps, in the order written.
    pub steps: Vec<ClockStep>,
}

impl Clock {
    /// Most steps of a clock.
    pub const MOST: usize = u32::BITS as usize;

    /// The instant at which a step is due, if the clock begins at `start`.
    pub fn due(&self, step: usize, start: SimTime, grace: SimSpan, calendar: UtcOffset) -> SimTime {
        let ClockStep { after, plus_grace, since, rounding, .. } = &self.steps[step];
        // INVARIANT: a step counts from an earlier one, so this ends.
        let from = since.map_or(start, |earlier| self.due(earlier, start, grace, calendar));
        let from = if *plus_grace { from.after(grace) } else { from };
        let exact = from.after_on_calendar(*after, calendar);
        match rounding {
            Rounding::Exact => exact,
            Rounding::DayStart => exact.day_start(calendar).max(start),
        }
    }

    /// The steps in the order in which they fall due, with their instants.
    pub fn timetable(&self, start: SimTime, grace: SimSpan, calendar: UtcOffset) -> Timetable {
        let due = |step| (self.due(step, start, grace, calendar), step);
        let mut timetable: Timetable = (0..self.steps.len()).map(due).collect();
        timetable.sort_unstable_by_key(|(due, step)| (*due, self.steps[*step].turn));
        timetable
    }
}
