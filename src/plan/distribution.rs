//! Lengths of time left to chance, as files say them.
//!
//! It must never draw: a law is what a file says, and the kernel makes spans of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Spanned};
use crate::format::{Fields, Node, Read, Schemas, Value, expected_kind, record, rows};
use crate::time::SimSpan;

/// How long something takes, as chance has it. What is drawn is rounded to whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Law {
    /// Always as long.
    Fixed(SimSpan),
    /// Exponential with that mean: what is due does not depend on how long ago the last was.
    Exponential(SimSpan),
    /// Weibull with that scale and shape.
    Weibull(SimSpan, Thousandths),
    /// Log-normal with that median, and that standard deviation of the logarithm.
    LogNormal(SimSpan, Thousandths),
    /// One of these spans, each as likely as its weight has it. All replications share them, and
    /// they are sorted, which each of them would otherwise have to do.
    Empirical(Arc<[(SimSpan, u32)]>),
}

impl Law {
    /// Whether it could never give any time at all.
    fn is_nothing(&self) -> bool {
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

/// A number of thousandths: files write it with at most three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thousandths(pub u32);

impl Thousandths {
    /// One.
    pub const ONE: Self = Self(1_000);

    fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 || whole.len() > 6 {
            return None;
        }
        format!("{whole}{part:0<3}").parse().ok().map(Self)
    }
}

impl Read for Thousandths {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Some(text) = node.scalar() else {
            problems.add(expected_kind(node, "a number"));
            return None;
        };
        let found = Self::parse(text);
        if found.is_none() {
            let title = format!("`{text}` is not a number with at most three decimals");
            let problem = Problem::at(Code::BadNumber, node.span, title, "not such a number");
            problems.add(problem.help("write digits and a point, such as `0.8`"));
        }
        found
    }

    /// No `multipleOf`: validators compute it with binary fractions, and 0.7 fails.
    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a positive decimal", |schemas| {
            schemas.number("number", Some(0), r"[0-9]{1,6}(\.[0-9]{1,3})?")
        })
    }
}

record! {
    /// An exponential distribution.
    WrittenExponential: "an exponential distribution" {
        /// How long it takes on average.
        required "mean" => mean: Spanned<SimSpan>,
    }
}

record! {
    /// A Weibull distribution.
    WrittenWeibull: "a Weibull distribution" {
        /// The span within which it happens in 63 of 100 cases.
        required "scale" => scale: Spanned<SimSpan>,
        /// Below 1 the hazard falls with age, at 1 it is constant (exponential), above 1 it rises.
        required "shape" => shape: Spanned<Thousandths>,
    }
}

record! {
    /// A log-normal distribution.
    WrittenLogNormal: "a log-normal distribution" {
        /// The span within which it happens in half of the cases.
        required "median" => median: Spanned<SimSpan>,
        /// The standard deviation of the natural logarithm; 1 is a wide spread.
        required "sigma" => sigma: Thousandths,
    }
}

record! {
    /// A span that was seen.
    WrittenSpan: "a span" {
        /// How long.
        required "span" => span: SimSpan,
        /// How often; once, if not given.
        optional "weight" => weight: u32,
    }
}

record! {
    /// Spans in a CSV file with the columns `span` and, if not all are as likely, `weight`.
    SpansFile: "a file of spans" {
        /// Its path, relative to the scenario.
        required "file" => file: Spanned<String>,
    }
}

/// A law as written.
#[derive(Debug, Clone)]
pub enum WrittenLaw {
    /// Here.
    Here(Law),
    /// Spans in a file.
    File(Spanned<String>),
}

/// What a law is.
const ABOUT: &str = "How long it takes: one of these. What is drawn is rounded to the nearest \
                     whole second, half a second up.";

/// The distributions, each with what it is.
const LAWS: [(&str, &str); 5] = [
    ("exponential", "what comes at any time, whenever the last one was"),
    ("weibull", "what comes more and more seldom, or more and more often"),
    ("lognormal", "what mostly takes as long, and now and then very long"),
    ("fixed", "always as long"),
    ("empirical", "spans that were seen, each as likely as it was often"),
];

impl Read for Spanned<WrittenLaw> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = LAWS.map(|(key, _)| key);
        let entries = match &node.value {
            Value::Scalar(..) => {
                let span = SimSpan::read(node, problems)?;
                return Some(Self::new(WrittenLaw::Here(Law::Fixed(span)), node.span));
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
            let title = "exactly one distribution is needed; these are several";
            let problem = Problem::at(Code::Contradiction, second.key.span, title, "the second");
            problems.add(problem.and_at(entry.key.span, "the first").help("remove one of them"));
            return None;
        }
        let law = read_law(&entry.key, &entry.value, problems)?;
        Some(Self::new(law, node.span))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<WrittenLaw>("a distribution", |schemas| {
            let mut keys = Vec::new();
            for (key, about) in LAWS {
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
            Schemas::exactly_one(&mut one, LAWS.into_iter().map(|(key, _)| key));
            json!({ "anyOf": [SimSpan::schema(schemas), one] })
        })
    }
}

/// Reads what stands behind the name of a distribution.
fn read_law(name: &str, node: &Node, problems: &mut Problems) -> Option<WrittenLaw> {
    Some(WrittenLaw::Here(match name {
        "exponential" => {
            let part = WrittenExponential::read(node, problems)?;
            Law::Exponential(some_time("mean", part.mean, problems)?)
        }
        "weibull" => {
            let part = WrittenWeibull::read(node, problems)?;
            let scale = some_time("scale", part.scale, problems);
            if part.shape.value == Thousandths(0) {
                let title = "a shape of 0 is no distribution";
                let problem = Problem::at(Code::BadNumber, part.shape.span, title, "above 0");
                problems.add(problem.help("write a number above 0, such as `0.7`"));
                return None;
            }
            Law::Weibull(scale?, part.shape.value)
        }
        "lognormal" => {
            let part = WrittenLogNormal::read(node, problems)?;
            Law::LogNormal(some_time("median", part.median, problems)?, part.sigma)
        }
        "fixed" => Law::Fixed(SimSpan::read(node, problems)?),
        _ => return read_spans(node, problems),
    }))
}

/// A parameter that is some time: at none, every span would be none.
fn some_time(key: &str, span: Spanned<SimSpan>, problems: &mut Problems) -> Option<SimSpan> {
    if span.value == SimSpan::ZERO {
        let title = format!("a {key} of no time at all makes every span none");
        let problem = Problem::at(Code::BadTime, span.span, title, "no time at all");
        problems.add(problem.help(format!("write some time, such as `{key}: 7d`")));
        return None;
    }
    Some(span.value)
}

fn read_spans(node: &Node, problems: &mut Problems) -> Option<WrittenLaw> {
    let items = match &node.value {
        Value::Map(_) => {
            return SpansFile::read(node, problems).map(|part| WrittenLaw::File(part.file));
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
    weighed(spans, node.span, problems).map(WrittenLaw::Here)
}

/// Spans of which at least one can be drawn.
fn weighed(mut spans: Vec<(SimSpan, u32)>, span: Span, problems: &mut Problems) -> Option<Law> {
    if spans.iter().all(|(_, weight)| *weight == 0) {
        let what = if spans.is_empty() { "no span" } else { "every weight is 0" };
        let title = "there is no span to draw";
        problems.add(Problem::at(Code::BadNumber, span, title, what));
        return None;
    }
    spans.sort_unstable();
    Some(Law::Empirical(spans.into()))
}

/// Reports gaps that would never let time pass. Any other law gives a second or more at least
/// three times in ten: it has a mean, scale or median of a second or more, or a span that does.
pub fn check_gaps(law: &Law, span: Span, problems: &mut Problems) {
    if law.is_nothing() {
        let title = "a source whose gaps are no time at all would never let time pass";
        let problem = Problem::at(Code::BadTime, span, title, "every gap is none");
        problems.add(problem.help("write some time, such as `7d`"));
    }
}

/// The files that laws name, as far as they could be read.
pub struct Tables<'t> {
    /// By path.
    pub files: &'t BTreeMap<String, Option<FileId>>,
    /// Their texts.
    pub sources: &'t Sources,
}

impl Tables<'_> {
    /// The law that is meant; spans of a file are read.
    pub fn law(&self, part: &WrittenLaw, problems: &mut Problems) -> Option<Law> {
        let path = match part {
            WrittenLaw::Here(law) => return Some(law.clone()),
            WrittenLaw::File(path) => path,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_at_most_three_decimals() {
        let cases = [
            ("0.7", Some(700)),
            ("1", Some(1_000)),
            ("12.345", Some(12_345)),
            ("0.05", Some(50)),
            ("0", Some(0)),
            ("0.0001", None),
            ("-1", None),
            (".5", None),
            ("1.", None),
            ("1e3", None),
            ("NaN", None),
            ("1000000", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(Thousandths::parse(text).map(|number| number.0), wanted, "{text}");
        }
    }
}
