//! A search for the shortest ways to lose an instance.
//!
//! A step of the search is an event that is tried in a [`Branch`](crate::world::Branch) of a run: a
//! call of a person, or an event of the platform. The engine handles it, so its effects follow from
//! the policy; this module has no table of effects, and never knows reports or files.
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
//! here if they have the same verb and subject and switch the same protections; other keys, such as
//! `force`, are chosen so that the step succeeds.
//!
//! # Why pruning loses nothing
//!
//! * A step is not taken if it changes no fact that affects the further course.
//! * A state is not continued if it was reached before, with the same steps in any order, no later
//!   and by no other callers. All of its continuations were then searched from the earlier
//!   occurrence. Instants are compared relative to the simulated time, unless the course depends on
//!   the time.
//! * A state is not continued if a way that was found needs only a part of its steps and ends
//!   earlier.
//!
//! `tests/it/hunt.rs` compares the search with an enumeration without pruning.

mod alike;
mod explore;
mod moves;
mod question;
mod replay;
mod ways;

pub use alike::{alike, callers};
pub use explore::{Hunted, Incomplete, first_beyond, has_no_way, hunt};
pub use question::Hunt;
pub use replay::{Replay, ReplayedStep, replay, with_steps};
pub use ways::{TakenStep, Way};
