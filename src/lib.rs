//! Replays the ways a cloud instance gets released and shows which protections held.
//!
//! The straight line, from text to what happened:
//!
//! ```
//! use stayput::record::Record;
//! use stayput::plan::{Options, compile};
//! use stayput::format::{NoFiles, Problems, Sources, render};
//! use stayput::world::Run;
//!
//! let text = include_str!("../scenarios/two-ways-to-go.yaml");
//! let (mut sources, mut problems) = (Sources::default(), Problems::default());
//! let file = sources.add("two-ways-to-go.yaml", text);
//! let options = Options::default();
//! let compiled = compile(file, &options, &NoFiles, &mut sources, &mut problems)
//!     .ok_or_else(|| render(&problems, &sources, false))?; // every mistake at once
//!
//! let mut outcomes = Vec::new();
//! for plan in compiled.plans {
//!     for record in Run::start(plan) {
//!         // nothing can fail from here on
//!         if let Record::Decision(decision) = record {
//!             outcomes.push(format!("{}: {}", decision.trigger, decision.outcome));
//!         }
//!     }
//! }
//! assert_eq!(outcomes, ["manual: held", "scheduled-release: overridden"]);
//! # Ok::<(), String>(())
//! ```
//!
//! `ARCHITECTURE.md` has the map: which room knows what, and what is deliberately absent.

pub mod cli;
pub mod decimal;
pub mod diagnostics;
pub mod experiment;
pub mod fleet;
pub mod format;
pub mod import;
pub mod kernel;
pub mod plan;
pub mod policy;
pub mod record;
pub mod report;
pub mod run_header;
pub mod stats;
pub mod time;
pub mod words;
pub mod world;
