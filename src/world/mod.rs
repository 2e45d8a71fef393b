//! The model of the simulation: handlers of events and timers.
//!
//! An *event* comes from the script of a scenario; a *timer* is an entry that the world itself put
//! on the future event list. `run.rs` has one handler for each kind of event and of timer. The
//! module never knows files, names of providers, or reports, and it looks up every answer of a
//! provider in the policy.
//!
//! # Lifecycle of a step
//!
//! 1. The kernel takes the earliest entry: the next event of the script or a timer ([`Timer`]).
//! 2. Its handler makes a request (`request.rs`) about some instances and opens it in the log
//!    (`request_log.rs`).
//! 3. Each instance is judged: its facts (`facts.rs`) go to the policy, which returns a ruling
//!    (`decide.rs`, `draft.rs`).
//! 4. The decision is recorded (`carry_out.rs`). If nothing blocks the action, it is applied to
//!    the fleet (`apply.rs`, `harmless.rs`, `losses.rs`), and timers are set or cleared.
//! 5. The request is closed. What it causes for others at the same instant, such as the health
//!    check of a member that has just stopped or the refill of its group, is a timer, and so
//!    happens after all events of the script at that instant.

mod apply;
mod beginning;
mod billing;
mod branch;
mod carry_out;
mod causes;
mod consult;
mod decide;
mod digest;
mod draft;
mod facts;
mod group;
mod harmless;
mod instance_calls;
mod losses;
mod noted_call;
mod origins;
mod permission;
mod pool;
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

pub use branch::Branch;
pub use noted_call::NotedCall;
pub use run::{Run, StartingPoint};
pub use step::{Halt, World};
pub use timer::Timer;
