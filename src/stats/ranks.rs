//! Exact quantiles of more observations than fit into memory, by reading them several times.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is an index"
)]

/// Number of parts into which each reading divides the range that is left.
const BINS: u64 = 4_096;

/// Searches the quantiles of a fixed number of observations.
///
/// Each reading passes every observation to [`Self::add`] and ends with [`Self::narrow`]. The
/// results are those of [`Sample`](super::Sample).
#[derive(Debug, Clone)]
pub struct RankSearch(Vec<Rank>);

/// The search for the observation of one rank.
#[derive(Debug, Clone)]
struct Rank {
    /// The observation lies between these, both included.
    low: i64,
    high: i64,
    /// Rank of the observation within that range, from 0.
    skip: u64,
    bins: Vec<u64>,
}

impl RankSearch {
    /// Searches one quantile for each share, which lies between 0 and 1. There are `count`
    /// observations between `low` and `high`, inclusive.
    pub fn new(count: u64, (low, high): (i64, i64), shares: &[f64]) -> Self {
        let rank = |share: &f64| {
            let index = libm::ceil(*share * count as f64) as u64;
            let skip = index.clamp(1, count.max(1)) - 1;
            let (low, high) = match skip {
                0 => (low, low),
                _ if skip + 1 == count => (high, high),
                _ => (low, high),
            };
            Rank { low, high, skip, bins: Vec::new() }
        };
        Self(shares.iter().map(rank).collect())
    }

    /// Whether every quantile is found.
    pub fn is_done(&self) -> bool {
        self.0.iter().all(|rank| rank.low == rank.high)
    }

    /// Counts an observation of this reading.
    pub fn add(&mut self, value: i64) {
        for rank in self.0.iter_mut().filter(|rank| rank.low < rank.high) {
            if (rank.low..=rank.high).contains(&value) {
                if rank.bins.is_empty() {
                    rank.bins.resize(BINS as usize, 0);
                }
                let bin = value.abs_diff(rank.low) / rank.width();
                rank.bins[bin as usize] += 1;
            }
        }
    }

    /// Ends a reading: the ranges become smaller.
    pub fn narrow(&mut self) {
        for rank in self.0.iter_mut().filter(|rank| rank.low < rank.high) {
            let width = rank.width();
            let mut before = 0;
            let found = rank.bins.iter().position(|count| {
                let here = before + count > rank.skip;
                before += if here { 0 } else { *count };
                here
            });
            // Without an observation, the range would never become smaller.
            let bin = found.unwrap_or(0) as u64;
            rank.skip -= before.min(rank.skip);
            rank.low = rank.low.saturating_add_unsigned(bin.saturating_mul(width));
            let high = rank.low.saturating_add_unsigned(width - 1);
            rank.high = rank.high.min(high).max(rank.low);
            rank.bins.clear();
        }
    }

    /// The quantiles, in the order of the shares.
    pub fn found(&self) -> impl Iterator<Item = i64> {
        self.0.iter().map(|rank| rank.low)
    }
}

impl Rank {
    fn width(&self) -> u64 {
        self.high.abs_diff(self.low) / BINS + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Sample;

    const SHARES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

    fn searched(values: &[i64]) -> (Vec<i64>, u32) {
        let range = (*values.iter().min().unwrap(), *values.iter().max().unwrap());
        let mut search = RankSearch::new(values.len() as u64, range, &SHARES);
        let mut readings = 0;
        while !search.is_done() {
            values.iter().for_each(|value| search.add(*value));
            search.narrow();
            readings += 1;
        }
        (search.found().collect(), readings)
    }

    #[test]
    fn the_quantiles_are_those_of_a_sample() {
        let mut state = 7_u64;
        let mut next = move |below: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from(state >> 33).unwrap().rem_euclid(below)
        };
        for (count, below) in
            [(1, 5), (2, 5), (3, 1), (40, 3), (999, 1_000_000), (5_000, i64::MAX >> 1)]
        {
            let values: Vec<i64> = (0..count).map(|_| next(below) - below / 3).collect();
            let mut sample: Sample = values.iter().copied().collect();
            let expected: Vec<i64> = SHARES.map(|share| sample.quantile(share).unwrap()).to_vec();
            let (found, readings) = searched(&values);
            assert_eq!(found, expected, "{count} below {below}");
            assert!(readings <= 6, "{readings}");
        }
        assert_eq!(searched(&[i64::MIN, 0, i64::MAX]).0[3], 0);
    }
}
