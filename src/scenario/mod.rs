//! Scenarios: a fleet, what happens to it, and what is expected.
//!
//! It must never know the kernel or the world: it turns text into a [`Plan`] in
//! which no name is left to resolve and nothing is left to fail.
//!
//! # Lifecycle
//!
//! 1. A file is read as a tree. If it has cases, each gets a tree of its own, in
//!    which `$name` has been replaced by the case's value.
//! 2. Each tree is read as written ([`Written`]).
//! 3. Compiling resolves policies, names, times and selectors into a [`Plan`].
//!
//! Every mistake of every case is told at once.

mod assume;
mod cases;
mod compile;
mod expect;
mod plan;
mod population;
mod random;
mod resolve;
mod scaling;
mod script;
mod selector;
mod stock;
mod streamed;
mod surface;
mod tables;
mod verbs;

pub use compile::{Compiled, Options, compile, compile_with};
pub use expect::{
    AccountIs, DecisionLine, Expectation, Expectations, GroupState, InstanceState, LossLine,
    RequestLine, StateLine, StateOf, TotalLine, Watch, When as LookAt,
};
pub use plan::{Assumption, Plan, Play, Script, Scripted};
pub use population::lead;
pub use random::{Among, Deed, FollowUp, Law, Same, Source, Thousandths};
pub use streamed::{Streamed, Unread};
pub use surface::Written;
pub use verbs::{Aim, Flags, FlagsRef, Order, Targets, VERBS};
pub mod order {
    //! What each verb asks, with ids in place of names.
    pub use super::verbs::resolved::*;
}
