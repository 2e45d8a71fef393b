//! Paired comparison of two policies with common random numbers, replication by replication.
#![expect(clippy::float_arithmetic, reason = "figures over many replications")]

use serde::{Deserialize, Serialize};

use super::estimate::{Method, ObservedSeries, in_units};
use super::replication::Replications;
use crate::stats::{ConfidenceLevel, Counter, Interval, Tally};
use crate::words::Unit;

/// A metric under two policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Name of the metric.
    pub metric: String,
    /// Unit of the metric.
    pub unit: Unit,
    /// Number of pairs of replications of which at least one did not complete. With any, a share
    /// has only bounds, and other metrics have no figure; see [`Estimate`](super::Estimate).
    pub incomplete: u64,
    /// Number of replications with an observation under both policies.
    pub n: u64,
    /// Means under the old and the new policy over these replications; `None` if there are none,
    /// and if a replication did not complete.
    pub means: Option<[f64; 2]>,
    /// Number of replications with a lower observation under the new policy.
    pub fewer: u64,
    /// Number of replications with a higher one.
    pub more: u64,
    /// Mean of new − old; `None` without observations, and if a replication did not complete.
    pub difference: Option<f64>,
    /// The least and the greatest difference of shares over all results that the replications that
    /// did not complete can have; `None` for other metrics, and if all completed.
    pub bounds: Option<Interval>,
    /// Standard error of the difference; `None` with fewer than two observations or without a
    /// difference.
    pub error: Option<f64>,
    /// Confidence interval of the difference, and how it was computed.
    pub interval: Option<(Method, Interval)>,
}

impl Paired {
    /// How the confidence interval was computed.
    pub fn method(&self) -> Method {
        self.interval.map_or(Method::None, |(method, _)| method)
    }

    /// The confidence interval; `None` if there is none.
    pub fn range(&self) -> Option<Interval> {
        self.interval.map(|(_, range)| range)
    }

    /// Number of replications with the same observation under both policies.
    pub const fn alike(&self) -> u64 {
        self.n.saturating_sub(self.fewer + self.more)
    }
}

/// The pairs of replications of a share.
#[derive(Default)]
struct SharePairs {
    /// Pairs in which only the new side has the property, and pairs in which this is possible.
    gained: (u64, u64),
    /// Pairs in which only the old side has it, and pairs in which this is possible.
    lost: (u64, u64),
    /// All pairs.
    of: u64,
}

impl SharePairs {
    /// Adds a pair; `None` is a replication that did not complete and may have the property or not.
    fn add(&mut self, old: Option<bool>, new: Option<bool>) {
        let count = |(certain, possible): &mut (u64, u64), without: Option<bool>, with| {
            *certain += u64::from(without == Some(false) && with == Some(true));
            *possible += u64::from(without != Some(true) && with != Some(false));
        };
        count(&mut self.gained, old, new);
        count(&mut self.lost, new, old);
        self.of += 1;
    }

    /// The least and the greatest difference of the shares.
    fn bounds(&self) -> Option<Interval> {
        let share = |hits| Counter::new(hits, self.of).share();
        let difference = |gained, lost| Some(share(gained)? - share(lost)?);
        let low = difference(self.gained.0, self.lost.1)?;
        let high = difference(self.gained.1, self.lost.0)?;
        Some(Interval { low, high })
    }

    /// The confidence interval of the difference, over all results of incomplete replications.
    fn interval(&self, level: ConfidenceLevel) -> Interval {
        let of = |gained, lost| Interval::of_paired_shares(gained, lost, self.of, level);
        let low = of(self.gained.0, self.lost.1).low;
        let high = of(self.gained.1, self.lost.0).high;
        Interval { low, high }
    }
}

/// Every metric, in a fixed order. Both lists must contain the same replications in the same order.
pub fn paired(old: &Replications, new: &Replications, level: ConfidenceLevel) -> Vec<Paired> {
    let incomplete = count_incomplete(old, new);
    let series = ObservedSeries::all(&old.counts);
    let pair = |series: &ObservedSeries| one_metric(series, (old, new), incomplete, level);
    let all = series.iter().map(|series| (series, pair(series)));
    all.filter(|(series, one)| series.is_there(one.n)).map(|(_, one)| one).collect()
}

/// Number of pairs of replications of which at least one did not complete.
pub fn count_incomplete(old: &Replications, new: &Replications) -> u64 {
    let pairs = old.rows.iter().zip(&new.rows);
    pairs.filter(|(old, new)| !(old.stop.is_complete() && new.stop.is_complete())).count() as u64
}

fn one_metric(
    series: &ObservedSeries,
    (old, new): (&Replications, &Replications),
    incomplete: u64,
    level: ConfidenceLevel,
) -> Paired {
    let mut tallies = [Tally::default(); 3];
    let mut shares = SharePairs::default();
    let (mut more, mut fewer) = (0, 0);
    for (old, new) in old.rows.iter().zip(&new.rows) {
        debug_assert_eq!(old.replication, new.replication);
        if series.unit == Unit::Share {
            shares.add(series.has(old), series.has(new));
        }
        let (old, new) = (series.value(old), series.value(new));
        let Some((old, new)) = old.zip(new) else { continue };
        let difference = new.saturating_sub(old);
        more += u64::from(difference > 0);
        fewer += u64::from(difference < 0);
        tallies.iter_mut().zip([old, new, difference]).for_each(|(t, value)| t.add(value));
    }
    let [before, after, change] = tallies;
    let is_money = series.unit == Unit::Money;
    let scaled = |number: f64| if is_money { in_units(number) } else { number };
    let is_whole = incomplete == 0;
    let student = || change.differs().then(|| change.interval(level)).flatten();
    let interval = match (series.unit == Unit::Share, is_whole) {
        (true, false) => Some((Method::ClopperPearsonPairedBounds, shares.interval(level))),
        (true, true) if change.count() > 0 => {
            Some((Method::ClopperPearsonPaired, shares.interval(level)))
        }
        (false, true) => student().map(|found| (Method::StudentT, found.map(scaled))),
        (true, true) | (false, false) => None,
    };
    let means = before.mean().zip(after.mean()).map(|(old, new)| [old, new].map(scaled));
    Paired {
        metric: series.name.clone(),
        unit: series.unit,
        incomplete,
        n: change.count(),
        fewer,
        more,
        means: means.filter(|_| is_whole),
        difference: change.mean().filter(|_| is_whole).map(scaled),
        bounds: shares.bounds().filter(|_| !is_whole),
        error: change.error().filter(|_| is_whole).map(scaled),
        interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_pairs_widen_the_difference_of_shares_by_what_they_can_be() {
        let of = |pairs: &[(Option<bool>, Option<bool>)]| {
            let mut all = SharePairs::default();
            pairs.iter().for_each(|(old, new)| all.add(*old, *new));
            let found = all.bounds().unwrap();
            (found.low, found.high)
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(of(&[(yes, no), (no, yes), (no, yes), (no, no)]), (0.25, 0.25));
        assert_eq!(of(&[(None, None), (no, no)]), (-0.5, 0.5));
        assert_eq!(of(&[(yes, None), (no, no)]), (-0.5, 0.0));
        assert_eq!(of(&[(None, yes), (no, no)]), (0.0, 0.5));
    }
}
