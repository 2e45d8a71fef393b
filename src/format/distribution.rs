//! Distributions of spans of time, as files state them.
//!
//! The module never draws: it describes distributions, and the kernel draws from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::csv::rows;
use super::decimal::UnsignedDecimal;
use super::read::{Read, expected_kind};
use super::record::{Fields, record};
use super::schema::Schemas;
use super::tree::{Node, Value};
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Spanned};
use crate::time::SimSpan;

/// The distribution of a span of time. Drawn spans are rounded to whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanDistribution {
    /// Always the same span.
    Fixed(SimSpan),
    /// Exponential with this mean.
    Exponential(SimSpan),
    /// Weibull with this scale and shape.
    Weibull(SimSpan, UnsignedDecimal),
    /// Log-normal with this median, and this standard deviation of the natural logarithm.
    LogNormal(SimSpan, UnsignedDecimal),
    /// One of these spans, with probabilities in proportion to their weights. They are sorted once
    /// and shared by all replications.
    Empirical(Arc<[(SimSpan, u32)]>),
}

impl SpanDistribution {
    /// The shortest span that can be drawn.
    pub fn least(&self) -> SimSpan {
        match self {
            Self::Fixed(span) => *span,
            Self::Exponential(_) | Self::Weibull(..) | Self::LogNormal(..) => SimSpan::ZERO,
            Self::Empirical(spans) => {
                let possible = spans.iter().filter(|(_, weight)| *weight > 0);
                possible.map(|(span, _)| *span).min().unwrap_or(SimSpan::ZERO)
            }
        }
    }

    /// Whether every drawn span is zero.
    fn is_zero(&self) -> bool {
        match self {
            Self::Fixed(span)
            | Self::Exponential(span)
            | Self::Weibull(span, _)
            | Self::LogNormal(span, _) => *span == SimSpan::ZERO,
            Self::Empirical(spans) => {
                spans.iter().all(|(span, weight)| *span == SimSpan::ZERO || *weight == 0)
            }
        }
    }
}

record! {
    /// An exponential distribution.
    WrittenExponential: "an exponential distribution" {
        /// The mean.
        required "mean" => mean: Spanned<SimSpan>,
    }
}

record! {
    /// A Weibull distribution.
    WrittenWeibull: "a Weibull distribution" {
        /// The scale: 63 % of all spans are shorter.
        required "scale" => scale: Spanned<SimSpan>,
        /// The shape. Below 1 the hazard falls with age, at 1 it is constant (exponential), above 1
        /// it rises.
        required "shape" => shape: Spanned<UnsignedDecimal>,
    }
}

record! {
    /// A log-normal distribution.
    WrittenLogNormal: "a log-normal distribution" {
        /// The median: half of all spans are shorter.
        required "median" => median: Spanned<SimSpan>,
        /// The standard deviation of the natural logarithm.
        required "sigma" => sigma: UnsignedDecimal,
    }
}

record! {
    /// An observed span.
    WrittenSpan: "a span" {
        /// The length.
        required "span" => span: SimSpan,
        /// How often the span was observed; 1 if not given.
        optional "weight" => weight: u32,
    }
}

record! {
    /// Spans in a CSV file with the columns `span` and `weight`. The column `weight` may be
    /// missing.
    SpansFile: "a file of spans" {
        /// The path of the file, relative to the scenario.
        required "file" => file: Spanned<String>,
    }
}

/// A distribution as a file states it.
#[derive(Debug, Clone)]
pub enum WrittenDistribution {
    /// A distribution in the scenario.
    Here(SpanDistribution),
    /// The path of a CSV file with spans.
    File(Spanned<String>),
}

/// The description of a distribution in schemas.
const ABOUT: &str = "The distribution of a span of time: exactly one of these. Drawn spans are \
                    rounded to the nearest whole second, half a second upwards.";

/// The names of the distributions, each with its description.
const DISTRIBUTIONS: [(&str, &str); 5] = [
    ("exponential", "Exponential: the hazard is constant."),
    ("weibull", "Weibull: the hazard falls or rises with age."),
    ("lognormal", "Log-normal: most spans are near the median, and some are very long."),
    ("fixed", "Always the same span."),
    ("empirical", "Observed spans, with probabilities in proportion to their weights."),
];

impl Read for Spanned<WrittenDistribution> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = DISTRIBUTIONS.map(|(key, _)| key);
        let entries = match &node.value {
            Value::Scalar(..) => {
                let span = SimSpan::read(node, problems)?;
                return Some(Self::new(
                    WrittenDistribution::Here(SpanDistribution::Fixed(span)),
                    node.span,
                ));
            }
            Value::Map(entries) => entries,
            Value::Empty | Value::List(_) => {
                let problem = expected_kind(node, "a duration or a distribution");
                let problem = problem.help("write `7d`, or `{ exponential: { mean: 7d } }`");
                problems.add(problem.note(format!("distributions: {}", known.join(", "))));
                return None;
            }
        };
        Fields::open(node, "a distribution", &known, problems)?;
        let mut named = entries.iter().filter(|entry| known.contains(&&*entry.key.value));
        let Some(entry) = named.next() else {
            if entries.is_empty() {
                let title = "no distribution is given";
                let problem = Problem::at(Code::MissingKey, node.span, title, "no distribution");
                problems.add(problem.note(format!("distributions: {}", known.join(", "))));
            }
            return None;
        };
        if let Some(second) = named.next() {
            let title = "exactly one distribution is allowed; there are several";
            let problem = Problem::at(Code::Contradiction, second.key.span, title, "the second");
            problems.add(problem.and_at(entry.key.span, "the first").help("remove one of them"));
            return None;
        }
        let distribution = read_named(&entry.key, &entry.value, problems)?;
        Some(Self::new(distribution, node.span))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<WrittenDistribution>("a distribution", |schemas| {
            let mut keys = Vec::new();
            for (key, about) in DISTRIBUTIONS {
                let schema = match key {
                    "exponential" => WrittenExponential::schema(schemas),
                    "weibull" => WrittenWeibull::schema(schemas),
                    "lognormal" => WrittenLogNormal::schema(schemas),
                    "fixed" => SimSpan::schema(schemas),
                    _ => {
                        let span = SimSpan::schema(schemas);
                        let one = json!({ "anyOf": [span, WrittenSpan::schema(schemas)] });
                        let mut list = schemas.list(&one);
                        list["minItems"] = 1.into();
                        json!({ "anyOf": [SpansFile::schema(schemas), list] })
                    }
                };
                keys.push((key, about, schema, false));
            }
            let mut one = schemas.object(ABOUT, keys);
            one["type"] = "object".into();
            Schemas::exactly_one(&mut one, DISTRIBUTIONS.into_iter().map(|(key, _)| key));
            json!({ "anyOf": [SimSpan::schema(schemas), one] })
        })
    }
}

/// Reads the value of the key `name`, which is a distribution.
fn read_named(name: &str, node: &Node, problems: &mut Problems) -> Option<WrittenDistribution> {
    Some(WrittenDistribution::Here(match name {
        "exponential" => {
            let part = WrittenExponential::read(node, problems)?;
            SpanDistribution::Exponential(not_zero("mean", part.mean, problems)?)
        }
        "weibull" => {
            let part = WrittenWeibull::read(node, problems)?;
            let scale = not_zero("scale", part.scale, problems);
            if part.shape.value == UnsignedDecimal::ZERO {
                let title = "the shape must be greater than 0";
                let problem = Problem::at(Code::BadNumber, part.shape.span, title, "zero");
                problems.add(problem.help("write a number above 0, such as `0.7`"));
                return None;
            }
            SpanDistribution::Weibull(scale?, part.shape.value)
        }
        "lognormal" => {
            let part = WrittenLogNormal::read(node, problems)?;
            SpanDistribution::LogNormal(not_zero("median", part.median, problems)?, part.sigma)
        }
        "fixed" => SpanDistribution::Fixed(SimSpan::read(node, problems)?),
        _ => return read_spans(node, problems),
    }))
}

/// A parameter that must be longer than zero; otherwise every drawn span would be zero.
fn not_zero(key: &str, span: Spanned<SimSpan>, problems: &mut Problems) -> Option<SimSpan> {
    if span.value == SimSpan::ZERO {
        let title = format!("the {key} must be longer than zero");
        let problem = Problem::at(Code::BadTime, span.span, title, "zero");
        problems.add(problem.help(format!("write a duration, such as `{key}: 7d`")));
        return None;
    }
    Some(span.value)
}

fn read_spans(node: &Node, problems: &mut Problems) -> Option<WrittenDistribution> {
    let items = match &node.value {
        Value::Map(_) => {
            return SpansFile::read(node, problems)
                .map(|part| WrittenDistribution::File(part.file));
        }
        Value::List(items) => items,
        Value::Empty | Value::Scalar(..) => {
            let problem = expected_kind(node, "a list of spans, or a file of them");
            problems.add(problem.help("write `[2d, 9d, 30d]`, or `{ file: spans.csv }`"));
            return None;
        }
    };
    let spans = items.iter().map(|item| match &item.value {
        Value::Scalar(..) => SimSpan::read(item, problems).map(|span| (span, 1)),
        Value::Empty | Value::List(_) | Value::Map(_) => {
            WrittenSpan::read(item, problems).map(|part| (part.span, part.weight.unwrap_or(1)))
        }
    });
    // Every item is read, so that every mistake is found.
    let spans: Vec<Option<(SimSpan, u32)>> = spans.collect();
    let spans: Vec<(SimSpan, u32)> = spans.into_iter().collect::<Option<_>>()?;
    weighed(spans, node.span, problems).map(WrittenDistribution::Here)
}

/// An empirical distribution; `None` if no span can be drawn, which is reported.
fn weighed(
    mut spans: Vec<(SimSpan, u32)>,
    span: Span,
    problems: &mut Problems,
) -> Option<SpanDistribution> {
    if spans.iter().all(|(_, weight)| *weight == 0) {
        let what = if spans.is_empty() { "no span" } else { "every weight is 0" };
        let title = "there is no span to draw";
        problems.add(Problem::at(Code::BadNumber, span, title, what));
        return None;
    }
    spans.sort_unstable();
    Some(SpanDistribution::Empirical(spans.into()))
}

/// Reports a distribution of gaps in which every gap is zero, so that time would not advance. Any
/// other distribution has a mean, scale or median of at least a second, or a span of at least a
/// second.
pub fn check_gaps(distribution: &SpanDistribution, span: Span, problems: &mut Problems) {
    if distribution.is_zero() {
        let title = "every gap of this source is zero, so time would not advance";
        let problem = Problem::at(Code::BadTime, span, title, "every gap is zero");
        problems.add(problem.help("write a duration, such as `7d`"));
    }
}

/// The files that distributions name.
pub struct SpanFiles<'t> {
    /// The files by path; `None` if a file could not be read.
    pub files: &'t BTreeMap<String, Option<FileId>>,
    /// The texts of the files.
    pub sources: &'t Sources,
}

impl SpanFiles<'_> {
    /// The distribution, with the spans of its file; `None` if it has a mistake, which is reported.
    pub fn distribution(
        &self,
        part: &WrittenDistribution,
        problems: &mut Problems,
    ) -> Option<SpanDistribution> {
        let path = match part {
            WrittenDistribution::Here(distribution) => return Some(distribution.clone()),
            WrittenDistribution::File(path) => path,
        };
        let file = self.files.get(&path.value).copied().flatten()?;
        let mut rows = rows(self.sources, file, WrittenSpan::KEYS, &["span"], problems)?;
        let (mut spans, mut good) = (Vec::new(), true);
        while let Some(row) = rows.next_row(problems) {
            match WrittenSpan::read(&row, problems) {
                Some(part) => spans.push((part.span, part.weight.unwrap_or(1))),
                None => good = false,
            }
        }
        good.then(|| weighed(spans, path.span, problems)).flatten()
    }
}
