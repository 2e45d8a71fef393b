//! The fleet: the current state of accounts, groups, instances and their resources.
//!
//! The tables are dense and indexed by typed ids; they have no names. The operations of the fleet
//! keep it consistent. It does not depend on policies or on the future event list, and makes no
//! decisions.

mod account;
mod autoscale;
mod copy_on_write;
mod group;
mod instance;
mod metric;
pub mod numbers;
mod restricted;
mod selection;
mod tables;

pub use account::{Account, Arrears};
pub use autoscale::{AUTOSCALE, Autoscale, MetricRule, Profile, SizeChange, SizeProposal};
pub use group::{Care, Group, Hook, Upgrades};
pub use instance::{Instance, MEMBER_TEMPLATE, Prices, Property};
pub use metric::Series;
pub use selection::{MemberOrder, MemberRank, Offer, Queues, Spread, Walk, ZoneAndDomain};
pub use tables::Fleet;
