//! Times and durations as files write them.

use serde_json::Value as Json;

use super::read::{Read, scalar, scalar_or};
use super::schema::{SPAN, Schemas};
use super::tree::Node;
use crate::diagnostics::{Code, Problem, Problems, Span};
use crate::time::{ApiVersion, CalendarSpan, SimSpan, SimTime, Term, TimeError, UtcOffset};

/// A day of the calendar, as a regular expression.
const DAY: &str = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";

/// An instant with its offset. The reader also accepts it without marks between its digits.
const INSTANT: &str = "-?[0-9]{4,6}-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])\
                       [Tt ]([01][0-9]|2[0-3])(:?[0-5][0-9](:?[0-6][0-9]([.,]0+)?)?)?\
                       ([Zz]|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9](:?[0-5][0-9])?)?)";

/// An offset from UTC.
const OFFSET: &str = "[Zz]|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9](:?[0-5][0-9])?)?";

/// The schema of a text with a description and examples.
fn described(schemas: &Schemas, pattern: &str, about: &str, examples: &[&str]) -> Json {
    let mut schema = schemas.pattern(pattern);
    schema["description"] = about.into();
    schema["examples"] = examples.into();
    schema
}

/// A time in a file: absolute, or relative to the start of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// An instant: `2026-06-01T00:00:00+08:00`.
    At(SimTime),
    /// A duration after the start: `+1d12h`.
    After(SimSpan),
}

impl When {
    /// Reads a time; `None` for any other text, without a message.
    pub fn plain(text: &str) -> Option<Self> {
        match text.strip_prefix('+') {
            Some(span) => SimSpan::parse(span).ok().map(Self::After),
            None => SimTime::parse(text).ok().map(Self::At),
        }
    }

    /// The instant, in a scenario that starts at `start`.
    pub const fn from(self, start: SimTime) -> SimTime {
        match self {
            Self::At(at) => at,
            Self::After(span) => start.after(span),
        }
    }
}

impl Read for When {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let example = "write a time, such as `2026-06-01T00:00:00+08:00` or `+1d12h`";
        let text = scalar_or(node, "a time", problems, |problem| problem.help(example))?;
        if let Some(span) = text.strip_prefix('+') {
            return match SimSpan::parse(span) {
                Ok(span) => Some(Self::After(span)),
                Err(fault) => {
                    problems.add(bad_span(span, node, fault));
                    None
                }
            };
        }
        match SimTime::parse(text) {
            Ok(at) => Some(Self::At(at)),
            Err(fault) => {
                problems.add(bad_time(text, node, fault));
                None
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a time", |schemas| {
            let about = "A time with an offset, or `+1d12h` after the start.";
            described(
                schemas,
                &format!("{INSTANT}|\\+({SPAN})"),
                about,
                &["2026-06-01T00:00:00+08:00", "+1d12h"],
            )
        })
    }
}

/// An instant: a time that does not depend on the start.
impl Read for SimTime {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match When::read(node, problems)? {
            When::At(at) => Some(at),
            When::After(_) => {
                problems.add(not_an_instant(node.span));
                None
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an instant", |schemas| {
            let about = "A time with an offset.";
            described(schemas, INSTANT, about, &["2026-06-01T00:00:00+08:00"])
        })
    }
}

/// The problem with a time after the start in place of an instant.
pub fn not_an_instant(span: Span) -> Problem {
    let title = "the start must be an instant, not a time after the start";
    Problem::at(Code::BadTime, span, title, "not an instant")
        .help("write a time, such as `2026-06-01T00:00:00Z`")
}

impl Read for SimSpan {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let example = "write a duration, such as `1d12h`";
        let text = scalar_or(node, "a duration", problems, |problem| problem.help(example))?;
        Self::parse(text).map_err(|fault| problems.add(bad_span(text, node, fault))).ok()
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a duration", |schemas| {
            let about = "A duration: digits with d, h, m or s, the largest unit first.";
            described(schemas, SPAN, about, &["1d12h"])
        })
    }
}

/// The problem with a duration; `text` is its digits and units without a sign.
pub(super) fn bad_span(text: &str, node: &Node, fault: TimeError) -> Problem {
    let written = node.scalar().unwrap_or(text);
    let sign = if written.starts_with('+') { "+" } else { "" };
    let note = "a duration is digits with d, h, m or s, for example `1d12h`";
    match fault {
        TimeError::NoUnit => {
            let title = format!("`{written}` has no unit");
            let problem = Problem::at(Code::NoUnit, node.span, title, "no unit").note(note);
            // Each unit is smaller than the one before it.
            let units = ["d", "h", "m", "s"].into_iter();
            let valid = units.filter(|unit| SimSpan::parse(&format!("{text}{unit}")).is_ok());
            let meant: Vec<_> = valid.take(2).map(|unit| format!("`{sign}{text}{unit}`")).collect();
            if meant.is_empty() {
                return problem;
            }
            problem.help(format!("did you mean {}?", meant.join(" or ")))
        }
        TimeError::OutOfRange => {
            let title = format!("`{written}` is longer than a thousand years");
            let problem = Problem::at(Code::BadNumber, node.span, title, "too long");
            problem.help("write a shorter one; a run ends before the year 9999")
        }
        TimeError::NoOffset
        | TimeError::Fraction
        | TimeError::LeapSecond
        | TimeError::Offset
        | TimeError::ZoneName
        | TimeError::Malformed => {
            let title = format!("`{written}` is not a duration");
            let problem = Problem::at(Code::BadTime, node.span, title, "not a duration");
            let weeks = text.strip_suffix('w').and_then(|weeks| weeks.parse::<u32>().ok());
            let problem = match weeks.and_then(|weeks| weeks.checked_mul(7)) {
                Some(days) => problem.help(format!("write `{sign}{days}d`")),
                None => problem,
            };
            problem
                .note(note)
                .note("months and years have no fixed length, and a duration has no sign")
        }
    }
}

/// The problem with a time.
pub(super) fn bad_time(text: &str, node: &Node, fault: TimeError) -> Problem {
    match fault {
        TimeError::NoOffset => {
            let date_only = !text.contains(['T', 't', ' ']);
            let full = if date_only { format!("{text}T00:00:00") } else { text.to_owned() };
            let title = "this time has no offset, so it could be any of several instants";
            Problem::at(Code::NoOffset, node.span, title, "no offset")
                .help(format!("write `{full}Z` for UTC or, for Beijing, `{full}+08:00`"))
                .note("the time zone of the machine is not used, so that results are the same everywhere")
        }
        TimeError::Fraction => {
            let title = format!("`{text}` has a fraction of a second");
            Problem::at(Code::BadTime, node.span, title, "whole seconds only")
                .help("write the time without the fraction")
        }
        TimeError::LeapSecond => {
            let title = format!("`{text}` is in second 60 of its minute");
            Problem::at(Code::BadTime, node.span, title, "no such second")
                .help("write second 59, or second 00 of the next minute")
                .note("a minute has the seconds 00 to 59; leap seconds are not simulated")
        }
        TimeError::Offset => {
            let title = format!("`{text}` has an offset that is not possible");
            Problem::at(Code::BadTime, node.span, title, "not a possible offset").help(
                "write an offset of less than 24 hours in hours and minutes, such as `+08:00`",
            )
        }
        TimeError::ZoneName => {
            let time = text.split('[').next().unwrap_or_default();
            let title = format!("`{text}` has an offset and the name of a time zone");
            Problem::at(Code::BadTime, node.span, title, "the name of a time zone")
                .help(format!("write `{time}`"))
                .note("a name could contradict the offset")
        }
        TimeError::NoUnit | TimeError::OutOfRange | TimeError::Malformed => {
            let title = format!("`{text}` is not a time");
            let mut problem = Problem::at(Code::BadTime, node.span, title, "not a time");
            if SimSpan::parse(text).is_ok() {
                problem = problem.help(format!("did you mean `+{text}`, counted from the start?"));
            } else if let Some(day) = day_of(text).filter(|day| !is_day(day)) {
                let years = "the calendar has the years 1 to 9999, written with four digits";
                problem = problem.note(format!("`{day}` is not a day of the calendar"));
                problem = if day.len() == 10 { problem } else { problem.note(years) };
            }
            problem
                .note("a time is written `2026-06-01T00:00:00+08:00`, or `+1d12h` after the start")
        }
    }
}

/// The day in a text that has the form of a time: digits and hyphens up to the time of day.
fn day_of(text: &str) -> Option<&str> {
    let (day, _) = text.split_once(['T', 't', ' '])?;
    let is_day = |c: char| c.is_ascii_digit() || c == '-';
    (day.len() >= 8 && day.chars().all(is_day)).then_some(day)
}

/// Whether a text is a day of the calendar.
fn is_day(text: &str) -> bool {
    SimTime::parse(&format!("{text}T00:00:00Z")).is_ok()
}

impl Read for CalendarSpan {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "a duration", problems)?;
        Self::parse(text).map_err(|fault| problems.add(bad_span(text, node, fault))).ok()
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a calendar duration", |schemas| {
            let about = "Months (`1mo`), years (`3y`), or a duration such as `1d12h`.";
            described(schemas, &format!("[0-9]+(mo|y)|{SPAN}"), about, &["1mo"])
        })
    }
}

impl Read for Term {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let found = Self::new(CalendarSpan::read(node, problems)?);
        if found.is_none() {
            let title = "a term must be longer than zero";
            problems.add(Problem::at(Code::BadTime, node.span, title, "zero"));
        }
        found
    }

    fn schema(schemas: &mut Schemas) -> Json {
        CalendarSpan::schema(schemas)
    }
}

impl Read for UtcOffset {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "an offset", problems)?;
        let found = Self::parse(text).ok();
        if found.is_none() {
            let title = format!("`{text}` is not an offset from UTC such as `+08:00`");
            problems.add(Problem::at(Code::BadTime, node.span, title, "not an offset"));
        }
        found
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an offset from UTC", |schemas| {
            let about = "An offset from UTC.";
            let mut schema = described(schemas, OFFSET, about, &["+08:00"]);
            // YAML reads `+0800` as a number.
            schema["type"] = serde_json::json!(["string", "integer"]);
            schema
        })
    }
}

impl Read for ApiVersion {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "an API version", problems)?;
        let found = Self::parse(text);
        if found.is_none() {
            let title = format!("`{text}` is not a version such as `2019-03-01`");
            problems.add(Problem::at(Code::BadTime, node.span, title, "not a date"));
        }
        found
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an API version", |schemas| {
            let about = "The version of a provider's API, which is named by its date.";
            described(schemas, &format!("{DAY}(-.+)?"), about, &["2019-03-01"])
        })
    }
}
