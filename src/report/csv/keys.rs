//! The keys of pieces: the values that each piece depends on.

use super::pieces::Key;
use crate::policy::{Basis, Finding, Remedy};
use crate::record::{DecidedBy, Refusal, What};
use crate::words::{
    AccountId, Action, ActorId, Billing, Channel, Effect, GroupId, Lifecycle, LimitedBy,
    Membership, Outcome, PolicyId, ProtectionSet, RequestResult, RuleId, Trigger, Word, ZoneId,
};

/// Trigger, verb, caller and channel of a request.
#[derive(PartialEq)]
pub(super) struct CallColumns(
    pub(super) Option<Trigger>,
    pub(super) VerbWord,
    pub(super) Option<ActorId>,
    pub(super) Option<Channel>,
);

/// A verb by the address of its word. Equal words at two addresses are two keys.
#[derive(PartialEq)]
pub(super) struct VerbWord {
    pub(super) address: usize,
    pub(super) length: usize,
}

impl Key for CallColumns {
    #[inline]
    fn numbers(&self) -> [u32; 4] {
        [number(self.0), low(self.1.address), actor(self.2), number(self.3)]
    }
}

/// The columns of a request from its result to the reason why it was limited.
#[derive(PartialEq)]
pub(super) struct ResultColumns(
    pub(super) RequestResult,
    pub(super) [u32; 2],
    pub(super) Option<Refusal>,
    pub(super) Option<LimitedBy>,
);

impl Key for ResultColumns {
    #[inline]
    fn numbers(&self) -> [u32; 4] {
        let refusal = match self.2 {
            Some(Refusal::Rule(policy, rule)) => u32::from(policy.0) << 16 | u32::from(rule.0),
            Some(Refusal::Obstacle(obstacle)) => 1 << 24 | u32::from(obstacle.index()),
            None => u32::MAX,
        };
        [u32::from(self.0.index()), self.1[0] << 8 | self.1[1], refusal, number(self.3)]
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
    fn numbers(&self) -> [u32; 4] {
        let (trigger, action) = (self.0.index(), self.1.index());
        [u32::from(trigger) << 8 | u32::from(action), actor(self.2), number(self.3), 0]
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
    fn numbers(&self) -> [u32; 4] {
        let rule = self.rule.map_or(u32::MAX, |rule| u32::from(rule.0));
        let words = u32::from(self.outcome.index()) << 8 | u32::from(self.effect.index());
        [
            rule,
            words,
            mask(self.on, self.inert),
            number(self.membership) << 8 | number(self.billing),
        ]
    }
}

impl Key for (PolicyId, Option<Remedy>) {
    #[inline]
    fn numbers(&self) -> [u32; 4] {
        let rule = self.1.and_then(|remedy| remedy.proposed_by);
        let (rule, index) = rule.map_or((u16::MAX, u8::MAX), |(rule, index)| (rule.0, index));
        [self.0.0.into(), rule.into(), index.into(), self.1.is_some().into()]
    }
}

impl Key for (PolicyId, Finding) {
    #[inline]
    fn numbers(&self) -> [u32; 4] {
        let rule = self.1.rule.map_or(u32::MAX, |rule| u32::from(rule.0));
        [self.0.0.into(), rule, self.1.verdict.index().into(), self.1.protection.0.into()]
    }
}

/// The changed property with its values, and whether the change is a setting at the start.
#[derive(PartialEq)]
pub(super) struct Values(pub(super) What, pub(super) bool);

impl Key for Values {
    #[inline]
    fn numbers(&self) -> [u32; 4] {
        match self.0 {
            What::State(a, b) => [0, a.index().into(), b.index().into(), 0],
            What::Protections(policy, a, b) => [1, policy.0.into(), mask(a, b), self.1.into()],
            What::Arrears(a, b) => [2, a.into(), b.into(), self.1.into()],
            // Others are rare, or have as many values as records.
            What::Group(..)
            | What::Schedule(..)
            | What::Billing(..)
            | What::Term(..)
            | What::Lock(..)
            | What::Size(..)
            | What::Exists(..)
            | What::Cancelled(..)
            | What::Model(..)
            | What::Probed(..)
            | What::Health(..)
            | What::Suspended(..)
            | What::Property(..) => [3, 0, 0, 0],
        }
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
    fn numbers(&self) -> [u32; 4] {
        let group = self.1.map_or(u32::MAX, GroupId::number);
        [self.0.0, group, number(self.2), self.3.map_or(u32::MAX, ZoneId::number)]
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
    fn numbers(&self) -> [u32; 4] {
        [self.0.0.into(), self.1.index().into(), mask(self.2, self.3), 0]
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
    fn numbers(&self) -> [u32; 4] {
        let Some((policy, state, membership, on, unknown)) = self.0 else { return [u32::MAX; 4] };
        [policy.0.into(), state.index().into(), number(membership), mask(on, unknown)]
    }
}

fn number(word: Option<impl Word>) -> u32 {
    word.map_or(u32::MAX, |word| word.index().into())
}

fn actor(actor: Option<ActorId>) -> u32 {
    actor.map_or(u32::MAX, |actor| actor.0)
}

#[expect(clippy::cast_possible_truncation, reason = "only the place in a memo depends on it")]
const fn low(address: usize) -> u32 {
    address as u32
}

/// Two sets as one number.
fn mask(one: ProtectionSet, other: ProtectionSet) -> u32 {
    u32::from(one.mask()) << 16 | u32::from(other.mask())
}
