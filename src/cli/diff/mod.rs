//! `stayput diff`: the differences of two policies, two cases, two recorded runs, or of
//! scenarios without and with an overlay.

mod arguments;
mod cases;
mod overlays;
mod plans;
mod recorded;
mod verb;

pub(super) use arguments::Arguments;
pub(super) use verb::run;
