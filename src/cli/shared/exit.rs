//! How the program ends.

use std::process::{ExitCode, Termination};

/// The exit codes. They are part of the public interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Yes: done; every expectation met; the files are right.
    Success = 0,
    /// No: an expectation not met, a difference.
    Failure = 1,
    /// Bad input: usage, a file that cannot be read, a mistake in one.
    BadInput = 2,
    /// Something could not be written.
    CouldNotWrite = 3,
    /// Nothing ran: no scenario was found, a filter matched none.
    NothingRan = 4,
    /// Undecided: a limit was reached, or the answer hangs on something unknown.
    Undecided = 5,
    /// Internal error.
    InternalError = 70,
    /// Interrupted; what was written is marked as partial or not there at all.
    Interrupted = 130,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
