//! The precision that ends a study of replications.
#![expect(clippy::float_arithmetic, reason = "statistics over many replications")]

use super::estimate::{Estimate, ObservedSeries};
use crate::diagnostics::closest;
use crate::words::Unit;

/// The largest half-width that an interval may have.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionTarget {
    /// Name of the metric; `None` for every share.
    metric: Option<String>,
    /// The half-width: in the unit of the metric, or as a share of its mean if `relative`.
    width: f64,
    /// Whether `width` is a share of the mean.
    relative: bool,
}

impl PrecisionTarget {
    /// Parses `0.01`, `METRIC=0.01` or `METRIC=5%`.
    ///
    /// # Errors
    /// If the number is missing or not positive.
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
        let Some(number) = number.filter(|number| number.is_finite()) else {
            return Err("expected 0.01, METRIC=0.01, or METRIC=5% of its mean".to_owned());
        };
        if number <= 0.0 {
            return Err("it must be greater than 0".to_owned());
        }
        let width = if relative { number / 100.0 } else { number };
        Ok(Self { metric, width, relative })
    }

    /// Checks that the metric exists; `counts` are the names that the scenario defines.
    ///
    /// # Errors
    /// If the metric does not exist, or if it is a share and the width is a percentage.
    pub fn check(&self, counts: &[String]) -> Result<(), String> {
        let all = ObservedSeries::all(counts);
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

    /// The estimates that it applies to.
    fn concerned<'e>(&self, estimates: &'e [Estimate]) -> impl Iterator<Item = &'e Estimate> {
        estimates.iter().filter(|estimate| match &self.metric {
            Some(name) => estimate.metric == *name,
            None => estimate.unit == Unit::Share,
        })
    }

    /// An estimate that it applies to and whose observations, two or more, are all equal. It has
    /// no interval, so that no number of such observations makes it precise enough.
    pub fn constant<'e>(&self, estimates: &'e [Estimate]) -> Option<&'e Estimate> {
        self.concerned(estimates).find(|estimate| estimate.n >= 2 && estimate.interval.is_none())
    }

    /// Whether every estimate that it applies to is precise enough. An estimate without an
    /// interval is not.
    pub fn is_met(&self, estimates: &[Estimate]) -> bool {
        let concerned = || self.concerned(estimates);
        // Without a currency there is no estimate of money, so a precision for it is never reached.
        if self.metric.is_some() && concerned().next().is_none() {
            return false;
        }
        concerned().all(|estimate| {
            let scale = if self.relative { estimate.mean.unwrap_or(0.0).abs() } else { 1.0 };
            estimate.interval.is_some_and(|(_, found)| found.half_width() <= self.width * scale)
        })
    }
}

/// The message about an unknown metric.
fn unknown(name: &str, all: &[ObservedSeries]) -> String {
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
    fn a_precision_is_parsed_and_its_mistakes_are_reported() {
        let target = PrecisionTarget::parse("released=5%").unwrap();
        assert_eq!((target.width, target.relative), (0.05, true));
        for wrong in ["", "0", "-1", "nan", "inf", "a=", "a=b", "%"] {
            assert!(PrecisionTarget::parse(wrong).is_err(), "{wrong}");
        }
        let reported =
            |text: &str| PrecisionTarget::parse(text).unwrap().check(&["web".to_owned()]);
        for right in ["0.01", "any-web=0.01", "web=3", "released=5%", "any-released=0.2"] {
            assert_eq!(reported(right), Ok(()), "{right}");
        }
        assert!(reported("relesed=1").unwrap_err().contains("did you mean `released`?"));
        assert!(reported("any-web=1%").is_err() && reported("2%").is_err());
    }
}
