//! The contents of the page of replications.

use maud::{Markup, html};

use crate::experiment::{Estimate, Replications};
use crate::money::Currency;
use crate::report::figures::many;
use crate::report::paired::PairedRun;
use crate::time::SimSpan;
use crate::words::Unit;

/// Replications of one case, and the estimates from them.
pub struct StudyRun<'a> {
    /// The replications.
    pub replications: &'a Replications,
    /// One estimate for each metric.
    pub estimates: &'a [Estimate],
    /// Confidence level of intervals, in percent.
    pub level: f64,
    /// The seed.
    pub seed: u64,
}

/// Replications of all cases, and the other contents of the page.
pub struct Study<'a> {
    /// Replications with their estimates, in the order of the cases.
    pub runs: &'a [StudyRun<'a>],
    /// Length of each run.
    pub spans: &'a [SimSpan],
    /// Paired differences of cases that use common random numbers.
    pub paired: &'a [PairedRun],
    /// Whether all requested replications were carried out.
    pub complete: bool,
    /// Assumptions, one line each.
    pub assumptions: &'a [String],
}

impl StudyRun<'_> {
    /// Number of replications that did not complete.
    pub(super) fn incomplete(&self) -> u64 {
        (self.replications.rows.len() - self.replications.complete()) as u64
    }
}

impl<'a> Study<'a> {
    /// The runs whose replications all completed, with their indices. Only they have curves,
    /// histograms and means: the replications that complete are else no random sample.
    pub(super) fn counted(&self) -> Vec<(usize, &'a StudyRun<'a>)> {
        self.runs.iter().enumerate().filter(|(_, run)| run.incomplete() == 0).collect()
    }

    /// A paragraph for each run that has no such figure.
    pub(super) fn uncounted(&self) -> Markup {
        html! {
            @for run in self.runs.iter().filter(|run| run.incomplete() > 0) {
                p { "No figure of " b { (name(run.replications)) } ": "
                    (many(run.incomplete(), "replication")) " did not complete, and the others \
                    are no random sample." }
            }
        }
    }
}

/// The case of replications, or the scenario if it has no cases.
pub(super) fn name(of: &Replications) -> &str {
    if of.case.is_empty() { &of.scenario } else { &of.case }
}

/// The metrics that are always shown; the others are in a section that readers can open.
const FIRST: [&str; 4] = ["any-released", "any-protected-lost", "released", "held"];

/// Whether a metric is shown first.
pub(super) fn is_first(metric: &str) -> bool {
    FIRST.contains(&metric)
}

/// The currency of amounts, in brackets; empty for other units.
pub(super) fn in_currency(unit: Unit, currency: Option<Currency>) -> String {
    let currency = currency.filter(|_| unit == Unit::Money);
    currency.map(|currency| format!(" ({currency})")).unwrap_or_default()
}
