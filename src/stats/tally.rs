//! Counts and sums, as whole numbers from which means and deviations are computed.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "figures for people are computed here"
)]

use super::interval::{ConfidenceLevel, Interval};

/// The number of hits among a number of trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counter {
    hits: u64,
    of: u64,
}

impl Counter {
    /// A counter of `hits` among `of` trials; more hits than trials count as `of` hits.
    pub const fn new(hits: u64, of: u64) -> Self {
        Self { hits: if hits < of { hits } else { of }, of }
    }

    /// Adds a trial, and whether it was a hit.
    pub const fn add(&mut self, hit: bool) {
        self.hits += hit as u64;
        self.of += 1;
    }

    /// Adds the counts of another counter.
    pub const fn merge(&mut self, other: Self) {
        self.hits += other.hits;
        self.of += other.of;
    }

    /// The number of hits.
    pub const fn hits(self) -> u64 {
        self.hits
    }

    /// The number of trials.
    pub const fn of(self) -> u64 {
        self.of
    }

    /// The share of hits; `None` without a trial.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// The standard error of the share: √(share · (1 − share) / of). `None` below two trials.
    pub fn error(self) -> Option<f64> {
        self.share()
            .filter(|_| self.of > 1)
            .map(|share| libm::sqrt(share * (1.0 - share) / self.of as f64))
    }

    /// The interval of the probability of a hit; see [`Interval::of_share`].
    pub fn interval(self, confidence: ConfidenceLevel) -> Interval {
        Interval::of_share(self.hits, self.of, confidence)
    }
}

/// The exact number, sum, and sum of squares of observations.
///
/// 2⁵⁷ observations of at most 2³⁵ each do not overflow; 2³⁵ seconds are a thousand years. Beyond
/// that, the sums saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    count: u64,
    sum: i128,
    squares: i128,
    range: Option<(i64, i64)>,
}

impl Tally {
    /// Adds an observation.
    pub fn add(&mut self, value: i64) {
        let wide = i128::from(value);
        self.merge(Self {
            count: 1,
            sum: wide,
            squares: wide.saturating_mul(wide),
            range: Some((value, value)),
        });
    }

    /// Adds the observations of another tally.
    pub fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.squares = self.squares.saturating_add(other.squares);
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, none) => one.or(none),
        };
    }

    /// The number of observations.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The sum of the observations.
    pub const fn sum(&self) -> i128 {
        self.sum
    }

    /// The smallest and the largest observation; `None` if there is none.
    pub const fn range(&self) -> Option<(i64, i64)> {
        self.range
    }

    /// The mean; `None` if there is no observation.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| {
            let (whole, rest) = self.divided();
            whole as f64 + rest as f64 / self.count as f64
        })
    }

    /// The sample variance: Σ(x − mean)² / (n − 1). `None` below two observations, and where the
    /// squares are too large to be exact.
    ///
    /// With q the mean rounded down and r = Σx − nq, the sum is Σx² − 2qΣx + nq² − r²/n. All terms
    /// but the last are whole numbers, so that no digits are lost, even if the mean is much larger
    /// than the deviation.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let n = i128::from(self.count);
        let (q, rest) = self.divided();
        if self.squares == i128::MAX {
            return None;
        }
        let twice = q.checked_mul(self.sum)?.checked_mul(2)?;
        let about_q =
            self.squares.checked_sub(twice)?.checked_add(n.checked_mul(q.checked_mul(q)?)?)?;
        let rest = rest as f64;
        let sum = about_q as f64 - rest * rest / n as f64;
        Some(sum.max(0.0) / (n - 1) as f64)
    }

    /// The standard deviation: the square root of [`Self::variance`].
    pub fn deviation(&self) -> Option<f64> {
        self.variance().map(libm::sqrt)
    }

    /// The standard error of the mean: deviation / √count. `None` below two observations.
    pub fn error(&self) -> Option<f64> {
        self.deviation().map(|deviation| deviation / libm::sqrt(self.count as f64))
    }

    /// Whether any observation differs from another.
    pub fn differs(&self) -> bool {
        self.range.is_some_and(|(least, most)| least != most)
    }

    /// The interval of the mean; see [`Interval::of_mean`]. `None` below two observations.
    pub fn interval(&self, confidence: ConfidenceLevel) -> Option<Interval> {
        Interval::of_mean(self.count, self.mean()?, self.deviation()?, confidence)
    }

    /// The mean, rounded down, and the remainder of the sum.
    fn divided(&self) -> (i128, i128) {
        let n = i128::from(self.count.max(1));
        (self.sum.div_euclid(n), self.sum.rem_euclid(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(values: &[i64]) -> Tally {
        let mut tally = Tally::default();
        values.iter().for_each(|value| tally.add(*value));
        tally
    }

    #[test]
    fn mean_and_variance_agree_with_their_definitions() {
        // Deviations −3 −1 −1 −1 0 0 2 4 about 5: squares sum to 32.
        let tally = tally(&[2, 4, 4, 4, 5, 5, 7, 9]);
        assert_eq!((tally.count(), tally.sum(), tally.range()), (8, 40, Some((2, 9))));
        assert_eq!(tally.mean(), Some(5.0));
        assert_eq!(tally.variance(), Some(32.0 / 7.0));
    }

    #[test]
    fn no_digits_are_lost_where_the_observations_are_large() {
        // NIST StRD, NumAcc4: mean 10000000.2, standard deviation 0.1; here in tenths.
        let mut tally = Tally::default();
        tally.add(100_000_002);
        for _ in 0..500 {
            tally.add(100_000_001);
            tally.add(100_000_003);
        }
        assert_eq!(tally.mean(), Some(100_000_002.0));
        assert_eq!(tally.deviation(), Some(1.0));
        let far = 1 << 60;
        assert_eq!(self::tally(&[far, far + 1, far + 2]).variance(), Some(1.0));
        assert_eq!(self::tally(&[-far, -far + 2]).variance(), Some(2.0));
    }

    #[test]
    fn too_few_observations_have_no_mean_or_variance() {
        assert_eq!(tally(&[]).mean(), None);
        assert_eq!(tally(&[]).range(), None);
        assert_eq!((tally(&[7]).mean(), tally(&[7]).variance()), (Some(7.0), None));
        assert_eq!(tally(&[7]).interval(ConfidenceLevel::P95), None);
        assert_eq!(Counter::default().share(), None);
    }

    #[test]
    fn the_largest_numbers_do_not_panic() {
        let mut tally = tally(&[i64::MIN, i64::MAX, i64::MAX, i64::MIN]);
        for _ in 0..70 {
            tally.merge(tally);
        }
        // The squares are cut off, so the spread is not known.
        assert!(tally.mean().is_some() && tally.variance().is_none());
    }

    #[test]
    fn merging_equals_adding_each_observation() {
        let (mut left, right) = (tally(&[3, -9, 12]), tally(&[4, 4]));
        left.merge(right);
        assert_eq!(left, tally(&[4, 12, 4, -9, 3]));
        let mut counter = Counter::new(1, 3);
        counter.add(true);
        counter.merge(Counter::new(9, 7));
        assert_eq!((counter.hits(), counter.of()), (9, 11));
    }
}
