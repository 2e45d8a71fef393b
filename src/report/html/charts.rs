//! Charts of estimates: intervals on a scale, survival curves with bands, histograms.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "numbers are drawn here"
)]

use std::fmt::Write;

use maud::{Markup, html};

use super::ticks::Percent;
use crate::stats::{ConfidenceLevel, Counter, Interval};

/// Number of points of a curve.
const POINTS: usize = 121;

/// A scale from the lowest to the highest number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// A scale that has room for all numbers, and for zero.
    pub(super) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let (low, high) = numbers
            .fold((0.0_f64, 0.0_f64), |(low, high), number| (low.min(number), high.max(number)));
        if low < high { Self { low, high } } else { Self { low, high: low + 1.0 } }
    }

    /// A scale that reaches equally far on both sides of zero.
    pub(super) fn around_zero(numbers: impl Iterator<Item = f64>) -> Self {
        let Self { low, high } = Self::of(numbers);
        let far = high.max(-low);
        Self { low: -far, high: far }
    }

    /// The lowest and the highest number.
    pub(super) const fn ends(self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// The place of a number, with a margin at both ends.
    pub(super) fn place(self, number: f64) -> Percent {
        let share = (number - self.low) / (self.high - self.low);
        Percent(2_000 + (share.clamp(0.0, 1.0) * 96_000.0) as i64)
    }
}

/// An interval with its estimate, if there is one. The text beside the drawing has the numbers.
pub(super) fn interval(
    scale: Scale,
    mean: Option<f64>,
    range: Option<Interval>,
    style: usize,
) -> Markup {
    html! {
        svg width="100%" height="20" aria-hidden="true" focusable="false" {
            line.g x1="2%" x2="98%" y1="10" y2="10" stroke="#ccc" {}
            @if scale.low < 0.0 {
                line.zero x1=(scale.place(0.0)) x2=(scale.place(0.0)) y1="0" y2="20"
                    stroke="#50565d"
                    stroke-dasharray="3 3" {}
            }
            @if let Some(range) = range {
                line.{ "c" (style) " sol" } x1=(scale.place(range.low)) x2=(scale.place(range.high))
                    y1="10" y2="10" stroke=(COLOURS[style - 1]) stroke-width="2.4" {}
            }
            @if let Some(mean) = mean {
                circle.{ "x" (style) } cx=(scale.place(mean)) cy="10" r="4.5"
                    fill=(COLOURS[style - 1]) {}
            }
        }
    }
}

/// A bar from zero. The text beside the drawing has the number.
pub(super) fn bar(scale: Scale, number: f64, style: usize) -> Markup {
    let from = scale.place(0.0);
    html! {
        svg width="100%" height="14" aria-hidden="true" focusable="false" {
            line.g x1="2%" x2="98%" y1="13" y2="13" stroke="#ccc" {}
            rect.{ "x" (style) } x=(from) width=(Percent(scale.place(number).0 - from.0)) y="2"
                height="11" fill=(COLOURS[style - 1]) {}
        }
    }
}

/// Colours of the line styles without a style sheet: solid, dashed, dotted.
pub(super) const COLOURS: [&str; 3] = ["#a8320a", "#0b62a8", "#00664f"];
const DASHES: [Option<&str>; 3] = [None, Some("9 4"), Some("2 4")];
const STYLE_NAMES: [&str; 3] = ["solid", "dashed", "dotted"];

/// The line style of a case, from 1.
pub(super) const fn style(index: usize) -> usize {
    index % COLOURS.len() + 1
}

/// The name of a line style.
pub(super) fn style_name(index: usize) -> &'static str {
    STYLE_NAMES[index % COLOURS.len()]
}

/// The curve of a case.
pub(super) struct Curve {
    /// Index of the case, which determines the style.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) of: Survival,
}

/// First losses of replications: seconds from the start, `None` where nothing was lost.
pub(super) struct Survival {
    sorted: Vec<i64>,
    count: u64,
}

impl Survival {
    pub(super) fn new(first_losses: impl Iterator<Item = Option<i64>>) -> Self {
        let mut count = 0;
        let mut sorted: Vec<i64> = first_losses.inspect(|_| count += 1).flatten().collect();
        sorted.sort_unstable();
        Self { sorted, count }
    }

    /// Number of replications.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Number of replications without a loss up to and including an instant.
    pub(super) fn without(&self, at: i64) -> u64 {
        self.count - self.sorted.partition_point(|loss| *loss <= at) as u64
    }

    /// Exact limits of the share without a loss.
    pub(super) fn limits(&self, at: i64, level: ConfidenceLevel) -> Interval {
        Counter::new(self.without(at), self.count).interval(level)
    }

    /// Those limits in whole per cent: `98 to 100 %`.
    pub(super) fn limits_in_words(&self, at: i64, level: ConfidenceLevel) -> String {
        let limits = self.limits(at, level);
        format!("{:.0} to {:.0} %", limits.low * 100.0, limits.high * 100.0)
    }

    /// The instant by which half of the replications have a loss; `None` if fewer have one.
    pub(super) fn half(&self) -> Option<i64> {
        let half = usize::try_from(self.count.div_ceil(2)).ok()?.checked_sub(1)?;
        self.sorted.get(half).copied()
    }
}

/// Curves of the share without a loss, with their bands. `ticks` are seconds and labels.
pub(super) fn survival(
    all: &[Curve],
    seconds: i64,
    level: ConfidenceLevel,
    ticks: &[(i64, String)],
) -> Markup {
    let at = |point: usize| seconds * point as i64 / (POINTS - 1) as i64;
    let y = |share: f64| 1_000 - (share * 1_000.0) as i64;
    html! {
        div.plot {
            svg height="240" width="46" aria-hidden="true" focusable="false" {
                @for per_cent in [0_u32, 25, 50, 75, 100] {
                    text x="40" y=(14 + (100 - per_cent) * 2) text-anchor="end" { (per_cent) " %" }
                }
            }
            svg height="240" width="100%" role="img"
                aria-label="Share of replications without any loss over time; the table below \
                    has the numbers" {
                @for line in [10, 60, 110, 160, 210] {
                    line.g x1="0" x2="100%" y1=(line) y2=(line) stroke="#ccc" {}
                }
                svg x="0" y="10" width="100%" height="200" viewBox="0 0 1000 1000"
                    preserveAspectRatio="none" {
                    @for Curve { index, of, .. } in all {
                        @let limits: Vec<Interval> = (0..POINTS).map(|p| of.limits(at(p),
                            level)).collect();
                        path.{ "b" (style(*index)) } fill=(COLOURS[index % 3]) fill-opacity="0.28"
                            stroke="none"
                            d=(band(&limits, y)) {}
                    }
                    @for Curve { index, of, .. } in all {
                        path.{ "c" (style(*index)) } fill="none" stroke=(COLOURS[index % 3])
                            stroke-width="2.4"
                            stroke-dasharray=[DASHES[index % 3]] vector-effect="non-scaling-stroke"
                            d=(curve(of, at, y)) {}
                    }
                }
                @for (index, (second, label)) in ticks.iter().enumerate() {
                    text x=(Percent((*second as f64 / seconds.max(1) as f64 * 100_000.0) as i64))
                        y="230"
                        text-anchor=(if index == 0 { "start" } else if index + 1 == ticks.len() {
                            "end" } else { "middle" })
                        class=[(index % 2 == 1).then_some("t2")] { (label) }
                }
            }
        }
    }
}

fn curve(of: &Survival, at: impl Fn(usize) -> i64, y: impl Fn(f64) -> i64) -> String {
    let mut path = String::new();
    for point in 0..POINTS {
        let share = of.without(at(point)) as f64 / of.count().max(1) as f64;
        let x = point * 1_000 / (POINTS - 1);
        let _ = write!(path, "{}{x} {}", if point == 0 { "M" } else { "L" }, y(share));
    }
    path
}

fn band(limits: &[Interval], y: impl Fn(f64) -> i64) -> String {
    let mut path = String::new();
    let x = |point: usize| point * 1_000 / (POINTS - 1);
    for (point, limit) in limits.iter().enumerate() {
        let _ =
            write!(path, "{}{} {}", if point == 0 { "M" } else { "L" }, x(point), y(limit.high));
    }
    for (point, limit) in limits.iter().enumerate().rev() {
        let _ = write!(path, "L{} {}", x(point), y(limit.low));
    }
    path.push('Z');
    path
}

/// Counts of values in bins of equal width: first value of each bin, and its count.
pub(super) fn bins(values: &[i64], highest: i64) -> Vec<(i64, u64)> {
    let width = (highest / 20 + 1).max(1);
    let count = usize::try_from(highest / width + 1).unwrap_or(1);
    let mut bins: Vec<(i64, u64)> = (0..count as i64).map(|bin| (bin * width, 0)).collect();
    for value in values {
        let bin = usize::try_from(value / width).unwrap_or(0).min(count - 1);
        bins[bin].1 += 1;
    }
    bins
}

/// A histogram with a per cent on each bar. `most` is the highest per cent of all histograms.
pub(super) fn histogram(
    bins: &[(i64, u64)],
    count: u64,
    most: f64,
    index: usize,
    name: &str,
) -> Markup {
    let share = |n: u64| n as f64 * 100.0 / count.max(1) as f64;
    let width = 96_000 / bins.len().max(1) as i64;
    let wide = bins.windows(2).any(|pair| pair[1].0 - pair[0].0 > 1);
    let words: Vec<String> = bins
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(first, n)| format!("{first}: {:.0} %", share(*n)))
        .collect();
    html! {
        svg width="100%" height="150" role="img" aria-label={ (name) ": " (words.join(", ")) } {
            line.ci x1="0" x2="100%" y1="126" y2="126" stroke="#1b1e22" {}
            @for (at, (first, n)) in (0_i64..).zip(bins) {
                @let height = share(*n) / most.max(1.0) * 100.0;
                @let x = Percent(2_000 + at * width);
                @if *n > 0 {
                    rect.{ "x" (style(index)) } x=(Percent(x.0 + width / 10)) width=(Percent(width
                        * 8 / 10))
                        y=(format!("{:.1}", 126.0 - height)) height=(format!("{height:.1}"))
                        fill=(COLOURS[index % 3]) {}
                    text x=(Percent(x.0 + width / 2)) y=(format!("{:.1}", 122.0 - height))
                        text-anchor="middle" {
                        (format!("{:.0}", share(*n)))
                    }
                }
                text x=(Percent(x.0 + width / 2)) y="142" text-anchor="middle"
                    class=[(bins.len() > 10 && at % 2 == 1).then_some("t3")] {
                    (first) @if wide { "+" }
                }
            }
        }
    }
}

/// The highest per cent of a bin.
pub(super) fn highest(bins: &[(i64, u64)], count: u64) -> f64 {
    bins.iter().map(|(_, n)| *n as f64 * 100.0 / count.max(1) as f64).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survival_curve_counts_replications_without_a_loss() {
        let of = Survival::new([Some(10), None, Some(20), Some(20)].into_iter());
        assert_eq!((of.count(), of.without(9), of.without(10), of.without(99)), (4, 4, 3, 1));
        assert_eq!(of.half(), Some(20));
        assert_eq!(Survival::new([None, None].into_iter()).half(), None);
    }

    #[test]
    fn bins_hold_every_value_once() {
        assert_eq!(bins(&[0, 1, 1, 3], 3), [(0, 1), (1, 2), (2, 0), (3, 1)]);
        let wide = bins(&[0, 99, 100], 100);
        assert_eq!(wide.iter().map(|(_, n)| n).sum::<u64>(), 3);
        assert!(wide.len() <= 21);
    }
}
