//! The world: what reacts to events. One exhaustive match over what a scenario
//! may write, one over what the world schedules itself.
//!
//! It must never know files, names of providers, or how anything is reported.
//! It asks the policy about everything that a provider decides.
//!
//! # Lifecycle of a step
//!
//! `event → instances concerned → facts → policy.judge(facts) → ruling →
//! fleet.apply → record (+ timers)`. What one request makes happen at once to
//! others (a stopped member found unhealthy, a schedule that had waited) follows
//! as a request of its own, after it and at the same instant.

mod apply;
mod billing;
mod carry_out;
mod consult;
mod decide;
mod draft;
mod facts;
mod group;
mod harmless;
mod instance_calls;
mod losses;
mod random_events;
mod random_sources;
mod remedy;
mod request;
mod request_log;
mod run;
mod schedule;
mod step;
mod subscription;
mod timer;

pub use run::Run;
pub use step::{Halt, World};
pub use timer::Timer;
