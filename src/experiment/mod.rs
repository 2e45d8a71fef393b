//! Experiments: a plan carried out, watched, and judged.
//!
//! It must never know files or terminals. Records come out of the run one by
//! one; whoever carries a plan out hands each to the [`Judge`], to the
//! [`Summary`], and to whatever writes them.

mod coverage;
mod filter;
mod history;
mod judge;
mod matching;
mod suggest;
mod summary;
mod touched;
mod wanted;
mod witness;

pub use coverage::{Coverage, PolicyCoverage, Reach, Reached, Share};
pub use filter::{Candidate, Filter};
pub use judge::{Failure, Judge, Judgement};
pub use suggest::suggest;
pub use summary::Summary;
pub use touched::touched;
pub use witness::{Lookout, Witness};

use crate::kernel::{Limits, Stop};
use crate::record::Record;
use crate::scenario::Plan;
use crate::world::{Halt, Run, World};

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// Why it stopped; `None` if whoever took the records had enough.
    pub stop: Option<Stop>,
    /// What its further course hung on, if that could not be decided.
    pub halt: Option<Halt>,
    /// How many events happened.
    pub events: u64,
}

impl Ending {
    /// Whether everything up to the end has happened.
    pub const fn is_complete(&self) -> bool {
        matches!(self.stop, Some(Stop::Drained | Stop::Horizon))
    }
}

/// Carries a plan out to its end.
///
/// Every record goes to `take`, together with the world as it stands after the
/// step that made it; `take` may end the run by answering with an error.
///
/// # Errors
/// Whatever `take` answers with.
pub fn carry_out<E>(
    plan: Plan,
    limits: Limits,
    mut judge: Option<&mut Judge>,
    mut take: impl FnMut(Record, &World) -> Result<(), E>,
) -> Result<(Ending, Run), E> {
    let mut run = Run::start_within(plan, limits);
    if let Some(judge) = &mut judge {
        judge.begin(run.world());
    }
    loop {
        let next = run.next_at();
        if let Some(judge) = &mut judge {
            judge.look(next, run.world());
        }
        if !run.step() {
            break;
        }
        while let Some(record) = run.pop() {
            if let Some(judge) = &mut judge {
                judge.take(&record, run.world());
            }
            take(record, run.world())?;
        }
    }
    if let Some(judge) = &mut judge {
        judge.end(run.world());
    }
    let ending = Ending { stop: run.stop(), halt: run.world().halt(), events: run.events() };
    Ok((ending, run))
}
