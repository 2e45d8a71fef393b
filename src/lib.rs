//! Replays the ways a cloud instance gets released and shows which protections held.
//!
//! A [`Scenario`] is compiled with a [`Catalog`] of policies: one [`Plan`] for each of its cases.
//! A [`Run`] of a plan is an iterator of [`Record`]s: requests, decisions, losses and changes.
//!
//! ```
//! use stayput::{Catalog, Record, Run, Scenario};
//!
//! let text = include_str!("../scenarios/two-ways-to-go.yaml");
//! let plans = Scenario::parse(text)?.compile(&Catalog::default())?; // or every mistake at once
//!
//! let mut outcomes = Vec::new();
//! for plan in plans {
//!     for record in Run::start(plan) {
//!         if let Record::Decision(decision) = record {
//!             outcomes.push(format!("{}: {}", decision.trigger, decision.outcome));
//!         }
//!     }
//! }
//! assert_eq!(outcomes, ["manual: held", "scheduled-release: overridden"]);
//! # Ok::<(), stayput::Mistakes>(())
//! ```
//!
//! A record holds ids. To store or send records, give them names with [`named::NamedRecord`].
//!
//! The names at the root of the crate are the stable interface. The modules below it are documented
//! for those who read the code; they may change with every version.
//!
//! `ARCHITECTURE.md` is the map of the modules.

pub mod cli;
pub mod decimal;
pub mod diagnostics;
pub mod experiment;
pub mod fleet;
pub mod format;
pub mod import;
pub mod kernel;
pub mod money;
pub mod named;
pub mod plan;
pub mod policy;
pub mod record;
pub mod report;
pub mod run_header;
pub mod search;
pub mod stats;
pub mod time;
pub mod words;
pub mod world;

pub use plan::{Mistakes, Options, Plan, Scenario};
pub use policy::Catalog;
pub use record::Record;
pub use run_header::RunHeader;
pub use world::Run;
