//! Carries decisions out: records each one, and applies the action if nothing blocks it.

use super::draft::{Draft, DraftOutcome, Resolution};
use super::request::{Reason, RequestContext, RequestTally};
use super::step::Step;
use crate::policy::Basis;
use crate::record::{DecidedBy, Decision, Record, Refusal};
use crate::words::{DecidingFactor, Effect, InstanceId, LimitedBy, Obstacle, Outcome};

impl Step<'_> {
    /// Whether it is known how a decision is carried out; if not, the run stops.
    pub(super) fn is_known(
        &mut self,
        request: &RequestContext,
        draft: &Draft,
        resolution: Resolution,
    ) -> bool {
        if draft.facts.unknown.is_empty() || !resolution.outcome.went_ahead() {
            return true;
        }
        let hook = self.hook_of(request, draft);
        self.world.halt.is_none() && (hook.is_some() || self.losses_are_known(request, draft))
    }

    /// Records a decision and, if nothing blocks the action, applies it.
    pub(super) fn carry_out(
        &mut self,
        request: &RequestContext,
        seq: u64,
        draft: Draft,
        resolution: Resolution,
        tally: &mut RequestTally,
    ) {
        let goes = resolution.outcome.went_ahead();
        let hook = if goes { self.hook_of(request, &draft) } else { None };
        let resolution = hook.as_ref().map_or(resolution, |(_, answer)| Resolution {
            outcome: Outcome::Deferred,
            decided_by: DecidedBy::Other(DecidingFactor::Hook),
            rule: Some(answer.rule),
            basis: resolution.basis.union(answer.basis),
        });
        if self.world.halt.is_some() || goes && !self.losses_are_known(request, &draft) {
            return;
        }
        let reasons = Reason::basis(request.reason).union(Reason::basis(draft.reason));
        let basis = reasons.union(resolution.basis).union(self.unscheduled(draft.id));
        self.rely(draft.policy, basis);
        for reason in [request.reason, draft.reason].into_iter().flatten() {
            self.reach(draft.policy, reason.rule);
        }
        tally.wanted += u32::from(!matches!(draft.outcome, DraftOutcome::NoOp));
        tally.got += u32::from(goes);
        refuse(&draft, resolution, tally);
        let slot = self.out.len();
        let is_recorded = self.is_decision(request, &draft, goes);
        if is_recorded {
            tally.decided = true;
            let mut decision = self.decision(request, seq, &draft, resolution, basis);
            if goes && decision.origin.event().is_none() {
                decision.origin = self.removal(draft.policy, draft.id, &draft.facts);
            }
            self.out.push(Record::Decision(self.world.decisions.boxed(decision)));
        }
        if let Some((hook, answer)) = hook {
            let reason = Reason::of(DecidingFactor::Hook, &answer);
            self.hold(request, seq, &draft, hook, reason);
        } else if goes {
            let remedy = self.remedy_of(request, &draft, resolution.rule);
            let from = remedy.and_then(|remedy| self.remedy_from(draft.id, &remedy));
            let (id, loses) = (draft.id, draft.action.always_loses());
            let DraftOutcome::Applied(permit) = draft.outcome else { return };
            self.world.remedy = remedy;
            let effect = self.apply(request, seq, permit);
            self.world.remedy = None;
            if let Some(Record::Decision(decision)) = self.out.get_mut(slot).filter(|_| is_recorded)
            {
                decision.effect = effect;
                decision.remedy = remedy;
                decision.remedy_from = from;
                if effect == Effect::Released {
                    decision.worth = self.world.fleet.prices(id).worth;
                }
            }
            if is_recorded && !loses {
                self.remedy_by_resource(slot, id);
            }
        }
    }

    /// The switch that an instance relies on if it is unknown whether a release is scheduled.
    fn unscheduled(&self, id: InstanceId) -> Basis {
        if self.world.fleet.instance(id).schedule_known {
            return Basis::NONE;
        }
        let book = self.world.header.rulebook(self.world.policy_of(id));
        book.assumed(book.policy.unknown.schedule)
    }

    /// Whether the result for an instance is recorded as a decision: a protection can be consulted
    /// about it, or it has a loss. Any other result is recorded as a change only, such as a stop
    /// under a policy whose protections concern releases.
    fn is_decision(&self, request: &RequestContext, draft: &Draft, goes: bool) -> bool {
        let book = self.world.header.rulebook(draft.policy);
        let (trigger, action) = (draft.facts.trigger, draft.action);
        action.always_loses()
            || book.consults(trigger, action)
            || goes && book.can_lose(trigger, action) && self.would_lose(request, draft)
    }

    /// The record of a decision, before its action is applied.
    #[inline] // it is made where it is kept
    pub(super) fn decision(
        &self,
        request: &RequestContext,
        seq: u64,
        draft: &Draft,
        resolution: Resolution,
        basis: Basis,
    ) -> Decision {
        let instance = self.world.fleet.instance(draft.id);
        let (on, unknown) = self.world.protections(draft.id);
        Decision {
            seq,
            at: self.now,
            cause: request.cause,
            trigger: request.trigger,
            action: draft.action,
            actor: request.actor,
            channel: request.channel,
            account: instance.account,
            group: instance.group,
            instance: draft.id,
            billing: instance.billing_known.then_some(instance.billing),
            membership: instance.membership_known.then_some(instance.membership),
            on,
            unknown,
            inert: draft.inert,
            outcome: resolution.outcome,
            effect: Effect::None,
            decided_by: resolution.decided_by,
            rule: resolution.rule,
            basis,
            ruling: draft.ruling,
            policy: draft.policy,
            facts: draft.facts,
            remedy: None,
            remedy_from: None,
            worth: None,
            origin: request.origin,
        }
    }
}

/// Notes the refusal of a blocked instance in the result of a request. The caller receives the
/// refusal of the blocked instance, not its effect on others.
fn refuse(draft: &Draft, resolution: Resolution, tally: &mut RequestTally) {
    if matches!(resolution.outcome, Outcome::Held | Outcome::Skipped | Outcome::Spared) {
        tally.limited_by = Some(LimitedBy::Protection);
    }
    match (resolution.outcome, &draft.outcome, resolution.rule) {
        (
            Outcome::Held | Outcome::Denied,
            DraftOutcome::Held | DraftOutcome::Denied(_) | DraftOutcome::Forbidden(_),
            Some(rule),
        ) => tally.refuse(Refusal::Rule(draft.policy, rule)),
        (_, DraftOutcome::Absent, _) => tally.refuse(Refusal::Obstacle(Obstacle::NotThere)),
        _ => {}
    }
}
