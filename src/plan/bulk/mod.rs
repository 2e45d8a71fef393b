//! Streaming readers for large tables.
//!
//! They are an optimisation: without this folder every table would be read whole, with the same
//! results but more time and memory. Only `plan/compile.rs` and `plan/mod.rs` name it.

pub(super) mod csv_stream;
pub(super) mod events;
pub(super) mod instances;
