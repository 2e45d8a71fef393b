//! How precise a figure is to be before replications end.

#![expect(clippy::float_arithmetic, reason = "a share of a figure is a float")]

use super::estimate::{Estimate, Series};
use crate::diagnostics::closest;
use crate::words::Unit;

/// Half of an interval is to be no wider than that.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Of which metric; of every share, if it does not say.
    metric: Option<String>,
    width: f64,
    /// Whether that is a share of the figure, and not in its unit.
    relative: bool,
}

impl Target {
    /// Reads `0.01`, `METRIC=0.01` or `METRIC=5%`.
    ///
    /// # Errors
    /// In words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (metric, width) = match text.split_once('=') {
            Some((metric, width)) => (Some(metric.to_owned()), width),
            None => (None, text),
        };
        let (number, relative) = match width.strip_suffix('%') {
            Some(number) => (number, true),
            None => (width, false),
        };
        let number: Option<f64> = number.parse().ok();
        let number = number.filter(|number| number.is_finite() && *number > 0.0);
        let Some(number) = number else {
            return Err("expected 0.01, METRIC=0.01, or METRIC=5% of its mean".to_owned());
        };
        let width = if relative { number / 100.0 } else { number };
        Ok(Self { metric, width, relative })
    }

    /// Holds it against what there is a figure of.
    ///
    /// # Errors
    /// In words, if there is no such metric, or if it is a share and asked for in per cent.
    pub fn check(&self, counts: &[String]) -> Result<(), String> {
        let all = Series::all(counts);
        let share = match &self.metric {
            None => true,
            Some(name) => {
                let found = all.iter().find(|series| series.name == *name);
                found.ok_or_else(|| unknown(name, &all))?.unit == Unit::Share
            }
        };
        if share && self.relative {
            return Err(
                "write the half-width of a share as a number between 0 and 1: 0.01, not 1%"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether every figure that it is about is as precise. A mean of which nothing is known to
    /// differ is not.
    pub fn is_met(&self, estimates: &[Estimate]) -> bool {
        let mut about = estimates.iter().filter(|estimate| match &self.metric {
            Some(name) => estimate.metric == *name,
            None => estimate.unit == Unit::Share,
        });
        about.all(|estimate| {
            let wide = if self.relative { estimate.mean.unwrap_or(0.0).abs() } else { 1.0 };
            estimate.interval.is_some_and(|found| found.half_width() <= self.width * wide)
        })
    }
}

/// That there is no such metric, and what there is.
fn unknown(name: &str, all: &[Series]) -> String {
    let known: Vec<&str> = all.iter().map(|series| series.name.as_str()).collect();
    let help = match closest(name, known.iter().copied()).first() {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known metrics: {}", known.join(", ")),
    };
    format!("unknown metric `{name}`; {help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_read_and_a_mistake_in_it_told() {
        let target = Target::parse("released=5%").unwrap();
        assert_eq!((target.width, target.relative), (0.05, true));
        for wrong in ["", "0", "-1", "nan", "inf", "a=", "a=b", "%"] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
        let reported = |text: &str| Target::parse(text).unwrap().check(&["web".to_owned()]);
        for right in ["0.01", "any-web=0.01", "web=3", "released=5%", "any-released=0.2"] {
            assert_eq!(reported(right), Ok(()), "{right}");
        }
        assert!(reported("relesed=1").unwrap_err().contains("did you mean `released`?"));
        assert!(reported("any-web=1%").is_err() && reported("2%").is_err());
    }
}
