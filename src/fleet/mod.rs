//! The fleet: accounts, groups, instances and what belongs to them, as they stand now.
//!
//! Dense tables by typed ids; no names, which live beside the plan. It must
//! never know policies or the agenda: it holds state and keeps it consistent,
//! and does not decide.

mod autoscale;
pub mod numbers;
mod parts;
mod select;
mod tables;

pub use autoscale::{
    Autoscale, AutoscalePart, CALLER as AUTOSCALE, Change, Level, Profile, ProfilePart,
    Rule as MetricRule, RulePart as MetricRulePart, Series, Wish,
};
pub use parts::{
    AccountPart, AutoRelease, GroupPart, HookPart, InstancePart, Known, ProtectPart, ThingPart,
    ThingRecord,
};
pub use select::{Choice, Offer, Spread, Walk};
pub use tables::{
    Account, Arrears, Care, Fleet, Group, Hook, Instance, NEWCOMER, Property, Upgrades,
};
