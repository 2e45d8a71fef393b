//! From a file as written to a proved policy: names become ids, tables are proved.

mod clocks;
pub(in crate::policy) mod compiler;
mod defaults;
mod evidence;
mod judged;
mod names;
mod prove;
mod remedies;
mod sources;
mod tables;
