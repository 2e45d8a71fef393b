//! Policies: a provider's rules about protections, as data.
//!
//! This module never uses the fleet, the time or the name of a provider: a verdict is a function
//! of facts, and a provider is a set of files.
//!
//! # Lifecycle
//!
//! 1. [`load`] reads a file and merges it with the edition that it extends (`overlay.rs`).
//! 2. `compile` turns names into ids and *proves* every table: exactly one rule matches each cell
//!    of its space, and each rule matches at least one cell. Every violation is reported with its
//!    span. The result is a [`Policy`].
//! 3. A scenario sets the switches that the documents leave open. A policy with all switches set
//!    is a [`Rulebook`].
//! 4. [`Rulebook::judge`] returns the outcome for one instance in one situation, and a [`Permit`]
//!    if nothing blocks the action. It is pure and total.
//!
//! # How verdicts combine
//!
//! If any protection holds, the outcome is `held`; else if any is overridden, `overridden`; else if
//! a consulted protection is unknown, `undetermined`; else `unprotected`. [`Ruling::outcome`]
//! states this.

mod advice;
pub(crate) mod built_in;
mod catalog;
mod clock;
mod compile;
mod dated;
mod defaults;
mod diff;
mod domain;
mod edition;
mod facts;
mod file;
mod judge;
mod order;
mod overlay;
mod overlay_schema;
mod permission;
mod prevent;
mod proof_messages;
mod questions;
mod read_files;
mod refusals;
mod remedy;
mod rule_node;
mod rulebook;
mod ruling;
mod runs;
mod says;
mod shared;
mod space;
mod table;
mod trail;
mod unknown;
mod written;
mod written_condition;
mod written_remedy;
mod written_rule;
mod written_step;

pub use advice::{Advice, Means};
pub use catalog::{Catalog, Library, load};
pub use clock::{Clock, ClockStep, Rounding, Timetable};
pub use defaults::{DefaultRow, Defaults, Orders};
pub use diff::compare::compare;
pub use diff::difference::{
    CellCounts, Cited, Class, Comparison, Difference, Direction, Part, Statement, Tested,
};
pub use diff::spent::already;
pub use domain::{Domain, SituationStatus};
pub use edition::{
    AnswerBasis, DecisionTables, FlagChange, FlagTest, Hooks, Policy, Precondition, Protection,
    Repairs, Rule, Schedule, Source, Switch, UNKNOWN_BILLING, UNKNOWN_LOCK, UNKNOWN_MEMBERSHIP,
    UNKNOWN_PROTECTION, UNKNOWN_RENEWAL, UNKNOWN_SCHEDULE, Unknowns,
};
pub use facts::{Column, Columns, Condition, Facts};
pub use file::PolicyFile;
pub use judge::{InstanceCase, InstanceJudgement, JudgedOutcome, Permit, Requested};
pub use order::Order;
pub use overlay_schema::allow_overlays;
pub use permission::{CallPermission, Flags, Needs, Permissions, SETS, caller_verbs};
pub use remedy::{Danger, Moment, Remedy};
pub use rulebook::{Answer, Basis, Rulebook, may_lose};
pub use ruling::{Finding, Ruling};
pub use space::{Axis, Block, Over, Space};
pub use table::{DecisionTable, TableRow};
pub use trail::{Trail, TrailRow};
pub use unknown::{Position, PositionOutcome, Undecided, Unknown};
