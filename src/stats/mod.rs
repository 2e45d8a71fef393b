//! Statistics of observations: tallies, quantiles, intervals.
//!
//! It must never know what was observed: it takes whole numbers and instants and
//! gives figures. Sums are exact, so they do not depend on the order in which
//! they were added, and what several workers saw can be merged. Floats come up
//! only when a figure is asked for, by `libm`, so that it is the same everywhere.
//!
//! | question | answer |
//! |---|---|
//! | how often, out of how many times | [`Counter`] |
//! | how much on average, and how far apart | [`Tally`] |
//! | how much on average over time | [`TimeWeighted`] |
//! | how much at most in nine cases of ten | [`Sample`] |
//! | between which figures the truth lies | [`Interval`], for a [`Confidence`] |

mod beta;
mod interval;
mod ranks;
mod sample;
mod tally;
mod time_weighted;

pub use interval::{Confidence, Interval};
pub use ranks::RankSearch;
pub use sample::Sample;
pub use tally::{Counter, Tally};
pub use time_weighted::TimeWeighted;
