//! `stayput diff`: the differences of two policies or of two recorded runs.

mod arguments;
mod cases;
mod recorded;
mod verb;

pub(super) use arguments::Arguments;
pub(super) use verb::run;
