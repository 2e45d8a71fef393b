//! Two policies on the same draws: what differs within each replication, and how surely.

use super::estimate::{Method, Series};
use super::replication::Replications;
use crate::stats::{Confidence, Interval, Tally};
use crate::words::Unit;

/// A figure under two policies.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// What it is a figure of.
    pub metric: String,
    /// What that is counted in.
    pub unit: Unit,
    /// In how many replications there was something to observe under both.
    pub n: u64,
    /// The means under the old and under the new one, over these.
    pub means: Option<[f64; 2]>,
    /// The mean of new − old.
    pub difference: Option<f64>,
    /// Its standard error.
    pub error: Option<f64>,
    /// Where the true difference lies.
    pub interval: Option<Interval>,
    /// How that was made.
    pub method: Method,
}

/// Every figure, in a fixed order; both lists hold the same replications, in the same order.
pub fn paired(old: &Replications, new: &Replications, level: Confidence) -> Vec<Paired> {
    let one = |series: &Series| {
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
        Paired {
            metric: series.name.clone(),
            unit: series.unit,
            n,
            means: before.mean().zip(after.mean()).map(|(old, new)| [old, new]),
            difference: change.mean(),
            error: change.error(),
            interval,
            method,
        }
    };
    Series::all(&old.counts).iter().map(one).collect()
}
