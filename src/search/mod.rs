//! A search for the shortest ways in which an instance is lost.
//!
//! A step of the search is a step of the engine: a [`Branch`](crate::world::Branch) of a run, in
//! which a call of a person or a cause of the platform is tried. What an event does follows from
//! the policy alone; this room has no table of effects, and never knows reports or files.
//!
//! # What is searched
//!
//! * *Steps* ([`moves`](self)): the calls and causes of `moves.rs`, with a finite set of values for
//!   each key.
//! * *Waiting*: a step is made at the start, or one second after an event or a timer, since nothing
//!   else changes the state. Waiting goes to the next of these instants.
//! * *The goal*: the instance is released, or one of its disks is lost.
//! * *The scenario*: its own events happen as written; random sources are left out.
//!
//! # What is listed
//!
//! A way is listed unless another way needs only a part of its steps, at most the same callers and
//! at most the same time. In fault trees these are the minimal cut sets. Two steps are the same
//! here if their verbs, their subjects and what they switch are; other keys, such as `force`, are
//! chosen so that the step succeeds.
//!
//! # Why pruning loses nothing
//!
//! * A step that changes nothing that the further course depends on is not taken.
//! * A state that was reached before, with the same steps in any order, no later and by no other
//!   callers, is not continued: whatever follows from it followed from the first one as well, no
//!   later. Instants count relative to the simulated time, unless the course depends on the time.
//! * A state is not continued once a way that needs a part of its steps is over.
//!
//! `tests/it/hunt.rs` compares the search with an enumeration without pruning.

mod alike;
mod explore;
mod moves;
mod question;
mod replay;
mod ways;

pub use alike::{alike, callers};
pub use explore::{Hunted, Incomplete, first_beyond, hunt};
pub use question::Hunt;
pub use replay::{Replay, ReplayedStep, replay, with_steps};
pub use ways::{TakenStep, Way};
