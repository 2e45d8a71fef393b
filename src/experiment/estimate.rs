//! What many replications come to: a figure, and how far it may be off.

use super::replication::{Observed, Replications};
use crate::stats::{Confidence, Counter, Interval, Sample, Tally};
use crate::words::{Metric, Unit, Word, words};

words! {
    /// How an interval is made.
    Method: "a method" {
        /// Of a mean, by Student's t: close where observations are many, or nearly normal.
        StudentT = "student-t",
        /// Of a share, by Clopper and Pearson: holds at every count, 0 and all included.
        ClopperPearson = "clopper-pearson",
        /// Of a difference of shares on the same draws: two of Clopper and Pearson's.
        ClopperPearsonPaired = "clopper-pearson-paired",
        /// There is none: observations do not differ, or there are fewer than two.
        None = "none",
    }
}

/// A figure over all replications.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// What it is a figure of.
    pub metric: String,
    /// What that is counted in.
    pub unit: Unit,
    /// How many replications gave an answer.
    pub replications: u64,
    /// In how many of them there was something to observe.
    pub n: u64,
    /// The mean of what was observed, or the share.
    pub mean: Option<f64>,
    /// The standard error of that.
    pub error: Option<f64>,
    /// Where the truth lies.
    pub interval: Option<Interval>,
    /// How that was made.
    pub method: Method,
    /// What was observed: the smallest, what 5, 25, 50, 75 and 95 % do not exceed, the largest.
    pub observed: Option<[i64; 7]>,
}

/// The shares of observations for which quantiles are reported.
const QUANTILES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// Something that has a value in each replication.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) unit: Unit,
    of: Of,
    /// Whether only that there was any counts.
    any: bool,
}

#[derive(Debug, Clone, Copy)]
enum Of {
    Metric(Metric),
    Count(usize),
}

impl Series {
    /// Everything that there is of replications; `counts` are the scenario's own names.
    pub(super) fn all(counts: &[String]) -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |name: &str, unit, of, share| {
            if share {
                all.push(Self { name: format!("any-{name}"), unit: Unit::Share, of, any: true });
            }
            all.push(Self { name: name.to_owned(), unit, of, any: false });
        };
        for metric in Metric::ALL {
            add(metric.word(), metric.unit(), Of::Metric(*metric), metric.has_share());
        }
        for (at, name) in counts.iter().enumerate() {
            add(name, Unit::Decisions, Of::Count(at), true);
        }
        all
    }

    /// Its value in a replication, if there was something to observe.
    pub(super) fn value(&self, row: &Observed) -> Option<i64> {
        let value = match self.of {
            Of::Metric(metric) => row.values[usize::from(metric.index())],
            Of::Count(at) => row.counts.get(at).copied(),
        };
        value.map(|value| if self.any { i64::from(value != 0) } else { value })
    }

    fn estimate(&self, rows: &[Observed], replications: u64, level: Confidence) -> Estimate {
        let values = || rows.iter().filter_map(|row| self.value(row));
        let mut tally = Tally::default();
        values().for_each(|value| tally.add(value));
        let mut estimate = Estimate {
            metric: self.name.clone(),
            unit: self.unit,
            replications,
            n: tally.count(),
            mean: tally.mean(),
            error: tally.error(),
            interval: None,
            method: Method::None,
            observed: None,
        };
        if self.any {
            let hits = u64::try_from(tally.sum()).unwrap_or(0);
            let counter = Counter::new(hits, tally.count());
            estimate.error = counter.error();
            estimate.interval = (tally.count() > 0).then(|| counter.interval(level));
            estimate.method = Method::ClopperPearson;
            return estimate;
        }
        estimate.interval = tally.differs().then(|| tally.interval(level)).flatten();
        if estimate.interval.is_some() {
            estimate.method = Method::StudentT;
        }
        let mut sample: Sample = values().collect();
        let observed = QUANTILES.map(|share| sample.quantile(share));
        estimate.observed = observed[0].map(|_| observed.map(Option::unwrap_or_default));
        estimate
    }
}

/// Every figure, in a fixed order. Replications that gave no answer are left out of all of them.
pub fn estimates(of: &Replications, level: Confidence) -> Vec<Estimate> {
    let replications = of.complete() as u64;
    let all = Series::all(&of.counts);
    all.iter().map(|series| series.estimate(&of.rows, replications, level)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::run::Stopped;

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
        ];
        let (events, stop, counts) = (1, Stopped::Drained, vec![count]);
        Observed { replication, events, stop, values, counts }
    }

    fn of(rows: Vec<Observed>) -> Vec<Estimate> {
        let text = String::new;
        let (scenario, case, policy) = (text(), text(), text());
        let counts = vec!["web".to_owned()];
        estimates(&Replications { scenario, case, policy, counts, rows }, Confidence::P95)
    }

    fn find<'e>(all: &'e [Estimate], name: &str) -> &'e Estimate {
        all.iter().find(|estimate| estimate.metric == name).unwrap()
    }

    #[test]
    fn what_did_not_happen_is_left_out_and_said_so_and_never_a_zero() {
        let all = of(vec![row(0, 0, None, 3), row(1, 2, Some(4), 0), row(2, 1, Some(6), 0)]);
        let any = find(&all, "any-protected-lost");
        assert_eq!((any.n, any.mean, any.method), (3, Some(2.0 / 3.0), Method::ClopperPearson));
        let first = find(&all, "first-protected-loss");
        assert_eq!((first.replications, first.n, first.mean), (3, 2, Some(5.0)));
        assert_eq!(find(&all, "protected-loss-free").mean, Some(19.0 / 3.0));
        assert_eq!(find(&all, "loss-free").mean, Some(3.0));
        assert_eq!(all[0].metric, "any-released");
        assert_eq!(find(&all, "protected-lost").observed, Some([0, 0, 0, 1, 2, 2, 2]));
        assert_eq!(find(&all, "any-web").mean, Some(1.0 / 3.0));
        assert_eq!(find(&all, "web").mean, Some(1.0));
    }

    #[test]
    fn what_never_differs_has_no_interval_and_a_share_always_has_one() {
        let all = of((0..50).map(|k| row(k, 0, None, 0)).collect());
        let lost = find(&all, "protected-lost");
        assert_eq!((lost.mean, lost.interval, lost.method), (Some(0.0), None, Method::None));
        let any = find(&all, "any-protected-lost").interval.unwrap();
        assert!(any.low == 0.0 && any.high > 0.07 && any.high < 0.072, "{any:?}");
        let first = find(&all, "first-protected-loss");
        assert_eq!((first.n, first.mean, first.observed), (0, None, None));
    }

    #[test]
    fn without_an_answer_nothing_is_counted() {
        let mut rows = vec![row(0, 1, Some(4), 1), row(1, 3, Some(4), 1)];
        let none = Observed {
            stop: Stopped::Undecided,
            values: [None; Metric::COUNT],
            counts: Vec::new(),
            ..row(2, 0, None, 0)
        };
        rows.push(none);
        let all = of(rows);
        assert!(all.iter().all(|estimate| (estimate.replications, estimate.n) == (2, 2)));
        assert_eq!(find(&all, "protected-lost").mean, Some(2.0));
    }
}
