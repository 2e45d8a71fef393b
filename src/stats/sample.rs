//! Samples that keep every observation, for quantiles.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is an index"
)]

/// Observations, for their quantiles. All of them are kept in memory.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    values: Vec<i64>,
    sorted: bool,
}

impl Sample {
    /// Adds an observation.
    pub fn add(&mut self, value: i64) {
        self.values.push(value);
        self.sorted = false;
    }

    /// The number of observations.
    pub const fn count(&self) -> usize {
        self.values.len()
    }

    /// The quantile at a share: the smallest observation such that at least this share of all
    /// observations is not greater. This is the inverse of the empirical distribution function,
    /// definition 1 of Hyndman and Fan (1996, The American Statistician 50, 361–365).
    ///
    /// It is always an observation. `None` if there is none, or if the share does not lie between
    /// 0 and 1.
    pub fn quantile(&mut self, share: f64) -> Option<i64> {
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        if !self.sorted {
            self.values.sort_unstable();
            self.sorted = true;
        }
        let index = libm::ceil(share * self.values.len() as f64) as usize;
        self.values.get(index.max(1) - 1).copied()
    }
}

impl FromIterator<i64> for Sample {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        Self { values: values.into_iter().collect(), sorted: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_an_observation() {
        let mut sample: Sample = [40, 10, 30, 20].into_iter().collect();
        let cases =
            [(0.0, 10), (0.25, 10), (0.26, 20), (0.5, 20), (0.75, 30), (0.76, 40), (1.0, 40)];
        for (share, expected) in cases {
            assert_eq!(sample.quantile(share), Some(expected), "{share}");
        }
        sample.add(5);
        assert_eq!((sample.count(), sample.quantile(0.2)), (5, Some(5)));
    }

    #[test]
    fn a_number_outside_0_to_1_has_no_quantile() {
        let mut sample: Sample = [1].into_iter().collect();
        for share in [-0.1, 1.1, f64::NAN] {
            assert_eq!(sample.quantile(share), None);
        }
        assert_eq!(Sample::default().quantile(0.5), None);
    }
}
