//! Comparison of clocks: the time of each action after the start, in every situation that a step
//! tests.
//!
//! A step that counts from an earlier step is compared by the total time since the start.

use super::difference::{Absence, Class, Part};
use super::found::Found;
use super::grid::{Axes, CellAnswer, Conclusion, Grid, GridSubject};
use super::pair::Pair;
use crate::policy::clock::Rounding;
use crate::policy::clock::{Clock, ClockStep};
use crate::policy::edition::Policy;
use crate::time::{CalendarSpan, SimSpan, SimTime, UtcOffset};
use crate::words::{ClockAction, ClockKind, Trigger, Word};

/// A request of a clock: its action and trigger.
type ClockRequest = (ClockAction, Trigger);

/// Every clock of either edition.
pub(super) fn clocks(pair: &Pair<'_>, found: &mut Found<'_>) {
    let empty = Clock::default();
    for kind in ClockKind::ALL {
        let old = pair.old.clock(*kind).unwrap_or(&empty);
        let new = pair.new.clock(*kind).unwrap_or(&empty);
        let mut requests: Vec<ClockRequest> = Vec::new();
        for step in old.steps.iter().chain(&new.steps) {
            let request = (step.action, step.trigger);
            if !requests.contains(&request) {
                requests.push(request);
            }
        }
        let causes = |action| requests.iter().filter(|(known, _)| *known == action).count();
        for (action, trigger) in &requests {
            let cause = if causes(*action) > 1 { format!(" as {trigger}") } else { String::new() };
            let subject = format!("{kind}: {action}{cause}");
            clock(pair, &subject, (old, new), (*action, *trigger), found);
        }
    }
}

fn clock(
    pair: &Pair<'_>,
    subject: &str,
    (old, new): (&Clock, &Clock),
    asks: ClockRequest,
    found: &mut Found<'_>,
) {
    let mut axes = Axes::default();
    for (policy, clock) in [(pair.old, old), (pair.new, new)] {
        for step in clock.steps.iter().filter(|step| (step.action, step.trigger) == asks) {
            for column in step.when.columns() {
                let known = policy.words(column).to_vec();
                let all = || (0_u8..).take(column.words().len()).collect();
                axes.column(column, if known.is_empty() { all() } else { known });
            }
            step.when.switches().iter().for_each(|(switch, _)| axes.switch(policy, *switch));
        }
    }
    let about = GridSubject { part: Part::Clock, subject, class: Class::Timing };
    let grid = match Grid::new(axes) {
        Ok(grid) => grid,
        Err(why) => return found.not_compared(about.part, subject, &why),
    };
    let mut tests = found.places(&grid, &about);
    for (policy, clock) in [(pair.old, old), (pair.new, new)] {
        for step in clock.steps.iter().filter(|step| (step.action, step.trigger) == asks) {
            tests.extend(grid.tests_of(policy, &step.when));
        }
        tests.extend(grid.tests_of_impossible(policy));
    }
    let grid = grid.joined(tests);
    let old = ClockCells::new(&grid, pair.old, old, asks);
    let new = ClockCells::new(&grid, pair.new, new, asks);
    let both = |cell| (old.answer_in(cell), new.answer_in(cell));
    grid.compare(pair, &about, both, found);
}

/// The steps of a clock that make a request, with the cells of a grid in which they apply.
struct ClockCells<'c> {
    asked: ClockAction,
    /// Whether the edition marks the cell as impossible.
    never: Vec<bool>,
    /// The steps that make the request, each with its deadline and the cells in which it applies.
    steps: Vec<(Deadline<'c>, Vec<bool>)>,
}

/// A deadline: an instant for comparison, counted from the epoch; its text; and the step.
type Deadline<'c> = (SimTime, String, &'c ClockStep);

impl<'c> ClockCells<'c> {
    fn new(grid: &Grid, policy: &Policy, clock: &'c Clock, asks: ClockRequest) -> Self {
        let steps = clock.steps.iter().filter(|step| (step.action, step.trigger) == asks);
        let mut steps: Vec<_> =
            steps.map(|step| (deadline(clock, step), grid.meeting(policy, &step.when))).collect();
        steps.sort_by_key(|((at, _, step), _)| (*at, step.turn));
        Self { asked: asks.0, never: grid.impossible(policy), steps }
    }

    fn answer_in(&self, cell: usize) -> CellAnswer {
        if self.never[cell] {
            return CellAnswer::Never;
        }
        let due = self.steps.iter().filter(|(_, cells)| cells[cell]).map(|(due, _)| due);
        let due: Vec<&Deadline<'_>> = due.collect();
        let conclusion = match due.first() {
            None => Conclusion {
                word: Absence::Request.word().into(),
                rule: None,
                good: worth(self.asked, SimTime::NEVER),
                loses: false,
            },
            Some((at, _, step)) => Conclusion {
                word: due
                    .iter()
                    .map(|(_, word, _)| word.as_str())
                    .collect::<Vec<_>>()
                    .join(" and ")
                    .into(),
                rule: Some(step.rule),
                good: worth(self.asked, *at),
                loses: true,
            },
        };
        CellAnswer::Conclusion(conclusion)
    }
}

/// The value of an instant for the owner: later is better for an action that takes something, and
/// earlier is better for a renewal.
const fn worth(action: ClockAction, at: SimTime) -> i64 {
    match action {
        ClockAction::Stop
        | ClockAction::Reclaim
        | ClockAction::Deallocate
        | ClockAction::SuspendSnapshots
        | ClockAction::Release => at.seconds(),
        ClockAction::Renew => -at.seconds(),
    }
}

/// The deadline of a step.
fn deadline<'c>(clock: &'c Clock, step: &'c ClockStep) -> Deadline<'c> {
    let (mut span, mut graces) = (CalendarSpan::default(), 0_i64);
    let mut start_of_day = false;
    let mut link = Some(step);
    while let Some(step) = link {
        span = step.after.plus(span);
        graces += i64::from(step.plus_grace);
        start_of_day |= step.rounding == Rounding::DayStart;
        // INVARIANT: a step counts from an earlier one, so this ends.
        link = step.since.map(|earlier| &clock.steps[earlier]);
    }
    let mut word = format!("after {span}");
    for _ in 0..graces {
        word.push_str(" + grace");
    }
    if start_of_day {
        word.push_str(", at 00:00");
    }
    let at = SimTime::from_seconds(0).after_on_calendar(span, UtcOffset::default());
    // A grace period counts as one second, and rounding to the start of a day as one second less.
    let at = at.after(SimSpan::from_seconds(graces)).after(SimSpan::from_seconds(1));
    let at = if start_of_day { SimTime::from_seconds(at.seconds() - 1) } else { at };
    (at, word, step)
}
