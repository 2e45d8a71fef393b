#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "probabilities are summed here"
)]

use stayput::stats::{ConfidenceLevel, Counter, Interval};

/// The probability of each number of hits out of `of`.
fn binomial(of: u64, p: f64) -> Vec<f64> {
    let mut terms = vec![(1.0 - p).powi(i32::try_from(of).unwrap())];
    for k in 0..of {
        let last = terms[terms.len() - 1];
        terms.push(last * (of - k) as f64 / (k + 1) as f64 * p / (1.0 - p));
    }
    terms
}

#[test]
fn the_interval_of_a_share_covers_at_least_as_often_as_stated() {
    // The coverage is computed exactly, from every outcome and its probability.
    for of in [1, 5, 20, 100] {
        for confidence in [0.8, 0.95, 0.99] {
            let level = ConfidenceLevel::new(confidence).unwrap();
            let intervals: Vec<Interval> =
                (0..=of).map(|hits| Counter::new(hits, of).interval(level)).collect();
            for p in (1..200).map(|n| f64::from(n) / 200.0) {
                let terms = binomial(of, p).into_iter().zip(&intervals);
                let holds: f64 =
                    terms.filter(|(_, interval)| interval.contains(p)).map(|(term, _)| term).sum();
                assert!(holds >= confidence - 1e-9, "{of}, {p}: {holds} below {confidence}");
            }
        }
    }
}

#[test]
fn more_observations_narrow_the_interval() {
    let of = |n: u64| Counter::new(3 * n, 10 * n).interval(ConfidenceLevel::P95);
    let widths: Vec<f64> =
        [1, 10, 100, 100_000].map(of).iter().map(|found| found.high - found.low).collect();
    assert!(widths.is_sorted_by(|wide, narrow| narrow < wide), "{widths:?}");
    assert!(of(100_000).contains(0.3) && widths[3] < 0.002);
}
