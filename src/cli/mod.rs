//! The command line: from arguments to an exit code, with one file for each command.
//!
//! Only this module reads files, the terminal, the environment or signals. `dispatch` calls the
//! commands. No command imports another command; the code that several need is in `shared`.

mod args;
mod bless;
mod check;
mod diff;
mod dispatch;
mod explain;
mod hunt;
mod import;
mod init;
mod matrix;
mod merge;
mod policies;
mod run;
mod schema;
mod shared;
mod test;

pub use dispatch::run;
pub use shared::exit::Exit;
