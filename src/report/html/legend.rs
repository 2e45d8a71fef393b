//! The legend: the meanings of the marks and bars that occur on the page.

use maud::{Markup, html};

use super::collect::Collected;
use super::courses::Happened;
use super::kinds::{Lanes, STEPS};
use super::lanes::fill;
use super::marks::symbol;
use crate::words::{Lifecycle, Outcome, Word};

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "kept by a protection",
        Outcome::Overridden => "went ahead although a protection was in force",
        Outcome::Unprotected => "went ahead, no protection in force",
        Outcome::Undetermined => "went ahead; whether a protection was in force is unknown",
        Outcome::Denied => "refused for another reason",
        Outcome::Deferred => "waits",
        Outcome::Skipped => "skipped",
        Outcome::Spared => "kept because of a neighbour",
        Outcome::NoOp => "nothing to do",
    }
}

/// The states that occur in the lanes of a run.
fn states(run: &Collected) -> Vec<Lifecycle> {
    let occurs = |state: &Lifecycle| match &run.lanes {
        Lanes::Exact { lanes, .. } => lanes.iter().any(|lane| {
            lane.begins.state == *state
                || lane
                    .steps
                    .iter()
                    .any(|step| matches!(step.what, Happened::State(_, to) if to == *state))
        }),
        Lanes::Kinds { kinds, .. } => kinds.iter().any(|kind| {
            let index = usize::from(state.index());
            (0..STEPS).any(|step| kind.shares[step][index] > 0)
        }),
    };
    Lifecycle::ALL
        .iter()
        .copied()
        .filter(|state| *state != Lifecycle::Absent && occurs(state))
        .collect()
}

/// The legend of a run.
pub(super) fn legend(run: &Collected) -> Markup {
    let outcomes = Outcome::ALL
        .iter()
        .filter(|outcome| run.rows.coarse.iter().any(|row| row.key.outcome == **outcome));
    html! {
        ul.leg aria-label="What the marks mean" {
            @for outcome in outcomes {
                li { (symbol(*outcome)) b { (outcome) } " " (meaning(*outcome)) }
            }
        }
        ul.leg aria-label="What the bars mean" {
            @for state in states(run) {
                li { svg width="30" height="16" aria-hidden="true" {
                    @if state == Lifecycle::Released {
                        line.gone x1="0" x2="30" y1="8" y2="8" stroke="#888"
                            stroke-dasharray="2 5" {}
                    } @else {
                        rect x="0.5" y="0.5" width="29" height="15" class={ "s s-" (state) }
                            fill=(fill(state.word())) stroke="#666" {}
                    }
                } (state) }
            }
            li { svg width="30" height="16" aria-hidden="true" {
                rect.pr y="7" width="30" height="3" fill="#00664f" {}
            } "a protection is set" }
            li { svg width="30" height="16" aria-hidden="true" {
                rect.w y="4" width="28" height="8" fill="#0b62a8" {}
                line.we x1="28" x2="28" y1="0" y2="16" stroke="#0b62a8" stroke-width="3" {}
            } "a remedy is open; the upright stroke is its last moment" }
        }
    }
}
