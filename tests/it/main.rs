//! The suite that tests the program from outside, as one binary. A comment here, or at the head of
//! a module's file, describes the subject of the module.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

/// The table of ARCHITECTURE.md on additions and the files that they change.
mod additions;
mod alerts;
mod azure_imports;
/// Pages in a real browser.
mod browser;
/// Random events: distributions, common random numbers and follow-ups.
mod chance;
/// The page of replications against the tables.
mod chance_page;
/// Reports for CI servers: the XML is valid, and texts of a file have no effect in them.
mod ci_formats;
/// Exit codes, output streams and folders with reports.
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
/// Inputs that are made to hang the program, or to run commands where its output is read.
mod hostile;
mod house;
mod hunt;
mod import_rows;
/// Real replies of providers, with outcomes that were counted by hand.
mod imports;
mod imports_joined;
/// Finds the imports between files, for the layer test.
mod imports_of_files;
/// First scenarios, without a listing and from listings.
mod init;
/// `test`, `bless` and accepted changes; for example, an empty selection fails.
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
/// Each mistake is reported once, hides no other, and has a message that helps.
mod mistakes;
mod models;
/// Prices: the worth that is lost with an instance, and the cost that is still billed after its
/// release.
mod money;
/// Records, headers and results as another program stores and reads them.
mod named;
mod origins;
/// Outputs never replace inputs, each other or files of another origin.
mod outputs;
/// HTML pages are complete, safe and small, and agree with the tables.
mod pages;
/// Nothing is lost without a permit, and only judging makes permits.
mod permits;
/// The full matrix of every edition as a snapshot, in which each changed verdict is a changed line.
mod policies;
/// Properties of every scenario, tried on random ones.
mod properties;
/// What messages propose can be done, and each mistake has one message.
mod proposals;
/// A protection can be written by its name or by its attribute at every place of a file.
mod protection_names;
/// The tables as DuckDB, pandas and frictionless read them.
mod questions;
/// The generator of random scenarios: a small model of a fleet and its events, and its text.
mod random;
/// Every remedy is tried, and prevents its loss.
mod remedies;
/// Replications of a plan: their figures, shards and precision, and interruptions.
mod replications;
/// Malformed replies and their messages; the work of reading grows linearly.
mod replies;
/// Every scenario of the repository is run, and its expectations are met.
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
/// The output of commands fits the width of the terminal and shows losses first.
mod terminal;
/// Style of the code: lengths of lines and functions, leftovers, names of providers, words.
mod tidy;
/// The average over time that the tests of the kernel measure.
mod time_weighted;
/// The files that a file may name, and the lines that messages quote from files of another kind.
mod trust;
/// Unknown facts are judged in every position.
mod unknowns;
/// What texts name, count and promise is so.
mod wording;
/// The rules of the world, one at a time: arrears, terms, hooks, zones.
mod world;
