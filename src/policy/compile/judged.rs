//! Checks that every request that a policy itself causes (by a clock, a hook or a group) is in its
//! decision space, so that it can be judged.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, Span};
use crate::policy::clock::Clock;
use crate::policy::domain::Domain;
use crate::policy::edition::DecisionTables;
use crate::policy::facts::{Column, Condition};
use crate::policy::file::PolicyFile;
use crate::policy::rulebook::may_lose;
use crate::policy::table::DecisionTable;
use crate::words::{Action, ClockAction, ClockKind, HookResult, RollOut, RuleId, Trigger, Word};

impl Compiler<'_> {
    /// The decision space with its impossible cells.
    pub(super) fn domain(&mut self, file: &PolicyFile) -> Domain {
        if !self.is_provable {
            return Domain::nothing();
        }
        let domain = Domain::new(&self.columns, &self.impossible);
        // If there are protections, their tables have reported that the space is too large.
        if domain.is_none() && file.protections.0.is_empty() {
            let most = crate::policy::space::MOST_CELLS;
            let title = format!("the decision space would have more than {most} cells");
            let mut span = file.space.span;
            span.end = span.start + 1;
            self.problems.add(Problem::at(Code::BadNumber, span, title, "too many"));
        }
        domain.unwrap_or_else(Domain::nothing)
    }

    /// Requires that every request that can take something from an instance can be judged.
    pub(super) fn demand_judged(
        &mut self,
        domain: &Domain,
        clocks: &[(ClockKind, Clock)],
        tables: &DecisionTables,
        file: &PolicyFile,
    ) {
        for step in clocks.iter().flat_map(|(_, clock)| &clock.steps) {
            let action = Action::from(step.action);
            if step.action != ClockAction::Renew && may_lose(&tables.effects, step.trigger, action)
            {
                self.demand_cell(domain, step.rule, (step.trigger, action), &step.when);
            }
        }
        self.demand_members(domain, &tables.members);
        for row in tables.roll_outs.rows() {
            let action = match row.says {
                RollOut::Waits => continue,
                RollOut::AtOnce | RollOut::InBatches => Action::Upgrade,
                RollOut::Replaces => Action::Release,
            };
            self.demand_cell(domain, row.rule, (Trigger::ModelUpdate, action), &row.when);
        }
        let results = file.hooks.iter().flat_map(|hooks| &hooks.results);
        let gives_up = |result: HookResult| result != HookResult::Continue;
        let pair = (Trigger::LaunchHook, Action::Release);
        if let Some(result) = results.into_iter().find(|result| gives_up(result.value))
            && !domain.occurs(pair.0, pair.1)
        {
            let title = format!(
                "a launch that ends in `{}` is released, and the decision space does not have that",
                result.value
            );
            self.problems.add(unjudged(domain, pair, result.span, title));
        }
    }

    /// Requires the requests of groups about their members.
    fn demand_members(&mut self, domain: &Domain, members: &DecisionTable<Action>) {
        let all = |of: Option<u32>| of.unwrap_or(u32::MAX);
        let in_space = domain.words(Column::Trigger).to_vec();
        for row in members.rows() {
            for trigger in in_space.iter().map(|word| Trigger::ALL[usize::from(*word)]) {
                let asks = trigger.is_from_group()
                    && all(row.when.words(Column::Trigger)) >> trigger.index() & 1 == 1;
                if asks {
                    self.demand_cell(domain, row.rule, (trigger, row.says), &row.when);
                }
            }
        }
    }

    fn demand_cell(
        &mut self,
        domain: &Domain,
        rule: RuleId,
        pair: (Trigger, Action),
        when: &Condition,
    ) {
        if domain.occurs_when(pair.0, pair.1, when) {
            return;
        }
        let rule = &self.rules[rule.index()];
        let (trigger, action) = pair;
        let title = format!(
            "rule `{}` requests {action} for the trigger `{trigger}`, which the decision space does not contain",
            rule.id
        );
        self.problems.add(unjudged(domain, pair, rule.span, title));
    }
}

/// The problem for a request that the policy cannot judge.
fn unjudged(
    domain: &Domain,
    (trigger, action): (Trigger, Action),
    span: Span,
    title: String,
) -> Problem {
    let mut problem = Problem::at(Code::UnknownTrigger, span, title, "cannot be judged");
    let mut lacks = false;
    for (column, index, word) in [
        (Column::Trigger, trigger.index(), trigger.word()),
        (Column::Action, action.index(), action.word()),
    ] {
        if !domain.words(column).contains(&index) {
            lacks = true;
            problem = problem.help(format!(
                "add `{word}` to `space: {{ {}: … }}`, and add a rule for it to each protection",
                column.name()
            ));
        }
    }
    if lacks {
        problem
    } else {
        problem.help("remove it from `impossible:`, and add a rule for it to each protection")
    }
}
