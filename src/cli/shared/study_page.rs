//! The HTML page of a study: collects its contents.

use super::run_inputs::{page_inputs, without_folder};
use crate::experiment::{Estimate, Replications};
use crate::report::{
    Made, PairedRun, RunEnd, RunFile, Study, StudyRun, WrittenAssumption, WrittenStudy,
    shell_command, study_page,
};
use crate::time::{SimSpan, SimTime};

/// The HTML page of a study.
pub(super) fn page_of(
    (file, settings): (&RunFile, &WrittenStudy),
    all: &[&Replications],
    figures: &[Vec<Estimate>],
    paired: &[PairedRun],
) -> String {
    let runs: Vec<StudyRun<'_>> = all
        .iter()
        .zip(figures)
        .zip(&file.runs)
        .map(|((one, estimates), run)| StudyRun {
            replications: one,
            estimates,
            level: settings.level,
            seed: run.seed,
        })
        .collect();
    let spans: Vec<SimSpan> = file.runs.iter().map(span).collect();
    let assumptions: Vec<String> = file.assumptions.iter().map(WrittenAssumption::line).collect();
    let study = Study {
        runs: &runs,
        spans: &spans,
        paired,
        complete: file.complete,
        assumptions: &assumptions,
    };
    let inputs = page_inputs(&file.inputs, &file.policies);
    let words: Vec<String> = file.command.iter().map(|word| without_folder(word)).collect();
    let command = shell_command(words.iter().map(String::as_str));
    study_page(&study, &Made { command, inputs })
}

/// Length of a run.
fn span(run: &RunEnd) -> SimSpan {
    let ends = SimTime::parse(&run.start).ok().zip(SimTime::parse(&run.end).ok());
    ends.map_or(SimSpan::ZERO, |(start, end)| end.since(start))
}
