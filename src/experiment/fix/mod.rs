//! The smallest changes that close the ways in which instances are lost.
//!
//! To find out whether a set of changes closes every way, the scenario with the changes is compiled
//! and searched again; nothing is inferred from the changes themselves. The sets are found as the
//! minimal hitting sets of the ways (Reiter 1987): a set that leaves a way open is extended by each
//! change that could close this way, sets of one change first. A way that stays open with all
//! changes together cannot be closed by any set; it is listed, and the search is for sets that
//! close the others.

mod candidates;
mod change;
mod check;
mod found;
mod question;
mod sets;

pub use change::FixChange;
pub use check::OpenWay;
pub use found::FoundBy;
pub use question::{ChangedPlan, FixQuestion};
pub use sets::{Fix, Fixed, fix};
