//! Comparison of two editions: every cell, clock, refusal and list.
//!
//! Nothing is simulated. The two decision spaces are united, and both editions are compared in
//! every cell of the union, for every position of every switch. Cells that change in the same way
//! are reported together, in as few blocks as a greedy search finds. Scenarios are not used here.
//!
//! A document is the same in both editions if it has the same key, or the same title, section and
//! date. A changed document is reported once, not for each rule.

mod clocks;
pub(in crate::policy) mod compare;
pub(in crate::policy) mod difference;
mod found;
mod grid;
mod grid_words;
mod lists;
mod pair;
mod probe;
mod refusals;
pub(in crate::policy) mod spent;
mod tables;
