//! Resolves the autoscale settings of groups.

use super::resolver::Resolver;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::fleet::{Autoscale, MetricRule, Profile, SizeChange};
use crate::format::{OneOrMany, WrittenAutoscale, WrittenMetricRule, WrittenProfile};
use crate::time::SimSpan;
use crate::words::{Comparison, Statistic, Weekday, Word};

const DAY: i64 = 24 * 3_600;

/// The cooldown of a rule if neither it nor its group states one.
pub const RULE_COOLDOWN: SimSpan = SimSpan::from_seconds(300);

/// Checks and resolves autoscale settings.
pub struct Scaling<'r, 'p> {
    /// Resolves names to ids.
    pub resolver: &'r mut Resolver<'p>,
    /// The cooldown of a rule that states none.
    pub cooldown: SimSpan,
}

impl Scaling<'_, '_> {
    /// The autoscale settings of a group.
    pub fn autoscale(&mut self, part: &Spanned<WrittenAutoscale>) -> Autoscale {
        let rules = self.rules(&part.rules);
        self.bounds(part.span, part.min, part.max, part.default);
        let every = part.every.map_or(SimSpan::from_seconds(60), |every| every.value);
        if let Some(every) = part.every.filter(|every| every.value == SimSpan::ZERO) {
            self.report(
                Code::BadTime,
                every.span,
                "the interval between evaluations must be longer than zero",
                "zero",
            );
        }
        let (min, max, default) = (part.min, part.max, part.default);
        let mut autoscale = Autoscale {
            every: every.max(SimSpan::from_seconds(1)),
            offset: part.offset,
            usual: Profile { min, max, default, rules },
            fixed: Vec::new(),
            recurring: Vec::new(),
            marks: Vec::new(),
            rests_until: self.resolver.start,
        };
        for profile in &part.profiles {
            self.profile(profile, &mut autoscale);
        }
        autoscale.marks.sort_unstable();
        autoscale
    }

    fn report(&mut self, code: Code, span: Span, title: &str, label: &str) {
        self.resolver.problems.add(Problem::at(code, span, title, label));
    }

    fn bounds(&mut self, span: Span, min: u32, max: u32, default: Option<u32>) {
        if min > max {
            let label = format!("{min} > {max}");
            self.report(Code::Contradiction, span, "a minimum above its maximum", &label);
        } else if default.is_some_and(|default| !(min..=max).contains(&default)) {
            let label = format!("not from {min} to {max}");
            self.report(Code::Contradiction, span, "a default size outside its bounds", &label);
        }
    }

    fn profile(&mut self, part: &Spanned<WrittenProfile>, autoscale: &mut Autoscale) {
        self.bounds(part.span, part.min, part.max, part.default);
        let rules = match &part.rules {
            Some(rules) => self.rules(rules),
            None => autoscale.usual.rules.clone(),
        };
        let profile = Profile { min: part.min, max: part.max, default: part.default, rules };
        let recurs = part.days.is_some() || part.at.is_some() || part.ends.is_some();
        match (part.from, part.until, part.at) {
            (Some(from), Some(until), None) if !recurs => {
                let start = self.resolver.start;
                let (from, until) = (from.from(start), until.from(start));
                if from >= until {
                    self.report(
                        Code::Contradiction,
                        part.span,
                        "this profile ends before it starts",
                        "never applies",
                    );
                }
                autoscale.fixed.push((from, until, profile));
            }
            (None, None, Some(at)) => {
                let every_day = || OneOrMany(Weekday::ALL.to_vec());
                let number = autoscale.recurring.len();
                for day in part.days.clone().unwrap_or_else(every_day).0 {
                    let midnight = i64::from(day.index()) * DAY;
                    autoscale.marks.push((midnight + at.0, Some(number)));
                    if let Some(ends) = part.ends {
                        let next_day = if ends.0 > at.0 { 0 } else { DAY };
                        let end = (midnight + ends.0 + next_day).rem_euclid(7 * DAY);
                        autoscale.marks.push((end, None));
                    }
                }
                autoscale.recurring.push(profile);
            }
            _ => {
                let title =
                    "a profile needs a start and an end, or a time of day at which it recurs";
                let problem = Problem::at(Code::MissingKey, part.span, title, "no time");
                self.resolver
                    .problems
                    .add(problem.help("write `from` and `until`, or `at` with `days` and `ends`"));
            }
        }
    }

    fn rules(&mut self, parts: &[Spanned<WrittenMetricRule>]) -> Vec<MetricRule> {
        parts.iter().filter_map(|part| self.rule(part)).collect()
    }

    fn rule(&mut self, part: &Spanned<WrittenMetricRule>) -> Option<MetricRule> {
        let tests: Vec<_> = [
            (Comparison::Above, part.above),
            (Comparison::AtLeast, part.at_least),
            (Comparison::Below, part.below),
            (Comparison::AtMost, part.at_most),
        ]
        .into_iter()
        .filter_map(|(comparison, level)| level.map(|level| (comparison, level)))
        .collect();
        let changes: Vec<SizeChange> = [
            part.add.map(|n| SizeChange::Add(n.get())),
            part.remove.map(|n| SizeChange::Remove(n.get())),
            part.add_percent.map(|n| SizeChange::AddPercent(n.get())),
            part.remove_percent.map(|n| SizeChange::RemovePercent(n.get())),
        ]
        .into_iter()
        .flatten()
        .collect();
        let metric = self.resolver.metrics.get(&part.metric.value);
        if metric.is_none() && !self.resolver.lacks_metrics {
            let title = format!("unknown metric `{}`", *part.metric);
            let problem =
                Problem::at(Code::UnknownName, part.metric.span, title, "not under `metrics:`");
            let known: Vec<&str> = self.resolver.metrics.iter().collect();
            let close = closest(&part.metric, known);
            self.resolver
                .problems
                .add(problem.did_you_mean(&close).note("metrics are defined under `metrics:`"));
        }
        let ([(comparison, level)], [change]) = (tests.as_slice(), changes.as_slice()) else {
            let title = "a rule needs exactly one comparison and exactly one change";
            let problem = Problem::at(Code::MissingKey, part.span, title, "incomplete rule");
            self.resolver.problems.add(
                problem
                    .help("write one of `above`, `at-least`, `below` and `at-most`")
                    .help("write one of `add`, `remove`, `add-percent` and `remove-percent`"),
            );
            return None;
        };
        Some(MetricRule {
            metric: metric?,
            over: part.over.unwrap_or(SimSpan::from_seconds(600)),
            statistic: part.statistic.unwrap_or(Statistic::Average),
            per_instance: part.per_instance,
            comparison: *comparison,
            level: *level,
            change: *change,
            cooldown: part.cooldown.unwrap_or(self.cooldown),
        })
    }
}
