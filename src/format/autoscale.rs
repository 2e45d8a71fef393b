//! Autoscale rules and profiles as a file states them: metrics by name, times as written.

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
    /// The autoscale rules and profiles of a group.
    WrittenAutoscale: "autoscale" {
        /// The smallest number of members.
        required "min" => min: u32,
        /// The largest number of members.
        required "max" => max: u32,
        /// The number of members if a metric cannot be read.
        optional "default" => default: u32,
        /// The interval between two evaluations; one minute if not given.
        optional "every" => every: Spanned<SimSpan>,
        /// The offset from UTC at which days and weeks are counted; UTC if not given.
        default "offset" => offset: UtcOffset,
        /// The rules that change the number of members.
        default "rules" => rules: Vec<Spanned<WrittenMetricRule>>,
        /// Profiles that replace the bounds and rules at some times.
        default "profiles" => profiles: Vec<Spanned<WrittenProfile>>,
    }
}

record! {
    /// A scaling rule: when the condition on a metric is met, the number of members changes.
    WrittenMetricRule: "a rule on a metric" {
        /// The metric.
        required "metric" => metric: Spanned<Name>,
        /// The rule applies if the metric is greater than this threshold.
        optional "above" => above: Decimal,
        /// The rule applies if the metric is greater than or equal to this threshold.
        optional "at-least" => at_least: Decimal,
        /// The rule applies if the metric is less than this threshold.
        optional "below" => below: Decimal,
        /// The rule applies if the metric is less than or equal to this threshold.
        optional "at-most" => at_most: Decimal,
        /// The length of the time window before each evaluation; ten minutes if not given.
        optional "over" => over: SimSpan,
        /// The statistic of the metric over the time window; `average` if not given.
        optional "statistic" => statistic: Statistic,
        /// Whether the statistic is divided by the number of members.
        default "per-instance" => per_instance: bool,
        /// The number of members to add.
        optional "add" => add: NonZero<u32>,
        /// The number of members to remove.
        optional "remove" => remove: NonZero<u32>,
        /// The number of members to add, in percent of the current size; at least one member.
        optional "add-percent" => add_percent: NonZero<u32>,
        /// The number of members to remove, in percent of the current size; at least one member.
        optional "remove-percent" => remove_percent: NonZero<u32>,
        /// The time after a change of size by this rule in which no rule makes another; if not
        /// given, the cooldown of the group, or five minutes if it has none.
        optional "cooldown" => cooldown: SimSpan,
    }
}

record! {
    /// Bounds and rules for a period: from one date to another, or every week.
    WrittenProfile: "a profile" {
        /// The start of a period that occurs once.
        optional "from" => from: Spanned<When>,
        /// The end of a period that occurs once.
        optional "until" => until: Spanned<When>,
        /// The days of the week on which the period starts; every day if not given.
        optional "days" => days: OneOrMany<Weekday>,
        /// The time of day at which the period starts.
        optional "at" => at: TimeOfDay,
        /// The time of day at which the period ends; when the next recurring profile starts if not
        /// given.
        optional "ends" => ends: TimeOfDay,
        /// The smallest number of members.
        required "min" => min: u32,
        /// The largest number of members.
        required "max" => max: u32,
        /// The number of members if a metric cannot be read.
        optional "default" => default: u32,
        /// The rules that change the number of members; the rules of the group if not given.
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
