//! The tables of a run as CSV files.

pub(super) mod block;
pub(super) mod cells;
pub(super) mod columns;
mod joined;
mod keys;
mod pieces;
pub(super) mod rows;
pub(super) mod tables;
mod tallies;
pub(super) mod thread;
