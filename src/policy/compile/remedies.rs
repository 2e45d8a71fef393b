//! Compilation of remedies.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, Span};
use crate::policy::advice::{Advice, Means, Proposal};
use crate::policy::clock::Clock;
use crate::policy::edition::Protection;
use crate::policy::facts::{Column, Condition};
use crate::policy::table::DecisionTable;
use crate::policy::written_remedy::{WrittenRemedy, WrittenWhat};
use crate::words::{
    Act, ClockKind, Fate, ProtectionId, ResourceKind, RuleId, Trigger, Verdict, Word, YesNo,
};

impl Compiler<'_> {
    pub(super) fn advice(&mut self, part: &WrittenRemedy) -> Advice {
        let mut means = Vec::new();
        for act in &part.acts {
            let what = match &act.what {
                WrittenWhat::Do(act) => Means::Do(*act),
                WrittenWhat::Set(name) => {
                    let known = self.protections.iter();
                    let at = known.clone().position(|(known, attribute)| {
                        *known == name.value || attribute.as_deref() == Some(&*name.value)
                    });
                    let Some(at) = at else {
                        let title = format!("unknown protection `{}`", **name);
                        let problem =
                            Problem::at(Code::UnknownRule, name.span, title, "unknown protection");
                        let known = known.map(|(known, _)| &**known);
                        self.problems.add(problem.known_names(name, "protections", known));
                        continue;
                    };
                    Means::Set(ProtectionId::from_index(at))
                }
            };
            means.push(Proposal { means: what, says: act.says.clone(), span: act.span });
        }
        let names: Vec<&str> = self.protections.iter().map(|(name, _)| &**name).collect();
        Advice::new(means, part.text.clone(), &names)
    }

    /// Reports remedies that never help where their rule applies.
    pub(super) fn demand_helpful_remedies(
        &mut self,
        protections: &[Protection],
        clocks: &[(ClockKind, Clock)],
        effects: &DecisionTable<Fate>,
    ) {
        let mut idle: Vec<(RuleId, Span)> = Vec::new();
        for (index, protection) in protections.iter().enumerate() {
            let own = Means::Set(ProtectionId::from_index(index));
            let rows = protection.table.rows().iter();
            for row in rows.filter(|row| row.says != Verdict::Held) {
                let helps = |means| means != own && may_help(protections, means, &row.when);
                self.note_idle(row.rule, helps, &mut idle);
            }
        }
        for step in clocks.iter().flat_map(|(_, clock)| &clock.steps) {
            let mut when = step.when.clone();
            when.require(Column::Trigger, 1 << step.trigger.index());
            self.note_idle(step.rule, |means| may_help(protections, means, &when), &mut idle);
        }
        for row in effects.rows() {
            let helps = |means| match means {
                Means::Do(act) if act.saves_a_resource() => saves(act, &row.when),
                Means::Do(_) | Means::Set(_) => may_help(protections, means, &row.when),
            };
            self.note_idle(row.rule, helps, &mut idle);
        }
        idle.sort_unstable_by_key(|(_, span)| (span.file, span.start));
        for (rule, span) in idle {
            let id = &self.rules[rule.index()].id;
            let title = format!("this remedy never helps where `{id}` applies");
            let problem = Problem::at(Code::IdleRemedy, span, title, "does not prevent this loss");
            self.problems.add(problem.help(
                "write an act that ends the cause, or a protection that holds there; a full sentence is unchecked advice",
            ));
        }
    }

    fn note_idle(
        &self,
        rule: RuleId,
        helps: impl Fn(Means) -> bool,
        idle: &mut Vec<(RuleId, Span)>,
    ) {
        let proposals = self.rules[rule.index()].remedy.means.iter();
        let useless = proposals.filter(|proposal| !helps(proposal.means));
        idle.extend(useless.map(|proposal| (rule, proposal.span)));
    }
}

/// Whether a remedy may prevent a loss under a condition: the protection holds in some situation,
/// or the act may end the cause.
fn may_help(protections: &[Protection], means: Means, when: &Condition) -> bool {
    match means {
        Means::Set(id) => {
            let table = protections.get(id.index()).map(|protection| &protection.table);
            let mut rows = table.into_iter().flat_map(DecisionTable::rows);
            rows.any(|row| row.says == Verdict::Held && row.when.overlaps(when))
        }
        Means::Do(act) => {
            let words = when.words(Column::Trigger).unwrap_or(u32::MAX);
            let takes = |trigger: &&Trigger| words >> trigger.index() & 1 == 1;
            Trigger::ALL.iter().filter(takes).any(|trigger| trigger.may_be_ended_by(act))
        }
    }
}

/// Whether an act may save a resource under a condition.
fn saves(act: Act, when: &Condition) -> bool {
    let takes = |resource: ResourceKind| {
        when.words(Column::ResourceKind).is_none_or(|words| words >> resource.index() & 1 == 1)
    };
    match act {
        Act::Snapshot | Act::CreateImage => {
            takes(ResourceKind::SystemDisk) || takes(ResourceKind::DataDisk)
        }
        Act::ConvertAddress => takes(ResourceKind::StaticIp),
        Act::Keep => when
            .words(Column::WithInstance)
            .is_none_or(|words| words >> YesNo::Yes.index() & 1 == 1),
        Act::CancelSchedule
        | Act::Settle
        | Act::Renew
        | Act::Detach
        | Act::CompleteHook
        | Act::Reactivate => false,
    }
}
