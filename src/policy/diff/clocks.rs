//! Comparison of clocks: the time of each action after the start, in every situation that a step
//! tests.
//!
//! A step that counts from an earlier step is compared by the total time since the start.

use super::difference::{Class, Part};
use super::found::Found;
use super::grid::{Axes, CellAnswer, Conclusion, Grid, GridSubject};
use super::pair::Pair;
use crate::policy::clock::Rounding;
use crate::policy::clock::{Clock, ClockStep};
use crate::policy::edition::Policy;
use crate::policy::facts::Column;
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
    let Some(grid) = Grid::new(axes) else { return found.too_large(about.part, subject) };
    let answer_in = |cell, policy: &Policy, clock| answer_in(&grid, cell, policy, clock, asks);
    let both = |cell| (answer_in(cell, pair.old, old), answer_in(cell, pair.new, new));
    grid.compare(pair, &about, both, found);
}

/// When a clock makes a request in a cell.
fn answer_in(
    grid: &Grid,
    cell: usize,
    policy: &Policy,
    clock: &Clock,
    asks: ClockRequest,
) -> CellAnswer {
    let never = policy.impossible.iter().any(|(when, _)| {
        let known = |column: Column| grid.column(cell, column).is_some();
        when.columns().next().is_some()
            && when.columns().all(known)
            && grid.meets(cell, policy, when)
    });
    if never {
        return CellAnswer::Never;
    }
    let fits = |step: &&ClockStep| {
        (step.action, step.trigger) == asks && grid.meets(cell, policy, &step.when)
    };
    let mut due: Vec<(SimTime, String, &ClockStep)> =
        clock.steps.iter().filter(fits).map(|step| deadline(clock, step)).collect();
    due.sort_by_key(|(at, _, step)| (*at, step.turn));
    let conclusion = match due.first() {
        None => Conclusion {
            word: "never".into(),
            rule: None,
            good: worth(asks.0, SimTime::NEVER),
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
            good: worth(asks.0, *at),
            loses: true,
        },
    };
    CellAnswer::Conclusion(conclusion)
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

/// When a step is due: an instant for comparison, counted from the epoch, and a text.
fn deadline<'c>(clock: &'c Clock, step: &'c ClockStep) -> (SimTime, String, &'c ClockStep) {
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
