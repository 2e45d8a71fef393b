//! The triggers that cause the losses, case by case.

use maud::{Markup, html};

use super::charts::{Scale, bar, style};
use super::study::{Study, StudyRun, name};
use crate::report::estimates::shown;
use crate::stats::Tally;
use crate::words::{Trigger, Unit, Word};

/// The losses that a trigger causes in the replications of a case.
struct Share {
    /// Mean number of instances that it releases; `None` without complete replications.
    mean: Option<f64>,
    /// Share of the replications whose first loss of anything it is.
    first: Option<f64>,
}

/// Losses by trigger: the mean number of each case, and how often the trigger is the first.
pub(super) fn losses_by_trigger(study: &Study<'_>) -> Markup {
    let runs = study.counted();
    let caused: Vec<(Trigger, Vec<Share>)> = Trigger::ALL
        .iter()
        .map(|trigger| (*trigger, runs.iter().map(|(_, run)| share(run, *trigger)).collect()))
        .filter(|(_, shares): &(Trigger, Vec<Share>)| shares.iter().any(Share::is_some))
        .collect();
    let means = caused.iter().flat_map(|(_, shares)| shares.iter().filter_map(|one| one.mean));
    let scale = Scale::of(means);
    html! {
        h2 #causes { "What causes the losses" }
        (study.uncounted())
        @if runs.is_empty() {} @else if caused.is_empty() { p { "Nothing is lost in any replication." } } @else {
            p.m {
                "Mean number of instances that each trigger releases, and the replications in \
                which it causes the first loss of anything. Triggers compete: an instance that \
                one trigger no longer releases can still be lost through another, so the \
                difference of one trigger alone is not the effect of a protection."
            }
            table.ivt {
                caption.vh { "Losses by trigger and case" }
                thead { tr {
                    th scope="col" { "case" }
                    th scope="col" { span.vh { "mean on a common scale" } }
                    th.n scope="col" { "instances" }
                    th.n scope="col" { "first loss" }
                } }
                @for (trigger, shares) in &caused {
                    tbody {
                        tr { th scope="rowgroup" colspan="4" { (trigger) " " span.nl {
                            (trigger.meaning().trim_end_matches('.')) } } }
                        @for ((index, run), one) in runs.iter().zip(shares) { tr {
                            th scope="row" { (name(run.replications)) }
                            td.iv { @if let Some(mean) = one.mean {
                                (bar(scale, mean, style(*index))) } }
                            td.n data-l="instances" { (text(one.mean, Unit::Instances)) }
                            td.n data-l="first loss" { (text(one.first, Unit::Share)) }
                        } }
                    }
                }
            }
        }
    }
}

fn text(number: Option<f64>, unit: Unit) -> String {
    number.map_or("—".to_owned(), |number| shown(number, unit))
}

impl Share {
    /// Whether the trigger causes any loss.
    fn is_some(&self) -> bool {
        [self.mean, self.first].into_iter().flatten().any(|number| number > 0.0)
    }
}

fn share(run: &StudyRun<'_>, trigger: Trigger) -> Share {
    let (mut released, mut first) = (Tally::default(), Tally::default());
    for row in run.replications.rows.iter().filter(|row| row.stop.is_complete()) {
        released.add(row.released_by[usize::from(trigger.index())]);
        first.add(i64::from(row.first_of_any.is_some_and(|(_, cause)| cause == trigger)));
    }
    Share { mean: released.mean(), first: first.mean() }
}
