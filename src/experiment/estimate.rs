//! Estimates over many replications, with confidence intervals.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::replication::{Observed, Replications};
use crate::stats::{ConfidenceLevel, Counter, Interval, RankSearch, Sample, Tally};

use crate::words::{Metric, SHARE, Unit, Word, words};

words! {
    /// How a confidence interval is computed.
    Method: "a method" {
        /// Student's t for a mean: accurate if observations are many or nearly normal.
        StudentT = "student-t",
        /// Clopper–Pearson for a share: exact for every count, including none and all.
        ClopperPearson = "clopper-pearson",
        /// Clopper–Pearson from the lower end, if only those replications that did not complete
        /// have the property that certainly have it, to the upper end, if all of them have it.
        ClopperPearsonBounds = "clopper-pearson-bounds",
        /// Two Clopper–Pearson intervals for a difference of shares with common random numbers.
        ClopperPearsonPaired = "clopper-pearson-paired",
        /// The same, from the lower end to the upper end over all results that pairs with a
        /// replication that did not complete can have.
        ClopperPearsonPairedBounds = "clopper-pearson-paired-bounds",
        /// No interval: all observations of a metric that is no share are equal, there are fewer
        /// than two, or a replication did not complete.
        None = "none",
    }
}

/// An estimate over all replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Name of the metric.
    pub metric: String,
    /// Unit of the metric.
    pub unit: Unit,
    /// Number of complete replications.
    pub replications: u64,
    /// Number of replications that did not complete. Whether a replication completes can depend on
    /// what a metric counts, so the others are no random sample: with any such replication a share
    /// has only bounds, and other metrics have no figure.
    pub incomplete: u64,
    /// Number of replications with an observation.
    pub n: u64,
    /// Mean of the observations, or the share; `None` without observations or if a replication did
    /// not complete.
    pub mean: Option<f64>,
    /// The share if only those replications that did not complete have the property that had it
    /// before they stopped, and if all of them have it; `None` for other metrics and if all
    /// completed.
    pub bounds: Option<Interval>,
    /// Standard error of the mean; `None` with fewer than two observations or without a mean.
    pub error: Option<f64>,
    /// Confidence interval, and how it was computed.
    pub interval: Option<(Method, Interval)>,
    /// Smallest observation, 5th, 25th, 50th, 75th and 95th percentile, largest observation;
    /// `None` for shares, without observations and if a replication did not complete. Money is in
    /// millionths here, and in units in all other fields.
    pub observed: Option<[i64; 7]>,
}

impl Estimate {
    /// How the confidence interval was computed.
    pub fn method(&self) -> Method {
        self.interval.map_or(Method::None, |(method, _)| method)
    }

    /// The confidence interval; `None` if there is none.
    pub fn range(&self) -> Option<Interval> {
        self.interval.map(|(_, range)| range)
    }
}

/// The quantiles in [`Estimate::observed`].
const QUANTILES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// A metric or count that has a value in each replication.
#[derive(Debug, Clone)]
pub(super) struct ObservedSeries {
    pub(super) name: String,
    pub(super) unit: Unit,
    source: SeriesSource,
    /// Whether the value is a share: 1 if the count is not 0, and 0 otherwise.
    any: bool,
}

/// Where the values of a series come from.
#[derive(Debug, Clone, Copy)]
enum SeriesSource {
    Metric(Metric),
    /// Index of a count that the scenario defines.
    Count(usize),
}

/// An amount in units of money, from millionths.
#[expect(clippy::float_arithmetic, reason = "a figure over many replications")]
pub(super) fn in_units(millionths: f64) -> f64 {
    millionths / 1e6
}

impl ObservedSeries {
    /// All series of replications; `counts` are the names that the scenario defines.
    pub(super) fn all(counts: &[String]) -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |name: &str, unit, source, share| {
            if share {
                let (name, unit) = (format!("{SHARE}{name}"), Unit::Share);
                all.push(Self { name, unit, source, any: true });
            }
            all.push(Self { name: name.to_owned(), unit, source, any: false });
        };
        for metric in Metric::ALL {
            add(metric.word(), metric.unit(), SeriesSource::Metric(*metric), metric.has_share());
        }
        for (index, name) in counts.iter().enumerate() {
            add(name, Unit::Decisions, SeriesSource::Count(index), true);
        }
        all
    }

    /// Whether the series is reported if it has this number of observations. A series of money is
    /// left out if the scenario has no currency.
    pub(super) const fn is_there(&self, count: u64) -> bool {
        match self.source {
            SeriesSource::Metric(metric) => !metric.needs_currency() || count > 0,
            SeriesSource::Count(_) => true,
        }
    }

    /// Its value in a replication; `None` if there was no observation.
    pub(super) fn value(&self, row: &Observed) -> Option<i64> {
        let value = match self.source {
            SeriesSource::Metric(metric) => row.values[usize::from(metric.index())],
            SeriesSource::Count(index) => row.counts.get(index).copied(),
        };
        value.map(|value| if self.any { i64::from(value != 0) } else { value })
    }

    /// Whether a replication has the property of a share; `None` if it did not complete and had not
    /// got it by then.
    pub(super) fn has(&self, row: &Observed) -> Option<bool> {
        let is_certain = || row.certain_shares.contains(&self.name).then_some(true);
        self.value(row).map(|value| value != 0).or_else(is_certain)
    }

    /// The estimate from the observations; `observed` are their quantiles, `certain` is the number
    /// of incomplete replications that certainly have the property of a share.
    fn estimate(
        &self,
        (tally, certain): (&Tally, u64),
        observed: Option<[i64; 7]>,
        (replications, incomplete): (u64, u64),
        level: ConfidenceLevel,
    ) -> Estimate {
        let n = tally.count();
        let mut estimate = Estimate {
            metric: self.name.clone(),
            unit: self.unit,
            replications,
            incomplete,
            n,
            mean: None,
            bounds: None,
            error: None,
            interval: None,
            observed: None,
        };
        if self.any {
            let hits = u64::try_from(tally.sum()).unwrap_or(0);
            let least = Counter::new(hits + certain, n + incomplete);
            if incomplete > 0 {
                let most = Counter::new(hits + incomplete, n + incomplete);
                let ends = least.share().zip(most.share());
                estimate.bounds = ends.map(|(low, high)| Interval { low, high });
                let (low, high) = (least.interval(level).low, most.interval(level).high);
                estimate.interval = Some((Method::ClopperPearsonBounds, Interval { low, high }));
            } else if n > 0 {
                estimate.mean = least.share();
                estimate.error = least.error();
                estimate.interval = Some((Method::ClopperPearson, least.interval(level)));
            }
        } else if incomplete == 0 {
            let scaled = |number| if self.unit == Unit::Money { in_units(number) } else { number };
            estimate.mean = tally.mean().map(scaled);
            estimate.error = tally.error().map(scaled);
            let interval = tally.differs().then(|| tally.interval(level)).flatten();
            estimate.interval = interval.map(|found| (Method::StudentT, found.map(scaled)));
            estimate.observed = observed;
        }
        estimate
    }
}

/// The estimate of every series, in a fixed order. With incomplete replications, shares have only
/// bounds, and other metrics have no figure.
pub fn estimates(all: &Replications, level: ConfidenceLevel) -> Vec<Estimate> {
    let mut estimator = Estimator::new(&all.counts, usize::MAX);
    all.rows.iter().for_each(|row| estimator.add(row));
    let once = |_: &mut dyn FnMut(&Observed)| Ok::<(), Infallible>(());
    let Ok(estimates) = estimator.estimates(level, once);
    estimates
}

/// Estimates from replications that arrive one by one and are not kept.
#[derive(Debug, Clone)]
pub struct Estimator {
    series: Vec<ObservedSeries>,
    tallies: Vec<Tally>,
    /// For each series, the number of incomplete replications that certainly have its property.
    certain: Vec<u64>,
    /// The values of each series; `None` once there are more than `most` in total.
    samples: Option<Vec<Sample>>,
    kept: usize,
    most: usize,
    /// Number of complete replications.
    pub complete: u64,
    /// Number of replications that did not complete.
    pub incomplete: u64,
    /// Number of events of all replications.
    pub events: u64,
}

impl Estimator {
    /// Keeps at most `most` values in memory; `counts` are the names that the scenario defines.
    pub fn new(counts: &[String], most: usize) -> Self {
        let series = ObservedSeries::all(counts);
        Self {
            tallies: vec![Tally::default(); series.len()],
            certain: vec![0; series.len()],
            samples: Some(vec![Sample::default(); series.len()]),
            series,
            kept: 0,
            most,
            complete: 0,
            incomplete: 0,
            events: 0,
        }
    }

    /// Adds a replication.
    pub fn add(&mut self, row: &Observed) {
        self.events = self.events.saturating_add(row.events);
        let counted =
            if row.stop.is_complete() { &mut self.complete } else { &mut self.incomplete };
        *counted += 1;
        for (at, series) in self.series.iter().enumerate() {
            let Some(value) = series.value(row) else {
                self.certain[at] += u64::from(series.has(row) == Some(true));
                continue;
            };
            self.tallies[at].add(value);
            if let Some(samples) = self.samples.as_mut().filter(|_| !series.any) {
                samples[at].add(value);
                self.kept += 1;
            }
        }
        if self.kept > self.most {
            self.samples = None;
        }
    }

    /// The estimates. If the values were too many to be kept, `again` is called a few times to
    /// pass every replication once more.
    ///
    /// # Errors
    /// The error of `again`.
    pub fn estimates<E>(
        mut self,
        level: ConfidenceLevel,
        again: impl FnMut(&mut dyn FnMut(&Observed)) -> Result<(), E>,
    ) -> Result<Vec<Estimate>, E> {
        let observed: Vec<Option<[i64; 7]>> = match self.samples.take() {
            // There is no figure of the values.
            _ if self.incomplete > 0 => vec![None; self.series.len()],
            Some(samples) => samples.into_iter().map(quantiles).collect(),
            None => self.searched(again)?,
        };
        let mut all = Vec::new();
        for (at, (series, observed)) in self.series.iter().zip(observed).enumerate() {
            let (tally, certain) = (&self.tallies[at], self.certain[at]);
            // A scenario without a currency has no observation of money.
            if series.is_there(tally.count()) {
                let counted = (self.complete, self.incomplete);
                all.push(series.estimate((tally, certain), observed, counted, level));
            }
        }
        Ok(all)
    }

    fn searched<E>(
        &self,
        mut again: impl FnMut(&mut dyn FnMut(&Observed)) -> Result<(), E>,
    ) -> Result<Vec<Option<[i64; 7]>>, E> {
        let search = |(series, tally): (&ObservedSeries, &Tally)| {
            let range = tally.range().filter(|_| !series.any)?;
            Some(RankSearch::new(tally.count(), range, &QUANTILES))
        };
        let mut searches: Vec<Option<RankSearch>> =
            self.series.iter().zip(&self.tallies).map(search).collect();
        while searches.iter().flatten().any(|search| !search.is_done()) {
            again(&mut |row| {
                for (series, search) in self.series.iter().zip(&mut searches) {
                    if let (Some(search), Some(value)) = (search, series.value(row)) {
                        search.add(value);
                    }
                }
            })?;
            searches.iter_mut().flatten().for_each(RankSearch::narrow);
        }
        let found = searches.into_iter().map(|search| {
            let mut found = [0; 7];
            found.iter_mut().zip(search?.found()).for_each(|(cell, value)| *cell = value);
            Some(found)
        });
        Ok(found.collect())
    }
}

fn quantiles(mut sample: Sample) -> Option<[i64; 7]> {
    let observed = QUANTILES.map(|share| sample.quantile(share));
    observed[0].map(|_| observed.map(Option::unwrap_or_default))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::run::Stopped;
    use crate::words::Trigger;

    fn row(replication: u64, lost: i64, first: Option<i64>, count: i64) -> Observed {
        let values = [
            Some(2),
            Some(lost),
            Some(lost),
            Some(0),
            Some(lost),
            Some(40),
            Some(0),
            Some(3),
            Some(3),
            first,
            first.or(Some(9)),
            first.or(Some(9)),
            None,
            None,
            None,
            None,
        ];
        let (events, stop, counts) = (1, Stopped::Drained, vec![count]);
        let released_by = [0; Trigger::ALL.len()];
        Observed {
            replication,
            events,
            stop,
            values,
            released_by,
            first_trigger: None,
            first_of_any: None,
            counts,
            certain_shares: Vec::new(),
        }
    }

    fn estimates_of(rows: Vec<Observed>) -> Vec<Estimate> {
        let text = String::new;
        let (scenario, case, policy) = (text(), text(), text());
        let counts = vec!["web".to_owned()];
        estimates(
            &Replications { scenario, case, policy, currency: None, counts, rows },
            ConfidenceLevel::P95,
        )
    }

    fn find<'e>(all: &'e [Estimate], name: &str) -> &'e Estimate {
        all.iter().find(|estimate| estimate.metric == name).unwrap()
    }

    #[test]
    fn a_loss_that_did_not_happen_is_not_an_observation_of_zero() {
        let all =
            estimates_of(vec![row(0, 0, None, 3), row(1, 2, Some(4), 0), row(2, 1, Some(6), 0)]);
        let any = find(&all, "any-protected-lost");
        assert_eq!((any.n, any.mean), (3, Some(2.0 / 3.0)));
        assert!(any.interval.is_some_and(|(method, _)| method == Method::ClopperPearson));
        let first = find(&all, "first-protected-loss");
        assert_eq!((first.replications, first.n, first.mean), (3, 2, Some(5.0)));
        assert_eq!(find(&all, "protected-loss-free").mean, Some(19.0 / 3.0));
        assert_eq!(find(&all, "loss-free").mean, Some(3.0));
        assert_eq!(all[0].metric, "any-released");
        assert_eq!(find(&all, "protected-lost").observed, Some([0, 0, 0, 1, 2, 2, 2]));
        assert_eq!(find(&all, "any-web").mean, Some(1.0 / 3.0));
        assert_eq!(find(&all, "web").mean, Some(1.0));
    }

    /// Replications that are not kept have the same estimates.
    #[test]
    fn estimates_do_not_depend_on_what_is_kept() {
        let mut state = 3_u64;
        let rows: Vec<Observed> = (0..700)
            .map(|k| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let value = i64::try_from(state >> 30).unwrap();
                row(k, value % 90_000, (k % 3 > 0).then_some(value), value % 2)
            })
            .collect();
        let mut estimator = Estimator::new(&["web".to_owned()], 1_000);
        rows.iter().for_each(|row| estimator.add(row));
        assert!(estimator.samples.is_none());
        let mut readings = 0;
        let again = |each: &mut dyn FnMut(&Observed)| {
            readings += 1;
            rows.iter().for_each(each);
            Ok::<(), Infallible>(())
        };
        let Ok(found) = estimator.estimates(ConfidenceLevel::P95, again);
        assert_eq!(found, estimates_of(rows.clone()));
        assert!(readings < 5, "{readings}");
    }

    #[test]
    fn equal_observations_have_no_interval_and_a_share_always_has_one() {
        let all = estimates_of((0..50).map(|k| row(k, 0, None, 0)).collect());
        let lost = find(&all, "protected-lost");
        assert_eq!((lost.mean, lost.interval), (Some(0.0), None));
        let (_, any) = find(&all, "any-protected-lost").interval.unwrap();
        assert!(any.low == 0.0 && any.high > 0.07 && any.high < 0.072, "{any:?}");
        let first = find(&all, "first-protected-loss");
        assert_eq!((first.n, first.mean, first.observed), (0, None, None));
    }

    fn stopped(replication: u64) -> Observed {
        Observed {
            stop: Stopped::Undecided,
            values: [None; Metric::COUNT],
            counts: Vec::new(),
            ..row(replication, 0, None, 0)
        }
    }

    #[test]
    fn incomplete_replications_leave_bounds_of_shares_and_no_other_figure() {
        let rows = vec![row(0, 1, Some(4), 1), row(1, 0, None, 0), stopped(2), stopped(3)];
        let all = estimates_of(rows);
        let any = find(&all, "any-protected-lost");
        assert_eq!((any.replications, any.incomplete, any.n), (2, 2, 2));
        assert_eq!((any.mean, any.error), (None, None));
        assert_eq!(any.bounds, Some(Interval { low: 0.25, high: 0.75 }));
        let low = Interval::of_share(1, 4, ConfidenceLevel::P95).low;
        let high = Interval::of_share(3, 4, ConfidenceLevel::P95).high;
        assert_eq!(any.interval, Some((Method::ClopperPearsonBounds, Interval { low, high })));
        for one in all.iter().filter(|one| one.unit != Unit::Share) {
            assert_eq!((one.mean, one.error, one.bounds), (None, None, None), "{one:?}");
            assert!(one.interval.is_none() && one.observed.is_none(), "{one:?}");
        }
        // What occurred before a replication stopped counts in the least share as well.
        let lost = Observed { certain_shares: vec!["any-released".to_owned()], ..stopped(3) };
        let all = estimates_of(vec![row(0, 1, Some(4), 1), row(1, 0, None, 0), stopped(2), lost]);
        let any = find(&all, "any-released");
        assert_eq!((any.n, any.incomplete), (2, 2));
        assert_eq!(any.bounds, Some(Interval { low: 0.75, high: 1.0 }));
        assert_eq!(find(&all, "any-web").bounds, Some(Interval { low: 0.25, high: 0.75 }));
        // Without a complete replication nothing is known.
        let any = find(&estimates_of(vec![stopped(0)]), "any-released").clone();
        assert_eq!(any.bounds, Some(Interval { low: 0.0, high: 1.0 }));
        assert_eq!(any.interval.map(|(_, found)| found), any.bounds);
    }

    #[test]
    fn one_observation_has_no_standard_error() {
        let all = estimates_of(vec![row(0, 1, Some(4), 1)]);
        assert!(all.iter().all(|one| one.n == 0 || one.error.is_none()), "{all:?}");
        let all = estimates_of(Vec::new());
        assert!(all.iter().all(|one| one.interval.is_none() && one.mean.is_none()), "{all:?}");
    }
}
