//! Replays the ways a cloud instance gets released and shows which protections held.
//!
//! The straight line, from text to what happened:
//!
//! ```
//! use stayput::record::Record;
//! use stayput::scenario::{Options, compile};
//! use stayput::text::{NoFiles, Problems, Sources, render};
//! use stayput::world::Run;
//!
//! let text = "
//! stayput: scenario/1
//! name: two-ways-to-go
//! policy: alibaba-ecs@2026-05-15
//! start: 2026-06-01T00:00:00Z
//! for: 10d
//! fleet:
//!   instances:
//!     db-1: { protect: [release-protection], auto-release: 2026-06-03T00:00:00Z }
//! events:
//!   - { at: +1h, id: mis-click, release: { instance: db-1, by: alice, via: console } }
//! ";
//! let (mut sources, mut problems) = (Sources::default(), Problems::default());
//! let file = sources.add("two-ways.yaml", text);
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
pub mod experiment;
pub mod fleet;
pub mod import;
pub mod kernel;
pub mod policy;
pub mod record;
pub mod report;
pub mod scenario;
pub mod text;
pub mod time;
pub mod vocab;
pub mod world;
