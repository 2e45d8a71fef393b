//! The exit codes.

use std::process::{ExitCode, Termination};

/// The exit codes. They are part of the public interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The command did its work: every expectation met, no difference, no mistake.
    Success = 0,
    /// An expectation failed, something differs, or, in `test` and `check --house`, a house rule of
    /// severity `error` is broken.
    Failure = 1,
    /// Wrong arguments, a file that cannot be read, or a mistake in a file.
    BadInput = 2,
    /// Output could not be written.
    CouldNotWrite = 3,
    /// Nothing ran: no scenario was found, or a filter matches none.
    NothingRan = 4,
    /// Undecided or incomplete: a limit was reached, the result depends on an unknown fact,
    /// replications are missing, or a decision has less confidence than `--only` demands.
    Undecided = 5,
    /// Internal error.
    InternalError = 70,
    /// Interrupted. Results are marked as partial or were not written.
    Interrupted = 130,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
