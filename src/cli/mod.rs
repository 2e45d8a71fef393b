//! The command line: arguments in, an exit code out; one file for each verb.
//!
//! Only this room reads files, the terminal, the environment or signals. `dispatch` enters the
//! verbs; no verb imports another one, and what several of them need stands in `shared`.

mod args;
mod bless;
mod check;
mod diff;
mod dispatch;
mod explain;
mod matrix;
mod merge;
mod policies;
mod run;
mod schema;
mod shared;
mod test;

pub use dispatch::run;
pub use shared::exit::Exit;
