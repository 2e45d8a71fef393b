//! Compilation of a policy file: names become ids, and tables are proved complete.

mod clocks;
pub(in crate::policy) mod compiler;
mod defaults;
mod evidence;
mod judged;
mod names;
mod permissions;
mod prove;
mod remedies;
mod sources;
mod spaces;
mod tables;
mod trail;
