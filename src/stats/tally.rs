//! Counts and sums, kept as whole numbers until a figure is asked for.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "figures for people are made here"
)]

use super::interval::{Confidence, Interval};

/// How often something happened, out of how many times it could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counter {
    hits: u64,
    of: u64,
}

impl Counter {
    /// A tally of `hits`, which must not exceed the number of trials.
    pub const fn new(hits: u64, of: u64) -> Self {
        Self { hits: if hits < of { hits } else { of }, of }
    }

    /// One chance more, and whether it was a hit.
    pub const fn add(&mut self, hit: bool) {
        self.hits += hit as u64;
        self.of += 1;
    }

    /// Adds the counts of another tally.
    pub const fn merge(&mut self, other: Self) {
        self.hits += other.hits;
        self.of += other.of;
    }

    /// How often it happened.
    pub const fn hits(self) -> u64 {
        self.hits
    }

    /// How often it could have happened.
    pub const fn of(self) -> u64 {
        self.of
    }

    /// The share of hits; `None` if there was no chance at all.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// The standard error of the share: √(share · (1 − share) / of).
    pub fn error(self) -> Option<f64> {
        self.share().map(|share| libm::sqrt(share * (1.0 - share) / self.of as f64))
    }

    /// Where the probability of a hit lies, by Clopper and Pearson, see
    /// [`Interval::of_share`]. It holds for no hit and for nothing but hits.
    pub fn interval(self, confidence: Confidence) -> Interval {
        Interval::of_share(self.hits, self.of, confidence)
    }
}

/// Number, sum and squares of observations, exactly.
///
/// Nothing overflows below 2⁵⁷ observations of at most 2³⁵ each: a second in a
/// thousand years. Beyond that the sums stay at their largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    count: u64,
    sum: i128,
    squares: i128,
    range: Option<(i64, i64)>,
}

impl Tally {
    /// One observation more.
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

    /// How many observations there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub const fn sum(&self) -> i128 {
        self.sum
    }

    /// The smallest and the largest.
    pub const fn range(&self) -> Option<(i64, i64)> {
        self.range
    }

    /// Their mean; `None` if there is no observation.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| {
            let (whole, rest) = self.divided();
            whole as f64 + rest as f64 / self.count as f64
        })
    }

    /// The variance of what they are a sample of: Σ(x − mean)² / (n − 1).
    /// `None` below two observations.
    ///
    /// With q the whole part of the mean and r = Σx − nq, the sum is
    /// Σx² − 2qΣx + nq² − r²/n: all but the last term are whole numbers, so
    /// nothing cancels, however large the observations are beside their spread.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let n = i128::from(self.count);
        let (q, rest) = self.divided();
        let about_q = self
            .squares
            .saturating_sub(q.saturating_mul(self.sum).saturating_mul(2))
            .saturating_add(n.saturating_mul(q.saturating_mul(q)));
        let rest = rest as f64;
        let sum = about_q as f64 - rest * rest / n as f64;
        Some(sum.max(0.0) / (n - 1) as f64)
    }

    /// The standard deviation: the root of [`Self::variance`].
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

    /// Where the true mean lies, by Student's t, see [`Interval::of_mean`].
    /// `None` below two observations.
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        Interval::of_mean(self.count, self.mean()?, self.deviation()?, confidence)
    }

    /// The mean as a whole number, rounded down, and what the sum has beyond it.
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
    fn the_figures_are_those_of_the_textbook() {
        // Deviations −3 −1 −1 −1 0 0 2 4 about 5: squares sum to 32.
        let tally = tally(&[2, 4, 4, 4, 5, 5, 7, 9]);
        assert_eq!((tally.count(), tally.sum(), tally.range()), (8, 40, Some((2, 9))));
        assert_eq!(tally.mean(), Some(5.0));
        assert_eq!(tally.variance(), Some(32.0 / 7.0));
    }

    #[test]
    fn nothing_cancels_where_the_observations_are_large() {
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
    fn too_few_observations_have_no_figure() {
        assert_eq!(tally(&[]).mean(), None);
        assert_eq!(tally(&[]).range(), None);
        assert_eq!((tally(&[7]).mean(), tally(&[7]).variance()), (Some(7.0), None));
        assert_eq!(tally(&[7]).interval(Confidence::P95), None);
        assert_eq!(Counter::default().share(), None);
    }

    #[test]
    fn the_largest_numbers_end_in_no_panic() {
        let mut tally = tally(&[i64::MIN, i64::MAX, i64::MAX, i64::MIN]);
        for _ in 0..70 {
            tally.merge(tally);
        }
        assert!(tally.mean().is_some() && tally.variance().is_some());
    }

    #[test]
    fn merging_is_adding() {
        let (mut left, right) = (tally(&[3, -9, 12]), tally(&[4, 4]));
        left.merge(right);
        assert_eq!(left, tally(&[4, 12, 4, -9, 3]));
        let mut counter = Counter::new(1, 3);
        counter.add(true);
        counter.merge(Counter::new(9, 7));
        assert_eq!((counter.hits(), counter.of()), (9, 11));
    }
}
