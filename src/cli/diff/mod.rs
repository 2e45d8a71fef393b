//! `stayput diff`: what another edition changes, and for which instances.

mod arguments;
mod recorded;
mod verb;

pub(super) use arguments::Arguments;
pub(super) use verb::run;
