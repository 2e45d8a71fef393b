//! The fleet: accounts, groups, instances and what belongs to them, as they stand now.
//!
//! Dense tables by typed ids, without names. The fleet is state that stays consistent; it does not
//! depend on policies or on the future event list, and makes no decisions.

mod account;
mod autoscale;
mod group;
mod instance;
mod metric;
pub mod numbers;
mod selection;
mod tables;

pub use account::{Account, Arrears};
pub use autoscale::{AUTOSCALE, Autoscale, MetricRule, Profile, SizeChange, SizeProposal};
pub use group::{Care, Group, Hook, Upgrades};
pub use instance::{Instance, MEMBER_TEMPLATE, Property};
pub use metric::Series;
pub use selection::{MemberOrder, Offer, Place, Queues, Spread, Walk, ZoneAndDomain};
pub use tables::Fleet;
