//! Clocks: steps that follow from a start by themselves.

use smallvec::SmallVec;

use super::facts::Condition;
use crate::time::{CalendarSpan, SimSpan, SimTime, UtcOffset};
use crate::words::{ClockAction, RuleId, Trigger, words};

words! {
    /// What a step of a clock is counted from.
    Rounding: "a rounding" {
        /// The exact second.
        Exact = "exact",
        /// The start of the day, by the policy's calendar.
        DayStart = "day-start",
    }
}

/// One step of a clock.
#[derive(Debug, Clone)]
pub struct Step {
    /// The rule that states it.
    pub rule: RuleId,
    /// Which instances it concerns.
    pub when: Condition,
    /// How long after what it counts from.
    pub after: CalendarSpan,
    /// Whether the account's grace comes on top.
    pub plus_grace: bool,
    /// The earlier step that it counts from; the start if there is none.
    pub since: Option<usize>,
    /// Whether the instant is moved.
    pub rounding: Rounding,
    /// What it asks.
    pub action: ClockAction,
    /// As what cause.
    pub trigger: Trigger,
    /// Its place among steps that are due at one instant: what takes less comes first, then the
    /// first by its id. The order in which steps are written means nothing.
    pub turn: u8,
}

/// The steps of a clock in the order in which they fall due, with their instants.
pub type Timetable = SmallVec<[(SimTime, usize); 4]>;

/// A span that runs by itself once begun.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Its steps, in the order written.
    pub steps: Vec<Step>,
}

impl Clock {
    /// The most steps that a clock may have.
    pub const MOST: usize = u32::BITS as usize;

    /// When a step is due, for a clock that began at `start`.
    pub fn due(&self, step: usize, start: SimTime, grace: SimSpan, calendar: UtcOffset) -> SimTime {
        let Step { after, plus_grace, since, rounding, .. } = &self.steps[step];
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
