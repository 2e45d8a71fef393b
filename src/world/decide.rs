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
//! Then the batch may change it: where one held keeps all, the others are
//! spared; where protected ones are passed over, the held are skipped.

use super::ask::{Ask, Tally};
use super::{Halt, Step};
use crate::policy::{Basis, Facts, Ruling};
use crate::record::{DecidedBy, Decision, Record};
use crate::vocab::{
    Action, Batch, Effect, InstanceId, Lifecycle, Outcome, PolicyId, ProtectionSet, RuleId,
};

/// What is asked of one instance of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// The instance.
    pub id: InstanceId,
    /// What is asked of it.
    pub action: Action,
    /// What rests on why just this is asked.
    pub basis: Basis,
}

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
    Denied(Option<RuleId>),
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

impl Step<'_> {
    /// Decides on every item of a request and does what was decided.
    pub(super) fn decide(&mut self, ask: &Ask, seq: u64, items: &[Item]) -> Tally {
        let mut drafts = Vec::with_capacity(items.len());
        for item in items {
            let Some(draft) = self.draft(ask, *item) else { return Tally::default() };
            drafts.push(draft);
        }
        let batch = self.batch(&drafts);
        let mut tally = Tally::default();
        for draft in &drafts {
            let word = last_word(draft, batch.as_ref());
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
        let group = instance.group.map(|group| world.fleet.group(group));
        let on = group.map_or(instance.on, |group| instance.on.and(group.on));
        let unknown = group.map_or(instance.unknown, |group| instance.unknown.and(group.unknown));
        let inert = book.inert(&facts, on);
        let ruling = match book.judge(&facts, instance.membership_known, on, unknown) {
            Ok(ruling) => ruling,
            Err(hangs_on) if instance.is_there() => {
                self.world.halt =
                    Some(Halt { at: self.now, instance: item.id, policy, on: hangs_on });
                return None;
            }
            Err(_) => Ruling::NOTHING,
        };
        let fate = match instance.state {
            Lifecycle::Released => Fate::Gone,
            Lifecycle::Absent => Fate::Denied(None),
            Lifecycle::Pending | Lifecycle::Running | Lifecycle::Stopped | Lifecycle::Reclaimed => {
                match book.refusal(&facts) {
                    _ if ruling.blocks() => Fate::Held,
                    Some(rule) => Fate::Denied(Some(rule)),
                    None => Fate::Goes,
                }
            }
        };
        // Whoever is refused before, or gone, was not kept or lost by any protection.
        let (ruling, basis) = match fate {
            Fate::Goes | Fate::Held => (ruling, ruling.basis),
            Fate::Denied(Some(rule)) => (ruling.unasked(), book.basis(rule)),
            Fate::Denied(None) | Fate::Gone => (ruling.unasked(), Basis::NONE),
        };
        Some(Draft { item, facts, policy, ruling, inert, fate, basis })
    }

    /// How the instances of a request hang together, if it makes a difference.
    fn batch(&mut self, drafts: &[Draft]) -> Option<Together> {
        let first = drafts.first().filter(|_| drafts.len() > 1)?;
        let book = self.world.legend.rulebook(first.policy);
        let (mode, rule, basis) = book.ask(&book.tables.batches, &first.facts)?;
        self.rely(first.policy, basis);
        let any = |fate: fn(&Fate) -> bool| drafts.iter().any(|draft| fate(&draft.fate));
        Some(Together {
            mode,
            rule,
            basis,
            one_is_held: any(|fate| *fate == Fate::Held),
            one_is_denied: any(|fate| matches!(fate, Fate::Denied(_))),
            one_goes: any(|fate| *fate == Fate::Goes),
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
        let basis = ask.basis.and(draft.item.basis).and(word.basis);
        self.rely(draft.policy, basis);
        tally.wanted += u32::from(draft.fate != Fate::Gone);
        let goes = matches!(word.outcome, Outcome::Overridden | Outcome::Unprotected);
        tally.got += u32::from(goes);
        if !goes && tally.answer.is_none() && word.outcome != Outcome::Skipped {
            tally.answer = word.rule.map(|rule| (draft.policy, rule));
        }
        let slot = self.out.len();
        let decision = self.decision(ask, seq, draft, word, basis);
        self.out.push_back(Record::Decision(Box::new(decision)));
        if goes {
            let effect = self.apply(ask, seq, draft.item.id, draft.item.action, &draft.ruling);
            if let Some(Record::Decision(decision)) = self.out.get_mut(slot) {
                decision.effect = effect;
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
        let group = instance.group.map(|group| self.world.fleet.group(group));
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
            on: group.map_or(instance.on, |group| instance.on.and(group.on)),
            unknown: group.map_or(instance.unknown, |group| instance.unknown.and(group.unknown)),
            inert: draft.inert,
            outcome: word.outcome,
            effect: Effect::None,
            decided_by: word.decided_by,
            rule: word.rule,
            basis,
            ruling: draft.ruling,
            policy: draft.policy,
        }
    }
}

/// What a batch does to its instances.
struct Together {
    mode: Batch,
    rule: RuleId,
    basis: Basis,
    one_is_held: bool,
    one_is_denied: bool,
    one_goes: bool,
}

/// The last word on a draft, the batch considered.
fn last_word(draft: &Draft, batch: Option<&Together>) -> Word {
    let alone = alone(draft);
    let Some(batch) = batch else { return alone };
    let by_batch = |outcome| Word {
        outcome,
        decided_by: DecidedBy::Neighbour,
        rule: Some(batch.rule),
        basis: batch.basis,
    };
    match (batch.mode, draft.fate) {
        (Batch::AllOrNothing, Fate::Goes) if batch.one_is_held => by_batch(Outcome::Spared),
        (Batch::AllOrNothing, Fate::Goes) if batch.one_is_denied => by_batch(Outcome::Denied),
        (Batch::SkipProtected, Fate::Held) if batch.one_goes => by_batch(Outcome::Skipped),
        (Batch::Each | Batch::AllOrNothing | Batch::SkipProtected, _) => alone,
    }
}

/// The last word on a draft, if it were the only one.
pub(super) fn alone(draft: &Draft) -> Word {
    let outcome = match draft.fate {
        Fate::Goes | Fate::Held => draft.ruling.outcome(),
        Fate::Denied(_) => Outcome::Denied,
        Fate::Gone => Outcome::NoOp,
    };
    let (decided_by, rule) = match (draft.fate, draft.ruling.deciding()) {
        (Fate::Denied(None) | Fate::Gone, _) => (DecidedBy::State, None),
        (Fate::Denied(rule), _) => (DecidedBy::Precondition, rule),
        (Fate::Goes | Fate::Held, Some(finding)) => {
            (DecidedBy::Protection(finding.protection), finding.rule)
        }
        (Fate::Goes | Fate::Held, None) => (DecidedBy::Nobody, None),
    };
    Word { outcome, decided_by, rule, basis: draft.basis }
}
