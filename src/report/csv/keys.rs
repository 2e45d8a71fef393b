//! The keys of pieces: the values that each piece depends on.

use super::pieces::Key;
use crate::policy::{Basis, Finding, Remedy};
use crate::record::{DecidedBy, Refusal, Request, What};
use crate::words::{
    AccountId, Action, ActorId, Billing, Channel, Effect, GroupId, Lifecycle, Membership, Outcome,
    PolicyId, ProtectionSet, RuleId, Trigger, Word, ZoneId,
};

/// Trigger, verb, caller and channel of a request.
///
/// The verb is known by the address and the length of its word, so that equal words at two
/// addresses are two keys.
#[derive(PartialEq)]
pub(super) struct CallColumns([u64; 2]);

impl CallColumns {
    #[inline]
    pub(super) fn of(r: &Request) -> Self {
        let address = r.verb.as_ptr().addr() as u64;
        let length = (r.verb.len() as u64) << 16 & 0xffff_0000; // a word is never so long
        let caller = u64::from(actor(r.actor)) << 32;
        Self([address, caller | length | byte(r.trigger) << 8 | byte(r.channel)])
    }
}

impl Key for CallColumns {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        self.0
    }
}

/// The columns of a request from its result to the reason why it was limited.
#[derive(PartialEq)]
pub(super) struct ResultColumns([u64; 2]);

/// Largest number of instances in a [`ResultColumns`]; larger ones vary too much.
const SMALL: u32 = 9;

impl ResultColumns {
    /// Whether the numbers of a request are small.
    #[inline]
    pub(super) fn are_few(r: &Request) -> bool {
        r.wanted.max(r.got) <= SMALL
    }

    /// The key of a request with small numbers.
    #[inline]
    pub(super) fn of(r: &Request) -> Self {
        let refusal = match r.refusal {
            None => 0,
            Some(Refusal::Rule(policy, rule)) => {
                1 << 32 | u64::from(policy.0) << 16 | u64::from(rule.0)
            }
            Some(Refusal::Obstacle(obstacle)) => 2 << 32 | u64::from(obstacle.index()),
        };
        let numbers = u64::from(r.wanted) << 24 | u64::from(r.got) << 16;
        let words = u64::from(r.result.index()) << 8 | byte(r.limited_by);
        Self([refusal, numbers | words])
    }
}

impl Key for ResultColumns {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        self.0
    }
}

/// Trigger, action, caller and channel of a decision.
#[derive(PartialEq)]
pub(super) struct ActionColumns(
    pub(super) Trigger,
    pub(super) Action,
    pub(super) Option<ActorId>,
    pub(super) Option<Channel>,
);

impl Key for ActionColumns {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        let (trigger, action) = (self.0.index(), self.1.index());
        both([u32::from(trigger) << 8 | u32::from(action), actor(self.2), number(self.3), 0])
    }
}

/// The columns of a decision from the billing to the assumptions.
#[derive(PartialEq)]
pub(super) struct JudgedColumns {
    pub(super) policy: PolicyId,
    pub(super) rule: Option<RuleId>,
    pub(super) billing: Option<Billing>,
    pub(super) membership: Option<Membership>,
    pub(super) on: ProtectionSet,
    pub(super) unknown: ProtectionSet,
    pub(super) inert: ProtectionSet,
    pub(super) outcome: Outcome,
    pub(super) effect: Effect,
    pub(super) decided_by: DecidedBy,
    pub(super) basis: Basis,
}

impl Key for JudgedColumns {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        let rule = self.rule.map_or(u32::MAX, |rule| u32::from(rule.0));
        let words = u32::from(self.outcome.index()) << 8 | u32::from(self.effect.index());
        both([
            rule,
            words,
            mask(self.on, self.inert),
            number(self.membership) << 8 | number(self.billing),
        ])
    }
}

impl Key for (PolicyId, Option<Remedy>) {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        let rule = self.1.and_then(|remedy| remedy.proposed_by);
        let (rule, index) = rule.map_or((u16::MAX, u8::MAX), |(rule, index)| (rule.0, index));
        both([self.0.0.into(), rule.into(), index.into(), self.1.is_some().into()])
    }
}

impl Key for (PolicyId, Finding) {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        let rule = self.1.rule.map_or(u32::MAX, |rule| u32::from(rule.0));
        both([self.0.0.into(), rule, self.1.verdict.index().into(), self.1.protection.0.into()])
    }
}

/// The changed property with its values, and whether the change is a setting at the start.
#[derive(PartialEq)]
pub(super) struct Values(pub(super) What, pub(super) bool);

impl Key for Values {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        both(match self.0 {
            What::State(a, b) => [0, a.index().into(), b.index().into(), 0],
            What::Protections(policy, a, b) => {
                let head = 1 | u32::from(self.1) << 8 | u32::from(policy.0) << 16;
                [head, mask(a.on, b.on), mask(a.unknown, b.unknown), 0]
            }
            What::Arrears(to) => [2, to.into(), 0, self.1.into()],
            // Others are rare, or have as many values as records.
            What::Group(..)
            | What::Schedule(..)
            | What::Billing(..)
            | What::Term(..)
            | What::Lock(..)
            | What::Size(..)
            | What::Deleted
            | What::Cancelled(..)
            | What::Model(..)
            | What::Probed(..)
            | What::Health(..)
            | What::Suspended(..)
            | What::Property(..) => [3, 0, 0, 0],
        })
    }
}

/// The columns of an instance from the account to the zone.
#[derive(PartialEq)]
pub(super) struct OwnerColumns(
    pub(super) AccountId,
    pub(super) Option<GroupId>,
    pub(super) Option<Billing>,
    pub(super) Option<ZoneId>,
);

impl Key for OwnerColumns {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        let group = self.1.map_or(u32::MAX, GroupId::number);
        both([self.0.0, group, number(self.2), self.3.map_or(u32::MAX, ZoneId::number)])
    }
}

/// The columns of an instance from the state to the protections, if it was not released.
#[derive(PartialEq)]
pub(super) struct AtEnd(
    pub(super) PolicyId,
    pub(super) Lifecycle,
    pub(super) ProtectionSet,
    pub(super) ProtectionSet,
);

impl Key for AtEnd {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        both([self.0.0.into(), self.1.index().into(), mask(self.2, self.3), 0])
    }
}

/// The columns of an instance about its state at the start; empty for an instance that the run
/// created.
#[derive(PartialEq)]
pub(super) struct AtStart(
    pub(super) Option<(PolicyId, Lifecycle, Option<Membership>, ProtectionSet, ProtectionSet)>,
);

impl Key for AtStart {
    #[inline]
    fn numbers(&self) -> [u64; 2] {
        let Some((policy, state, membership, on, unknown)) = self.0 else { return [u64::MAX; 2] };
        both([policy.0.into(), state.index().into(), number(membership), mask(on, unknown)])
    }
}

fn number(word: Option<impl Word>) -> u32 {
    word.map_or(u32::MAX, |word| word.index().into())
}

fn actor(actor: Option<ActorId>) -> u32 {
    actor.map_or(u32::MAX, |actor| actor.0)
}

/// The index of a word. No list is long enough for it to be the number of `None`.
fn byte(word: Option<impl Word>) -> u64 {
    word.map_or(0xff, |word| word.index().into())
}

fn both([a, b, c, d]: [u32; 4]) -> [u64; 2] {
    [u64::from(a) << 32 | u64::from(b), u64::from(c) << 32 | u64::from(d)]
}

/// Two sets as one number.
fn mask(one: ProtectionSet, other: ProtectionSet) -> u32 {
    u32::from(one.mask()) << 16 | u32::from(other.mask())
}
