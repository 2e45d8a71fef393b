//! Handlers of events and timers of groups.

pub(super) mod autoscale;
pub(super) mod bounds;
pub(super) mod grow;
pub(super) mod health;
mod hooks;
pub(super) mod members;
pub(super) mod ranking;
pub(super) mod shrink;
pub(super) mod state;
mod upgrade;
