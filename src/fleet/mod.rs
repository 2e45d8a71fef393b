//! The fleet: accounts, groups, instances and what belongs to them, as they stand now.
//!
//! Dense tables by typed ids; no names, which live beside the plan. It must
//! never know policies or the future event list: it holds state and keeps it consistent,
//! and does not decide.

mod account;
mod autoscale;
mod group;
mod instance;
mod metric;
pub mod numbers;
mod selection;
mod tables;

pub use account::{Account, Arrears};
pub use autoscale::{Autoscale, CALLER as AUTOSCALE, Change, Profile, Rule as MetricRule, Wish};
pub use group::{Care, Group, Hook, Upgrades};
pub use instance::{Instance, MEMBER_TEMPLATE, Property};
pub use metric::Series;
pub use selection::{Corner, Offer, Order, Place, Queues, Spread, Walk};
pub use tables::Fleet;
