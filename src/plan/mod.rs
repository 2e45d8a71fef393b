//! Scenarios: a fleet, events, and expectations.
//!
//! The module turns text into a [`Plan`], in which all names are resolved, so that a run cannot
//! fail. It must never know the kernel or the world.
//!
//! # Lifecycle
//!
//! 1. A file is read as a tree. If it has cases, each case gets its own tree, in which `$name` is
//!    replaced by the value of the case.
//! 2. Each tree is read as a [`WrittenScenario`], which has names only.
//! 3. Compiling resolves policies, names, times and selectors into a [`Plan`].
//!
//! Every mistake of every case is reported at once.
#![cfg_attr(
    not(feature = "bulk"),
    expect(dead_code, reason = "only the readers of large tables use some functions")
)]

mod autoscale_builder;
#[cfg(feature = "bulk")]
mod bulk;
#[cfg(not(feature = "bulk"))]
#[path = "no_bulk.rs"]
mod bulk;
mod compile;
mod compiled;
mod compiler;
mod events;
mod expectation_builder;
mod expectations;
mod fleet_builder;
mod group_builder;
mod house;
mod house_builder;
mod imports;
mod instance_builder;
mod listing;
mod members;
mod mentioned;
mod name_lookup;
mod names;
mod pick;
mod prices;
mod principals;
mod principals_builder;
mod protections;
mod random;
mod random_builder;
mod reduced;
mod resolver;
mod scenario;
mod script;
mod script_builder;
mod selectors;
mod setting_checks;
mod spelling;
mod started_clocks;
mod starting_values;
mod state_expectations;
mod switches;
mod tables;
mod targets;
mod verb_keys;
mod watch;
mod watch_builder;

pub use crate::format::expect::AccountIs;
pub use crate::format::{SpanDistribution, UnsignedDecimal, VERBS, WrittenScenario};
pub use compile::{Compiled, ReadCases, compile, compile_cases, compile_with, parse, read_cases};
pub use compiled::{Assumption, Plan};
pub use compiler::Options;
pub use events::Event;
pub use expectations::{
    AlertedLine, CheckTime, DecisionLine, Expectation, Expectations, ExpectedProtections,
    GroupState, InstanceState, LossLine, RequestLine, StateLine, StateOf, TotalLine, TwoPersonLine,
    Watch,
};
pub use house::{HouseDemand, HouseRule};
pub use members::Members;
pub use principals::{Principals, Resource};
pub use random::{Alternative, Among, FollowUp, RandomSource, Same};
pub use reduced::{ReducedPlan, Surroundings};
pub use scenario::{Mistakes, Scenario};
pub use script::{EventTable, ListedPlay, NextEvent, Play, Script, Scripted, Unread};
pub use setting_checks::{judges, lead};
pub use spelling::Spelling;
pub use starting_values::Starts;
pub use targets::{EventTargets, FlagsRef, Targets};
pub use watch::Watcher;

pub mod verb {
    //! The verbs with ids in place of names.
    pub use crate::plan::events::verb::*;
}
