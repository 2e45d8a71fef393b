//! The kernel of a discrete-event simulation: clock, future event list, random streams.
//!
//! It does not know what is simulated: it contains no word about clouds, so that the order of
//! events can be read, tested and measured separately.
//!
//! # Lifecycle
//!
//! 1. A [`Simulation`] has a [`Model`], a *script* (events known in advance, sorted by time) and a
//!    horizon.
//! 2. Each step takes the earlier of the next event of the script and the next timer of the
//!    [`FutureEvents`]. At the same instant the event of the script comes first.
//! 3. The model handles it: it may set and clear timers, and it emits records.
//! 4. The simulation ends when nothing is left ([`Stop::Drained`]), at the horizon
//!    ([`Stop::Horizon`]), at a limit ([`Stop::Limit`]), or when the model halts
//!    ([`Stop::Halted`]).
//!
//! Events of the script are not put on the future event list; they are read once, in order.
//! Random numbers come from named [`Streams`], so that an additional random source changes no
//! other draw. A [`Distribution`] turns random numbers into spans of time.

mod distribution;
mod due_times;
mod future_events;
mod simulation;
mod streams;
mod timer;

pub use distribution::{Distribution, below};
pub use future_events::FutureEvents;
pub use simulation::{EventBatches, Flow, Limit, Limits, Model, Simulation, Stop};
pub use streams::Streams;
pub use timer::{EventKey, Priority, TimerId};
