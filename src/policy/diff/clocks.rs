//! Clocks: when is what due, counted from the start, in every situation that a step tests.
//!
//! A step that counts from an earlier one is compared by the sum, so that a moved step moves
//! what follows it, and a chain that is written in another way and comes to the same does not.

use super::difference::{Class, Part};
use super::found::Found;
use super::grid::{About, Axes, CellAnswer, Grid, Stated};
use super::pair::Pair;
use crate::policy::clock::Rounding;
use crate::policy::clock::{Clock, Step};
use crate::policy::edition::Policy;
use crate::policy::facts::Column;
use crate::time::{CalendarSpan, SimSpan, SimTime, UtcOffset};
use crate::words::{ClockAction, ClockKind, Trigger, Word};

/// What a clock may ask: an action, and as what cause.
type Asks = (ClockAction, Trigger);

/// Every clock of either edition.
pub(super) fn clocks(pair: &Pair<'_>, found: &mut Found<'_>) {
    let empty = Clock::default();
    for kind in ClockKind::ALL {
        let old = pair.old.clock(*kind).unwrap_or(&empty);
        let new = pair.new.clock(*kind).unwrap_or(&empty);
        let mut asked: Vec<Asks> = Vec::new();
        for step in old.steps.iter().chain(&new.steps) {
            let asks = (step.action, step.trigger);
            if !asked.contains(&asks) {
                asked.push(asks);
            }
        }
        let causes = |action| asked.iter().filter(|(known, _)| *known == action).count();
        for (action, trigger) in &asked {
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
    asks: Asks,
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
    let about = About { part: Part::Clock, subject, class: Class::Timing };
    let Some(grid) = Grid::new(axes) else { return found.too_large(about.part, subject) };
    let answer_in = |cell, policy: &Policy, clock| answer_in(&grid, cell, policy, clock, asks);
    let both = |cell| (answer_in(cell, pair.old, old), answer_in(cell, pair.new, new));
    grid.compare(pair, &about, both, found);
}

/// When a clock asks for something in a cell.
fn answer_in(grid: &Grid, cell: usize, policy: &Policy, clock: &Clock, asks: Asks) -> CellAnswer {
    let never = policy.impossible.iter().any(|(when, _)| {
        let known = |column: Column| grid.column(cell, column).is_some();
        when.columns().next().is_some()
            && when.columns().all(known)
            && grid.takes(cell, policy, when)
    });
    if never {
        return CellAnswer::Never;
    }
    let fits =
        |step: &&Step| (step.action, step.trigger) == asks && grid.takes(cell, policy, &step.when);
    let mut due: Vec<(SimTime, String, &Step)> =
        clock.steps.iter().filter(fits).map(|step| deadline(clock, step)).collect();
    due.sort_by_key(|(at, _, step)| (*at, step.turn));
    let said = match due.first() {
        None => Stated {
            word: "never".into(),
            rule: None,
            good: worth(asks.0, SimTime::NEVER),
            loses: false,
        },
        Some((at, _, step)) => Stated {
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
    CellAnswer::Stated(said)
}

/// Of what takes something away, later is better; of what prolongs, earlier.
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

/// When a step is due: for comparison, counted from an instant of our own, and in words.
fn deadline<'c>(clock: &'c Clock, step: &'c Step) -> (SimTime, String, &'c Step) {
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
    // An allowance is some time, and the start of a day is before its end.
    let at = at.after(SimSpan::from_seconds(graces)).after(SimSpan::from_seconds(1));
    let at = if start_of_day { SimTime::from_seconds(at.seconds() - 1) } else { at };
    (at, word, step)
}
