//! The words of the field, each with one meaning.
//!
//! The module contains closed lists of words, typed ids and their names. It must never know how
//! anything works, so that files, reports and the engine can share the words without sharing
//! behaviour.

mod action;
mod acts;
mod answer;
mod billing;
mod group;
mod ids;
mod labels;
mod locks;
mod metrics;
mod names;
mod resource;
mod set_protections;
mod state;
mod timer;
mod trail;
mod trigger;
mod verdict;
mod word;

pub use action::{Action, Effect};
pub use acts::Act;
pub use answer::*;
pub use billing::{
    Billing, ClockAction, ClockKind, EconomicalStop, Lead, Renewal, TermEnd, TermFrom,
};
pub use group::{
    BoundFate, Capacity, Comparison, Criterion, DesiredAfter, DesiredAfterAttach, Eviction,
    Extreme, FlagEffect, GroupOperation, Health, HealthCheck, HealthFate, HookFate, HookResult,
    Initiator, Membership, NameForm, Numbering, Orchestration, PendingFate, Process, Reclaim,
    Refill, Repair, RollOut, Shortfall, Statistic, TieBreak, Upgrade, Weekday, ZoneHeld,
    ZonePolicy, ZoneRule,
};
pub use ids::{
    AccountId, ActorId, EventId, GroupId, InstanceId, ModelId, PolicyId, ProtectionId,
    ProtectionSet, RuleId, SourceId, SwitchId, SwitchSet, ZoneId,
};
pub use labels::Labels;
pub use locks::Locks;
pub use metrics::{Metric, SHARE, Unit};
pub use names::Names;
pub use resource::{Fate, ResourceKind, SubjectKind};
pub use set_protections::{AS_UNKNOWN, SetProtections, spelled_protections};
pub use state::{Lifecycle, Lock, StoppedBy, YesNo};
pub use timer::TimerName;
pub use trail::{AlertKind, Recording, TrailEvent, WatchedChange};
pub use trigger::{Channel, Trigger};
pub use verdict::{
    Confidence, DecidingFactor, LimitedBy, Obstacle, Outcome, RequestResult, RuleSeverity, Verdict,
};
pub use word::Word;

pub(crate) use word::{deserialize_word, serialize_word, words};
