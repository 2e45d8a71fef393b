//! Confidence intervals of means and probabilities.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "figures for people are made here"
)]

use serde::{Deserialize, Serialize};

use super::beta;

/// A confidence level: the share of repeated experiments in which an interval contains the true
/// value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceLevel(f64);

impl ConfidenceLevel {
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// A level in per cent; `None` unless it is greater than 0 and less than 100.
    pub fn per_cent(level: f64) -> Option<Self> {
        Self::new(level / 100.0)
    }

    /// A level as a share; `None` unless it is greater than 0 and less than 1.
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.0 && share < 1.0).then_some(Self(share))
    }

    /// The probability on each side of an interval.
    fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }
}

/// A confidence interval, including both ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// The interval of a quantity that is computed from this one, in the same order.
    #[must_use]
    pub fn map(self, of: impl Fn(f64) -> f64) -> Self {
        Self { low: of(self.low), high: of(self.high) }
    }

    /// The interval of a mean, from the mean and standard deviation of `count` observations:
    /// mean ± t · deviation / √count, where t is the quantile of Student's t with
    /// count − 1 degrees of freedom (Student 1908, Biometrika 6, 1–25).
    ///
    /// It is exact for independent normal observations, and approximate for many independent
    /// observations of any distribution. `None` below two observations.
    pub fn of_mean(
        count: u64,
        mean: f64,
        deviation: f64,
        confidence: ConfidenceLevel,
    ) -> Option<Self> {
        (count >= 2).then(|| {
            let t = beta::student_t((count - 1) as f64, confidence.tail());
            let reach = t * deviation / libm::sqrt(count as f64);
            Self { low: mean - reach, high: mean + reach }
        })
    }

    /// The interval of a probability from `hits` out of `of` independent trials (Clopper and
    /// Pearson 1934, Biometrika 26, 404–413). A value outside of it would make it improbable to
    /// observe as many hits or more, or as many hits or fewer. The ends are quantiles of beta
    /// distributions with (hits, of − hits + 1) and (hits + 1, of − hits).
    ///
    /// The interval contains the true probability at least as often as the level states, for every
    /// number of trials. Without a hit it starts at 0; if all trials are hits it ends at 1; without
    /// a trial it is 0 to 1.
    pub fn of_share(hits: u64, of: u64, confidence: ConfidenceLevel) -> Self {
        let (hit, miss) = (hits.min(of) as f64, of.saturating_sub(hits) as f64);
        let tail = confidence.tail();
        let low = if hits == 0 { 0.0 } else { beta::quantile(hit, miss + 1.0, tail) };
        // The upper end is 1 minus the lower end of the misses.
        let high = if hits >= of { 1.0 } else { 1.0 - beta::quantile(miss, hit + 1.0, tail) };
        Self { low, high }
    }

    /// The interval of the difference of two probabilities, new − old, from `of` paired trials:
    /// `gained` trials had a hit only under the new, `lost` only under the old.
    ///
    /// The difference is that of the shares `gained` / `of` and `lost` / `of`. Each share gets an
    /// interval of [`Self::of_share`] with half of the error probability, so that both contain
    /// their true values at least as often as the level states (Bonferroni). The result is
    /// conservative for every number of trials.
    pub fn of_paired_shares(gained: u64, lost: u64, of: u64, confidence: ConfidenceLevel) -> Self {
        let each = ConfidenceLevel(1.0 - confidence.tail());
        let (up, down) = (Self::of_share(gained, of, each), Self::of_share(lost, of, each));
        Self { low: up.low - down.high, high: up.high - down.low }
    }

    /// Half of the distance between the ends.
    pub fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether a value lies in the interval, ends included.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn a_share_of_no_hits_or_of_hits_alone_has_an_interval() {
        // In closed form: 1 − (α/2)^(1/n) and (α/2)^(1/n).
        for n in [1_u64, 3, 10, 1_000, 1_000_000] {
            let end = libm::pow(0.025, 1.0 / n as f64);
            let none = Interval::of_share(0, n, ConfidenceLevel::P95);
            assert!(close(none.low, 0.0) && close(none.high, 1.0 - end), "{n}: {none:?}");
            let all = Interval::of_share(n, n, ConfidenceLevel::P95);
            assert!(close(all.high, 1.0) && close(all.low, end), "{n}: {all:?}");
        }
        let nothing = Interval::of_share(0, 0, ConfidenceLevel::P95);
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
    fn the_binomial_tails_at_both_ends_equal_the_error_probability() {
        for (hits, of) in [(1, 2), (1, 10), (7, 20), (19, 20), (100, 400), (3, 1_000_000)] {
            for confidence in [0.5, 0.95, 0.999] {
                let tail = (1.0 - confidence) / 2.0;
                let interval = Interval::of_share(hits, of, ConfidenceLevel(confidence));
                let (few, many) =
                    (at_most(hits, of, interval.high), 1.0 - at_most(hits - 1, of, interval.low));
                assert!((few - tail).abs() < 1e-9, "{hits} of {of}: {few}");
                assert!((many - tail).abs() < 1e-9, "{hits} of {of}: {many}");
            }
        }
    }

    #[test]
    fn a_difference_of_shares_has_an_interval_even_if_no_pair_differs() {
        // If none of n pairs differs, the interval is from −u to u, where u = 1 − (α/4)^(1/n) is
        // the upper end of each share.
        let end = 1.0 - libm::pow(0.0125, 1.0 / 400.0);
        let none = Interval::of_paired_shares(0, 0, 400, ConfidenceLevel::P95);
        assert!(close(none.high, end) && close(none.low, -end), "{none:?}");
        assert!(close(none.half_width(), end));
        let all = Interval::of_paired_shares(400, 0, 400, ConfidenceLevel::P95);
        assert!(all.contains(1.0) && all.low > 0.97 && !all.contains(0.9), "{all:?}");
        let worse = Interval::of_paired_shares(10, 70, 400, ConfidenceLevel::P95);
        let better = Interval::of_paired_shares(70, 10, 400, ConfidenceLevel::P95);
        assert!(worse.high < 0.0 && close(worse.low, -better.high), "{worse:?}");
    }

    #[test]
    fn students_t_agrees_with_published_tables() {
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
        // With one degree of freedom the distribution is Cauchy: tan(π/2 · (1 − 2·tail)). With very
        // many it is nearly normal.
        assert!(close(beta::student_t(1.0, 0.25), 1.0));
        assert!((beta::student_t(1e9, 0.025) - 1.959_963_984_540_054).abs() < 1e-6);
    }

    #[test]
    fn the_interval_of_a_mean_agrees_with_the_formula() {
        // Ten observations, mean 5, deviation 2: ± 2.262157 · 2 / √10.
        let interval = Interval::of_mean(10, 5.0, 2.0, ConfidenceLevel::P95).unwrap();
        assert!((interval.high - 6.430_714).abs() < 1e-6 && interval.contains(5.0));
        assert!(close(interval.low + interval.high, 10.0));
        assert_eq!(Interval::of_mean(1, 5.0, 0.0, ConfidenceLevel::P95), None);
        for share in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(ConfidenceLevel::new(share), None);
        }
    }
}
