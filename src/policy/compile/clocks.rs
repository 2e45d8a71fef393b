//! Compilation of the orders of scale-in, the limits on schedules, and the clocks.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, closest};
use crate::format::OneOrMany;
use crate::policy::clock::{Clock, ClockStep};
use crate::policy::edition::Schedule;
use crate::policy::file::{PolicyFile, WrittenScaleIn, WrittenSchedule};
use crate::policy::order::Order;
use crate::policy::rule_node::RuleNode;
use crate::policy::written_step::WrittenStep;
use crate::time::{CalendarSpan, SimTime, UtcOffset};
use crate::words::{ClockAction, ClockKind, Criterion, Trigger, Word};

impl Compiler<'_> {
    pub(super) fn orders(&mut self, part: &WrittenScaleIn) -> Vec<Order> {
        let mut orders: Vec<Order> = Vec::new();
        for (name, order) in &part.orders.0 {
            let sources = self.find_sources(OneOrMany::items(order.source.as_ref()));
            if order.by == Criterion::Number && part.numbers.0.is_empty() {
                let title = format!(
                    "`{}` orders members by number, but `scale-in` has no `numbers`",
                    **name
                );
                let problem = Problem::at(Code::MissingKey, name.span, title, "no `numbers`");
                self.problems.add(problem.help(
                    "add `numbers:` to `scale-in:`, such as `numbers: { NB1: { then: decimal, source: … } }`",
                ));
            }
            orders.push(Order {
                name: name.to_string(),
                by: order.by,
                first: order.first,
                fault_domains: order.fault_domains,
                sources,
            });
        }
        orders
    }

    pub(super) fn schedule(&mut self, part: &WrittenSchedule) -> Schedule {
        let sources = self.find_sources(OneOrMany::items(part.source.as_ref()));
        let days = |span: CalendarSpan| {
            SimTime::from_seconds(0).after_on_calendar(span, UtcOffset::default())
        };
        if let (Some(earliest), Some(latest)) = (part.earliest, part.latest)
            && days(*earliest) > days(*latest)
        {
            let title = "no release can be scheduled: `latest` is before `earliest`";
            let problem = Problem::at(Code::Contradiction, latest.span, title, "too soon");
            self.problems.add(problem.and_at(earliest.span, "the earliest"));
        }
        Schedule {
            granularity: part.granularity.unwrap_or_default(),
            earliest: part.earliest.map(|span| span.value),
            latest: part.latest.map(|span| span.value),
            sources,
        }
    }

    pub(super) fn clocks(&mut self, file: &PolicyFile) -> Vec<(ClockKind, Clock)> {
        let mut clocks = Vec::new();
        for (name, steps) in &file.clocks.0 {
            let Some(kind) = ClockKind::spelled(name) else {
                let known: Vec<&str> = ClockKind::ALL.iter().map(|kind| kind.word()).collect();
                let title = format!("`{}` is not {}", **name, ClockKind::WHAT);
                let problem = Problem::at(Code::UnknownWord, name.span, title, "unknown clock");
                let problem = problem.did_you_mean(&closest(name, known.iter().copied()));
                self.problems.add(problem.note(format!("one of: {}", known.join(", "))));
                continue;
            };
            clocks.push((kind, self.clock(kind, name, &steps.0)));
        }
        clocks
    }

    pub(super) fn clock(
        &mut self,
        kind: ClockKind,
        name: &str,
        nodes: &[RuleNode<WrittenStep>],
    ) -> Clock {
        self.parts.push(format!("clocks.{name}"));
        let mut clock = Clock::default();
        let mut ids: Vec<Box<str>> = Vec::new();
        if let Some(node) = nodes.get(Clock::MOST) {
            let title = format!("a clock has at most {} steps", Clock::MOST);
            self.problems.add(Problem::at(Code::BadNumber, node.span, title, "one too many"));
        }
        for (number, node) in nodes.iter().take(Clock::MOST).enumerate() {
            let id = format!("{name}.{}", number + 1);
            let Some(part) = WrittenStep::read(&id, node, self.problems) else { continue };
            let since = part.since.as_ref().filter(|since| since.value != "start");
            let since = since.and_then(|since| {
                let step = ids.iter().position(|id| **id == ***since);
                if step.is_none() {
                    let title =
                        format!("unknown step `{}`: no earlier step has this name", **since);
                    let problem = Problem::at(Code::UnknownRule, since.span, title, "unknown step");
                    let earlier = ids.iter().map(|id| &**id);
                    self.problems.add(problem.known_names(since, "earlier steps", earlier));
                }
                step
            });
            let of_account = matches!(kind, ClockKind::PaymentOverdue | ClockKind::Cancellation);
            if part.action == ClockAction::SuspendSnapshots && !of_account {
                let title = format!("the clock `{name}` cannot suspend snapshots");
                let span = part.rule.id.span;
                let label = "only clocks of an account suspend snapshots";
                self.problems.add(Problem::at(Code::Contradiction, span, title, label));
            }
            let (rule, when) = self.rule(&part.rule);
            ids.push(part.rule.id.value.clone());
            clock.steps.push(ClockStep {
                rule,
                when,
                after: part.after,
                plus_grace: part.plus_grace,
                since,
                rounding: part.rounding,
                action: part.action,
                trigger: part.trigger.unwrap_or(match kind {
                    ClockKind::PaymentOverdue => Trigger::BillingOverdue,
                    ClockKind::Expiry => Trigger::Expiry,
                    ClockKind::SpotReclaim => Trigger::SpotReclaim,
                    ClockKind::Cancellation => Trigger::Cancellation,
                }),
                turn: 0,
            });
        }
        let steps = clock
            .steps
            .iter()
            .map(|step| (severity(step.action), &*self.rules[step.rule.index()].id));
        let mut turns: Vec<_> = steps.enumerate().map(|(index, key)| (key, index)).collect();
        turns.sort_unstable();
        for (turn, index) in
            (0..).zip(turns.into_iter().map(|(_, index)| index).collect::<Vec<_>>())
        {
            clock.steps[index].turn = turn;
        }
        clock
    }
}

/// Rank of an action by how much it takes from the owner.
const fn severity(action: ClockAction) -> u8 {
    match action {
        ClockAction::Renew | ClockAction::SuspendSnapshots => 0,
        ClockAction::Stop => 1,
        ClockAction::Deallocate => 2,
        ClockAction::Reclaim => 3,
        ClockAction::Release => 4,
    }
}
