//! The suite that looks at the program from outside. One binary; each module
//! says here what belongs into it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

/// The table of ARCHITECTURE.md that says what an addition changes.
mod additions;
mod azure_imports;
/// Pages in a real browser.
mod browser;
/// Random events: distributions, common random numbers, follow-ups.
mod chance;
/// Exit codes, streams, folders of reports: what a shell sees.
mod cli;
/// The tables of a folder against their description.
mod data_package;
/// The same inputs give the same bytes, and strangers change nothing.
mod determinism;
/// Two editions: every difference, and nothing else.
mod diff;
mod diff_order;
/// README, `docs/` and CHANGELOG against the program.
mod docs;
/// On what rules rest, and what an overlay may change of another edition.
mod evidence;
/// One decision or one situation, step by step.
mod explain;
/// The targets of `fuzz/` on mutated seeds.
mod fuzz;
/// Real replies of providers, and the outcomes that were counted by hand.
mod imports;
/// Imports between files, for the layer test.
mod imports_of_files;
/// `test`, `bless`, and what is accepted: reports for machines, and nothing that passes for
/// nothing.
mod judging;
/// The kernel against queues whose figures are known exactly.
mod kernel_theory;
/// The kernel against the traces of other simulators, with their own draws.
mod kernel_traces;
/// The layer table of ARCHITECTURE.md against the imports in `src`.
mod layers;
/// The library as another program uses it.
mod library;
/// Memory and work that an input may take.
mod limits;
/// The locks of an instance are a set: in fleets, tables, replies, conditions and reports.
mod locks;
/// Every kind of mistake in a file, and the message for it.
mod messages;
mod models;
/// Prices: what is lost with an instance, and what is still billed after it.
mod money;
/// Behind each timer, the event that set it going and its caller.
mod named;
mod origins;
/// HTML pages: whole, harmless, small, and equal to the tables.
mod pages;
/// Nothing is lost without a permit, and a permit comes from judging alone.
mod permits;
/// The full matrix of every edition: a change of a verdict is a change of a line.
mod policies;
/// What holds in any scenario: random ones.
mod properties;
/// A protection has a name and an attribute; both mean it wherever one is written.
mod protection_names;
/// The tables as DuckDB, pandas and frictionless read them.
mod questions;
/// Random scenarios: a small model of a fleet and of what happens to it, and its text.
mod random;
/// Every remedy is tried, and prevents its loss.
mod remedies;
/// Many draws of one plan: figures, parts, precision, interrupts.
mod replications;
/// Replies that make no sense, and what is said of them; how much work reading is.
mod replies;
/// Every scenario of the repository, run and judged.
mod scenarios;
/// The schemas against every file of the repository, right and wrong.
mod schemas;
/// Intervals hold the truth as often as they say.
mod stats;
/// Tables that are read row by row: the same as if they were read whole, in less memory.
mod streams;
/// How to run the program from a test.
mod support;
/// The tables that a thread writes against those of the plain writer, byte by byte.
mod tables;
/// What is printed fits the width, and shows first what was lost.
mod terminal;
/// Habits: lengths of lines and functions, leftovers, names of providers.
mod tidy;
/// What a file may read, and what is quoted from files of another kind.
mod trust;
/// Unknown facts are judged in every position.
mod unknowns;
/// What the world does, step by step: arrears, terms, hooks, zones.
mod world;
