//! The smallest changes that close the ways in which instances are lost.
//!
//! Whether some changes close every way is never concluded: the scenario with the changes is
//! compiled and searched again. The search for the changes is that for the minimal hitting sets of
//! the ways (Reiter 1987): a set that leaves a way open is extended by each change that could close
//! this way, sets of one change first. A way that all changes together leave open is closed by no
//! set; it is listed, and the sets are searched that close the others.

mod candidates;
mod change;
mod check;
mod found;
mod question;
mod sets;

pub use change::FixChange;
pub use check::OpenWay;
pub use found::FoundBy;
pub use question::{Changed, FixQuestion};
pub use sets::{Fix, Fixed, fix};
