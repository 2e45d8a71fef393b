//! Between which figures the truth lies, and how sure that is.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "figures for people are made here"
)]

use serde::{Deserialize, Serialize};

use super::beta;

/// How often an interval is to hold the truth, if all were done again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence(f64);

impl Confidence {
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// A level in per cent, between 0 and 100, exclusive.
    pub fn per_cent(level: f64) -> Option<Self> {
        Self::new(level / 100.0)
    }

    /// A confidence between 0 and 1, neither of them.
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.0 && share < 1.0).then_some(Self(share))
    }

    /// The probability that is left to each side.
    fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }
}

/// A confidence interval: from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Of a mean, from the mean and standard deviation of `count` observations:
    /// mean ± t · deviation / √count, where t is the quantile of Student's t with
    /// count − 1 degrees of freedom (Student 1908, Biometrika 6, 1–25).
    ///
    /// Exact if the observations are normal and independent, close if they are
    /// many. `None` below two observations.
    pub fn of_mean(count: u64, mean: f64, deviation: f64, confidence: Confidence) -> Option<Self> {
        (count >= 2).then(|| {
            let t = beta::student_t((count - 1) as f64, confidence.tail());
            let reach = t * deviation / libm::sqrt(count as f64);
            Self { low: mean - reach, high: mean + reach }
        })
    }

    /// The interval of a probability from `hits` out of `of` independent trials: the values under
    /// which neither this number of hits or more nor this number or fewer is improbable (Clopper
    /// and Pearson 1934, Biometrika 26, 404–413). The ends are quantiles of beta
    /// distributions with (hits, of − hits + 1) and (hits + 1, of − hits).
    ///
    /// It holds the truth at least as often as it says, at every count: without a
    /// hit it begins at 0, with nothing but hits it ends at 1, and without any
    /// chance it is all from 0 to 1.
    pub fn of_share(hits: u64, of: u64, confidence: Confidence) -> Self {
        let (hit, miss) = (hits.min(of) as f64, of.saturating_sub(hits) as f64);
        let tail = confidence.tail();
        let low = if hits == 0 { 0.0 } else { beta::quantile(hit, miss + 1.0, tail) };
        // The upper end is the lower end of the misses, seen from the other side.
        let high = if hits >= of { 1.0 } else { 1.0 - beta::quantile(miss, hit + 1.0, tail) };
        Self { low, high }
    }

    /// Of the difference of two probabilities, new − old, from chances that were tried under
    /// both: `gained` had a hit only under the new, `lost` only under the old.
    ///
    /// The two are shares of all chances, and the difference is theirs. Each gets an interval of
    /// [`Self::of_share`] that leaves out half of what may be left out, so that both hold at once
    /// at least as often as it says (Bonferroni): safe at every count, and wider than need be.
    pub fn of_paired_shares(gained: u64, lost: u64, of: u64, confidence: Confidence) -> Self {
        let each = Confidence(1.0 - confidence.tail());
        let (up, down) = (Self::of_share(gained, of, each), Self::of_share(lost, of, each));
        Self { low: up.low - down.high, high: up.high - down.low }
    }

    /// Half of the way from end to end.
    pub fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether it holds a figure.
    pub fn holds(self, figure: f64) -> bool {
        self.low <= figure && figure <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn no_hit_and_nothing_but_hits_have_an_interval() {
        // In closed form: 1 − (α/2)^(1/n) and (α/2)^(1/n).
        for n in [1_u64, 3, 10, 1_000, 1_000_000] {
            let end = libm::pow(0.025, 1.0 / n as f64);
            let none = Interval::of_share(0, n, Confidence::P95);
            assert!(close(none.low, 0.0) && close(none.high, 1.0 - end), "{n}: {none:?}");
            let all = Interval::of_share(n, n, Confidence::P95);
            assert!(close(all.high, 1.0) && close(all.low, end), "{n}: {all:?}");
        }
        let nothing = Interval::of_share(0, 0, Confidence::P95);
        assert_eq!(nothing, Interval { low: 0.0, high: 1.0 });
    }

    /// The probability of at most `hits` out of `of`, term by term.
    fn at_most(hits: u64, of: u64, p: f64) -> f64 {
        let mut term = libm::exp(of as f64 * libm::log1p(-p));
        let mut sum = term;
        for k in 0..hits {
            term *= (of - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            sum += term;
        }
        sum
    }

    #[test]
    fn at_its_ends_the_tails_of_the_binomial_are_what_was_left_to_them() {
        for (hits, of) in [(1, 2), (1, 10), (7, 20), (19, 20), (100, 400), (3, 1_000_000)] {
            for confidence in [0.5, 0.95, 0.999] {
                let tail = (1.0 - confidence) / 2.0;
                let interval = Interval::of_share(hits, of, Confidence(confidence));
                let (few, many) =
                    (at_most(hits, of, interval.high), 1.0 - at_most(hits - 1, of, interval.low));
                assert!((few - tail).abs() < 1e-9, "{hits} of {of}: {few}");
                assert!((many - tail).abs() < 1e-9, "{hits} of {of}: {many}");
            }
        }
    }

    #[test]
    fn a_difference_of_shares_has_an_interval_where_nothing_differs_as_well() {
        // Nothing differs in n: from −u to u, where u = 1 − (α/4)^(1/n) ends each of the two.
        let end = 1.0 - libm::pow(0.0125, 1.0 / 400.0);
        let none = Interval::of_paired_shares(0, 0, 400, Confidence::P95);
        assert!(close(none.high, end) && close(none.low, -end), "{none:?}");
        assert!(close(none.half_width(), end));
        let all = Interval::of_paired_shares(400, 0, 400, Confidence::P95);
        assert!(all.holds(1.0) && all.low > 0.97 && !all.holds(0.9), "{all:?}");
        let worse = Interval::of_paired_shares(10, 70, 400, Confidence::P95);
        let better = Interval::of_paired_shares(70, 10, 400, Confidence::P95);
        assert!(worse.high < 0.0 && close(worse.low, -better.high), "{worse:?}");
    }

    #[test]
    fn students_t_is_that_of_the_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
        let cases = [
            (1.0, 0.025, 12.706),
            (2.0, 0.005, 9.925),
            (4.0, 0.10, 1.533),
            (9.0, 0.025, 2.262),
            (30.0, 0.05, 1.697),
            (100.0, 0.001, 3.174),
        ];
        for (freedom, tail, expected) in cases {
            let t = beta::student_t(freedom, tail);
            assert!((t - expected).abs() < 6e-4, "{freedom}, {tail}: {t}");
        }
        // One degree is Cauchy's: tan(π/2 · (1 − 2·tail)); very many are normal.
        assert!(close(beta::student_t(1.0, 0.25), 1.0));
        assert!((beta::student_t(1e9, 0.025) - 1.959_963_984_540_054).abs() < 1e-6);
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_textbook() {
        // Ten observations, mean 5, deviation 2: ± 2.262157 · 2 / √10.
        let interval = Interval::of_mean(10, 5.0, 2.0, Confidence::P95).unwrap();
        assert!((interval.high - 6.430_714).abs() < 1e-6 && interval.holds(5.0));
        assert!(close(interval.low + interval.high, 10.0));
        assert_eq!(Interval::of_mean(1, 5.0, 0.0, Confidence::P95), None);
        for share in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(Confidence::new(share), None);
        }
    }
}
