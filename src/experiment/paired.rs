//! Paired comparison of two policies with common random numbers, replication by replication.

use serde::{Deserialize, Serialize};

use super::estimate::{Method, ObservedSeries, in_units};
use super::replication::Replications;
use crate::stats::{ConfidenceLevel, Interval, Tally};
use crate::words::Unit;

/// A metric under two policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Name of the metric.
    pub metric: String,
    /// Unit of the metric.
    pub unit: Unit,
    /// Number of replications with an observation under both policies.
    pub n: u64,
    /// Means under the old and the new policy over these replications; `None` if there are none.
    pub means: Option<[f64; 2]>,
    /// Number of replications with a lower observation under the new policy.
    pub fewer: u64,
    /// Number of replications with a higher one.
    pub more: u64,
    /// Mean of new − old; `None` without observations.
    pub difference: Option<f64>,
    /// Standard error of the difference; `None` with fewer than two observations.
    pub error: Option<f64>,
    /// Confidence interval of the difference; `None` if [`Method::None`].
    pub interval: Option<Interval>,
    /// How the interval was computed.
    pub method: Method,
}

impl Paired {
    /// Number of replications with the same observation under both policies.
    pub const fn alike(&self) -> u64 {
        self.n.saturating_sub(self.fewer + self.more)
    }
}

/// Every metric, in a fixed order. Both lists must contain the same replications in the same order.
pub fn paired(old: &Replications, new: &Replications, level: ConfidenceLevel) -> Vec<Paired> {
    let one = |series: &ObservedSeries| {
        let pairs = old.rows.iter().zip(&new.rows).filter_map(|(old, new)| {
            debug_assert_eq!(old.replication, new.replication);
            Some((series.value(old)?, series.value(new)?))
        });
        let mut tallies = [Tally::default(); 3];
        let (mut gained, mut lost) = (0, 0);
        for (old, new) in pairs {
            let difference = new.saturating_sub(old);
            gained += u64::from(difference > 0);
            lost += u64::from(difference < 0);
            tallies.iter_mut().zip([old, new, difference]).for_each(|(t, value)| t.add(value));
        }
        let [before, after, change] = tallies;
        let n = change.count();
        let (interval, method) = if series.unit == Unit::Share && n > 0 {
            let interval = Interval::of_paired_shares(gained, lost, n, level);
            (Some(interval), Method::ClopperPearsonPaired)
        } else {
            let interval = change.differs().then(|| change.interval(level)).flatten();
            (interval, interval.map_or(Method::None, |_| Method::StudentT))
        };
        let is_money = series.unit == Unit::Money;
        let scaled = |number: f64| if is_money { in_units(number) } else { number };
        Paired {
            metric: series.name.clone(),
            unit: series.unit,
            n,
            fewer: lost,
            more: gained,
            means: before.mean().zip(after.mean()).map(|(old, new)| [old, new].map(scaled)),
            difference: change.mean().map(scaled),
            error: change.error().map(scaled),
            interval: interval.map(|found| found.map(scaled)),
            method,
        }
    };
    let series = ObservedSeries::all(&old.counts);
    let is_there = |(series, one): &(&ObservedSeries, Paired)| series.is_there(one.n);
    let all = series.iter().map(|series| (series, one(series)));
    all.filter(is_there).map(|(_, one)| one).collect()
}
