//! Statistics of observations: tallies, quantiles, intervals.
//!
//! It must never know what was observed: its input is whole numbers, and its output is statistics.
//! Sums are exact, so they do not depend on the order of observations, and the observations of
//! several workers can be merged. Floats are computed only from finished sums, by `libm`, so that
//! results are the same on every platform.
//!
//! | question | answer |
//! |---|---|
//! | the share of trials with a hit | [`Counter`] |
//! | the mean and the standard deviation | [`Tally`] |
//! | quantiles | [`Sample`]; [`RankSearch`] for more observations than fit into memory |
//! | the range that contains the true value | [`Interval`], for a [`ConfidenceLevel`] |

mod beta;
mod interval;
mod ranks;
mod sample;
mod tally;

pub use interval::{ConfidenceLevel, Interval};
pub use ranks::RankSearch;
pub use sample::Sample;
pub use tally::{Counter, Tally};
