//! Autoscale as written: metrics by name, times as written.

use std::num::NonZero;

use serde_json::Value as Json;

use super::read::{Name, OneOrMany, Read, expected_kind};
use super::read_time::When;
use super::record::record;
use super::schema::Schemas;
use super::tree::Node;
use crate::decimal::Decimal;
use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::time::{SimSpan, UtcOffset};
use crate::words::{Statistic, Weekday};

record! {
    /// What makes a group want another size.
    WrittenAutoscale: "autoscale" {
        /// The least number of members.
        required "min" => min: u32,
        /// The largest number of members.
        required "max" => max: u32,
        /// The number of members while a metric cannot be read.
        optional "default" => default: u32,
        /// How often it looks; every minute, if not given.
        optional "every" => every: Spanned<SimSpan>,
        /// Where days and weeks are counted.
        default "offset" => offset: UtcOffset,
        /// What asks for another size.
        default "rules" => rules: Vec<Spanned<WrittenMetricRule>>,
        /// Other bounds, and other rules, at some times.
        default "profiles" => profiles: Vec<Spanned<WrittenProfile>>,
    }
}

record! {
    /// A rule on a metric.
    WrittenMetricRule: "a rule on a metric" {
        /// The metric.
        required "metric" => metric: Spanned<Name>,
        /// It fires above this level.
        optional "above" => above: Decimal,
        /// It fires at this level and above.
        optional "at-least" => at_least: Decimal,
        /// It fires below this level.
        optional "below" => below: Decimal,
        /// It fires at this level and below.
        optional "at-most" => at_most: Decimal,
        /// How much of the past it looks at; ten minutes, if not given.
        optional "over" => over: SimSpan,
        /// What it makes of that; the average, if not given.
        optional "statistic" => statistic: Statistic,
        /// Whether that is divided by the number of members.
        default "per-instance" => per_instance: bool,
        /// How many more members it asks for.
        optional "add" => add: NonZero<u32>,
        /// How many fewer.
        optional "remove" => remove: NonZero<u32>,
        /// How many more, in percent of the present size; one at least.
        optional "add-percent" => add_percent: NonZero<u32>,
        /// How many fewer, in percent of the present size; one at least.
        optional "remove-percent" => remove_percent: NonZero<u32>,
        /// How long nothing else happens once it has fired; five minutes, if not given.
        optional "cooldown" => cooldown: SimSpan,
    }
}

record! {
    /// Bounds and rules for some time: from one date to another, or every week.
    WrittenProfile: "a profile" {
        /// When it begins, once.
        optional "from" => from: Spanned<When>,
        /// When it ends, once.
        optional "until" => until: Spanned<When>,
        /// On which days it begins, every week; on all, if not given.
        optional "days" => days: OneOrMany<Weekday>,
        /// At what time of these days.
        optional "at" => at: TimeOfDay,
        /// At what time of these days it ends; with the next that recurs, if not given.
        optional "ends" => ends: TimeOfDay,
        /// The least number of members.
        required "min" => min: u32,
        /// The largest number of members.
        required "max" => max: u32,
        /// The number of members while a metric cannot be read.
        optional "default" => default: u32,
        /// What asks for another size; the group's own rules, if not given.
        optional "rules" => rules: Vec<Spanned<WrittenMetricRule>>,
    }
}

/// A time of the day, `08:30`, in seconds from midnight.
#[derive(Debug, Clone, Copy)]
pub struct TimeOfDay(pub i64);

impl Read for TimeOfDay {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Some(text) = node.scalar() else {
            problems.add(expected_kind(node, "a time of the day"));
            return None;
        };
        let number = |text: &str, below: i64| {
            let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<i64>().ok()).flatten().filter(|n| *n < below)
        };
        let found = text
            .split_once(':')
            .and_then(|(hour, minute)| Some(number(hour, 24)? * 3_600 + number(minute, 60)? * 60));
        if found.is_none() {
            let title = format!("`{text}` is not a time of the day");
            let problem = Problem::at(Code::BadTime, node.span, title, "not hours and minutes");
            problems.add(problem.help("write it as `08:30`"));
        }
        found.map(Self)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a time of the day", |schemas| {
            let mut schema = schemas.pattern("([01][0-9]|2[0-3]):[0-5][0-9]");
            schema["examples"] = ["08:30"].as_slice().into();
            schema
        })
    }
}
