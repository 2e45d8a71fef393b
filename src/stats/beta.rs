//! The beta distribution, and Student's t by it.
//!
//! Written out rather than taken from a library: `statrs` 0.19 cuts the continued
//! fraction off after 140 terms, so that Student's t with a million degrees of
//! freedom is wrong in the fourth digit, and its logarithms are those of the
//! platform as soon as another crate asks for that.

#![expect(
    clippy::float_arithmetic,
    clippy::many_single_char_names,
    reason = "special functions, in the letters of their sources"
)]

/// More terms than any count of observations needs; some √(a + b) are.
const TERMS: u32 = 100_000;

/// Half-way steps down to the last bit of a number between 0 and 1.
const STEPS: u32 = 1_100;

/// The regularised incomplete beta function Iₓ(a, b): the probability that a beta
/// variable is at most x. By the continued fraction of DLMF 8.17.22, evaluated
/// after Lentz, on the side on which it converges quickly.
fn cumulated(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - below_the_bulk(b, a, 1.0 - x);
    }
    below_the_bulk(a, b, x)
}

fn below_the_bulk(a: f64, b: f64, x: f64) -> f64 {
    let gammas = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(gammas + a * libm::log(x) + b * libm::log1p(-x)) / a;
    let not_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d, mut fraction) = (1.0, 0.0, 1.0);
    for term in 0..TERMS {
        let m = f64::from(term / 2);
        let numerator = match term {
            0 => 1.0,
            _ if term % 2 == 0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        d = 1.0 / not_zero(1.0 + numerator * d);
        c = not_zero(1.0 + numerator / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * (fraction - 1.0)
}

/// The x at which the beta distribution with (a, b) has cumulated `p`, by halving.
pub(super) fn quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if cumulated(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// What Student's t with `degrees` degrees of freedom exceeds with probability `tail`,
/// below a half: with x = ν / (ν + t²), P(|T| > t) = Iₓ(ν/2, 1/2) (DLMF 8.17, and
/// Abramowitz and Stegun 26.5.27).
pub(super) fn student_t(freedom: f64, tail: f64) -> f64 {
    // 1 − x is what halving can find exactly: it is small where ν is large.
    let beyond = quantile(0.5, freedom / 2.0, 1.0 - 2.0 * tail);
    libm::sqrt(freedom * beyond / (1.0 - beyond))
}
