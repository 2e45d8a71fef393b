//! The end of a run: its entry in the run file, and messages.

use super::exit::Exit;
use super::run_inputs::{policy, written_at};
use super::{terminal, undecided};
use crate::diagnostics::{Sources, by_count, many};
use crate::experiment::{Ending, Summary};
use crate::kernel::{Limit, Stop};
use crate::plan::Plan;
use crate::report::{EventPlace, RunEnd};
use crate::run_header::{RunHeader, run_name};
use crate::words::{Confidence, Word};

/// The part of a run file that depends on the text of a plan.
#[derive(Debug, Default)]
pub struct WrittenPlan {
    values: serde_json::Map<String, serde_json::Value>,
    written_at: Vec<EventPlace>,
}

impl WrittenPlan {
    /// Collects this part for a plan that was read from `sources`.
    pub fn of(plan: &Plan, sources: &Sources) -> Self {
        let values = plan.values.iter().map(|(key, text)| (key.clone(), text.clone().into()));
        Self { values: values.collect(), written_at: written_at(plan, sources) }
    }
}

/// The entry of a run in the run file.
pub fn run_end(header: &RunHeader, written: WrittenPlan, events: u64, stop: impl Word) -> RunEnd {
    let WrittenPlan { values, written_at } = written;
    RunEnd {
        scenario: header.scenario.clone(),
        case: header.case.clone(),
        seed: header.seed,
        start: header.start.to_string(),
        end: header.end.to_string(),
        offset: header.offset.to_string(),
        currency: header.currency,
        counts: Vec::new(),
        policies: header.rulebooks.iter().map(|book| policy(book)).collect(),
        events,
        stop: stop.word().to_owned(),
        values,
        written_at,
    }
}

/// The exit code of a run; reports why it is not a success.
pub fn judge_ending(
    ending: &Ending,
    summary: &Summary,
    header: &RunHeader,
    only: Option<Confidence>,
) -> Exit {
    let name = name_of(header);
    if let Some(why) = undecided(ending, header) {
        terminal::print_stderr(&format!("stayput: {name}: {why}"));
        return Exit::Undecided;
    }
    if let Some(only) = only {
        let weaker = summary.below_confidence(only);
        if weaker > 0 {
            terminal::print_stderr(&format!(
                "stayput: {name}: {weaker} of {} {} a confidence below `{only}`; see the column `confidence` of decisions.csv",
                many(summary.decisions(), "decision"),
                by_count(weaker, "has", "have")
            ));
            return Exit::Undecided;
        }
    }
    Exit::Success
}

/// `SCENARIO` or `SCENARIO [CASE]`.
pub fn name_of(header: &RunHeader) -> String {
    run_name(&header.scenario, &header.case)
}

/// Why a run did not complete; `None` if it did.
pub fn undecided(ending: &Ending, header: &RunHeader) -> Option<String> {
    match ending.stop {
        Some(Stop::Drained | Stop::Horizon) => None,
        Some(Stop::Limit(Limit::Events)) => Some(format!(
            "stopped after {} events; raise `--max-events` to continue",
            ending.events
        )),
        Some(Stop::Limit(Limit::EventsAtOnce)) => {
            Some("stopped: too many events at one instant".into())
        }
        Some(Stop::Halted) => Some(ending.halt.as_ref().map_or_else(
            || "the event table changed while it was being read".to_owned(),
            |halt| undecided::text(halt, header),
        )),
        None => Some("interrupted".into()),
    }
}
