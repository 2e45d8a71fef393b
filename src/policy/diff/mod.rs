//! Two editions held against each other: every cell, clock, refusal and list.
//!
//! Nothing is simulated. Both decision spaces are laid over each other, and what the two
//! editions say is compared in every cell of the union, in every position of every switch.
//! Cells that change in the same way are reported together, in as few blocks as a greedy search
//! finds. It must never know a scenario: what a change means for a fleet is another question.
//!
//! A document is the same in both editions if it has the same key, or, under another key, the
//! same title, section and date; a change of it is reported once, and not for each rule.

mod clocks;
pub(in crate::policy) mod compare;
pub(in crate::policy) mod difference;
mod found;
mod grid;
mod lists;
mod pair;
mod probe;
mod refusals;
pub(in crate::policy) mod spent;
mod tables;
