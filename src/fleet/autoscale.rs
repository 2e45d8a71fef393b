//! Autoscale profiles and rules at run time.

use super::metric::{MetricReading, Series};
use crate::decimal::Decimal;
use crate::time::{SimSpan, SimTime, UtcOffset};
use crate::words::{Comparison, Initiator, Statistic};

/// The name of autoscale as a caller of requests, in reports.
pub const AUTOSCALE: &str = "autoscale";

/// The autoscale settings of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autoscale {
    /// Interval between evaluations.
    pub every: SimSpan,
    /// The offset at which days and weeks are counted.
    pub offset: UtcOffset,
    /// The profile that applies if no other does.
    pub usual: Profile,
    /// Profiles with a start (inclusive) and an end (exclusive). The first one that applies is
    /// used.
    pub fixed: Vec<(SimTime, SimTime, Profile)>,
    /// Profiles that recur every week.
    pub recurring: Vec<Profile>,
    /// Starts and ends of the recurring profiles, sorted: seconds from Monday 00:00, and the index
    /// in `recurring`; `None` for an end.
    pub marks: Vec<(i64, Option<usize>)>,
    /// End of the cooldown of the rule that fired last.
    pub rests_until: SimTime,
}

/// Bounds, and the rules that apply within them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The smallest number of members.
    pub min: u32,
    /// The largest number of members.
    pub max: u32,
    /// The number of members if a metric cannot be read; `None` if it then stays as it is.
    pub default: Option<u32>,
    /// The rules, in no particular order.
    pub rules: Vec<MetricRule>,
}

/// A rule on a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricRule {
    /// Index of the metric in the metrics of the fleet.
    pub metric: usize,
    /// Length of the window that ends now.
    pub over: SimSpan,
    /// The statistic of the metric in the window.
    pub statistic: Statistic,
    /// Whether the statistic is divided by the number of members.
    pub per_instance: bool,
    /// The comparison with `level`.
    pub comparison: Comparison,
    /// The threshold.
    pub level: Decimal,
    /// The change that it requests.
    pub change: SizeChange,
    /// The cooldown after it has fired.
    pub cooldown: SimSpan,
}

/// The change of size that a rule requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeChange {
    /// Adds a number of members.
    Add(u32),
    /// Removes a number of members.
    Remove(u32),
    /// Adds a percentage of the current size, at least one member.
    AddPercent(u32),
    /// Removes a percentage of the current size, at least one member.
    RemovePercent(u32),
}

/// The result of an evaluation that requests another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeProposal {
    /// The requested size.
    pub size: u32,
    /// The cause of the request.
    pub initiator: Initiator,
    /// The cooldown of the rule that requests it; `None` if no rule does.
    pub cooldown: Option<SimSpan>,
}

impl SizeProposal {
    /// A correction that no rule requests. It starts no cooldown.
    const fn to_bounds(size: u32) -> Self {
        Self { size, initiator: Initiator::Bounds, cooldown: None }
    }
}

impl SizeChange {
    const fn adds(self) -> bool {
        matches!(self, Self::Add(_) | Self::AddPercent(_))
    }

    /// The requested size for a group of `size` members.
    fn from(self, size: u32) -> u32 {
        let share = |percent: u32| {
            let share = u64::from(size) * u64::from(percent) / 100;
            u32::try_from(share).unwrap_or(u32::MAX).max(1)
        };
        match self {
            Self::Add(n) => size.saturating_add(n),
            Self::Remove(n) => size.saturating_sub(n),
            Self::AddPercent(percent) => size.saturating_add(share(percent)),
            Self::RemovePercent(percent) => size.saturating_sub(share(percent)),
        }
    }
}

impl MetricRule {
    /// The reading for a group of `size` members; `None` if the metric cannot be read.
    fn reads(&self, now: SimTime, size: u32, metrics: &[Series]) -> Option<MetricReading> {
        let reading = metrics[self.metric].read(now, self.over, self.statistic)?;
        Some(if self.per_instance { reading.shared_by(size) } else { reading })
    }

    fn fires_at(&self, reading: MetricReading) -> bool {
        reading.compares(self.comparison, self.level)
    }
}

const WEEK: i64 = 7 * 24 * 3_600;

impl Autoscale {
    /// The profile that applies at an instant.
    fn profile(&self, now: SimTime) -> &Profile {
        let fixed = self.fixed.iter().find(|(from, until, _)| *from <= now && now < *until);
        if let Some((_, _, profile)) = fixed {
            return profile;
        }
        let second = second_of_week(now, self.offset);
        // The last mark before now; before the first mark of a week, the last mark of any week.
        let last = self.marks.iter().rev().find(|(at, _)| *at <= second).or(self.marks.last());
        last.and_then(|(_, profile)| *profile).map_or(&self.usual, |index| &self.recurring[index])
    }

    /// Evaluates the rules once; `None` if they request no other size.
    pub fn evaluate(&self, now: SimTime, size: u32, metrics: &[Series]) -> Option<SizeProposal> {
        let Profile { min, max, default, rules } = self.profile(now);
        let within = size.clamp(*min, *max);
        if within != size {
            return Some(SizeProposal::to_bounds(within));
        }
        if now < self.rests_until {
            return None;
        }
        let readings: Vec<(&MetricRule, Option<MetricReading>)> =
            rules.iter().map(|rule| (rule, rule.reads(now, size, metrics))).collect();
        let blind = readings.iter().any(|(_, reading)| reading.is_none());
        if let Some(default) = default.filter(|default| blind && size < *default) {
            return Some(SizeProposal::to_bounds(default));
        }
        let fires = |(rule, reading): &(&MetricRule, Option<MetricReading>)| {
            reading.is_some_and(|reading| rule.fires_at(reading))
        };
        let largest = |adding: bool| {
            let asked = readings.iter().filter(|(rule, _)| rule.change.adds() == adding);
            let asked = asked
                .filter(|read| fires(read))
                .map(|(rule, _)| (rule.change.from(size).clamp(*min, *max), rule.cooldown));
            asked.max_by_key(|(size, cooldown)| (*size, *cooldown))
        };
        let proposal = |(size, cooldown)| {
            let cooldown = Some(cooldown);
            SizeProposal { size, initiator: Initiator::Alarm, cooldown }
        };
        if let Some(more) = largest(true) {
            return Some(proposal(more)).filter(|proposal| proposal.size > size);
        }
        let all = readings.iter().filter(|(rule, _)| !rule.change.adds()).all(fires);
        let (least, cooldown) = largest(false).filter(|_| all && !blind)?;
        let flaps = |to: u32| {
            readings.iter().any(|(rule, reading)| {
                rule.change.adds()
                    && reading.is_some_and(|reading| rule.fires_at(reading.moved(size, to)))
            })
        };
        (least..size).find(|to| !flaps(*to)).map(|to| proposal((to, cooldown)))
    }
}

/// Seconds from the start of the week, Monday 00:00, to an instant.
fn second_of_week(at: SimTime, offset: UtcOffset) -> i64 {
    // 1970-01-01 was a Thursday, the fourth day of its week.
    (at.seconds() + offset.seconds() + 3 * 24 * 3_600).rem_euclid(WEEK)
}

#[cfg(test)]
mod tests {
    use crate::fleet::autoscale::*;

    fn rule(comparison: Comparison, level: i64, change: SizeChange) -> MetricRule {
        MetricRule {
            metric: 0,
            over: SimSpan::from_seconds(600),
            statistic: Statistic::Average,
            per_instance: false,
            comparison,
            level: Decimal::parse(&level.to_string()).unwrap(),
            change,
            cooldown: SimSpan::from_seconds(300),
        }
    }

    fn autoscale(rules: Vec<MetricRule>) -> Autoscale {
        Autoscale {
            every: SimSpan::from_seconds(60),
            offset: UtcOffset::default(),
            usual: Profile { min: 1, max: 10, default: Some(4), rules },
            fixed: Vec::new(),
            recurring: Vec::new(),
            marks: Vec::new(),
            rests_until: SimTime::from_seconds(0),
        }
    }

    fn steady(level: i64) -> Vec<Series> {
        let level = Decimal::parse(&level.to_string());
        vec![Series::new(vec![(SimTime::from_seconds(0), level)])]
    }

    const NOW: SimTime = SimTime::from_seconds(7_200);

    fn size(autoscale: &Autoscale, size: u32, level: i64) -> Option<u32> {
        autoscale.evaluate(NOW, size, &steady(level)).map(|proposal| proposal.size)
    }

    #[test]
    fn one_rule_suffices_to_scale_out_and_all_must_agree_to_scale_in() {
        let both = autoscale(vec![
            rule(Comparison::Above, 75, SizeChange::Add(1)),
            rule(Comparison::Above, 90, SizeChange::Add(3)),
            rule(Comparison::Below, 30, SizeChange::Remove(2)),
            rule(Comparison::Below, 20, SizeChange::Remove(1)),
        ]);
        assert_eq!(size(&both, 5, 80), Some(6));
        assert_eq!(size(&both, 5, 95), Some(8), "the largest");
        assert_eq!(size(&both, 9, 95), Some(10), "no more than the maximum");
        assert_eq!(size(&both, 5, 25), None, "only one of two");
        assert_eq!(size(&both, 5, 10), Some(4), "the smallest change");
    }

    /// Of 3 instances with a load of 50 % each, 2 would have a load of 75 %: the rule "above 70"
    /// would add one again.
    #[test]
    fn a_scale_in_that_would_cause_a_scale_out_is_left_out() {
        let rules = |limit| {
            autoscale(vec![
                rule(Comparison::Above, limit, SizeChange::Add(1)),
                rule(Comparison::AtMost, 50, SizeChange::Remove(1)),
            ])
        };
        assert_eq!(size(&rules(70), 3, 50), None);
        assert_eq!(size(&rules(75), 3, 50), Some(2), "75 is not above 75");
        // The largest change that causes no scale-out is chosen: of 10 members, 5 would have a load
        // of 90 % and 7 of about 64.3 %.
        let mut many = rules(65);
        many.usual.rules[1].change = SizeChange::Remove(5);
        assert_eq!(size(&many, 10, 45), Some(7));
    }

    #[test]
    fn a_size_outside_of_the_bounds_is_corrected_even_in_the_cooldown() {
        let mut resting = autoscale(vec![rule(Comparison::Above, 75, SizeChange::Add(1))]);
        resting.rests_until = SimTime::NEVER;
        assert_eq!(size(&resting, 5, 99), None);
        assert_eq!(size(&resting, 12, 99), Some(10));
        assert_eq!(size(&resting, 0, 99), Some(1));
    }

    #[test]
    fn a_metric_that_cannot_be_read_leads_to_the_default_and_never_to_a_scale_in() {
        let blind = autoscale(vec![rule(Comparison::Below, 30, SizeChange::Remove(1))]);
        let nothing = vec![Series::new(Vec::new())];
        assert_eq!(blind.evaluate(NOW, 2, &nothing).map(|proposal| proposal.size), Some(4));
        assert_eq!(blind.evaluate(NOW, 6, &nothing), None);
    }

    #[test]
    fn a_profile_by_date_precedes_a_weekly_one_and_that_the_usual_one() {
        let mut scaled = autoscale(Vec::new());
        let sized = |n| Profile { min: n, max: n, default: None, rules: Vec::new() };
        // 1970-01-01 00:00 was a Thursday. Weekdays from 08:00, ending at 18:00, on Thursdays.
        let thursday = 3 * 24 * 3_600;
        scaled.recurring.push(sized(7));
        scaled.marks = vec![(thursday + 8 * 3_600, Some(0)), (thursday + 18 * 3_600, None)];
        let at = |hours: i64| SimTime::from_seconds(hours * 3_600);
        let min = |scaled: &Autoscale, hours| scaled.profile(at(hours)).min;
        assert_eq!([7, 8, 17, 18].map(|hours| min(&scaled, hours)), [1, 7, 7, 1]);
        assert_eq!(min(&scaled, 7 * 24 + 9), 7, "a week later");
        scaled.fixed.push((at(9), at(10), sized(3)));
        assert_eq!([8, 9, 10].map(|hours| min(&scaled, hours)), [7, 3, 7]);
    }
}
