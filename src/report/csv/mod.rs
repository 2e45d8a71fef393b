//! The tables of a run as CSV files.

pub(super) mod cells;
pub(super) mod columns;
pub(super) mod rows;
pub(super) mod tables;
pub(super) mod thread;
