//! The way to a decision: facts, ruling, batch, and then the deed.
//!
//! Everything that would do to an instance what its policy judges comes through
//! [`Step::decide`]. How one instance's case is read, from the top:
//!
//! | the instance | ruling | precondition | becomes |
//! |---|---|---|---|
//! | is gone | | | no-op |
//! | was never there | | | denied |
//! | is there | blocks | | held |
//! | is there | lets it pass | refuses | denied |
//! | is there | lets it pass | none fits | goes ahead |
//!
//! Where a protection holds and a precondition refuses as well, the policy says
//! which of the two is asked first.
//!
//! Then the batch may change it: where one held keeps all, the others are
//! spared; where protected ones are passed over, the held are skipped.

use smallvec::SmallVec;

use super::ask::{Ask, Ground, Tally};
use super::remedy::may_lose;
use super::{Halt, Step};
use crate::policy::{Basis, Facts, Rulebook, Ruling};
use crate::record::{DecidedBy, Decision, Record, Refusal};
use crate::vocab::{
    Action, Batch, CheckedFirst, Effect, InstanceId, LastWord, Lifecycle, Obstacle, Outcome,
    PolicyId, ProtectionSet, RuleId, Trigger, Upgrade, YesNo,
};

/// What is asked of one instance of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// The instance.
    pub id: InstanceId,
    /// What is asked of it.
    pub action: Action,
    /// The rule by which just this is asked.
    pub ground: Option<Ground>,
}

/// The same asked of each.
pub(super) fn alike(ids: &[InstanceId], action: Action) -> SmallVec<[Item; 1]> {
    ids.iter().map(|id| Item { id: *id, action, ground: None }).collect()
}

/// The drafts of a request, which most of the time is about one instance.
pub(super) type Drafts = SmallVec<[Draft; 1]>;

/// A decision before the batch has had its say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft {
    pub item: Item,
    pub facts: Facts,
    pub policy: PolicyId,
    pub ruling: Ruling,
    pub inert: ProtectionSet,
    pub fate: Fate,
    /// What the fate rests on.
    pub basis: Basis,
}

/// What becomes of an instance if it is looked at alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing stands against it.
    Goes,
    /// A protection holds it.
    Held,
    /// Something else stands against it.
    Denied(RuleId),
    /// It never was there.
    Absent,
    /// It is gone already.
    Gone,
}

/// The last word on an instance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub outcome: Outcome,
    pub decided_by: DecidedBy,
    pub rule: Option<RuleId>,
    pub basis: Basis,
}

impl Draft {
    /// Whether nothing stands against it.
    pub(super) fn goes(&self) -> bool {
        self.fate == Fate::Goes
    }
}

impl Step<'_> {
    /// Decides on every item of a request and does what was decided.
    pub(super) fn decide(&mut self, ask: &Ask, seq: u64, items: &[Item]) -> Tally {
        let mut drafts = Drafts::with_capacity(items.len());
        for item in items {
            let Some(draft) = self.draft(ask, *item) else { return Tally::default() };
            drafts.push(draft);
        }
        // What is asked of several providers at once is a call to each of them.
        let mut batches: SmallVec<[(PolicyId, Option<Together>); 1]> = SmallVec::new();
        for draft in &drafts {
            if batches.iter().all(|(policy, _)| *policy != draft.policy) {
                batches.push((draft.policy, self.batch(&drafts, draft.policy)));
            }
        }
        let mut tally = Tally::default();
        for draft in &drafts {
            let batch = batches.iter().find(|(policy, _)| *policy == draft.policy);
            let word = last_word(ask, draft, batch.and_then(|(_, batch)| batch.as_ref()));
            self.carry_out(ask, seq, draft, word, &mut tally);
        }
        tally
    }

    /// Looks at one instance alone. `None` if its fate hangs on something unknown.
    pub(super) fn draft(&mut self, ask: &Ask, item: Item) -> Option<Draft> {
        let facts = self.facts(ask, item.id, item.action);
        let world = &*self.world;
        let instance = world.fleet.instance(item.id);
        let policy = world.policy_of(item.id);
        let book = world.legend.rulebook(policy);
        let (on, unknown) = world.protections(item.id);
        let inert = book.inert(&facts, on);
        let draft = Draft {
            item,
            facts,
            policy,
            ruling: Ruling::NOTHING,
            inert,
            fate: Fate::Gone,
            basis: Basis::NONE,
        };
        // Who is gone, or never was there, was not kept or lost by any protection.
        match instance.state {
            Lifecycle::Released => return Some(draft),
            Lifecycle::Absent => return Some(Draft { fate: Fate::Absent, ..draft }),
            Lifecycle::Pending
            | Lifecycle::Running
            | Lifecycle::Stopped
            | Lifecycle::Reclaimed
            | Lifecycle::Deallocated
            | Lifecycle::Removing => {}
        }
        if is_idle(&facts) {
            return Some(draft);
        }
        match book.judge(&facts, instance.membership_known, on, unknown) {
            Ok(ruling) => Some(weigh(book, Draft { ruling, ..draft })),
            Err(on) => {
                self.world.halt = Some(Halt { at: self.now, instance: item.id, policy, on });
                None
            }
        }
    }

    /// How the instances of a request hang together, if it makes a difference.
    fn batch(&mut self, drafts: &[Draft], policy: PolicyId) -> Option<Together> {
        let drafts = || drafts.iter().filter(|draft| draft.policy == policy);
        let first = drafts().next().filter(|_| drafts().count() > 1)?;
        let any = |fate: fn(&Fate) -> bool| drafts().find(|draft| fate(&draft.fate));
        let held = any(|fate| *fate == Fate::Held);
        let stopped = held.or_else(|| any(|f| matches!(f, Fate::Denied(_) | Fate::Absent)))?;
        any(|fate| *fate == Fate::Goes)?;
        let answer = self.consult(first.policy, |t| &t.batches, &first.facts)?;
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
        ask: &Ask,
        seq: u64,
        draft: &Draft,
        word: Word,
        tally: &mut Tally,
    ) {
        let goes = matches!(word.outcome, Outcome::Overridden | Outcome::Unprotected);
        let hook = if goes { self.hook_of(ask, draft) } else { None };
        let word = hook.as_ref().map_or(word, |(_, answer)| Word {
            outcome: Outcome::Deferred,
            decided_by: DecidedBy::Other(LastWord::Hook),
            rule: Some(answer.rule),
            basis: word.basis.and(answer.basis),
        });
        let grounds = Ground::basis(ask.ground).and(Ground::basis(draft.item.ground));
        let basis = grounds.and(word.basis);
        self.rely(draft.policy, basis);
        for ground in [ask.ground, draft.item.ground].into_iter().flatten() {
            self.reach(draft.policy, ground.rule);
        }
        tally.wanted += u32::from(draft.fate != Fate::Gone);
        tally.got += u32::from(goes);
        // The caller hears of what stood against it itself, not of what that did to others.
        match (word.outcome, draft.fate, word.rule) {
            (Outcome::Held | Outcome::Denied, Fate::Held | Fate::Denied(_), Some(rule)) => {
                tally.refuse(Refusal::Rule(draft.policy, rule));
            }
            (_, Fate::Absent, _) => tally.refuse(Refusal::Obstacle(Obstacle::NotThere)),
            _ => {}
        }
        let slot = self.out.len();
        let decision = self.decision(ask, seq, draft, word, basis);
        self.out.push(Record::Decision(decision));
        if let Some((hook, answer)) = hook {
            let ground = Ground::of(LastWord::Hook, &answer);
            self.hold(ask, seq, draft, hook, ground);
        } else if goes {
            let grounds = [ask.ground, draft.item.ground];
            let ground = grounds.into_iter().flatten().next().map(|ground| ground.rule);
            let rules = [word.rule, ground.filter(|ground| word.rule != Some(*ground))];
            let remedy = may_lose(draft.item.action)
                .then(|| self.remedy(ask, draft.item.id, &draft.facts, rules));
            self.world.remedy = remedy;
            let effect = self.apply(ask, seq, draft.item.id, draft.item.action, &draft.ruling);
            self.world.remedy = None;
            if let Some(Record::Decision(decision)) = self.out.get_mut(slot) {
                decision.effect = effect;
                decision.remedy = remedy;
            }
        }
    }

    /// The record of a decision, before anything has been done.
    pub(super) fn decision(
        &self,
        ask: &Ask,
        seq: u64,
        draft: &Draft,
        word: Word,
        basis: Basis,
    ) -> Decision {
        let instance = self.world.fleet.instance(draft.item.id);
        let (on, unknown) = self.world.protections(draft.item.id);
        Decision {
            seq,
            at: self.now,
            cause: ask.cause,
            trigger: ask.trigger,
            action: draft.item.action,
            actor: ask.actor,
            channel: ask.channel,
            account: instance.account,
            group: instance.group,
            instance: draft.item.id,
            billing: instance.billing,
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

/// Whether an action would change nothing, as things stand.
fn is_idle(facts: &Facts) -> bool {
    let Facts { action, state, trigger, upgrade, .. } = *facts;
    // A new image of the system is news to every instance.
    if trigger == Trigger::ModelUpdate
        && upgrade != Upgrade::OsImage
        && facts.latest_model == YesNo::Yes
    {
        return true;
    }
    match state {
        Lifecycle::Running => matches!(action, Action::Start),
        Lifecycle::Stopped => matches!(action, Action::Stop | Action::Recycle),
        Lifecycle::Reclaimed | Lifecycle::Deallocated => {
            matches!(action, Action::Stop | Action::Deallocate)
        }
        Lifecycle::Absent | Lifecycle::Pending | Lifecycle::Removing | Lifecycle::Released => false,
    }
}

/// What becomes of an instance that is there, by its ruling and by preconditions.
fn weigh(book: &Rulebook, draft: Draft) -> Draft {
    let Draft { facts, ruling, .. } = draft;
    let refusal = book.refusal(&facts);
    let order = book.ask(&book.tables.check_order, &facts);
    let refused = |rule, basis: Basis| Draft {
        fate: Fate::Denied(rule),
        basis: basis.and(book.basis(rule)),
        // Who is refused before was not kept by any protection.
        ruling: ruling.unasked(),
        ..draft
    };
    match (ruling.blocks(), refusal) {
        (false, None) => Draft { fate: Fate::Goes, basis: ruling.basis, ..draft },
        (false, Some(rule)) => refused(rule, Basis::NONE),
        (true, None) => Draft { fate: Fate::Held, basis: ruling.basis, ..draft },
        (true, Some(rule)) => {
            let first = order.map_or(CheckedFirst::Protection, |order| order.says);
            let basis = order.map_or(Basis::NONE, |order| order.basis);
            match first {
                CheckedFirst::Refusal => refused(rule, basis),
                CheckedFirst::Protection => {
                    Draft { fate: Fate::Held, basis: ruling.basis.and(basis), ..draft }
                }
            }
        }
    }
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
fn last_word(ask: &Ask, draft: &Draft, batch: Option<&Together>) -> Word {
    let alone = alone(ask, draft);
    let Some(batch) = batch.filter(|batch| batch.mode != Batch::Each) else { return alone };
    let with_batch = Word { basis: alone.basis.and(batch.basis), ..alone };
    match (batch.mode, draft.fate) {
        (Batch::AllOrNothing, Fate::Goes) => Word {
            outcome: if batch.one_is_held { Outcome::Spared } else { Outcome::Denied },
            decided_by: DecidedBy::Other(LastWord::Neighbour),
            rule: Some(batch.rule),
            basis: batch.basis.and(batch.stopped),
        },
        (Batch::SkipProtected, Fate::Held) => Word { outcome: Outcome::Skipped, ..with_batch },
        (Batch::SkipProtected, _) => with_batch,
        // Who does not go would not go alone either.
        (Batch::Each | Batch::AllOrNothing, _) => alone,
    }
}

/// The last word on a draft, if it were the only one.
pub(super) fn alone(ask: &Ask, draft: &Draft) -> Word {
    let outcome = match draft.fate {
        Fate::Goes | Fate::Held => draft.ruling.outcome(),
        Fate::Denied(_) | Fate::Absent => Outcome::Denied,
        Fate::Gone => Outcome::NoOp,
    };
    let (decided_by, rule) = match (draft.fate, draft.ruling.deciding()) {
        (Fate::Absent | Fate::Gone, _) => (DecidedBy::Other(LastWord::State), None),
        (Fate::Denied(rule), _) => (DecidedBy::Other(LastWord::Precondition), Some(rule)),
        (Fate::Goes | Fate::Held, Some(finding)) => {
            (DecidedBy::Protection(finding.protection), finding.rule)
        }
        // Nothing stood against it; what is told is why it was asked at all.
        (Fate::Goes | Fate::Held, None) => match ask.ground.or(draft.item.ground) {
            Some(ground) => (DecidedBy::Other(ground.by), Some(ground.rule)),
            None => (DecidedBy::Nobody, None),
        },
    };
    Word { outcome, decided_by, rule, basis: draft.basis }
}
