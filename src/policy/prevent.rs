//! The search for the remedy of a loss.
//!
//! Candidates are the remedies that rules propose, the act that ends the cause of the loss, and all
//! protections. A candidate counts only if it applies in the situation, is not in place already, is
//! accepted by the same policy, and changes the outcome.

use super::advice::Means;
use super::domain::SituationStatus;
use super::edition::FlagChange;
use super::facts::{Column, Facts};
use super::remedy::{Danger, Moment, Remedy};
use super::rulebook::Rulebook;
use crate::words::{
    Act, Action, Billing, Capacity, Channel, Fate, Initiator, Lead, Lock, Occasion, ProtectionId,
    ProtectionSet, ResourceKind, RuleId, ScheduleFate, SubjectKind, Trigger, Upgrade, Verdict,
    Word, YesNo,
};

/// Whether a policy accepts the call of a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallAcceptance {
    /// It accepts the call in the given situation.
    AtOnce,
    /// It accepts the call after this act.
    After(Act),
    /// It refuses the call.
    Never,
}

/// A remedy, with the rule that proposes it and the index of the proposal; `None` if no rule does.
type RemedyCandidate = (Means, Option<(RuleId, u8)>);

impl Rulebook {
    /// The remedy of a loss of an instance.
    pub fn remedy(&self, danger: &Danger<'_>) -> Remedy {
        let proposed = self.rules_of_loss(danger).flat_map(|rule| self.proposals(rule));
        let by_cause = danger.facts.trigger.ended_by().map(|act| (Means::Do(act), None));
        let protections = (0..self.policy.protections.len()).map(ProtectionId::from_index);
        let protections = protections.map(|protection| (Means::Set(protection), None));
        let rest = [Act::Detach, Act::Renew].map(|act| (Means::Do(act), None));
        let candidates = proposed.chain(by_cause).chain(protections).chain(rest);
        let helps = |(means, _): &RemedyCandidate| self.helps(danger, *means);
        self.last_accepted(danger, &candidates.filter(helps))
            .unwrap_or_else(|| self.no_remedy(danger, self.rules_of_loss(danger)))
    }

    /// The remedy of a loss of a resource: a proposal of its rule, or else the remedy of the loss
    /// of the instance. `lost` is the situation of the resource.
    pub fn remedy_of_resource(
        &self,
        danger: &Danger<'_>,
        lost: &Facts,
        rule: RuleId,
        instance: impl FnOnce() -> Remedy,
    ) -> Remedy {
        let saves = |(means, _): &RemedyCandidate| match means {
            Means::Do(act) if act.saves_a_resource() => self.saves(lost, *act),
            Means::Do(_) | Means::Set(_) => self.helps(danger, *means),
        };
        let proposed = self.proposals(rule).filter(saves);
        if let Some(remedy) = self.last_accepted(danger, &proposed) {
            return remedy;
        }
        let remedy = instance();
        if remedy.means.is_some() {
            return remedy;
        }
        let rules = std::iter::once(rule).chain(self.rules_of_loss(danger));
        self.no_remedy(danger, rules)
    }

    /// The rules that may propose a remedy: those that allowed the loss, and those by which a
    /// protection is overridden.
    fn rules_of_loss<'r>(
        &'r self,
        danger: &Danger<'_>,
    ) -> impl Iterator<Item = RuleId> + Clone + use<'r> {
        let facts = danger.facts;
        let rows = self.verdicts().iter().filter_map(move |table| table.decide(&facts));
        let passing = rows.filter(|row| row.says == Verdict::Overridden).map(|row| row.rule);
        danger.rules.into_iter().flatten().chain(passing)
    }

    /// The proposals of a rule.
    fn proposals(&self, rule: RuleId) -> impl Iterator<Item = RemedyCandidate> + Clone {
        let proposals = self.policy.rule(rule).remedy.means.iter().zip(0_u8..);
        proposals.map(move |(proposal, index)| (proposal.means, Some((rule, index))))
    }

    /// The remedy of a loss that nothing in the policy prevents, with the advice of a rule if there
    /// is one.
    fn no_remedy(&self, danger: &Danger<'_>, rules: impl Iterator<Item = RuleId>) -> Remedy {
        let mut rules = rules.filter(|rule| self.policy.rule(*rule).remedy.text.is_some());
        Remedy {
            until: None,
            first: None,
            means: None,
            proposed_by: rules.next().map(|rule| (rule, 0)),
            called: danger.called,
        }
    }

    /// The first candidate that the policy accepts at the last moment, or else at an earlier one.
    fn last_accepted(
        &self,
        danger: &Danger<'_>,
        candidates: &(impl Iterator<Item = RemedyCandidate> + Clone),
    ) -> Option<Remedy> {
        danger.moments.iter().find_map(|moment| {
            candidates.clone().find_map(|(means, proposed_by)| {
                let first = match self.accepts(danger, moment, means) {
                    CallAcceptance::AtOnce => None,
                    CallAcceptance::After(first) => Some(first),
                    CallAcceptance::Never => return None,
                };
                let until = Some(moment.until);
                let called = danger.called;
                Some(Remedy { until, first, means: Some(means), proposed_by, called })
            })
        })
    }

    /// Whether the policy accepts a remedy before a moment, and which act must come first.
    fn accepts(&self, danger: &Danger<'_>, moment: &Moment, means: Means) -> CallAcceptance {
        let facts = &moment.facts;
        if matches!(means, Means::Do(Act::Settle | Act::Reactivate)) && !moment.closing {
            // Before the arrears there is nothing to settle.
            return CallAcceptance::Never;
        }
        if means == Means::Do(Act::Settle) {
            return match facts.overdue {
                YesNo::No => CallAcceptance::Never,
                YesNo::Yes if danger.waiting && self.would_fire(facts) => {
                    let cancels = self.accepts_call(danger, facts, Means::Do(Act::CancelSchedule));
                    if cancels {
                        CallAcceptance::After(Act::CancelSchedule)
                    } else {
                        CallAcceptance::Never
                    }
                }
                YesNo::Yes => CallAcceptance::AtOnce,
            };
        }
        let accepted = self.accepts_call(danger, facts, means);
        if moment.perhaps_owing {
            let always = accepted && self.accepts_call(danger, &in_arrears(facts), means);
            return if always { CallAcceptance::AtOnce } else { CallAcceptance::Never };
        }
        if accepted {
            return CallAcceptance::AtOnce;
        }
        // Settling first must not cause a deferred release, unless the remedy prevents its losses
        // too: a release that has waited comes after all calls at that instant.
        let fires = danger.waiting && !outlasts_a_release(means) && self.would_fire(facts);
        match settling_act(facts).filter(|_| !fires) {
            Some(first) if self.accepts_call(danger, &paid(facts), means) => {
                CallAcceptance::After(first)
            }
            _ => CallAcceptance::Never,
        }
    }

    /// Whether a deferred release would fire after the account settles.
    fn would_fire(&self, facts: &Facts) -> bool {
        let settled = self.answer(&self.tables.settled, &paid(facts));
        settled.is_none_or(|answer| answer.says != ScheduleFate::Dropped)
    }

    /// Whether the policy accepts the call that a remedy needs.
    fn accepts_call(&self, danger: &Danger<'_>, facts: &Facts, means: Means) -> bool {
        match means {
            Means::Set(protection) => {
                let on = ProtectionSet::EMPTY.with(protection);
                let change = FlagChange { on, after: danger.on.union(on), ..FlagChange::default() };
                let asked = call(facts, Action::SetProtection);
                self.in_all_positions(&asked, |f| self.refusal_to_set(f, &change).is_none())
            }
            Means::Do(act) => {
                let Some(action) = action(act) else { return true };
                let mut asked = call(facts, action);
                if act == Act::Detach {
                    asked.trigger = Trigger::Detach;
                    asked.capacity = danger.size_without;
                    asked.named = YesNo::Yes;
                }
                self.in_all_positions(&asked, |facts| self.refusal(facts).is_none())
            }
        }
    }

    /// Whether `is_so` is true in every position of the unknown facts.
    fn in_all_positions(&self, facts: &Facts, is_so: impl Fn(&Facts) -> bool) -> bool {
        if facts.unknown.is_empty() {
            return is_so(facts);
        }
        let (mut positions, _) = self.positions(facts);
        positions.all(|facts| is_so(&facts))
    }

    /// Whether a remedy applies, is not in place already, and keeps the instance from every request
    /// that would take it.
    fn helps(&self, danger: &Danger<'_>, means: Means) -> bool {
        let mut others = danger.others.iter();
        self.helps_against(danger, &danger.facts, means)
            && others.all(|facts| self.helps_against(danger, facts, means))
    }

    /// The same for one request, with its situation.
    fn helps_against(&self, danger: &Danger<'_>, facts: &Facts, means: Means) -> bool {
        match means {
            Means::Set(id) => {
                let protection = &self.policy.protections[id.index()];
                let needs_group = protection.of == SubjectKind::Group || protection.standby;
                !danger.on.union(danger.removed).contains(id)
                    && protection.occasions.contains(&Occasion::Later)
                    && (danger.in_group || !needs_group)
                    && self.in_all_positions(facts, |facts| self.holds(id, facts))
            }
            Means::Do(Act::Detach) => {
                danger.in_group && facts.trigger.is_about_members() && self.lets_go(danger)
            }
            Means::Do(Act::Renew) => self.renewal_helps(facts),
            Means::Do(act) => facts.trigger.ended_by() == Some(act),
        }
    }

    /// Whether a protection would hold in a situation if it were on.
    pub fn holds(&self, id: ProtectionId, facts: &Facts) -> bool {
        let works = self.policy.protections[id.index()].works_when.as_ref();
        let row = self.verdicts()[id.index()].decide(facts);
        works.is_none_or(|(_, when)| when.meets(facts))
            && row.is_some_and(|row| row.says == Verdict::Held)
    }

    /// Whether a protection that is on works, and would hold against everything that a trigger can
    /// request in a situation, whatever the unknown facts are. The requested action is that of the
    /// `members` table; if the table has none, a release, or every action if the trigger cannot ask
    /// for a release.
    pub fn holds_against(&self, id: ProtectionId, facts: &Facts) -> bool {
        let works = self.policy.protections[id.index()].works_when.as_ref();
        self.in_all_positions(facts, |facts| {
            let occurs = |action| {
                let status = self.policy.domain.status(&Facts { action, ..*facts });
                matches!(status, SituationStatus::Occurs(_))
            };
            let holds = |action| !occurs(action) || self.holds(id, &Facts { action, ..*facts });
            works.is_none_or(|(_, when)| when.meets(facts))
                && match self.answer(&self.tables.members, facts) {
                    Some(asked) => holds(asked.says),
                    None if occurs(Action::Release) => holds(Action::Release),
                    None => Action::ALL.iter().copied().all(holds),
                }
        })
    }

    /// Whether a renewal ends the cause of a loss, or makes the policy refuse the call.
    fn renewal_helps(&self, facts: &Facts) -> bool {
        let renewed = Facts { expired: YesNo::No, ..*facts };
        let is_refused = || {
            let by_hand = facts.trigger == Trigger::Manual && facts.expired == YesNo::Yes;
            by_hand && self.refusal(&renewed).is_some()
        };
        facts.billing == Billing::Subscription && (facts.trigger == Trigger::Expiry || is_refused())
    }

    /// Whether a member can be detached: the policy covers it, and no protection holds, whatever
    /// the unknown facts are.
    fn lets_go(&self, danger: &Danger<'_>) -> bool {
        let mut asked = call(&danger.facts, Action::Remove);
        asked.trigger = Trigger::Detach;
        asked.named = YesNo::Yes;
        let perhaps_on = danger.on.union(danger.unknown);
        self.in_all_positions(&asked, |facts| {
            matches!(self.policy.domain.status(facts), SituationStatus::Occurs(_))
                && !perhaps_on.iter().any(|id| self.holds(id, facts))
        })
    }

    /// Whether an act would have saved a resource that is lost.
    fn saves(&self, lost: &Facts, act: Act) -> bool {
        let is_disk = matches!(lost.resource, ResourceKind::SystemDisk | ResourceKind::DataDisk);
        let copy = |resource| Facts { resource, with_instance: YesNo::No, ..*lost };
        let stays = |facts: Facts| {
            let row = self.tables.effects.decide(&facts);
            row.is_none_or(|row| row.says != Fate::Lost)
        };
        match act {
            Act::Snapshot => is_disk && stays(copy(ResourceKind::Snapshot)),
            Act::CreateImage => is_disk && stays(copy(ResourceKind::Image)),
            Act::ConvertAddress => {
                lost.resource == ResourceKind::StaticIp
                    && stays(Facts { resource: ResourceKind::Eip, ..*lost })
            }
            Act::Keep => {
                lost.with_instance == YesNo::Yes
                    && stays(Facts { with_instance: YesNo::No, ..*lost })
            }
            Act::CancelSchedule
            | Act::Settle
            | Act::Renew
            | Act::Detach
            | Act::CompleteHook
            | Act::Reactivate => false,
        }
    }
}

/// The action of an act; `None` if the policy does not decide about it.
const fn action(act: Act) -> Option<Action> {
    match act {
        Act::CancelSchedule => Some(Action::CancelScheduledRelease),
        Act::Renew => Some(Action::Renew),
        Act::Detach => Some(Action::Detach),
        Act::Snapshot => Some(Action::Snapshot),
        Act::CreateImage => Some(Action::CreateImage),
        Act::ConvertAddress => Some(Action::ConvertAddress),
        Act::Settle | Act::Reactivate | Act::CompleteHook | Act::Keep => None,
    }
}

/// Whether a remedy cancels a scheduled release, or saves a resource from any release.
fn outlasts_a_release(means: Means) -> bool {
    matches!(means, Means::Do(act) if act == Act::CancelSchedule || act.saves_a_resource())
}

/// The act that ends arrears or a cancellation; `None` if there are none.
const fn settling_act(facts: &Facts) -> Option<Act> {
    match facts.overdue {
        YesNo::Yes => Some(Act::Settle),
        YesNo::No if facts.lock.contains(Lock::Financial) => Some(Act::Reactivate),
        YesNo::No => None,
    }
}

/// The situation after the account has settled.
const fn paid(facts: &Facts) -> Facts {
    let lock = facts.lock.without(Lock::Financial);
    Facts { overdue: YesNo::No, snapshots_suspended: YesNo::No, lock, ..*facts }
}

/// The situation in arrears with all of their restrictions.
const fn in_arrears(facts: &Facts) -> Facts {
    let lock = facts.lock.with(Lock::Financial);
    Facts { overdue: YesNo::Yes, snapshots_suspended: YesNo::Yes, lock, ..*facts }
}

/// The situation of an instance in a call of its owner, with default words in the columns that a
/// request sets.
fn call(facts: &Facts, action: Action) -> Facts {
    let Facts { force, terminate_subscription, .. } = Facts::default();
    Facts {
        trigger: Trigger::Manual,
        action,
        channel: Channel::Api,
        force,
        terminate_subscription,
        lead: Lead::None,
        capacity: Capacity::Within,
        named: YesNo::No,
        upgrade: Upgrade::Manual,
        initiator: Initiator::User,
        unknown: facts.unknown.without(Column::Channel),
        ..*facts
    }
}
