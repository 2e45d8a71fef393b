//! Huge tables, read row by row.
//!
//! No result depends on this folder: without it every table would be read whole, in more time and
//! memory. Only `plan/compile.rs` and `plan/mod.rs` name it.

pub(super) mod csv_stream;
pub(super) mod events;
pub(super) mod instances;
