//! The nouns of the field, one meaning each.
//!
//! Closed lists of words, typed ids and what they are called, nothing else. It must never know how
//! anything works, so that files, reports and the engine can share the words
//! without sharing behaviour.

mod acts;
mod groups;
mod ids;
mod locks;
mod metrics;
mod names;
mod terms;
mod word;

pub use acts::Act;
pub use groups::{
    BoundFate, Capacity, Comparison, Criterion, DesiredAfter, Eviction, Extreme, FlagEffect,
    GroupDeed, Health, HealthCheck, HealthFate, HookFate, HookResult, Initiator, Membership,
    NameForm, Numbering, Orchestration, Process, Reclaim, Refill, Repair, RollOut, Shortfall,
    Statistic, TieBreak, Upgrade, Weekday, ZoneHeld, ZonePolicy, ZoneRule,
};
pub use ids::{
    AccountId, ActorId, EventId, GroupId, InstanceId, ModelId, PolicyId, ProtectionId,
    ProtectionSet, RuleId, SourceId, SwitchId, SwitchSet, ZoneId,
};
pub use locks::Locks;
pub use metrics::{Metric, Unit};
pub use names::Names;
pub use terms::{
    Action, AfterSettling, Batch, Billing, Channel, CheckedFirst, ClockAction, ClockKind,
    Confidence, EconomicalStop, Effect, Fate, FlagFate, LastWord, Lead, Lifecycle, Lock, Obstacle,
    Occasion, Outcome, Renewal, RequestResult, ScheduleFate, StoppedBy, Subject, TermFrom, Thing,
    Trigger, Verdict, YesNo,
};
pub use word::Word;
pub(crate) use word::words;
