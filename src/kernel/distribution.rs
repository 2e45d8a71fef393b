//! Distributions of random spans of time.
//!
//! The same stream gives the same spans on every platform. Every draw takes one 64-bit word and
//! inverts the distribution function, whatever the distribution; functions that platforms round
//! differently come from `libm`. Another distribution therefore changes no other draw of the
//! stream, and a larger word gives a longer span, so that two models can be compared with common
//! random numbers.

#![expect(clippy::float_arithmetic, reason = "a distribution is sampled here")]

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::time::SimSpan;

/// The distribution of a span of time.
///
/// A drawn span is rounded to the nearest whole second, half a second upwards. It can be zero, and
/// rounding changes the mean by less than half a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution(Shape);

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Fixed(SimSpan),
    /// Mean [s].
    Exponential(f64),
    /// Scale [s] and shape.
    Weibull(f64, f64),
    /// Median [s] and the standard deviation of the logarithm.
    LogNormal(f64, f64),
    /// Spans in order, each with the weight of itself and all before it.
    Empirical(Vec<(SimSpan, u64)>),
}

impl Distribution {
    /// Always `span`. A draw takes one word of the stream nevertheless.
    pub const fn fixed(span: SimSpan) -> Self {
        Self(Shape::Fixed(span))
    }

    /// Exponential with that mean: F(t) = 1 − exp(−t / mean).
    pub fn exponential(mean: SimSpan) -> Self {
        Self(Shape::Exponential(seconds(mean)))
    }

    /// Weibull: F(t) = 1 − exp(−(t / scale)^shape). `None` if the shape is not
    /// a positive number.
    ///
    /// With a shape below 1 the hazard falls with age, at 1 it is constant (exponential), and above
    /// 1 it rises.
    pub fn weibull(scale: SimSpan, shape: f64) -> Option<Self> {
        (shape.is_finite() && shape > 0.0).then(|| Self(Shape::Weibull(seconds(scale), shape)))
    }

    /// Log-normal: the logarithm is normal about ln(median) with the standard deviation `sigma`.
    /// `None` if sigma is negative or not a number.
    pub fn log_normal(median: SimSpan, sigma: f64) -> Option<Self> {
        let fits = sigma.is_finite() && sigma >= 0.0;
        fits.then(|| Self(Shape::LogNormal(seconds(median), sigma)))
    }

    /// One of these spans, with probabilities in proportion to the weights. `None` if the sum of
    /// the weights is zero.
    pub fn empirical(weighted: impl IntoIterator<Item = (SimSpan, u32)>) -> Option<Self> {
        let mut spans: Vec<(SimSpan, u32)> = weighted.into_iter().collect();
        spans.sort_unstable();
        let mut total = 0_u64;
        let up_to = spans.into_iter().map(|(span, weight)| {
            total = total.saturating_add(u64::from(weight));
            (span, total)
        });
        let up_to: Vec<_> = up_to.collect();
        (total > 0).then_some(Self(Shape::Empirical(up_to)))
    }

    /// Draws a span: one word of the stream.
    pub fn draw(&self, stream: &mut ChaCha8Rng) -> SimSpan {
        self.invert(stream.next_u64())
    }

    /// The span that belongs to a word: the inverse of F at the number between 0 and 1 that
    /// [`uniform`] makes of the word; for an empirical distribution, [`share`] is used instead.
    fn invert(&self, word: u64) -> SimSpan {
        let drawn = match &self.0 {
            Shape::Fixed(span) => return *span,
            Shape::Empirical(up_to) => return pick(up_to, word),
            Shape::Exponential(mean) => mean * hazard(word),
            Shape::Weibull(scale, shape) => scale * libm::pow(hazard(word), 1.0 / shape),
            Shape::LogNormal(median, sigma) => median * libm::exp(sigma * normal(uniform(word))),
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a longer span is limited to the longest"
        )]
        SimSpan::from_seconds(libm::round(drawn) as i64)
    }
}

/// A uniform whole number below `total`, to within 1 part in 2⁶⁴ / total; 0 if `total` is 0. Takes
/// one word of the stream; a larger word never gives a smaller number.
pub fn below(total: u64, stream: &mut ChaCha8Rng) -> u64 {
    share(stream.next_u64(), total)
}

/// The share of a total that belongs to a word: total × word / 2⁶⁴, rounded down.
fn share(word: u64, total: u64) -> u64 {
    u64::try_from((u128::from(word) * u128::from(total)) >> 64).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 285 million years")]
fn seconds(span: SimSpan) -> f64 {
    span.seconds() as f64
}

/// A number strictly between 0 and 1: the upper 52 bits plus one half.
#[expect(clippy::cast_precision_loss, reason = "52 bits and a half are exact")]
fn uniform(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// The cumulated hazard −ln(1 − u), which is exponential with mean 1.
fn hazard(word: u64) -> f64 {
    -libm::log1p(-uniform(word))
}

/// The first span whose cumulated weight exceeds the word's share of the total.
fn pick(up_to: &[(SimSpan, u64)], word: u64) -> SimSpan {
    let total = up_to.last().map_or(0, |(_, total)| *total);
    let share = share(word, total);
    let index = up_to.partition_point(|(_, below)| *below <= share);
    up_to.get(index).map_or(SimSpan::ZERO, |(span, _)| *span)
}

/// The standard normal quantile, to about 1 part in 10¹⁶: algorithm AS 241,
/// routine PPND16 (Wichura 1988, Applied Statistics 37, 477–484).
fn normal(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(&CENTRE, r);
    }
    let r = libm::sqrt(-libm::log(p.min(1.0 - p)));
    let x = if r <= 5.0 { ratio(&MIDDLE, r - 1.6) } else { ratio(&TAIL, r - 5.0) };
    x.copysign(q)
}

/// A quotient of two polynomials, the highest power first.
fn ratio(terms: &[[f64; 2]; 8], x: f64) -> f64 {
    let [above, below] =
        terms.iter().fold([0.0, 0.0], |[above, below], [a, b]| [above * x + a, below * x + b]);
    above / below
}

#[expect(clippy::excessive_precision, reason = "the digits as published")]
const CENTRE: [[f64; 2]; 8] = [
    [2.509_080_928_730_122_672_7e3, 5.226_495_278_852_854_561_0e3],
    [3.343_057_558_358_812_810_5e4, 2.872_908_573_572_194_267_4e4],
    [6.726_577_092_700_870_085_3e4, 3.930_789_580_009_271_061_0e4],
    [4.592_195_393_154_987_145_7e4, 2.121_379_430_158_659_586_7e4],
    [1.373_169_376_550_946_112_5e4, 5.394_196_021_424_751_107_7e3],
    [1.971_590_950_306_551_442_7e3, 6.871_870_074_920_579_083_0e2],
    [1.331_416_678_917_843_774_5e2, 4.231_333_070_160_091_125_2e1],
    [3.387_132_872_796_366_608_0, 1.0],
];

#[expect(clippy::excessive_precision, reason = "the digits as published")]
const MIDDLE: [[f64; 2]; 8] = [
    [7.745_450_142_783_414_076_40e-4, 1.050_750_071_644_416_843_24e-9],
    [2.272_384_498_926_918_458_33e-2, 5.475_938_084_995_344_946_00e-4],
    [2.417_807_251_774_506_117_70e-1, 1.519_866_656_361_645_719_66e-2],
    [1.270_458_252_452_368_382_58, 1.481_039_764_274_800_745_90e-1],
    [3.647_848_324_763_204_605_04, 6.897_673_349_851_000_045_50e-1],
    [5.769_497_221_460_691_405_50, 1.676_384_830_183_803_849_40],
    [4.630_337_846_156_545_295_90, 2.053_191_626_637_758_821_87],
    [1.423_437_110_749_683_577_34, 1.0],
];

#[expect(clippy::excessive_precision, reason = "the digits as published")]
const TAIL: [[f64; 2]; 8] = [
    [2.010_334_399_292_288_132_65e-7, 2.044_263_103_389_939_785_64e-15],
    [2.711_555_568_743_487_578_15e-5, 1.421_511_758_316_445_888_70e-7],
    [1.242_660_947_388_078_438_60e-3, 1.846_318_317_510_054_681_80e-5],
    [2.653_218_952_657_612_309_30e-2, 7.868_691_311_456_132_591_00e-4],
    [2.965_605_718_285_048_912_30e-1, 1.487_536_129_085_061_485_25e-2],
    [1.784_826_539_917_291_335_80, 1.369_298_809_227_358_053_10e-1],
    [5.463_784_911_164_114_369_90, 5.998_322_065_558_879_376_90e-1],
    [6.657_904_643_501_103_777_20, 1.0],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::streams::Streams;

    fn span(seconds: i64) -> SimSpan {
        SimSpan::from_seconds(seconds)
    }

    fn all() -> Vec<Distribution> {
        let week = span(7 * 86_400);
        vec![
            Distribution::fixed(week),
            Distribution::exponential(week),
            Distribution::weibull(week, 0.7).unwrap(),
            Distribution::weibull(week, 3.0).unwrap(),
            Distribution::log_normal(week, 1.2).unwrap(),
            Distribution::empirical([(span(60), 1), (week, 3), (span(5), 0)]).unwrap(),
        ]
    }

    /// The lower tail of the standard normal, by the complementary error function.
    fn tail(x: f64) -> f64 {
        0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
    }

    #[test]
    fn the_normal_quantile_undoes_the_error_function() {
        let mut p = 1e-300;
        while p < 0.5 {
            let x = normal(p);
            // A step in x is a relative step of about |x| + 1 in a tail.
            let wrong = (tail(x) / p - 1.0).abs() / (x.abs() + 1.0) / (x.abs() + 1.0);
            assert!(wrong < 1e-15, "{p}: {x}, off by {wrong}");
            p *= 1.37;
        }
        for p in [0.001, 0.01, 0.07, 0.075, 0.25, 0.4] {
            assert!((normal(p) + normal(1.0 - p)).abs() < 1e-14, "{p} and its opposite");
        }
        assert!(normal(0.5).abs() < 1e-300);
    }

    #[test]
    fn a_larger_word_never_gives_a_shorter_span() {
        let words = (0..=u64::MAX).step_by(1 << 56).chain([u64::MAX]);
        let words: Vec<u64> = words.collect();
        for distribution in all() {
            let spans: Vec<_> = words.iter().map(|word| distribution.invert(*word)).collect();
            assert!(spans.is_sorted(), "{distribution:?}");
        }
    }

    #[test]
    fn the_middle_word_gives_the_median() {
        let (half, mean) = (1 << 63, 1_000_000.0);
        let cases = [
            (Distribution::exponential(span(1_000_000)), mean * std::f64::consts::LN_2),
            (
                Distribution::weibull(span(1_000_000), 2.0).unwrap(),
                mean * libm::sqrt(std::f64::consts::LN_2),
            ),
            (Distribution::log_normal(span(1_000_000), 3.0).unwrap(), mean),
        ];
        for (distribution, median) in cases {
            let drawn = seconds(distribution.invert(half));
            assert!((drawn - median).abs() <= 0.5, "{distribution:?}: {drawn}, not {median}");
        }
    }

    #[test]
    fn weights_are_kept_exactly() {
        let one_in_four = Distribution::empirical([(span(60), 1), (span(5), 3)]).unwrap();
        assert_eq!(one_in_four.invert(0), span(5));
        assert_eq!(one_in_four.invert((3 << 62) - 1), span(5));
        assert_eq!(one_in_four.invert(3 << 62), span(60));
        assert_eq!(one_in_four.invert(u64::MAX), span(60));
    }

    #[test]
    fn every_number_below_a_total_has_the_same_share_of_words() {
        let sixth = u64::MAX / 6 + 1;
        for number in 0..6 {
            assert_eq!(share(number * sixth, 6), number);
            assert_eq!(share(number * sixth + (sixth - 5), 6), number);
        }
        assert_eq!([share(u64::MAX, 6), share(u64::MAX, 1), share(u64::MAX, 0)], [5, 0, 0]);
        assert_eq!(share(u64::MAX, u64::MAX), u64::MAX - 1);
    }

    #[test]
    fn invalid_parameters_give_no_distribution() {
        assert_eq!(Distribution::empirical([]), None);
        assert_eq!(Distribution::empirical([(span(1), 0)]), None);
        for shape in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Distribution::weibull(span(1), shape), None);
        }
        for sigma in [-0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Distribution::log_normal(span(1), sigma), None);
        }
    }

    #[test]
    fn extremes_are_drawn_without_a_panic() {
        let longest = SimSpan::from_seconds(i64::MAX);
        let wild = [
            Distribution::exponential(longest),
            Distribution::exponential(SimSpan::ZERO),
            Distribution::weibull(longest, 1e-9).unwrap(),
            Distribution::log_normal(longest, 1e9).unwrap(),
        ];
        for distribution in wild {
            for word in [0, 1 << 63, u64::MAX] {
                assert!(distribution.invert(word) >= SimSpan::ZERO);
            }
        }
    }

    #[test]
    fn every_draw_is_one_word() {
        for distribution in all() {
            let (mut a, mut b) = (Streams::new(1, 0).named("a"), Streams::new(1, 0).named("a"));
            distribution.draw(&mut a);
            b.next_u64();
            assert_eq!(a.next_u64(), b.next_u64(), "{distribution:?}");
        }
    }

    #[test]
    fn the_drawn_spans_never_change() {
        // These draws are the same on every platform. If they change, the draws of every stored
        // seed change.
        let mut stream = Streams::new(42, 0).named("chance");
        let drawn: Vec<i64> = all().iter().map(|d| d.draw(&mut stream).seconds()).collect();
        assert_eq!(drawn, [604_800, 1_942_499, 591_037, 616_495, 86_778, 604_800]);
    }
}
