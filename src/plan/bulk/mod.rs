//! Huge tables, read row by row.
//!
//! Delete this folder and every result stays the same; tables of millions of rows take longer and
//! more memory. Only `plan/compile.rs` and `plan/mod.rs` name it.

pub(super) mod csv_stream;
pub(super) mod events;
pub(super) mod instances;
