//! Streaming readers for large tables.
//!
//! They are an optimisation. With the feature `bulk` off, or without this folder, every table is
//! read in pieces with the same results, and takes more time and memory. Only `plan/compile.rs` and
//! `plan/mod.rs` name the folder.

mod bytes;
mod csv_stream;
mod event_rows;
pub(super) mod events;
pub(super) mod instances;
mod rest;
