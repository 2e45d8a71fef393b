//! What happens to the groups of a fleet and to their members.

pub(super) mod autoscale;
pub(super) mod bounds;
pub(super) mod grow;
pub(super) mod health;
mod hooks;
pub(super) mod members;
pub(super) mod shrink;
pub(super) mod state;
mod upgrade;
