//! The way to a decision: facts, judgement, batch, and then what was decided is done.
//!
//! Everything that may take something of an instance comes through [`Step::decide`]. How one
//! instance is judged, from the top:
//!
//! | the instance | a protection | a precondition | becomes |
//! |---|---|---|---|
//! | is gone | | | no-op |
//! | was never there | | | denied |
//! | is there | holds | | held |
//! | is there | does not hold | refuses | denied |
//! | is there | does not hold | none fits | goes ahead, with a permit |
//!
//! Where a protection holds and a precondition refuses as well, the policy says which of the
//! two is asked first.
//!
//! Then the batch may change it: where one that is held keeps all, the others are spared; where
//! protected ones are passed over, those that are held are skipped. What is unknown is judged in
//! every position: facts of one instance alone, the channel of a call for all of its instances
//! together.

use smallvec::SmallVec;

use super::request::{Reason, RequestContext, Tally};
use super::step::Step;
use crate::policy::{
    Asks, Basis, Case, Column, Course, Facts, Permit, Position, Resolution, Ruling, Undecided,
};
use crate::record::{DecidedBy, Decision, Record, Refusal, Target};
use crate::words::{
    Action, Batch, Channel, DecidingFactor, Effect, InstanceId, Lifecycle, Obstacle, Outcome,
    PolicyId, ProtectionSet, RuleId, Word as _,
};

/// What is asked of one instance of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// The instance.
    pub id: InstanceId,
    /// What is asked of it.
    pub asks: Asks,
    /// The rule by which just this is asked.
    pub ground: Option<Reason>,
}

impl Item {
    /// Asks for an action.
    pub(super) const fn new(id: InstanceId, action: Action) -> Self {
        Self { id, asks: Asks::This(action), ground: None }
    }

    /// Asks what a group asks of a member that came in as this one did.
    pub(super) const fn of_member(id: InstanceId) -> Self {
        Self { id, asks: Asks::ByMembership, ground: None }
    }
}

/// The same asked of each.
pub(super) fn alike(ids: &[InstanceId], action: Action) -> SmallVec<[Item; 1]> {
    ids.iter().map(|id| Item::new(*id, action)).collect()
}

/// The drafts of a request, which most of the time is about one instance.
pub(super) type Drafts = SmallVec<[Draft; 1]>;

/// Drafts with the last word on each.
type Decided = SmallVec<[(Draft, Word); 1]>;

/// A decision before the batch has had its say.
#[derive(Debug)]
pub(super) struct Draft {
    pub id: InstanceId,
    pub action: Action,
    /// The rule by which just this is asked.
    pub ground: Option<Reason>,
    pub facts: Facts,
    pub policy: PolicyId,
    pub ruling: Ruling,
    pub inert: ProtectionSet,
    pub fate: Fate,
    /// What the fate rests on.
    pub basis: Basis,
}

/// What becomes of an instance if it is looked at alone.
#[derive(Debug)]
pub(super) enum Fate {
    /// Nothing stands against it.
    Goes(Permit),
    /// A protection holds it.
    Held,
    /// Something else stands against it.
    Denied(RuleId),
    /// It never was there.
    Absent,
    /// It is gone already, or there is nothing to do.
    Gone,
    /// That depends on what nobody knows.
    Unsure(Box<Undecided>),
}

/// The last word on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub outcome: Outcome,
    pub decided_by: DecidedBy,
    pub rule: Option<RuleId>,
    pub basis: Basis,
}

impl Draft {
    /// Whether nothing stands against it.
    pub(super) const fn goes(&self) -> bool {
        matches!(self.fate, Fate::Goes(_))
    }
}

impl Step<'_> {
    /// Decides on every item of a request and does what was decided.
    pub(super) fn decide(&mut self, ask: &RequestContext, seq: u64, items: &[Item]) -> Tally {
        let mut policies: SmallVec<[PolicyId; 1]> = SmallVec::new();
        for item in items {
            let policy = self.world.policy_of(item.id);
            if !policies.contains(&policy) {
                policies.push(policy);
            }
        }
        let mut decided = Decided::with_capacity(items.len());
        for policy in &policies {
            // What is asked of several providers at once is a call to each of them.
            let of_policy = if policies.len() == 1 {
                self.in_all_channels(ask, *policy, items)
            } else {
                let theirs = items.iter().filter(|item| self.world.policy_of(item.id) == *policy);
                let theirs: SmallVec<[Item; 4]> = theirs.copied().collect();
                self.in_all_channels(ask, *policy, &theirs)
            };
            let Some(of_policy) = of_policy else { return Tally::default() };
            decided.extend(of_policy);
        }
        if policies.len() > 1 {
            let index = |id: InstanceId| items.iter().position(|item| item.id == id);
            decided.sort_by_key(|(draft, _)| index(draft.id));
        }
        let mut tally = Tally::default();
        for (draft, word) in decided {
            self.carry_out(ask, seq, draft, word, &mut tally);
        }
        tally
    }

    /// Decides on instances of one policy. A call whose channel is unknown is decided as if it
    /// had come in by each of them, and what comes of all is done if it is the same.
    fn in_all_channels(
        &mut self,
        ask: &RequestContext,
        policy: PolicyId,
        items: &[Item],
    ) -> Option<Decided> {
        if items.len() == 1 || !ask.facts.unknown.contains(Column::Channel) {
            return self.together(ask, policy, items);
        }
        let (positions, _) = self.world.header.rulebook(policy).positions(&ask.facts);
        let mut all: SmallVec<[(Channel, Decided); 3]> = SmallVec::new();
        for facts in positions {
            let one = RequestContext { facts, channel: Some(facts.channel), ..*ask };
            all.push((facts.channel, self.together(&one, policy, items)?));
        }
        let (channel, mut common) = all.remove(0);
        for (at, (draft, word)) in common.iter_mut().enumerate() {
            let here = |decided: &Decided| (decided[at].0.action, decided[at].1);
            let same = |(action, other): (Action, Word)| {
                goes(other.outcome) == goes(word.outcome)
                    && (!goes(word.outcome) || action == draft.action)
            };
            if !all.iter().all(|(_, decided)| same(here(decided))) {
                let first = std::iter::once((channel, (draft.action, *word)));
                let all =
                    first.chain(all.iter().map(|(channel, decided)| (*channel, here(decided))));
                let on = Undecided::differs(
                    all.map(|(c, (action, w))| position(c, action, w)).collect(),
                );
                let id = draft.id;
                self.halt(ask, Target::Instance(id), policy, on);
                return None;
            }
            for (_, decided) in &all {
                word.outcome = either(word.outcome, decided[at].1.outcome);
                word.basis = word.basis.union(decided[at].1.basis);
                draft.ruling = draft.ruling.common(&decided[at].0.ruling);
            }
            draft.facts.unknown = draft.facts.unknown.with(Column::Channel);
        }
        Some(common)
    }

    /// Decides on instances of one policy, by a known way.
    fn together(
        &mut self,
        ask: &RequestContext,
        policy: PolicyId,
        items: &[Item],
    ) -> Option<Decided> {
        let mut drafts = Drafts::with_capacity(items.len());
        for item in items {
            drafts.push(self.draft(ask, *item)?);
        }
        let batch = self.batch(ask, &drafts, policy);
        let keeps = batch.as_ref().is_some_and(|batch| batch.mode == Batch::AllOrNothing);
        if !keeps && drafts.iter().any(|draft| matches!(draft.fate, Fate::Unsure(_))) {
            for draft in drafts {
                self.known(ask, draft)?;
            }
            return None;
        }
        let word = |draft: Draft| {
            let word = deciding_factor(ask, &draft, batch.as_ref());
            (draft, word)
        };
        Some(drafts.into_iter().map(word).collect())
    }

    /// Looks at one instance alone, of which nothing may be unsure. `None` if it is.
    pub(super) fn draft_alone(&mut self, ask: &RequestContext, item: Item) -> Option<Draft> {
        let draft = self.draft(ask, item)?;
        self.known(ask, draft)
    }

    /// Stops the run at a draft that is unsure.
    fn known(&mut self, ask: &RequestContext, draft: Draft) -> Option<Draft> {
        if let Fate::Unsure(on) = draft.fate {
            self.halt(ask, Target::Instance(draft.id), draft.policy, *on);
            return None;
        }
        Some(draft)
    }

    /// Looks at one instance alone. `None` if its policy says nothing of such a situation.
    fn draft(&mut self, ask: &RequestContext, item: Item) -> Option<Draft> {
        let facts = self.facts(ask, item.id, ask.action);
        let world = &*self.world;
        let policy = world.policy_of(item.id);
        let book = world.header.rulebook(policy);
        let (on, unknown) = world.protections(item.id);
        let action = if let Asks::This(action) = item.asks { action } else { Action::Release };
        let mut draft = Draft {
            id: item.id,
            action,
            ground: item.ground,
            facts: Facts { action, ..facts },
            policy,
            ruling: Ruling::NONE,
            inert: ProtectionSet::EMPTY,
            fate: Fate::Gone,
            basis: Basis::NONE,
        };
        // What is gone, or never was there, was not kept or lost by any protection.
        match world.fleet.instance(item.id).state {
            // To release what is released already is nothing to do, and no mistake.
            Lifecycle::Released if action == Action::Release => return Some(draft),
            state @ (Lifecycle::Released | Lifecycle::Absent) => {
                let otherwise = if state == Lifecycle::Absent { Fate::Absent } else { Fate::Gone };
                let refusal = book.refusal_of_absent(&facts);
                let basis = refusal.map_or(Basis::NONE, |rule| book.basis(rule));
                let fate = refusal.map_or(otherwise, Fate::Denied);
                return Some(Draft { fate, basis, ..draft });
            }
            Lifecycle::Pending
            | Lifecycle::Running
            | Lifecycle::Stopped
            | Lifecycle::Reclaimed
            | Lifecycle::Deallocated
            | Lifecycle::Removing => {}
        }
        let case = Case { instance: item.id, facts, asks: item.asks, on, unknown };
        let judged = match book.judge(&case) {
            Ok(judged) => judged,
            Err(on @ Undecided::Differs(_)) => {
                return Some(Draft { fate: Fate::Unsure(Box::new(on)), ..draft });
            }
            Err(on) => {
                self.halt(ask, Target::Instance(item.id), policy, on);
                return None;
            }
        };
        draft.facts = judged.facts;
        draft.action = judged.facts.action;
        draft.inert = book.inert(&judged.facts, on);
        draft.ground = draft
            .ground
            .or_else(|| judged.asked.map(|answer| Reason::of(DecidingFactor::Membership, &answer)));
        (draft.ruling, draft.basis) = (judged.ruling, judged.basis);
        draft.fate = match judged.fate {
            Resolution::Goes(permit) => Fate::Goes(permit),
            Resolution::Held => Fate::Held,
            Resolution::Denied(rule) => Fate::Denied(rule),
            Resolution::Idle => Fate::Gone,
        };
        Some(draft)
    }

    /// How the instances of a request hang together, if it makes a difference.
    fn batch(
        &mut self,
        ask: &RequestContext,
        drafts: &[Draft],
        policy: PolicyId,
    ) -> Option<Together> {
        let first = drafts.first().filter(|_| drafts.len() > 1)?;
        let book = self.world.header.rulebook(policy);
        if !first.action.always_loses() && !book.consults(first.facts.trigger, first.action) {
            return None;
        }
        let any = |fate: fn(&Fate) -> bool| drafts.iter().find(|draft| fate(&draft.fate));
        let held = any(|fate| matches!(fate, Fate::Held));
        let stopped = held.or_else(|| any(|f| matches!(f, Fate::Denied(_) | Fate::Absent)))?;
        any(|fate| matches!(fate, Fate::Goes(_) | Fate::Unsure(_)))?;
        let answer = self.consult(ask, policy, |t| &t.batches, &first.facts)?;
        Some(Together {
            mode: answer.says,
            rule: answer.rule,
            basis: answer.basis,
            stopped: stopped.basis,
            one_is_held: held.is_some(),
        })
    }

    /// Does what was decided, and writes it down.
    pub(super) fn carry_out(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        draft: Draft,
        word: Word,
        tally: &mut Tally,
    ) {
        let goes = goes(word.outcome);
        let hook = if goes { self.hook_of(ask, &draft) } else { None };
        let word = hook.as_ref().map_or(word, |(_, answer)| Word {
            outcome: Outcome::Deferred,
            decided_by: DecidedBy::Other(DecidingFactor::Hook),
            rule: Some(answer.rule),
            basis: word.basis.union(answer.basis),
        });
        if self.world.halt.is_some() || goes && !self.losses_are_known(ask, &draft) {
            return;
        }
        let grounds = Reason::basis(ask.ground).union(Reason::basis(draft.ground));
        let basis = grounds.union(word.basis).union(self.unscheduled(draft.id));
        self.rely(draft.policy, basis);
        for ground in [ask.ground, draft.ground].into_iter().flatten() {
            self.reach(draft.policy, ground.rule);
        }
        tally.wanted += u32::from(!matches!(draft.fate, Fate::Gone));
        tally.got += u32::from(goes);
        // The caller gets what stood against it itself, not what that did to others.
        match (word.outcome, &draft.fate, word.rule) {
            (Outcome::Held | Outcome::Denied, Fate::Held | Fate::Denied(_), Some(rule)) => {
                tally.refuse(Refusal::Rule(draft.policy, rule));
            }
            (_, Fate::Absent, _) => tally.refuse(Refusal::Obstacle(Obstacle::NotThere)),
            _ => {}
        }
        let slot = self.out.len();
        let is_told = self.is_decision(ask, &draft, goes);
        if is_told {
            tally.decided = true;
            let decision = self.decision(ask, seq, &draft, word, basis);
            self.out.push(Record::Decision(decision));
        }
        if let Some((hook, answer)) = hook {
            let ground = Reason::of(DecidingFactor::Hook, &answer);
            self.hold(ask, seq, &draft, hook, ground);
        } else if goes {
            let remedy = self.remedy_of(ask, &draft, word.rule);
            let (id, loses) = (draft.id, draft.action.always_loses());
            let Fate::Goes(permit) = draft.fate else { return };
            self.world.remedy = remedy;
            let effect = self.apply(ask, seq, permit);
            self.world.remedy = None;
            if let Some(Record::Decision(decision)) = self.out.get_mut(slot).filter(|_| is_told) {
                decision.effect = effect;
                decision.remedy = remedy;
            }
            if is_told && !loses {
                self.remedy_by_resource(slot, id);
            }
        }
    }

    /// What rests on no release having been due of which no reply says whether it is scheduled.
    fn unscheduled(&self, id: InstanceId) -> Basis {
        if self.world.fleet.instance(id).schedule_known {
            return Basis::NONE;
        }
        let book = self.world.header.rulebook(self.world.policy_of(id));
        book.assumed(book.policy.unknown.schedule)
    }

    /// Whether what becomes of an instance is a decision: a protection may be consulted about
    /// it, or something of it goes. Anything else, such as a plain stop where protections are
    /// about releases alone, is logged as a change.
    fn is_decision(&self, ask: &RequestContext, draft: &Draft, goes: bool) -> bool {
        let book = self.world.header.rulebook(draft.policy);
        let (trigger, action) = (draft.facts.trigger, draft.action);
        action.always_loses()
            || book.consults(trigger, action)
            || goes && book.can_lose(trigger, action) && self.would_lose(ask, draft)
    }

    /// The record of a decision, before anything has been done.
    pub(super) fn decision(
        &self,
        ask: &RequestContext,
        seq: u64,
        draft: &Draft,
        word: Word,
        basis: Basis,
    ) -> Decision {
        let instance = self.world.fleet.instance(draft.id);
        let (on, unknown) = self.world.protections(draft.id);
        Decision {
            seq,
            at: self.now,
            cause: ask.cause,
            trigger: ask.trigger,
            action: draft.action,
            actor: ask.actor,
            channel: ask.channel,
            account: instance.account,
            group: instance.group,
            instance: draft.id,
            billing: instance.billing_known.then_some(instance.billing),
            membership: instance.membership_known.then_some(instance.membership),
            on,
            unknown,
            inert: draft.inert,
            outcome: word.outcome,
            effect: Effect::None,
            decided_by: word.decided_by,
            rule: word.rule,
            basis,
            ruling: draft.ruling,
            policy: draft.policy,
            facts: draft.facts,
            remedy: None,
        }
    }
}

/// Whether an outcome means that it went ahead.
pub(super) const fn goes(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Overridden | Outcome::Unprotected | Outcome::Undetermined => true,
        Outcome::Held
        | Outcome::Denied
        | Outcome::Deferred
        | Outcome::Skipped
        | Outcome::Spared
        | Outcome::NoOp => false,
    }
}

/// What two positions have in common that come to the same course.
fn either(one: Outcome, other: Outcome) -> Outcome {
    match (goes(one), one == other) {
        (_, true) => one,
        (true, false) => Outcome::Undetermined,
        // It is kept; that a protection did it is not certain.
        (false, false) => Outcome::Denied,
    }
}

/// What a channel comes to, for a message.
fn position(channel: Channel, action: Action, word: Word) -> (Position, Course) {
    let of = Position(vec![(crate::policy::Unknown::Column(Column::Channel), channel.word())]);
    let (says, rule) = match word.outcome {
        outcome if goes(outcome) => (action.effect().word(), None),
        outcome => (outcome.word(), word.rule),
    };
    (of, Course { says, rule })
}

/// What a batch does to its instances, some of which go and some do not.
struct Together {
    mode: Batch,
    rule: RuleId,
    basis: Basis,
    /// What the fate of the first one that does not go rests on.
    stopped: Basis,
    one_is_held: bool,
}

/// The last word on a draft, the batch considered.
fn deciding_factor(ask: &RequestContext, draft: &Draft, batch: Option<&Together>) -> Word {
    let alone = alone(ask, draft);
    let Some(batch) = batch.filter(|batch| batch.mode != Batch::Each) else { return alone };
    let with_batch = Word { basis: alone.basis.union(batch.basis), ..alone };
    match (batch.mode, &draft.fate) {
        (Batch::AllOrNothing, Fate::Goes(_) | Fate::Unsure(_)) => Word {
            outcome: if batch.one_is_held { Outcome::Spared } else { Outcome::Denied },
            decided_by: DecidedBy::Other(DecidingFactor::Neighbour),
            rule: Some(batch.rule),
            basis: batch.basis.union(batch.stopped),
        },
        (Batch::SkipProtected, Fate::Held) => Word { outcome: Outcome::Skipped, ..with_batch },
        (Batch::SkipProtected, _) => with_batch,
        // What does not go would not go alone either.
        (Batch::Each | Batch::AllOrNothing, _) => alone,
    }
}

/// The last word on a draft, if it were the only one.
pub(super) fn alone(ask: &RequestContext, draft: &Draft) -> Word {
    let outcome = match draft.fate {
        Fate::Goes(_) | Fate::Held | Fate::Unsure(_) => draft.ruling.outcome(),
        Fate::Denied(_) | Fate::Absent => Outcome::Denied,
        Fate::Gone => Outcome::NoOp,
    };
    let (decided_by, rule) = match (&draft.fate, draft.ruling.deciding()) {
        (Fate::Absent | Fate::Gone, _) => (DecidedBy::Other(DecidingFactor::State), None),
        (Fate::Denied(rule), _) => (DecidedBy::Other(DecidingFactor::Precondition), Some(*rule)),
        (Fate::Goes(_) | Fate::Held | Fate::Unsure(_), Some(finding)) => {
            (DecidedBy::Protection(finding.protection), finding.rule)
        }
        // Nothing stood against it; what is named is why it was asked at all.
        (Fate::Goes(_) | Fate::Held | Fate::Unsure(_), None) => match ask.ground.or(draft.ground) {
            Some(ground) => (DecidedBy::Other(ground.by), Some(ground.rule)),
            None => (DecidedBy::Nobody, None),
        },
    };
    Word { outcome, decided_by, rule, basis: draft.basis }
}
