//! Quantiles of the beta distribution, and of Student's t, which is computed from it.
//!
//! No library is used: `statrs` 0.19 ends the continued fraction after 140 terms, so that Student's
//! t with a million degrees of freedom is wrong in the fourth digit, and it may use the logarithms
//! of the platform, depending on the features that other crates enable.

#![expect(
    clippy::float_arithmetic,
    clippy::many_single_char_names,
    reason = "special functions, in the letters of their sources"
)]

/// Largest number of terms of the continued fraction. About √(a + b) terms are needed.
const TERMS: u32 = 100_000;

/// Largest number of bisections. It suffices for every number between 0 and 1, to the last bit.
const STEPS: u32 = 1_100;

/// The regularised incomplete beta function Iₓ(a, b): the probability that a beta variable is at
/// most x. It uses the continued fraction of DLMF 8.17.22 for x or for 1 − x, whichever converges
/// quickly.
fn cumulative(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - continued_fraction(b, a, 1.0 - x);
    }
    continued_fraction(a, b, x)
}

/// Iₓ(a, b) by the continued fraction of DLMF 8.17.22, evaluated by Lentz's method.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
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

/// The quantile of the beta distribution with (a, b) at the probability `p`, by bisection.
pub(super) fn quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if cumulative(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The value that Student's t with ν = `freedom` degrees of freedom exceeds with the probability
/// `tail`, which is below ½. With x = ν / (ν + t²), P(|T| > t) = Iₓ(ν/2, 1/2) (DLMF 8.17, and
/// Abramowitz and Stegun 26.5.27).
pub(super) fn student_t(freedom: f64, tail: f64) -> f64 {
    // Bisection searches 1 − x, which is small where ν is large, so that no digits are lost.
    let beyond = quantile(0.5, freedom / 2.0, 1.0 - 2.0 * tail);
    libm::sqrt(freedom * beyond / (1.0 - beyond))
}
