//! The worker threads of the commands that work in parallel.

use super::exit::Exit;
use super::terminal;
use crate::experiment::WorkerPool;

/// Starts worker threads.
///
/// # Errors
/// [`Exit::BadInput`], after it was reported, if the system refuses to create as many threads.
pub fn workers(jobs: usize) -> Result<WorkerPool, Exit> {
    WorkerPool::new(jobs).map_err(|why| {
        terminal::print_stderr(&format!("stayput: {why}"));
        Exit::BadInput
    })
}
