//! Metrics: values over time, and their statistics.

use crate::decimal::Decimal;
use crate::time::{SimSpan, SimTime};
use crate::words::{Comparison, Statistic};

/// A metric over time: each value is valid until the next.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Starts and values, sorted by start. The value is `None` while the metric cannot be read.
    steps: Vec<(SimTime, Option<Decimal>)>,
}

impl Series {
    /// Steps in any order, at different instants.
    pub fn new(mut steps: Vec<(SimTime, Option<Decimal>)>) -> Self {
        steps.sort_by_key(|(at, _)| *at);
        Self { steps }
    }

    /// Instant of its last change; `None` if it never changes.
    pub fn last_change(&self) -> Option<SimTime> {
        self.steps.last().map(|(at, _)| *at)
    }

    /// A statistic of the window of length `over` that ends now; `None` if nothing can be read in
    /// it.
    pub fn read(&self, now: SimTime, over: SimSpan, statistic: Statistic) -> Option<MetricReading> {
        let from = now.seconds() - over.seconds();
        let begun = self.steps.partition_point(|(at, _)| at.seconds() <= from);
        let mut window = WindowSums::default();
        for index in begun.saturating_sub(1)..self.steps.len() {
            let (since, level) = self.steps[index];
            if since > now {
                break;
            }
            let until = self.steps.get(index + 1).map_or(now, |(next, _)| *next).min(now);
            window.latest = level;
            let Some(level) = level.map(Decimal::thousandths) else { continue };
            let seconds = until.seconds() - since.seconds().max(from);
            window.sum += i128::from(level) * i128::from(seconds);
            window.seconds += i128::from(seconds);
            window.least = window.least.map_or(Some(level), |least| Some(least.min(level)));
            window.most = window.most.map_or(Some(level), |most| Some(most.max(level)));
            if since.seconds() > from {
                window.total += i128::from(level);
                window.count += 1;
            }
        }
        let whole = |level: i64| MetricReading { over: level.into(), under: 1 };
        match statistic {
            Statistic::Average if window.seconds > 0 => {
                Some(MetricReading { over: window.sum, under: window.seconds })
            }
            Statistic::Average | Statistic::Last => {
                window.latest.map(|level| whole(level.thousandths()))
            }
            Statistic::Minimum => window.least.map(whole),
            Statistic::Maximum => window.most.map(whole),
            Statistic::Sum => window.least.map(|_| MetricReading { over: window.total, under: 1 }),
            Statistic::Count => {
                window.least.map(|_| MetricReading { over: window.count * 1_000, under: 1 })
            }
        }
    }
}

/// Sums over a window of a metric.
#[derive(Debug, Default)]
struct WindowSums {
    sum: i128,
    seconds: i128,
    least: Option<i64>,
    most: Option<i64>,
    latest: Option<Decimal>,
    total: i128,
    count: i128,
}

/// A number in thousandths, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricReading {
    over: i128,
    under: i128,
}

impl MetricReading {
    /// The reading divided by a number of members.
    pub fn shared_by(self, size: u32) -> Self {
        Self { under: self.under * i128::from(size), ..self }
    }

    /// The reading if `to` members had the load of `from` members.
    pub fn moved(self, from: u32, to: u32) -> Self {
        Self { over: self.over * i128::from(from), under: self.under * i128::from(to) }
    }

    /// Whether the reading compares with a threshold as stated. A reading divided by zero members
    /// is above every threshold if it is positive, and below every threshold if it is negative; a
    /// reading of 0 is equal to every threshold.
    pub fn compares(self, comparison: Comparison, level: Decimal) -> bool {
        let limit = i128::from(level.thousandths()) * self.under;
        match comparison {
            Comparison::Above => self.over > limit,
            Comparison::AtLeast => self.over >= limit,
            Comparison::Below => self.over < limit,
            Comparison::AtMost => self.over <= limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_at_most_three_decimals() {
        let level = |text| Decimal::parse(text).map(Decimal::thousandths);
        assert_eq!(level("70"), Some(70_000));
        assert_eq!(level("-0.5"), Some(-500));
        assert_eq!(level("12.345"), Some(12_345));
        for text in ["", "1.", ".5", "1.2345", "1e3", "--1", "9999999999999"] {
            assert_eq!(level(text), None, "{text}");
        }
    }

    /// The value is 20 for ten minutes, then 80. In the ten minutes before minute 15 it is each of
    /// them for half of the time.
    #[test]
    fn an_average_weights_values_by_their_durations() {
        let at = SimTime::from_seconds;
        let level = Decimal::parse;
        let series = Series::new(vec![(at(0), level("20")), (at(600), level("80"))]);
        let read = |statistic| {
            let MetricReading { over, under } =
                series.read(at(900), SimSpan::from_seconds(600), statistic).unwrap();
            over / under
        };
        assert_eq!(read(Statistic::Average), 50_000);
        assert_eq!(read(Statistic::Minimum), 20_000);
        assert_eq!(read(Statistic::Maximum), 80_000);
        assert_eq!(read(Statistic::Last), 80_000);
        assert_eq!(read(Statistic::Sum), 80_000, "one sample began in the window");
        assert_eq!(read(Statistic::Count), 1_000);
        assert_eq!(Series::default().read(at(9), SimSpan::ZERO, Statistic::Last), None);
    }

    #[test]
    fn a_time_without_a_value_does_not_count_in_an_average() {
        let at = SimTime::from_seconds;
        let series = Series::new(vec![(at(0), Decimal::parse("0.01")), (at(300), None)]);
        let span = SimSpan::from_seconds(600);
        assert_eq!(
            series.read(at(600), span, Statistic::Average),
            Some(MetricReading { over: 3_000, under: 300 })
        );
        assert_eq!(series.read(at(600), span, Statistic::Last), None);
        assert_eq!(series.read(at(1_200), span, Statistic::Average), None);
    }
}
