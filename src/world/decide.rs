//! Decisions about the instances of a request.
//!
//! Every action that can take something from an instance is drafted and then carried out: by
//! [`Step::decide`], or, if its request chooses instances one by one, by the file of the request,
//! with [`Step::draft_alone`] and `Step::carry_out`. A draft first judges each instance alone:
//!
//! | instance | protection | precondition | result |
//! |---|---|---|---|
//! | the caller lacks a permission | | | denied |
//! | released | | | no-op |
//! | never created | | | denied |
//! | exists | holds | | held |
//! | exists | does not hold | refuses | denied |
//! | exists | does not hold | none matches | carried out, with a permit |
//!
//! If a protection holds and a precondition refuses, the policy's `check-order` states which of
//! the two answers.
//!
//! Then the policy's `batches` can change the result: if one held instance blocks the whole
//! request, the other instances are spared; if protected instances are skipped, held ones become
//! skipped. Unknown facts are judged in every position: facts of an instance for that instance
//! alone, the channel of a call for all of its instances together.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::draft::{
    BatchAnswer, Draft, DraftOutcome, Drafts, Resolution, resolve_alone, resolve_in_batch,
};
use super::request::{Reason, RequestContext, RequestItem, RequestTally};
use super::step::Step;
use crate::policy::{
    Basis, Column, Facts, InstanceCase, JudgedOutcome, Position, PositionOutcome, Requested,
    Ruling, Undecided,
};
use crate::record::{Subject, Target};
use crate::words::{
    Action, Batch, Channel, DecidingFactor, InstanceId, Lifecycle, Outcome, PolicyId,
    ProtectionSet, Word as _,
};

/// Drafts, each with its final decision.
type Decided = SmallVec<[(Draft, Resolution); 1]>;

impl Step<'_> {
    /// Decides about every item of a request and carries the decisions out.
    pub(super) fn decide(
        &mut self,
        request: &RequestContext,
        seq: u64,
        items: &[RequestItem],
    ) -> RequestTally {
        if let [item] = items {
            return self.decide_alone(request, seq, *item);
        }
        let policy = items.first().map(|item| self.world.policy_of(item.id));
        let one = policy.filter(|_| !is_channel_open(request, items));
        let one = one.filter(|one| items.iter().all(|item| self.world.policy_of(item.id) == *one));
        let decided = match one {
            Some(policy) => self.decide_batch(request, policy, items),
            None => self.decide_in_all(request, items),
        };
        let mut tally = RequestTally::default();
        let decided = decided.unwrap_or_default();
        // The run stops before a request that it cannot decide, not in its middle.
        if !decided.iter().all(|(draft, resolution)| self.is_known(request, draft, *resolution)) {
            return tally;
        }
        for (draft, resolution) in decided {
            self.carry_out(request, seq, draft, resolution, &mut tally);
        }
        tally
    }

    /// Decides about instances for which a request requests its own action.
    pub(super) fn decide_alike(
        &mut self,
        request: &RequestContext,
        seq: u64,
        ids: &[InstanceId],
    ) -> RequestTally {
        match ids {
            [id] => self.decide_alone(request, seq, RequestItem::new(*id, request.action)),
            ids => {
                let item = |id: &InstanceId| RequestItem::new(*id, request.action);
                let items: SmallVec<[RequestItem; 4]> = ids.iter().map(item).collect();
                self.decide(request, seq, &items)
            }
        }
    }

    /// Decides about the only item of a request. Most requests have one.
    fn decide_alone(
        &mut self,
        request: &RequestContext,
        seq: u64,
        item: RequestItem,
    ) -> RequestTally {
        let mut tally = RequestTally::default();
        if let Some(draft) = self.draft_alone(request, item) {
            let resolution = resolve_alone(request, &draft);
            self.carry_out(request, seq, draft, resolution, &mut tally);
        }
        tally
    }

    /// Decides about instances of several policies, or with an unknown channel. `None` if the run
    /// stops.
    fn decide_in_all(
        &mut self,
        request: &RequestContext,
        items: &[RequestItem],
    ) -> Option<Decided> {
        let mut policies: SmallVec<[PolicyId; 1]> = SmallVec::new();
        for item in items {
            let policy = self.world.policy_of(item.id);
            if !policies.contains(&policy) {
                policies.push(policy);
            }
        }
        let mut decided = Decided::with_capacity(items.len());
        for policy in &policies {
            // A request to several providers is one call to each of them.
            let of_policy = items.iter().filter(|item| self.world.policy_of(item.id) == *policy);
            let of_policy: SmallVec<[RequestItem; 4]> = of_policy.copied().collect();
            decided.extend(self.in_all_channels(request, *policy, &of_policy)?);
        }
        if policies.len() > 1 {
            let index: FxHashMap<_, _> = items.iter().map(|item| item.id).zip(0_usize..).collect();
            decided.sort_by_key(|(draft, _)| index.get(&draft.id).copied());
        }
        Some(decided)
    }

    /// Decides about instances of one policy. If the channel of the call is unknown, the decision
    /// is made for each channel, and the run stops unless all of them lead to the same result.
    fn in_all_channels(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        items: &[RequestItem],
    ) -> Option<Decided> {
        if !is_channel_open(request, items) {
            return self.decide_batch(request, policy, items);
        }
        let (positions, _) = self.world.header.rulebook(policy).positions(&request.facts);
        let mut all: SmallVec<[(Channel, Decided); 3]> = SmallVec::new();
        for facts in positions {
            let one = RequestContext { facts, channel: Some(facts.channel), ..*request };
            all.push((facts.channel, self.decide_batch(&one, policy, items)?));
        }
        let (channel, mut common) = all.remove(0);
        for (index, (draft, resolution)) in common.iter_mut().enumerate() {
            let here = |decided: &Decided| (decided[index].0.action, decided[index].1);
            let same = |(action, other): (Action, Resolution)| {
                other.outcome.went_ahead() == resolution.outcome.went_ahead()
                    && (!resolution.outcome.went_ahead() || action == draft.action)
            };
            if !all.iter().all(|(_, decided)| same(here(decided))) {
                let first = std::iter::once((channel, (draft.action, *resolution)));
                let all =
                    first.chain(all.iter().map(|(channel, decided)| (*channel, here(decided))));
                let on = Undecided::differs(
                    all.map(|(c, (action, w))| position(c, action, w)).collect(),
                );
                let id = draft.id;
                self.halt(request, Target::Instance(id), policy, on);
                return None;
            }
            for (_, decided) in &all {
                *resolution = either(*resolution, decided[index].1);
                draft.ruling = draft.ruling.common(&decided[index].0.ruling);
            }
            draft.facts.unknown = draft.facts.unknown.with(Column::Channel);
        }
        Some(common)
    }

    /// Decides about instances of one policy, for a known channel or a single instance.
    fn decide_batch(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        items: &[RequestItem],
    ) -> Option<Decided> {
        let (drafts, batch) = self.draft_batch(request, policy, items)?;
        let resolution = |draft: Draft| {
            let resolution = resolve_in_batch(request, &draft, batch.as_ref());
            (draft, resolution)
        };
        Some(drafts.into_iter().map(resolution).collect())
    }

    /// Judges instances of one policy, each alone, and looks up the policy's answer for their
    /// batch. `None` if an outcome is unknown, which stops the run.
    fn draft_batch(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        items: &[RequestItem],
    ) -> Option<(Drafts, Option<BatchAnswer>)> {
        let mut drafts = Drafts::with_capacity(items.len());
        for item in items {
            drafts.push(self.draft(request, *item)?);
        }
        let batch = self.batch(request, &drafts, policy);
        let keeps = batch.as_ref().is_some_and(|batch| batch.mode == Batch::AllOrNothing);
        if !keeps && drafts.iter().any(|draft| matches!(draft.outcome, DraftOutcome::Unknown(_))) {
            for draft in drafts {
                self.known(request, draft)?;
            }
            return None;
        }
        Some((drafts, batch))
    }

    /// Judges one instance alone. `None` if the outcome is unknown, which stops the run.
    pub(super) fn draft_alone(
        &mut self,
        request: &RequestContext,
        item: RequestItem,
    ) -> Option<Draft> {
        let draft = self.draft(request, item)?;
        if matches!(draft.outcome, DraftOutcome::Unknown(_)) {
            return self.known(request, draft);
        }
        Some(draft)
    }

    /// The draft if its outcome is known; otherwise stops the run and returns `None`.
    fn known(&mut self, request: &RequestContext, draft: Draft) -> Option<Draft> {
        if let DraftOutcome::Unknown(on) = draft.outcome {
            self.halt(request, Target::Instance(draft.id), draft.policy, *on);
            return None;
        }
        Some(draft)
    }

    /// Judges one instance alone. `None` if its policy has no answer, which stops the run.
    fn draft(&mut self, request: &RequestContext, item: RequestItem) -> Option<Draft> {
        let facts = self.facts(request, item.id, request.action);
        let action =
            if let Requested::This(action) = item.requested { action } else { Action::Release };
        self.note_judged(request, &Facts { action, ..facts }, item.id);
        let world = &*self.world;
        let policy = world.policy_of(item.id);
        let book = world.header.rulebook(policy);
        let (on, unknown) = world.protections(item.id);
        let mut draft = Draft {
            id: item.id,
            action,
            reason: item.reason,
            facts: Facts { action, ..facts },
            policy,
            ruling: Ruling::without_verdicts_of(on),
            inert: ProtectionSet::EMPTY,
            outcome: DraftOutcome::NoOp,
            basis: Basis::NONE,
        };
        if let Some((outcome, basis)) = self.forbidden(request, &draft.facts, item.id) {
            return Some(Draft { outcome, basis, ..draft });
        }
        // Protections are not consulted about an instance that does not exist.
        match world.fleet.instance(item.id).state {
            // A second release changes nothing and is not refused.
            Lifecycle::Released if action == Action::Release => return Some(draft),
            state @ (Lifecycle::Released | Lifecycle::Absent) => {
                let never = state == Lifecycle::Absent;
                let otherwise = if never { DraftOutcome::Absent } else { DraftOutcome::NoOp };
                let refusal = book.refusal_of_absent(&facts);
                let basis = refusal.map_or(Basis::NONE, |rule| book.basis(rule));
                let outcome = refusal.map_or(otherwise, DraftOutcome::Denied);
                return Some(Draft { outcome, basis, ..draft });
            }
            Lifecycle::Pending
            | Lifecycle::Running
            | Lifecycle::Stopped
            | Lifecycle::Reclaimed
            | Lifecycle::Deallocated
            | Lifecycle::Removing => {}
        }
        let case =
            InstanceCase { instance: item.id, facts, requested: item.requested, on, unknown };
        let judged = match book.judge(&case) {
            Ok(judged) => judged,
            Err(on @ Undecided::Differs(_)) => {
                return Some(Draft { outcome: DraftOutcome::Unknown(Box::new(on)), ..draft });
            }
            Err(on) => {
                self.halt(request, Target::Instance(item.id), policy, on);
                return None;
            }
        };
        draft.facts = judged.facts;
        draft.action = judged.facts.action;
        draft.inert = book.inert(&judged.facts, on);
        draft.reason = draft
            .reason
            .or_else(|| judged.asked.map(|answer| Reason::of(DecidingFactor::Membership, &answer)));
        (draft.ruling, draft.basis) = (judged.ruling, judged.basis);
        draft.outcome = match judged.outcome {
            JudgedOutcome::Goes(permit) => DraftOutcome::Applied(permit),
            JudgedOutcome::Held => DraftOutcome::Held,
            JudgedOutcome::Denied(rule) => DraftOutcome::Denied(rule),
            JudgedOutcome::Idle => DraftOutcome::NoOp,
        };
        Some(draft)
    }

    /// Notes a call that names an instance.
    fn note_judged(&mut self, request: &RequestContext, facts: &Facts, id: InstanceId) {
        if request.is_about_instances() {
            self.note_call(request, facts, Subject::Instance(id));
        }
    }

    /// The outcome for an instance, with its basis, if the caller lacks the permission for the call
    /// or if that is unknown; `None` if the caller has the permission.
    fn forbidden(
        &self,
        request: &RequestContext,
        facts: &Facts,
        id: InstanceId,
    ) -> Option<(DraftOutcome, Basis)> {
        if self.world.principals.is_none() || !request.is_about_instances() {
            return None;
        }
        match self.permission_for(request, id, facts) {
            Ok(lacking) => lacking.map(|(rule, basis)| (DraftOutcome::Forbidden(rule), basis)),
            Err(on) => Some((DraftOutcome::Unknown(Box::new(on)), Basis::NONE)),
        }
    }

    /// The policy's answer for the batch; `None` if no instance is blocked, or all are.
    fn batch(
        &mut self,
        request: &RequestContext,
        drafts: &[Draft],
        policy: PolicyId,
    ) -> Option<BatchAnswer> {
        let first = drafts.first().filter(|_| drafts.len() > 1)?;
        let book = self.world.header.rulebook(policy);
        if !first.action.always_loses() && !book.consults(first.facts.trigger, first.action) {
            return None;
        }
        let any = |outcome: fn(&DraftOutcome) -> bool| {
            drafts.iter().find(|draft| outcome(&draft.outcome))
        };
        let held = any(|outcome| matches!(outcome, DraftOutcome::Held));
        let stopped = held.or_else(|| {
            any(|outcome| {
                matches!(
                    outcome,
                    DraftOutcome::Denied(_) | DraftOutcome::Forbidden(_) | DraftOutcome::Absent
                )
            })
        })?;
        any(|outcome| matches!(outcome, DraftOutcome::Applied(_) | DraftOutcome::Unknown(_)))?;
        let answer = self.consult(request, policy, |t| &t.batches, &first.facts)?;
        Some(BatchAnswer {
            mode: answer.says,
            rule: answer.rule,
            basis: answer.basis,
            stopped: stopped.basis,
            one_is_held: held.is_some(),
        })
    }
}

/// The common resolution of two positions that lead to the same result.
fn either(one: Resolution, other: Resolution) -> Resolution {
    let basis = one.basis.union(other.basis);
    if one.outcome == other.outcome {
        return Resolution { basis, ..one };
    }
    if one.outcome.went_ahead() {
        return Resolution { outcome: Outcome::Undetermined, basis, ..one };
    }
    // The instance is kept in both. A protection is named as the cause only if it is in both.
    let is_by_protection = |it: &Resolution| matches!(it.outcome, Outcome::Held | Outcome::Skipped);
    let shown = if is_by_protection(&one) { other } else { one };
    Resolution { basis, ..shown }
}

/// The result that follows from a channel, for a message.
fn position(
    channel: Channel,
    action: Action,
    resolution: Resolution,
) -> (Position, PositionOutcome) {
    let of = Position(vec![(crate::policy::Unknown::Column(Column::Channel), channel.word())]);
    let (says, rule) = match resolution.outcome {
        outcome if outcome.went_ahead() => (action.effect().word(), None),
        outcome => (outcome.word(), resolution.rule),
    };
    (of, PositionOutcome { says, rule })
}

/// Whether the channel of a call is unknown, so that a batch is decided for each channel. A single
/// instance is judged in every position of its facts, of which the channel is one.
fn is_channel_open(request: &RequestContext, items: &[RequestItem]) -> bool {
    items.len() > 1 && request.facts.unknown.contains(Column::Channel)
}
