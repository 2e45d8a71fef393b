//! A discrete-event kernel.
//!
//! It must never know what is simulated: no cloud word occurs here, so that the
//! order of events can be read, tested and measured by itself.
//!
//! # Lifecycle
//!
//! 1. A [`Model`], a *script* (what is known beforehand, sorted by time) and a
//!    horizon make a [`Simulation`].
//! 2. Each step takes the earlier of two heads: the script's next order or the
//!    [`FutureEvents`]'s next timer. At one instant the script goes first.
//! 3. The model reacts; it may set and clear timers and emits records.
//! 4. The simulation ends [`Stop::Drained`], at the [`Stop::Horizon`], at a
//!    [`Stop::Limit`], or [`Stop::Halted`] by its model.
//!
//! What a script says is never put into a heap: it is read once, in order.
//! Random numbers come from named [`Streams`], so that one more source of them
//! moves no other draw; a [`Distribution`] makes spans of time out of them.

mod distribution;
mod due_times;
mod future_events;
mod simulation;
mod streams;
mod timer;

pub use distribution::{Distribution, below};
pub use future_events::FutureEvents;
pub use simulation::{Flow, Limit, Limits, Model, Simulation, Stop};
pub use streams::Streams;
pub use timer::{EventKey, Priority, TimerId};
