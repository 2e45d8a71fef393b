//! The one interface of reports, and the items that a run consists of.

use std::io;

use crate::experiment::{Stopped, Summary};
use crate::plan::Plan;
use crate::record::{InstanceRow, Record};
use crate::run_header::RunHeader;

/// A report in one format. `T` is its input: the items of runs, or a whole result.
pub trait Report<T: ?Sized> {
    /// Takes the next item, and writes the parts that can already be written.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn write(&mut self, item: &T) -> io::Result<()>;

    /// Writes the parts that are known only after the last item, and flushes the output.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An item that a report of runs receives. Each run is one `Start`, any number of `Record`, and one
/// `End`.
#[derive(Clone, Copy)]
pub enum RunItem<'a> {
    /// A run starts: its plan has the header, and the fleet at the start.
    Start(&'a Plan),
    /// A record, with the names of all instances that exist by then.
    Record(&'a Record, &'a RunHeader),
    /// A run ended.
    End(&'a EndOfRun<'a>),
}

/// A run at its end.
pub struct EndOfRun<'a> {
    /// Its header.
    pub header: &'a RunHeader,
    /// Totals over its records.
    pub summary: &'a Summary,
    /// How it ended.
    pub stop: Stopped,
    /// Why the run stopped before its end; `None` if it did not.
    pub early: Option<&'a str>,
    /// Number of expectations of the scenario. Running a scenario does not check them.
    pub expectations: usize,
    /// The instances at the end, in the order of their ids; none if the run was interrupted.
    pub instances: &'a dyn Fn() -> Box<dyn Iterator<Item = InstanceRow> + 'a>,
}
