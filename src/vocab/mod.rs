//! The nouns of the field, one meaning each.
//!
//! Closed lists of words and typed ids, nothing else. It must never know how
//! anything works, so that files, reports and the engine can share the words
//! without sharing behaviour.

mod ids;
mod terms;
mod word;

pub use ids::{
    AccountId, ActorId, EventId, GroupId, InstanceId, PolicyId, ProtectionId, ProtectionSet,
    RuleId, SwitchId, SwitchSet,
};
pub use terms::{
    Action, AfterSettling, Batch, Billing, Capacity, Channel, CheckedFirst, ClockAction, ClockKind,
    Confidence, Criterion, EconomicalStop, Effect, Extreme, Fate, FlagFate, HealthCheck,
    HealthFate, LastWord, Lead, Lifecycle, Lock, Membership, Obstacle, Occasion, Outcome, Renewal,
    RequestResult, ScheduleFate, Shortfall, StoppedBy, Subject, TermFrom, Thing, TieBreak, Trigger,
    Verdict, YesNo,
};
pub use word::Word;
pub(crate) use word::words;
