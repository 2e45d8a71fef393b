//! The suite that tests the program from outside, as one binary. The comment at each module
//! describes its subject.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

/// The table of ARCHITECTURE.md on additions and the files that they change.
mod additions;
mod alerts;
mod azure_imports;
/// Pages in a real browser.
mod browser;
/// Random events: distributions, common random numbers, follow-ups.
mod chance;
/// The page of replications against the tables.
mod chance_page;
/// Reports for CI servers: sound XML, and texts that do nothing.
mod ci_formats;
/// Exit codes, output streams and folders of reports.
mod cli;
/// The cases of a scenario side by side.
mod compare;
/// The tables of a folder against their description.
mod data_package;
/// The same inputs give the same bytes, and unrelated instances change nothing.
mod determinism;
/// `diff` of two editions reports every difference and nothing else.
mod diff;
/// The differences that caused a changed decision, and the decisions that their acceptance covers.
mod diff_causes;
mod diff_order;
/// README, `docs/` and CHANGELOG against the program.
mod docs;
/// The evidence of rules, and the changes that an overlay may make to another edition.
mod evidence;
/// `explain`: one decision or one situation, step by step.
mod explain;
mod fix;
/// The targets of `fuzz/` on mutated seeds.
mod fuzz;
/// The shortest ways to a loss, and a proof that pruning loses none of them.
mod hunt;
/// Real replies of providers, with outcomes that were counted by hand.
mod import_rows;
mod imports;
/// Imports between files, for the layer test.
mod imports_of_files;
/// First scenarios, without a listing and from listings.
mod init;
/// `test`, `bless` and accepted changes: reports for machines, and an empty selection fails.
mod judging;
/// The kernel is compared with queues whose figures are known exactly.
mod kernel_theory;
/// The kernel is compared with traces of other simulators, with their random numbers.
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
/// Prices: the worth that is lost with an instance, and the cost that is still billed after its
/// release.
mod money;
/// Records, headers and results as another program stores and reads them.
mod named;
mod origins;
/// HTML pages are complete, safe and small, and agree with the tables.
mod pages;
/// Nothing is lost without a permit, and only judging makes permits.
mod permits;
/// The full matrix of every edition: a change of a verdict is a change of a line.
mod policies;
/// Properties of every scenario, tried on random ones.
mod properties;
/// A protection has a name and an attribute; both mean it wherever one is written.
mod protection_names;
/// The tables as DuckDB, pandas and frictionless read them.
mod questions;
/// The generator of random scenarios: a small model of a fleet and its events, and its text.
mod random;
/// Every remedy is tried, and prevents its loss.
mod remedies;
/// Many draws of one plan: figures, parts, precision, interrupts.
mod replications;
/// Malformed replies and their messages; the work of reading grows linearly.
mod replies;
/// Every scenario of the repository, run and judged.
mod scenarios;
/// The schemas are compared with every file of the repository, valid and invalid.
mod schemas;
/// Intervals cover the true value as often as they state.
mod stats;
/// Tables that are read row by row: the same as if they were read whole, in less memory.
mod streams;
/// How to run the program from a test.
mod support;
/// The tables that a thread writes equal those of a simple writer, byte by byte.
mod tables;
/// Output fits the width, and shows losses first.
mod terminal;
/// Style of the code: lengths of lines and functions, leftovers, names of providers, words.
mod tidy;
/// The files that a file may name, and the lines that messages quote from files of another kind.
mod trust;
/// Unknown facts are judged in every position.
mod unknowns;
/// The rules of the world, one at a time: arrears, terms, hooks, zones.
mod world;
